import Testing

@testable import Vault

@Suite("Trust policies (C2SP tlog-policy)")
struct TrustPolicyTests {
    static func key(_ number: UInt8) throws -> WitnessSigner { try witnessKey("w\(number).example", seed: number) }

    /// The shape of the specification's example: two of three, and one of three.
    static func example() throws -> String {
        var text = "# logs\n\n log\t\(try testKey())  https://log.example \n"
        for number in 1...6 as ClosedRange<UInt8> {
            text += "witness \(number <= 3 ? "X" : "Y")\(number) \(try key(number).verifier)\n"
        }
        return text
            + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y4 Y5 Y6\ngroup both all X-witnesses Y-witnesses\nquorum both\n"
    }

    @Test("groups within groups count as written, and what is read is written back to the same meaning")
    func groups() throws {
        let policy = try TrustPolicy(Array(Self.example().utf8))
        #expect(policy.logs[0].url == "https://log.example" && policy.witnesses.count == 6)
        #expect(try TrustPolicy(policy.bytes) == policy)
        for mask in 0..<64 {
            let held = try Set((1...6).filter { mask >> ($0 - 1) & 1 == 1 }.map { try Self.key(UInt8($0)).verifier })
            let expected = (mask & 7).nonzeroBitCount >= 2 && mask >> 3 != 0
            #expect(policy.isQuorum(held) == expected, "\(mask)")
            #expect(policy.withoutQuorum.isQuorum(held))
        }
    }

    @Test("a note is accepted only with the log's signature and the quorum; a cosignature that does not hold refuses it whole")
    func verify() throws {
        let policy = try TrustPolicy(Array(Self.example().utf8))
        let text = Checkpoint(origin: "example.com/log", size: 5, root: .leaf([1])).description
        func note(_ numbers: [UInt8], log: NoteSigner? = nil, spoilt: UInt8 = 0) throws -> [UInt8] {
            var note = try SignedNote(signing: text, with: log ?? testKey())
            for number in numbers {
                let line = try Self.key(number).cosign(spoilt == number ? text + "x\n" : text, time: 1_700_000_000)
                try note.add(line)
            }
            return note.bytes
        }
        #expect(try policy.verify(note([1, 3, 5, 9])).witnesses.count == 3)
        #expect(code { _ = try policy.verify(note([1, 5])) } == .noQuorum)
        #expect(code { _ = try policy.verify(note([])) } == .noQuorum)
        #expect(code { _ = try policy.verify(note([1, 2, 3, 5], spoilt: 3)) } == .notProven)
        // A key that the policy does not know is passed over, right or wrong.
        #expect(try policy.verify(note([1, 2, 5, 9], spoilt: 9)).witnesses.count == 3)
        #expect(code { _ = try policy.verify(note([1, 2, 5], log: testKey(seed: 3))) } == .notProven)
        #expect(
            try policy.verify(note([1, 2, 5], log: testKey(seed: 3)), log: testKey(seed: 3).verifier).log
                == testKey(seed: 3).verifier)
    }

    @Test(
        "texts that are not policies",
        arguments: [
            ("", 0), ("quorum none", 0), ("log LOG\n", 0), ("quorum W\n", 1), ("quorum none\nquorum none\n", 2),
            ("witness none W1\nquorum none\n", 1), ("witness a W1\nwitness a W2\nquorum a\n", 2),
            ("witness a W1\nwitness b W1\nquorum a\n", 2),
            ("log LOG\nlog LOG\nquorum none\n", 2), ("log W1\nquorum none\n", 1), ("witness a LOG\nquorum a\n", 1),
            ("group g any a\nwitness a W1\nquorum g\n", 1), ("witness a W1\ngroup g 0 a\nquorum g\n", 2),
            ("witness a W1\ngroup g 2 a\nquorum g\n", 2),
            ("witness a W1\ngroup g 01 a\nquorum g\n", 2), ("witness a W1\ngroup g any a a\nquorum g\n", 2),
            ("witness a W1\ngroup g any none\nquorum g\n", 2),
            ("witness a W1\ngroup g any a\ngroup h any a\nquorum h\n", 3), ("witness a W1\ngroup a any a\nquorum a\n", 2),
            ("witness a W1\ngroup g any\nquorum g\n", 2), ("witness a W1\nquorum g\ngroup g any a\n", 2), ("quorum none\r\n", 1),
            ("quorum none \u{7F}\n", 1),
            ("policy\nquorum none\n", 1), ("witness a\nquorum none\n", 1), ("quorum none x\n", 1),
            ("witness K W1\nquorum \u{212A}\n", 2),
        ])
    func notPolicies(text: String, line: Int) throws {
        let filled = try text.replacing("LOG", with: "\(testKey())").replacing("W1", with: "\(Self.key(1))").replacing(
            "W2", with: "\(Self.key(2))")
        do {
            _ = try TrustPolicy(Array(filled.utf8))
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.code == .badInput && (line == 0 || error.place == "policy line \(line)"), "\(error)")
        }
    }

    @Test("limits hold, and no mutation is read as the policy it was made from while meaning another")
    func mutations() throws {
        let witnesses = try (1...65).map { "witness w\($0) \(try Self.key(UInt8($0)))\n" }
        #expect(try TrustPolicy(Array((witnesses.dropLast().joined() + "quorum w64\n").utf8)).witnesses.count == 64)
        #expect(code { _ = try TrustPolicy(Array((witnesses.joined() + "quorum w65\n").utf8)) } == .badInput)
        #expect(code { _ = try TrustPolicy([UInt8](repeating: 0x0A, count: TrustPolicy.byteLimit + 1)) } == .badInput)
        let right = try Array(Self.example().utf8)
        var random = Seeded(6)
        for _ in 0..<4_000 {
            var bytes = right
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    bytes.remove(at: place)
                }
            }
            // What is read is written, and read again, alike.
            if let policy = try? TrustPolicy(bytes) { #expect((try? TrustPolicy(policy.bytes)) == policy) }
        }
    }
}
