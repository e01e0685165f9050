import Foundation
import Glibc
import Synchronization
import Testing

@testable import Vault

/// A folder that is gone after the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/vault-test-XXXXXX".utf8CString)
        let made: String? = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A small log in a scratch folder: segments of 256 records, active files of 256 KiB.
struct TestLog {
    let scratch: Scratch
    let directory: String
    let registerPath: String
    let signer: NoteSigner
    var files: FileEffects

    init(_ files: FileEffects = .live, name: String = "example.com/log") throws {
        scratch = try Scratch()
        directory = scratch.path + "/log"
        registerPath = scratch.path + "/register"
        signer = try testKey(name)
        self.files = files
    }

    var register: CheckpointRegister { .file(registerPath, files) }

    static var settings: VaultSettings {
        var settings = VaultSettings()
        settings.activeBytes = 256 << 10
        settings.frameBytes = 32 << 10
        // In the caller's thread, so that every file call comes in the same order each time.
        settings.sealsInBackground = false
        settings.spareFiles = 2
        return settings
    }

    func create() throws -> VaultLog {
        try VaultLog.create(directory: directory, signer: signer, register: register, segmentHeight: 8, files: files)
        return try open()
    }

    func open(_ settings: VaultSettings = Self.settings) throws -> VaultLog {
        try VaultLog(directory: directory, signer: signer, register: register, settings: settings, files: files)
    }

    func reader() throws -> VaultReader { try VaultReader(directory: directory, files: files) }

    /// Names of the files of a folder of the log.
    func names(_ folder: String) throws -> [String] { try FileEffects.live.list(directory + "/" + folder) }

    func bytes(_ name: String) throws -> [UInt8] { try FileEffects.live.contents(directory + "/" + name, limit: 1 << 28) }

    func put(_ bytes: [UInt8], _ name: String) throws {
        let path = directory + "/" + name
        _ = unlink(path)
        let file = try FileEffects.live.open(path, .create)
        defer { FileEffects.live.close(file) }
        try FileEffects.live.writeAll(file, bytes, at: 0)
    }

    /// Copies the log's directory beside itself. In this process: a child would hold the locks of other tests for a moment.
    func copy(_ name: String) throws { try FileManager.default.copyItem(atPath: directory, toPath: directory + "." + name) }

    /// Puts a copy in the place of the log's directory.
    func restore(_ name: String) throws {
        try FileManager.default.removeItem(atPath: directory)
        try FileManager.default.moveItem(atPath: directory + "." + name, toPath: directory)
    }

    func remove(_ name: String) throws { try FileEffects.live.remove(directory + "/" + name) }

    /// Changes one byte of a file.
    func flip(_ name: String, at offset: Int, bit: Int = 0) throws {
        var all = try bytes(name)
        all[offset] ^= 1 << UInt8(bit)
        try put(all, name)
    }
}

/// The record of an index: its text, and a length that varies, so that every index is told from every other.
func record(_ index: UInt64) -> [UInt8] {
    Array("record \(index) ".utf8) + (0..<Int(index % 97)).map { UInt8(truncatingIfNeeded: UInt64($0) &* 31 &+ index) }
}

func records(_ range: Range<UInt64>) -> [[UInt8]] { range.map(record) }

/// The root that the first records have, computed apart from the log.
func expectedRoot(_ size: UInt64) -> MerkleHash {
    var range = CompactRange()
    for index in 0..<size { range.append(.leaf(record(index))) }
    return range.root
}

/// The code of the error an asynchronous body throws; nil when it throws none.
func code(_ body: () async throws -> Void) async -> VaultError.Code? {
    do { try await body() } catch { return (error as? VaultError)?.code }
    return nil
}

/// A flag that a closure of effects reads.
final class Flag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Values handed out one after the other, the last one for ever.
final class Steps: Sendable {
    private let rest: Mutex<[Int64]>

    init(_ values: [Int64]) { rest = Mutex(values) }

    func next() -> Int64 { rest.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? 0 } }
}
