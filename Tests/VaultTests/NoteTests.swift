import Testing

@testable import Vault

/// A key from a seed of zeros, so that notes can be written down.
func testKey(_ name: String = "example.com/log", seed: UInt8 = 0) throws -> NoteSigner {
    try NoteSigner(name: name, seed: [UInt8](repeating: seed, count: 32))
}

@Suite("Signed notes (C2SP signed-note) and checkpoints (tlog-checkpoint)")
struct NoteTests {
    /// The worked example of the Go package that the specification grew from (golang.org/x/mod/sumdb/note).
    static let golden = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """
    static let goldenKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    @Test("the published note verifies with its published key")
    func published() throws {
        let note = try SignedNote(Array(Self.golden.utf8))
        try note.verify(NoteVerifier(text: Self.goldenKey))
        #expect(note.bytes == Array(Self.golden.utf8))
        #expect(note.text.hasSuffix("problem is.\n"))
    }

    @Test("every bit of a signed checkpoint counts: none can be flipped unseen")
    func flips() throws {
        let key = try testKey()
        let checkpoint = Checkpoint(origin: "example.com/log", size: 70_000, root: .leaf([1]))
        let bytes = try SignedNote(signing: checkpoint.description, with: key).bytes
        #expect(try Checkpoint.open(bytes, key.verifier) == checkpoint)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(code { _ = try Checkpoint.open(changed, key.verifier) } != nil, "bit \(bit)")
        }
        for count in bytes.indices { #expect(code { _ = try Checkpoint.open(Array(bytes.prefix(count)), key.verifier) } != nil) }
    }

    @Test("seeded mutations of notes: no crash, no false acceptance")
    func mutations() throws {
        let key = try testKey()
        let bytes = try SignedNote(
            signing: Checkpoint(origin: "example.com/log", size: 5, root: .leaf([1])).description, with: key
        ).bytes
        var random = Seeded(1)
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<max(1, changed.count), using: &random)
                switch UInt8.random(in: 0..<4, using: &random) {
                case 0 where !changed.isEmpty: changed[place] = UInt8.random(in: 0...255, using: &random)
                case 1 where !changed.isEmpty: changed.remove(at: place)
                case 2: changed.insert([0x0A, 0x20, 0x3D, 0x2B, 0xE2, 0x00].randomElement(using: &random) ?? 0, at: place)
                default: changed.append(contentsOf: changed.suffix(Int.random(in: 0...40, using: &random)))
                }
            }
            guard changed != bytes, let note = try? SignedNote(changed) else { continue }
            // What parses is written back as it was read: one note, one spelling.
            #expect(note.bytes == changed)
            if (try? note.verify(key.verifier)) != nil { #expect(note.text == "example.com/log\n5\n\(MerkleHash.leaf([1]))\n") }
        }
    }

    @Test("a second signer is passed over by those who do not know him, and checked by those who do")
    func cosigned() throws {
        let (log, witness) = (try testKey(), try testKey("witness.example", seed: 7))
        var note = try SignedNote(signing: Checkpoint(origin: "example.com/log", size: 1, root: .leaf([])).description, with: log)
        try note.add(witness.sign(note.text))
        let read = try SignedNote(note.bytes)
        try read.verify(log.verifier)
        try read.verify(witness.verifier)
        #expect(code { try read.verify(testKey("third.example", seed: 9).verifier) } == .notProven)
        #expect(code { _ = try Checkpoint.open(note.bytes, witness.verifier) } == .foreign)
    }

    @Test(
        "texts that are not notes",
        arguments: [
            "", "\n", "\n\n", "text\n", "text\n\n", "text\n\n— a AAAA\n", "text\n\n- a AAAAAAA=\n", "text\n\n— a b AAAAAAA=\n",
            "text\n\n— a+b AAAAAAA=\n", "text\n\n— a AAAAAAB=\n",
            "text\n\n— a AAAAAAA=", "te\u{1}xt\n\n— a AAAAAAA=\n", "text\r\n\n— a AAAAAAA=\n",
        ])
    func notNotes(text: String) { #expect(code { _ = try SignedNote(Array(text.utf8)) } == .badInput) }

    @Test("limits hold")
    func limits() throws {
        #expect(code { _ = try SignedNote([UInt8](repeating: 0x61, count: SignedNote.byteLimit + 1)) } == .badInput)
        let lines = String(repeating: "— a AAAAAAA=\n", count: SignedNote.signatureLimit)
        #expect(try SignedNote(Array("t\n\n\(lines)".utf8)).signatures.count == SignedNote.signatureLimit)
        #expect(code { _ = try SignedNote(Array("t\n\n\(lines)— a AAAAAAA=\n".utf8)) } == .badInput)
    }

    @Test(
        "texts that are not checkpoints",
        arguments: [
            "a\n", "a\n1\n", "a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
            "a\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
            "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
            "a\n1\nAAAA\n",
            "a\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
            "a\n18446744073709551616\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
            "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nb\n",
        ])
    func notCheckpoints(text: String) { #expect(code { _ = try Checkpoint(text: text) } == .badInput) }

    @Test("keys read back from their texts, and say nothing secret")
    func keys() throws {
        let key = try NoteSigner.generate(name: "example.com/log")
        #expect(try NoteSigner(secret: key.secret).verifier == key.verifier)
        #expect(try NoteVerifier(text: key.verifier.description) == key.verifier)
        #expect("\(key)" == key.verifier.description)
        #expect(key.verifier.keyID != (try testKey("example.com/log2", seed: 0)).verifier.keyID)
        for place in 12..<key.secret.count - 1 {
            var changed = key.secret
            changed[place] ^= 1
            #expect(
                code { _ = try NoteSigner(secret: changed) } != nil
                    || (try? NoteSigner(secret: changed))?.verifier != key.verifier)
        }
        for name in ["", "a b", "a+b", "a\nb", String(repeating: "a", count: 256)] {
            #expect(code { _ = try NoteSigner.generate(name: name) } == .badInput)
        }
    }
}
