import Foundation
import Glibc
import Testing

@testable import Vault

@Suite("Export: a package that proves itself", .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not here"))
struct ExportTests {
    /// A log of so many records, its package, and that package's verifier.
    private static func package(_ size: UInt64) async throws -> (log: TestLog, path: String) {
        let log = try TestLog()
        let vault = try log.create()
        if size > 0 { _ = try await vault.append(records(0..<size)) }
        _ = try await vault.checkpoint()
        // Records after the checkpoint are not part of the package.
        _ = try await vault.append(records(size..<size + 3))
        let path = log.scratch.path + "/package"
        #expect(try log.reader().export(to: path).checkpoint.size == size)
        return (log, path)
    }

    private static func verify(_ path: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        let (process, output) = try Program.start([path + "/verify.py"] + arguments, program: "/usr/bin/python3", both: true)
        defer { close(output) }
        var all: [UInt8] = []
        while let more = Program.readSome(output) { all += more }
        return (Program.wait(process), String(decoding: all, as: UTF8.self))
    }

    @Test("the Python verifier accepts packages of every shape", arguments: [UInt64(0), 1, 2, 255, 256, 257, 700, 1_024])
    func accepted(size: UInt64) async throws {
        let (log, path) = try await Self.package(size)
        let own = try Self.verify(path)
        #expect(own.status == 0)
        #expect(own.output.hasSuffix("sound: \(size) records, root \(expectedRoot(size))\n"))
        #expect(try Self.verify(path, "--key", "\(log.signer)", path).status == 0)
        #expect(try Self.verify(path, "--key", "\(try testKey(seed: 3))", path).status == 1)
    }

    @Test("one flipped bit in any file of the package, or a file gone, is refused")
    func refused() async throws {
        let (log, path) = try await Self.package(300)
        // The folder is gone with the log.
        defer { withExtendedLifetime(log) {} }
        let files = try #require(FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String })
            .filter { !$0.hasSuffix(".py") && (try? FileEffects.live.contents(path + "/" + $0, limit: 1 << 24)) != nil }
        #expect(files.count == 7)
        var random = Seeded(2)
        for name in files {
            let whole = try FileEffects.live.contents(path + "/" + name, limit: 1 << 24)
            for _ in 0..<4 {
                var changed = whole
                changed[Int.random(in: 0..<whole.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
                try FileEffects.live.replace(path + "/" + name, changed)
                let answer = try Self.verify(path)
                #expect(answer.status == 1 && answer.output.contains("REFUSED"), "\(name)")
            }
            #expect(unlink(path + "/" + name) == 0)
            // The first bundle alone may be missing, as if its records had expired; that is told, and is another status.
            #expect(try Self.verify(path).status == (name == "tile/entries/000" ? 3 : 1), "\(name)")
            try FileEffects.live.replace(path + "/" + name, whole)
        }
        #expect(try Self.verify(path).status == 0)
    }

    /// A log of so many records, cosigned by so many of two witnesses that must both cosign, and its package.
    private static func cosigned(_ size: UInt64, by count: Int = 2) async throws -> (
        log: TestLog, path: String, policy: TrustPolicy
    ) {
        let log = try TestLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<size))
        _ = try await vault.checkpoint()
        let keys = try (1...2).map { try witnessKey("w\($0).example", seed: UInt8($0)) }
        let policy = try TrustPolicy(log: nil, witnesses: keys.map { ($0.verifier, "http://\($0.verifier.name)") }, threshold: 2)
        let logKey = log.signer.verifier
        let states = log.scratch.path + "/state"
        try FileEffects.live.makeDirectory(states)
        let gathered = try await CosignedCheckpoint.gather(log.reader(), policy: policy) { prefix, body throws(VaultError) in
            guard let key = keys.prefix(count).first(where: { prefix.hasSuffix($0.verifier.name) }) else {
                throw VaultError(.network, "no answer", at: prefix)
            }
            let witness = try Witness(directory: states + "/" + key.verifier.name, signer: key, logs: [logKey])
            let answer = witness.addCheckpoint(body)
            return WitnessClient.Reply(status: answer.status, contentType: answer.contentType, body: answer.body)
        }
        if count == 2 { try gathered.store(log.reader(), policy: policy) }
        #expect(gathered.isQuorum == (count == 2))
        let path = log.scratch.path + "/package"
        #expect(try log.reader().export(to: path).witnesses.count == count)
        return (log, path, policy)
    }

    @Test("witnesses: a package bears their cosignatures, and one flipped bit in checkpoint or policy is refused")
    func witnessed() async throws {
        let (log, path, policy) = try await Self.cosigned(300)
        defer { withExtendedLifetime(log) {} }
        let answer = try Self.verify(path)
        #expect(
            answer.status == 0 && answer.output.contains("signed: w1.example, ") && answer.output.contains("signed: w2.example, ")
        )
        var random = Seeded(5)
        for name in ["checkpoint", "policy"] {
            let whole = try FileEffects.live.contents(path + "/" + name, limit: 1 << 16)
            for _ in 0..<24 {
                var changed = whole
                changed[Int.random(in: 0..<whole.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
                try FileEffects.live.replace(path + "/" + name, changed)
                let refused = try Self.verify(path)
                #expect(refused.status == 1 && refused.output.contains("REFUSED"), "\(String(decoding: changed, as: UTF8.self))")
            }
            try FileEffects.live.replace(path + "/" + name, whole)
        }
        // A policy of one's own stands above the one in the package; so does a key.
        let own = log.scratch.path + "/own"
        try FileEffects.live.replace(own, policy.only(log.signer.verifier).bytes)
        #expect(try Self.verify(path, "--policy", own, path).status == 0)
        #expect(try Self.verify(path, "--policy", own, "--key", "\(testKey(seed: 3))", path).status == 1)
        try FileEffects.live.replace(own, policy.only(testKey(seed: 3).verifier).bytes)
        #expect(try Self.verify(path, "--policy", own, path).status == 1)
        #expect(try Self.verify(path, "--policy", own, "--key", "\(log.signer)", path).status == 0)
    }

    @Test("witnesses: a cosignature that is wrong or missing, or a policy that asks for more, is refused")
    func quorum() async throws {
        let (log, path, policy) = try await Self.cosigned(3)
        defer { withExtendedLifetime(log) {} }
        let checkpoint = path + "/checkpoint"
        let note = try SignedNote(FileEffects.live.contents(checkpoint, limit: 1 << 16))
        func refusal(_ signatures: [SignedNote.Signature]) throws -> String {
            try FileEffects.live.replace(checkpoint, SignedNote(text: note.text, signatures: signatures).bytes)
            let answer = try Self.verify(path)
            #expect(answer.status == 1)
            return answer.output.split(separator: "\n").last.map { String($0) } ?? ""
        }
        #expect(try refusal([note.signatures[0], note.signatures[1]]).contains("quorum"))
        #expect(try refusal([note.signatures[1], note.signatures[2]]).contains("not signed by a log"))
        let other = try witnessKey("w2.example", seed: 2).cosign(note.text + "x\n", time: 5)
        #expect(try refusal([note.signatures[0], note.signatures[1], other]).contains("w2.example does not hold"))
        let zero = SignedNote.Signature(
            name: "w2.example", keyID: note.signatures[2].keyID,
            bytes: [UInt8](repeating: 0, count: 8) + note.signatures[2].bytes.dropFirst(8))
        #expect(try refusal([note.signatures[0], note.signatures[1], zero]).contains("w2.example does not hold"))
        // One witness twice is still one.
        #expect(try refusal([note.signatures[0], note.signatures[1], note.signatures[1]]).contains("quorum"))
        try FileEffects.live.replace(checkpoint, note.bytes)
        let own = log.scratch.path + "/own"
        for (text, status) in [
            ("witness a W1\nwitness b W1\ngroup g 2 a b\nquorum g\n", 1), ("witness a W1\ngroup g 2 a a\nquorum g\n", 1),
            ("witness a W3\nquorum a\n", 1),
            ("witness a W1\nquorum b\n", 1), ("witness a W1\n", 1),
            ("witness a W1\nwitness b W3\ngroup g any a b\nquorum g\n", 0),
            ("witness a W1\nwitness b W2\nwitness c W3\ngroup g 2 a b c\ngroup h all g\nquorum h\n", 0),
            ("# none\n\tquorum  none \n", 0),
        ] {
            let third = try witnessKey("w3.example", seed: 3)
            let filled = text.replacing("W1", with: "\(policy.witnesses[0].key)").replacing(
                "W2", with: "\(policy.witnesses[1].key)"
            )
            .replacing("W3", with: "\(third)")
            try FileEffects.live.replace(own, Array("log \(log.signer)\n\(filled)".utf8))
            #expect(try Self.verify(path, "--policy", own, path).status == status, "\(text)")
            // This program and the script say the same.
            let here = code { _ = try TrustPolicy.read(own).verify(note.bytes) }
            #expect((here == nil) == (status == 0), "\(text)")
        }
    }

    @Test("a checkpoint newer than the last cosigned one is exported as signed by the log alone, unless the policy is demanded")
    func grown() async throws {
        let (log, _, policy) = try await Self.cosigned(5)
        let vault = try log.open()
        _ = try await vault.append(records(5..<9))
        _ = try await vault.checkpoint()
        let path = log.scratch.path + "/grown"
        #expect(code { _ = try log.reader().export(to: path, policy: policy) } == .noQuorum)
        #expect(try !FileEffects.live.exists(path))
        #expect(try log.reader().export(to: path).witnesses.isEmpty)
        let answer = try Self.verify(path)
        #expect(answer.status == 0 && answer.output.contains("quorum none") && answer.output.contains("w1.example+"))
    }

    @Test("the verifier has at most 200 lines, and a package is never written over")
    func limits() async throws {
        #expect(ExportVerifier.script.split(separator: "\n", omittingEmptySubsequences: false).count <= 200)
        let (log, path) = try await Self.package(1)
        #expect(code { _ = try log.reader().export(to: path) } == .exists)
        let again = log.scratch.path + "/again"
        #expect(try Program.run("vault", "export", log.directory, again).status == 0)
        #expect(try Self.verify(again).status == 0)
        #expect(try Program.run("vault", "export", log.directory, again).status == 73)
    }
}
