import Testing

@testable import Vault

/// A witness's key from a seed, so that it can be written down.
func witnessKey(_ name: String = "witness.example/w1", seed: UInt8 = 7) throws -> WitnessSigner {
    try WitnessSigner(name: name, seed: [UInt8](repeating: seed, count: 32))
}

@Suite("Cosignatures (C2SP tlog-cosignature)")
struct CosignatureTests {
    /// A checkpoint of a public log as it was published, with the cosignature of a public witness.
    static let published = """
        coachandhorses2026h1.staging.certificate.transparency.goog
        185550722
        YXAM0VmnrfvLaBCOOYSJhCaE5F10oGBOo+hkbDa1kng=

        — coachandhorses2026h1.staging.certificate.transparency.goog MpXgsHy8ZwxXnO+WjtVrPxAzL49Rs1gWTkNVNeEa//5peAzaocRCB3qt3EaibjzY5GILLtGgBP7dBhgcSHy+JQh0OAc=
        — witness.navigli.sunlight.geomys.org o+AP4gAAAABqb7DzNrGFRJnQ9vrJ8xpnwZytnr/ZYczDIsvwvouiSjwOjn7a72ccxBk+lKnZ7dKqkYKER1s/KxLTaVwQD7lJZTC/CQ==

        """
    static let publishedKey = "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G"

    @Test("a cosignature of a public witness verifies with its published key; no bit of it can be flipped unseen")
    func publishedCosignature() throws {
        let key = try WitnessVerifier(text: Self.publishedKey)
        #expect(key.description == Self.publishedKey)
        let note = try SignedNote(Array(Self.published.utf8))
        #expect(try key.time(note.signatures, over: note.text) == 0x6A6F_B0F3)
        let own = note.signatures[1]
        for bit in 0..<own.bytes.count * 8 {
            var bytes = own.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let changed = SignedNote.Signature(name: own.name, keyID: own.keyID, bytes: bytes)
            #expect(code { _ = try key.time([changed], over: note.text) } == .notProven, "bit \(bit)")
        }
        let text = Array(note.text.utf8)
        for place in text.indices {
            var changed = text
            changed[place] ^= 1
            #expect(code { _ = try key.time([own], over: String(decoding: changed, as: UTF8.self)) } == .notProven)
        }
    }

    @Test("a key of a log is not a key of a witness, nor the other way round, public or secret")
    func kinds() throws {
        let (log, witness) = (try testKey(), try witnessKey())
        #expect(code { _ = try WitnessVerifier(text: "\(log)") } == .badInput)
        #expect(code { _ = try NoteVerifier(text: "\(witness)") } == .badInput)
        #expect(code { _ = try WitnessSigner(secret: log.secret) } == .badInput)
        #expect(code { _ = try NoteSigner(secret: witness.secret) } == .badInput)
        #expect(try WitnessSigner(secret: witness.secret).verifier == witness.verifier)
        // The same seed and name give another identifier, and a signature of one kind is none of the other.
        let same = try witnessKey("example.com/log", seed: 0)
        #expect(same.verifier.keyID != log.verifier.keyID && same.verifier.publicKey == log.verifier.publicKey)
        let signature = try same.cosign("a\n", time: 1)
        let posed = SignedNote.Signature(
            name: "example.com/log", keyID: log.verifier.keyID, bytes: Array(signature.bytes.dropFirst(8)))
        #expect(code { try SignedNote(text: "a\n", signatures: [posed]).verify(log.verifier) } == .notProven)
        for text in [
            "", "a", "a+b+c", "\(witness)+", "\(witness)".replacing("+B", with: "+C"), "\(witness)".replacing("w1", with: "w2"),
        ] {
            #expect(code { _ = try WitnessVerifier(text: text) } == .badInput, "\(text)")
        }
    }

    @Test("a time of zero, or beyond 2^63 - 1, is neither signed nor accepted")
    func times() throws {
        let key = try witnessKey()
        for time in [0, 1 << 63, UInt64.max] { #expect(code { _ = try key.cosign("a\n", time: time) } == .badInput) }
        let line = try key.cosign("a\n", time: (1 << 63) - 1)
        #expect(try key.verifier.time([line], over: "a\n") == (1 << 63) - 1)
    }
}

@Suite("A witness (C2SP tlog-witness, add-checkpoint)")
struct WitnessTests {
    /// A tree of so many leaves, and another history that parts from it at leaf 5.
    static func tree(_ size: UInt64, forked: Bool = false) -> MerkleTree {
        var tree = MerkleTree()
        for index in 0..<size { tree.append(.leaf([UInt8(index & 255), forked && index >= 5 ? 1 : 0])) }
        return tree
    }

    static func note(_ tree: MerkleTree, _ size: UInt64, key: NoteSigner) throws -> SignedNote {
        try SignedNote(
            signing: Checkpoint(origin: key.verifier.name, size: size, root: tree.root(size: size)).description, with: key)
    }

    static func request(_ old: UInt64, _ size: UInt64, key: NoteSigner, forked: Bool = false) throws -> WitnessRequest {
        let tree = tree(max(old, size), forked: forked)
        let proof = old == 0 || old >= size ? [] : try tree.consistencyProof(first: old, second: size)
        return WitnessRequest(oldSize: old, proof: proof, note: try note(tree, size, key: key))
    }

