@testable internal import Vault

extension FuzzParser {
    private static func checkpointNote() throws -> [UInt8] {
        let text = Checkpoint(origin: "fuzz.example/log", size: 553, root: .leaf([1, 2, 3])).description
        return try SignedNote(signing: text, with: SmallLog.signer()).bytes
    }

    /// Signed notes and checkpoints: what is read is written again byte for byte, and nobody without the key signs anything.
    static let note = FuzzParser(
        name: "note",
        seeds: {
            let signer = try SmallLog.signer()
            var two = try SignedNote(signing: "fuzz.example/log\n0\n\(MerkleHash.empty)\n", with: signer)
            try two.add(signer.sign("other\n"))
            return [try checkpointNote(), two.bytes, try SignedNote(signing: "\n\nno checkpoint\n", with: signer).bytes]
        },
        run: { bytes in
            guard let note = try? SignedNote(bytes) else { return }
            require(note.bytes == bytes, "a note is written otherwise than it was read")
            if let checkpoint = try? Checkpoint(text: note.text) {
                require(
                    checkpoint.description.utf8.elementsEqual(note.text.utf8),
                    "a checkpoint is written otherwise than it was read")
            }
            guard let signer = try? SmallLog.signer(), (try? Checkpoint.open(bytes, signer.verifier)) != nil else { return }
            let known = ["fuzz.example/log\n553\n\(MerkleHash.leaf([1, 2, 3]))\n", "fuzz.example/log\n0\n\(MerkleHash.empty)\n"]
            require(known.contains { $0.utf8.elementsEqual(note.text.utf8) }, "a checkpoint nobody signed is accepted")
        })

    /// Verifier keys and signing keys. An odd first byte has the key's identifier put right, which nobody guesses.
    static let key = FuzzParser(
        name: "key",
        seeds: {
            let signer = try SmallLog.signer()
            return [[0] + signer.verifier.description.utf8, [1] + signer.verifier.description.utf8, [2] + signer.secret]
        },
        run: { bytes in
            var input = Input(bytes)
            let mode = input.byte()
            var text = input.all
            if mode & 1 == 1 { text = repairKeyID(text) }
            if mode & 2 == 0 {
                guard let string = String(validating: text, as: UTF8.self), let key = try? NoteVerifier(text: string) else {
                    return
                }
                require(key.description.utf8.elementsEqual(text), "a verifier key is written otherwise than it was read")
                require(!key.holds([UInt8](repeating: 0, count: 64), "text\n"), "a signature of zeros holds")
            } else if let signer = try? NoteSigner(secret: text) {
                require(
                    signer.secret == text || signer.secret == text + [0x0A], "a signing key is written otherwise than it was read"
                )
            }
        })

    private static func repairKeyID(_ text: [UInt8]) -> [UInt8] {
        let parts = text.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 3, let key = Base64.decode(parts[2]) else { return text }
        let id = MerkleHash.plain(parts[0] + [0x0A] + key).bytes.prefix(4)
        return parts[0] + [0x2B] + Hex.encode(Array(id)).utf8 + [0x2B] + parts[2]
    }

    /// Identities: only the one that was signed is accepted.
    static let identity = FuzzParser(
        name: "identity",
        seeds: { [try SmallLog.make()["/log/identity"] ?? []] },
        run: { bytes in
            guard let identity = try? LogIdentity(bytes, path: "identity") else { return }
            require(identity.bytes == bytes, "an identity is written otherwise than it was read")
        })

    /// Control notes: the text is signed with the epoch's key, so that every reader behind the signature is reached.
    static let control = FuzzParser(
        name: "control",
        seeds: { try controlTexts().flatMap { [[0] + $0, [1] + $0] } },
        run: { bytes in
            var input = Input(bytes)
            let mode = input.byte()
            guard let signer = try? SmallLog.signer() else { return }
            var leaf = input.all
            if mode & 1 == 0 {
                guard let text = String(validating: leaf, as: UTF8.self),
                    let note = try? SignedNote(signing: text, with: signer)
                else { return }
                leaf = VaultRecord.magic + [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + note.bytes
            }
            guard let control = try? Control(leaf: leaf) else { return }
            let again = Control.text(
                log: control.log, index: control.index, previous: control.previous, time: control.time, event: control.event,
                state: control.state)
            require(again.utf8.elementsEqual(control.note.text.utf8), "a control record is written otherwise than it was read")
            // The state it claims, and the one it began from, are both outside data to who verifies the next one.
            try? control.verify(after: control.state, logKey: signer.verifier)
            var before = VaultState(epochKey: signer.verifier)
            (before.epoch, before.holdsPlaced, before.holds) = (.max, .max, control.state.holds)
            try? control.verify(after: before, logKey: signer.verifier)
        })

    private static func controlTexts() throws -> [[UInt8]] {
        let signer = try SmallLog.signer()
        let order = try Order(by: "fuzz", reason: "seed")
        let hold = Hold(id: 1, scope: .received(5..<UTCTime.day), since: 7, order: order)
        let seal = DailySeal(
            period: 0..<UTCTime.day, size: 9, root: .empty, prior: .leaf([1]), records: 4, sources: 1, silent: 1, steps: 1,
            largestStep: -5, clock: ClockHealth(isSynchronized: true, maximumError: 3, boot: "b%"), next: signer.verifier)
        var state = VaultState(epochKey: signer.verifier)
        (state.retention, state.holds, state.holdsPlaced) = (try Retention(name: "core", days: 30), [hold], 1)
        (state.sealedUntil, state.lastSeal, state.retained) = (UTCTime.day, 3, 256)
        let events: [ControlEvent] = [
            .seal(seal), .sources(["": SourceTally(), "a b": SourceTally(count: 1, first: 2, last: 3, silence: 4)]),
            .clockStep(from: 5, to: 9, step: 4, isOpening: true), .retention(try Retention(name: "core", days: 30), order),
            .hold(hold), .release(1, order), .prune(256, root: .empty, order), .shred([.leaf([3])], order),
            .reveal([1, 2], order), .epochRestart("lost"),
        ]
        return try events.map { event in
            let leaf = try Control.leaf(
                log: signer.verifier.name, index: 9, previous: 3, time: 77, event: event, state: state, signer: signer)
            return Array(try SignedNote(VaultRecord(leaf: leaf).body).text.utf8)
        }
    }
}
