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
        #expect(try log.reader().export(to: path).size == size)
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
            #expect(try Self.verify(path).status == 1, "\(name)")
            try FileEffects.live.replace(path + "/" + name, whole)
        }
        #expect(try Self.verify(path).status == 0)
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