    /// A witness of one log, in a scratch folder.
    struct Place {
        let scratch: Scratch
        let log: NoteSigner
        let key: WitnessSigner
        var state: String { scratch.path + "/state" }

        init() throws { (scratch, log, key) = (try Scratch(), try testKey(), try witnessKey()) }

        func open(_ files: FileEffects = .live) throws -> Witness {
            try Witness(directory: state, signer: key, logs: [log.verifier], files: files)
        }
    }

    @Test(
        "it cosigns what continues, remembers it over a restart, and answers each fault with the status the specification names")
    func statuses() throws {
        let place = try Place()
        func ask(_ witness: Witness, _ request: WitnessRequest) -> WitnessAnswer { witness.addCheckpoint(request.bytes) }
        do {
            let witness = try place.open()
            let first = try Self.request(0, 6, key: place.log)
            let answer = ask(witness, first)
            #expect(answer.status == 200)
            let lines = try SignedNote.signatureLines(answer.body)
            #expect(try place.key.verifier.time(lines, over: first.note.text) != nil)
            // Only one witness at a time.
            #expect(code { _ = try place.open() } == .locked)
        }
        let witness = try place.open()
        let conflict = ask(witness, try Self.request(0, 9, key: place.log))
        #expect((conflict.status, conflict.contentType, conflict.body) == (409, "text/x.tlog.size", Array("6\n".utf8)))
        #expect(ask(witness, try Self.request(6, 9, key: place.log)).status == 200)
        #expect(ask(witness, try Self.request(9, 9, key: place.log)).status == 200)
        // Another root of the same size, another history, a proof that is cut, an old size beyond.
        #expect(ask(witness, try Self.request(9, 9, key: place.log, forked: true)).status == 422)
        #expect(ask(witness, try Self.request(9, 12, key: place.log, forked: true)).status == 422)
        let right = try Self.request(9, 12, key: place.log)
        #expect(ask(witness, WitnessRequest(oldSize: 9, proof: right.proof.dropLast(), note: right.note)).status == 422)
        #expect(ask(witness, WitnessRequest(oldSize: 13, proof: right.proof, note: right.note)).status == 400)
        // A log that is not known; a key that is not the log's; the right key and a wrong signature.
        #expect(ask(witness, try Self.request(0, 3, key: testKey("other.example/log"))).status == 404)
        #expect(ask(witness, try Self.request(9, 12, key: testKey(seed: 5))).status == 403)
        var bytes = right.note.signatures[0].bytes
        bytes[3] ^= 1
        let broken = SignedNote.Signature(name: "example.com/log", keyID: place.log.verifier.keyID, bytes: bytes)
        let note = try SignedNote(text: right.note.text, signatures: [broken])
        #expect(ask(witness, WitnessRequest(oldSize: 9, proof: right.proof, note: note)).status == 403)
        // None of these changed what is known.
        #expect(ask(witness, right).status == 200)
        #expect(witness.addCheckpoint([]).status == 400)
    }

    @Test("the empty tree: its root is fixed, and a proof from size zero is empty")
    func empty() throws {
        let place = try Place()
        let witness = try place.open()
        let wrong = try SignedNote(signing: "example.com/log\n0\n\(MerkleHash.leaf([]))\n", with: place.log)
        #expect(witness.addCheckpoint(WitnessRequest(oldSize: 0, proof: [], note: wrong).bytes).status == 422)
        #expect(witness.addCheckpoint(try Self.request(0, 0, key: place.log).bytes).status == 200)
        let first = try Self.request(0, 3, key: place.log)
        #expect(witness.addCheckpoint(WitnessRequest(oldSize: 0, proof: [.empty], note: first.note).bytes).status == 422)
        #expect(witness.addCheckpoint(first.bytes).status == 200)
    }

    @Test("what monitors read holds both signatures, and is there only after a cosignature")
    func monitors() throws {
        let place = try Place()
        let witness = try place.open()
        let hash = Hex.encode(MerkleHash.plain(Array("example.com/log".utf8)).bytes)
        #expect(try witness.latest(originHash: hash) == nil)
        _ = witness.addCheckpoint(try Self.request(0, 4, key: place.log).bytes)
        let policy = try TrustPolicy(log: place.log.verifier, witnesses: [(place.key.verifier, nil)], threshold: 1)
        let latest = try #require(try witness.latest(originHash: hash))
        #expect(try policy.verify(latest).checkpoint.size == 4)
        #expect(try witness.latest(originHash: "../lock") == nil)
    }

