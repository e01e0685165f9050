import Glibc
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import VaultNetwork

/// A store in a process of its own, one for all tests: each takes a prefix of its own. It checks signatures and keeps locks.
final class Emulator: Sendable {
    static let root = String(#filePath.prefix(#filePath.count - "/Tests/VaultNetworkTests/Emulator.swift".count))
    static let python = root + "/.build/moto/bin/python"
    static var isHere: Bool { access(python, X_OK) == 0 }
    private static let shared = Task { try await Emulator() }

    let url: String
    let key: String
    let secret: String
    private let talk: Talk
    private let prefixes = Atomic(0)

    private init() async throws {
        let running = try Running(Self.python, ["-u", Self.root + "/Tests/Emulator/store.py"], isFed: true)
        let line = await running.line() ?? ""
        let parts = line.split(separator: "\"").map { String($0) }
        guard parts.count == 13 else { throw Failure("the emulator did not start: \(line) \(await running.line() ?? "")") }
        (url, key, secret, talk) = (parts[3], parts[7], parts[11], Talk(running))
    }

    static func get() async throws -> Emulator { try await shared.value }

    /// A prefix that no other test has.
    func prefix() -> String { "log\(prefixes.add(1, ordering: .relaxed).newValue)" }

    /// Does something as the store's owner.
    func act(_ command: String, _ name: String) async -> String { await talk.say("\(command) \(name)") }

    func client(
        _ prefix: String, bucket: String = "locked", transport: WebTransport = .live(),
        wait: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws -> S3Client {
        let location = try S3Location("s3://\(bucket)/\(prefix)", endpoint: url, region: "us-east-1")
        return S3Client(location, credentials: S3Credentials(accessKey: key, secretKey: secret), transport: transport, wait: wait)
    }

    /// The environment of a program that copies.
    var environment: [String: String] { ["AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "PATH": "/usr/bin:/bin"] }
}

/// Question and answer in turn.
private actor Talk {
    private let running: Running
    private var last: Task<String, Never>?

    init(_ running: Running) { self.running = running }

    func say(_ line: String) async -> String {
        let before = last
        let task = Task { [running] in
            _ = await before?.value
            running.say(line)
            return await running.line() ?? "the emulator ended"
        }
        last = task
        return await task.value
    }
}

/// A log on disk, filled through the program.
struct CopiedLog {
    let scratch: Scratch
    let directory: String
    let vkey: String

    init(_ records: Int) async throws {
        scratch = try Scratch()
        directory = scratch.path + "/log"
        let run = try await Plumbline.run("vault", "init", directory, "--name", "copy.example/log", "--segment-height", "8")
        guard run.status == 0 else { throw Failure(run.output) }
        vkey = String(run.output.dropLast())
        try await append(records)
    }

    func append(_ records: Int) async throws {
        let lines = (0..<records).map { "record \($0) \(String(repeating: "x", count: $0 % 50))\n" }.joined()
        let run = try await Plumbline.run("vault", "append", directory, try scratch.write(lines, "input"))
        guard run.status == 0 else { throw Failure(run.output) }
    }

    var plan: CopyPlan { get throws { try CopyPlan(SignedView(VaultReader(directory: directory))) } }
}
