import Glibc
import Testing

@testable import Vault

@Suite("kill -9 and the command line")
struct KillTests {
    static func line(_ round: UInt64, _ number: UInt64) -> [UInt8] {
        Array("round \(round) line \(number) \(String(repeating: "x", count: Int((round &* 7 &+ number) % 120)))".utf8)
    }

    private static func write(_ path: String, round: UInt64, lines: UInt64) throws {
        var bytes: [UInt8] = []
        for number in 0..<lines { bytes += line(round, number) + [UInt8(ascii: "\n")] }
        try FileEffects.live.replace(path, bytes)
    }

    @Test("a program killed at a random moment loses, doubles and changes nothing it acknowledged")
    func kills() throws {
        let (kills, seed) = (setting("VAULT_KILLS", 20), setting("VAULT_SEED", 9))
        let scratch = try Scratch()
        let (log, input) = (scratch.path + "/log", scratch.path + "/input")
        #expect(try Program.run("vault", "init", log, "--name", "kill.example/log", "--segment-height", "8").status == 0)
        var random = Seeded(seed)
        var known = CompactRange()
        var killed: UInt64 = 0
        for round in 0..<kills {
            try Self.write(input, round: round, lines: 4_000)
            let batch = Int.random(in: 1...40, using: &random)
            let (process, output) = try Program.start(
                ["vault", "append", log, "--indices", "--batch", String(batch)], input: input)
            // So many acknowledgements are read before the kill; more may come while it is on its way.
            let enough = Int.random(in: 0...90, using: &random)
            var ledger: [UInt8] = []
            while ledger.count(where: { $0 == UInt8(ascii: "\n") }) < enough, let more = Program.readSome(output) {
                ledger += more
            }
            if enough == 0 { usleep(UInt32.random(in: 0...30_000, using: &random)) }
            kill(process, SIGKILL)
            while let more = Program.readSome(output) { ledger += more }
            close(output)
            if Program.wait(process) == -SIGKILL { killed += 1 }
            try Self.check(log, round: round, ledger, &known)
        }
        let report = try VaultVerifier(directory: log, register: .file(log + ".register")).verify()
        #expect(report.damages.allSatisfy { $0.kind == .torn })
        #expect(report.root == known.root)
        // Most rounds must really have been ended by the signal, else this shows nothing.
        #expect(killed * 2 > kills, "\(killed) of \(kills)")
    }

    /// Reads the log as the killed program left it, and compares it with what was acknowledged.
    private static func check(_ log: String, round: UInt64, _ ledger: [UInt8], _ known: inout CompactRange) throws {
        let reader = try VaultReader(directory: log)
        var next = known.size
        for told in String(decoding: ledger, as: UTF8.self).split(separator: "\n") {
            let numbers = told.split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count == 2 else { continue }
            #expect(numbers[0] == next, "round \(round): indices follow one another")
            next = numbers[1] + 1
        }
        #expect(reader.size >= next, "round \(round): everything acknowledged is there")
        let start = known.size
        for index in start..<reader.size {
            known.append(.leaf(line(round, index - start)))
        }
        #expect(reader.root == known.root, "round \(round)")
        if reader.size > 0 {
            #expect(MerkleHash.leaf(try reader.record(reader.size - 1)) == (try reader.node(level: 0, index: reader.size - 1)))
        }
    }

    @Test("init, append, prove, verify, checkpoint, seal and stats as a person runs them")
    func commands() throws {
        let scratch = try Scratch()
        let (log, input) = (scratch.path + "/log", scratch.path + "/input")
        #expect(try Program.run("vault", "stats", log).status == 66)
        #expect(try Program.run("vault", "init", log, "--name", "a b").status == 65)
        #expect(try Program.run("vault", "init", log, "--name", "cli.example/log", "--segment-height", "8").status == 0)
        #expect(try Program.run("vault", "init", log, "--name", "cli.example/log").status == 73)
        #expect(try FileEffects.live.permissions(log + ".key") == 0o600)
        try Self.write(input, round: 0, lines: 1_000)
        let appended = try Program.run("vault", "append", log, input, "--indices", "--batch", "500")
        #expect(appended.output.hasPrefix("0 499\n500 999\nappended 1000 records"))
        #expect(try Program.run("vault", "append", log, input: input).status == 0)
        let proof = try Program.run("vault", "prove", log, "1500").output
        #expect(try Self.holds(proof, leaf: .leaf(Self.line(0, 500)), log))
        #expect(try !Self.holds(proof, leaf: .leaf(Self.line(0, 501)), log))
        #expect(try Program.run("vault", "prove", log, "--since", "700").output.hasPrefix("old 700 "))
        #expect(try Program.run("vault", "prove", log, "2000").status == 65)
        #expect(try Program.run("vault", "seal", log).output == "7 segments sealed, 208 records in the active one\n")
        #expect(try Program.run("vault", "checkpoint", log).output.hasPrefix("cli.example/log\n2000\n"))
        #expect(try Program.run("vault", "stats", log).output.contains("records     2000"))
        let verified = try Program.run("vault", "verify", log)
        #expect(verified.status == 0 && verified.output.hasSuffix("sound\n"))
    }

    @Test("a line too long stops with its number; what came before is kept; damage and rollback have exit statuses of their own")
    func badInput() throws {
        let scratch = try Scratch()
        let (log, input) = (scratch.path + "/log", scratch.path + "/input")
        #expect(try Program.run("vault", "init", log, "--name", "cli.example/log", "--segment-height", "8").status == 0)
        try FileEffects.live.replace(
            input, Array("one\ntwo\n".utf8) + [UInt8](repeating: 0x61, count: 65_536) + Array("\nfour\n".utf8))
        let refused = try Program.run("vault", "append", log, input)
        #expect(refused.status == 65)
        #expect(refused.output.contains("line 3"))
        #expect(try VaultReader(directory: log).size == 2)
        let path = log + "/active/" + (try #require(FileEffects.live.list(log + "/active").last))
        let file = try FileEffects.live.open(path, .write)
        try FileEffects.live.writeAll(file, [0xFF], at: 4_096 + 110)
        FileEffects.live.close(file)
        let found = try Program.run("vault", "verify", log)
        #expect(found.status == 1)
        #expect(found.output.contains("DAMAGED"))
        // The only frame is covered by a checkpoint: it is not taken for a torn write.
        #expect(try Program.run("vault", "append", log, input).status == 76)
    }

    /// Checks a printed proof with nothing but what is printed.
    private static func holds(_ proof: String, leaf: MerkleHash, _ log: String) throws -> Bool {
        let halves = proof.split(separator: "\n\n", maxSplits: 1)
        let lines = halves[0].split(separator: "\n")
        let key = try KeyFile.read(log + ".key").verifier
        let checkpoint = try Checkpoint.open(Array(halves[1].utf8), key)
        let index = try #require(UInt64(lines[1].dropFirst("index ".count)))
        let path = lines.dropFirst(2).compactMap { Base64.decode(Array($0.utf8)).flatMap { MerkleHash($0) } }
        return code {
            try MerkleProof.verifyInclusion(leaf: leaf, index: index, size: checkpoint.size, path: path, root: checkpoint.root)
        } == nil
    }
}