    @Test("no mutated request is cosigned")
    func mutations() throws {
        let place = try Place()
        let witness = try place.open()
        _ = witness.addCheckpoint(try Self.request(0, 6, key: place.log).bytes)
        let right = try Self.request(6, 20, key: place.log)
        var random = Seeded(4)
        var statuses: Set<Int> = []
        for round in 0..<8_000 {
            var bytes = right.bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let spot = Int.random(in: 0..<max(1, bytes.count), using: &random)
                switch UInt8.random(in: 0..<4, using: &random) {
                case 0 where !bytes.isEmpty: bytes[spot] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 1 where !bytes.isEmpty: bytes.remove(at: spot)
                case 2: bytes.insert([0x0A, 0x20, 0x30, 0x3D, 0xE2].randomElement(using: &random) ?? 0, at: spot)
                default: bytes.removeLast(Int.random(in: 0...min(90, bytes.count), using: &random))
                }
            }
            guard bytes != right.bytes else { continue }
            let answer = witness.addCheckpoint(bytes)
            statuses.insert(answer.status)
            #expect(answer.status != 200 && answer.status != 500, "round \(round)")
            if let request = try? WitnessRequest(bytes) { #expect(request.bytes == bytes) }
        }
        #expect(statuses.isSuperset(of: [400, 403, 409, 422]))
        #expect(witness.addCheckpoint(right.bytes).status == 200)
    }

    @Test("a cosignature is given out only after the state is durable: when storing fails, nothing is signed", arguments: 0..<5)
    func failing(call: Int) throws {
        let place = try Place()
        let isFailing = Flag()
        var files = FileEffects.live
        let live = FileEffects.live
        @Sendable func failure(_ number: Int) throws(VaultError) {
            if isFailing.isSet, call == number { throw VaultError(.file, "made to fail") }
        }
        files.open = { (path, mode) throws(VaultError) in
            if case .create = mode { try failure(0) }
            return try live.open(path, mode)
        }
        files.write = { (file, bytes, offset) throws(VaultError) in
            try failure(1); return try live.write(file, bytes, offset)
        }
        files.sync = { (file) throws(VaultError) in
            try failure(2); try live.sync(file)
        }
        files.rename = { (from, to) throws(VaultError) in
            try failure(3); try live.rename(from, to)
        }
        files.syncDirectory = { (path) throws(VaultError) in
            try failure(4); try live.syncDirectory(path)
        }
        let witness = try place.open(files)
        #expect(witness.addCheckpoint(try Self.request(0, 6, key: place.log).bytes).status == 200)
        isFailing.isSet = true
        let next = try Self.request(6, 9, key: place.log)
        let answer = witness.addCheckpoint(next.bytes)
        #expect(answer.status == 500 && !String(decoding: answer.body, as: UTF8.self).contains("\u{2014}"))
        isFailing.isSet = false
        // When only the last sync failed the new checkpoint may be known already; it is never a lower one.
        let again = witness.addCheckpoint(next.bytes)
        #expect(call == 4 ? again.status == 409 : again.status == 200)
    }

    @Test("a damaged or foreign state signs nothing for that log")
    func damaged() throws {
        let place = try Place()
        do {
            let witness = try place.open()
            _ = witness.addCheckpoint(try Self.request(0, 6, key: place.log).bytes)
        }
        let path = place.state + "/" + WitnessStore.name(Array("example.com/log".utf8))
        let whole = try FileEffects.live.contents(path, limit: 1 << 16)
        // The log's own line is passed on as it is; the witness's covers text and time.
        let note = try SignedNote(whole)
        let logLine = note.text.utf8.count + 1..<note.text.utf8.count + 1 + note.signatures[0].description.utf8.count
        for spot in whole.indices where !logLine.contains(spot) {
            var changed = whole
            changed[spot] ^= 1
            try FileEffects.live.replace(path, changed)
            #expect(code { _ = try place.open() } == .damaged, "byte \(spot)")
        }
        try FileEffects.live.replace(path, whole)
        #expect(
            code { _ = try Witness(directory: place.state, signer: witnessKey(seed: 8), logs: [place.log.verifier]) } == .damaged)
        #expect(try place.open().addCheckpoint(Self.request(6, 7, key: place.log).bytes).status == 200)
    }

    @Test("a clock set back does not set back what was said; requests from many threads leave one history")
    func clock() async throws {
        let place = try Place()
        let steps = Steps([2_000_000_000_000_000, 1_000_000_000_000_000])
        var files = FileEffects.live
        files.now = { steps.next() }
        let witness = try place.open(files)
        for (old, size) in [(UInt64(0), UInt64(3)), (3, 4)] {
            let request = try Self.request(old, size, key: place.log)
            let lines = try SignedNote.signatureLines(witness.addCheckpoint(request.bytes).body)
            #expect(try place.key.verifier.time(lines, over: request.note.text) == 2_000_000_000)
        }
        // Of two histories that start at the same size, one alone is cosigned.
        let requests = try (0..<40).map { try Self.request(4, 6, key: place.log, forked: $0 % 2 == 1) }
        let answers = await withTaskGroup(of: (Bool, Int).self) { group in
            for (number, request) in requests.enumerated() {
                group.addTask { (number % 2 == 1, witness.addCheckpoint(request.bytes).status) }
            }
            return await group.reduce(into: [(Bool, Int)]()) { $0.append($1) }
        }
        #expect(Set(answers.filter { $0.1 == 200 }.map(\.0)).count == 1)
        #expect(answers.count { $0.1 == 200 } == 1 && answers.allSatisfy { [200, 409].contains($0.1) })
    }
}
