internal import Synchronization

@testable internal import Vault

/// Stops the program, so that libFuzzer keeps the input.
func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { fatalError(what()) } }

/// Takes an input apart from its front; gives zeros when nothing is left.
struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }
    var all: [UInt8] { Array(rest) }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
    mutating func number() -> Int { Int(byte()) << 8 | Int(byte()) }
    mutating func long() -> UInt64 { (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) } }
}

/// Files in memory, for logs that are read and thrown away thousands of times a second.
final class MemoryFiles: Sendable {
    private struct State {
        var files: [String: [UInt8]] = [:]
        var directories: Set<String> = ["/"]
        var handles: [Int32: String] = [:]
        var next: Int32 = 0
        var clock: Int64 = 1_700_000_000_000_000
    }

    private let state: Mutex<State>

    init() { state = Mutex(State()) }

    /// A copy that changes apart.
    init(copy other: MemoryFiles) { state = Mutex(other.state.withLock { $0 }) }

    var paths: [String] { state.withLock { $0.files.keys.sorted() } }

    subscript(path: String) -> [UInt8]? {
        get { state.withLock { $0.files[path] } }
        set { state.withLock { $0.files[path] = newValue } }
    }

    func pass(_ microseconds: Int64) { state.withLock { $0.clock += microseconds } }

    var effects: FileEffects {
        var effects = FileEffects.live
        opening(&effects)
        transfers(&effects)
        naming(&effects)
        effects.now = { [self] in
            state.withLock {
                $0.clock += 1_000
                return $0.clock
            }
        }
        effects.steady = { [self] in state.withLock { $0.clock } }
        effects.space = { _ throws(VaultError) in DiskSpace(total: 1 << 40, free: 1 << 39) }
        effects.clockHealth = { ClockHealth(isSynchronized: true, maximumError: 500, boot: "fuzz") }
        // Inputs must mean the same in every run, so nothing here is left to chance.
        effects.random = { count in (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) } }
        return effects
    }

    private static func missing(_ path: String) -> VaultError { VaultError(.notFound, "No such file", at: path) }

    private func opening(_ effects: inout FileEffects) {
        effects.open = { [self] (path, mode) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                let isNew = mode == .create || mode == .createSecret
                guard isNew == (state.files[path] == nil) else {
                    throw isNew ? VaultError(.exists, "File exists", at: path) : Self.missing(path)
                }
                if isNew { state.files[path] = [] }
                state.next &+= 1
                state.handles[state.next] = path
                return state.next
            }
        }
        effects.close = { [self] file in state.withLock { $0.handles[file] = nil } }
        effects.lock = { _ throws(VaultError) in true }
        effects.permissions = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard state.files[path] != nil || state.directories.contains(path) else { throw Self.missing(path) }
                return 0o600
            }
        }
    }

    private func transfers(_ effects: inout FileEffects) {
        effects.read = { [self] (file, buffer, offset) throws(VaultError) in
            state.withLock { state in
                let bytes = state.handles[file].flatMap { state.files[$0] } ?? []
                let start = Int(min(offset, UInt64(bytes.count)))
                let count = min(buffer.count, bytes.count - start)
                buffer.copyBytes(from: bytes[start..<start + count])
                return count
            }
        }
        effects.write = { [self] (file, given, offset) throws(VaultError) in
            state.withLock { state in
                guard let path = state.handles[file], var bytes = state.files.removeValue(forKey: path) else { return 0 }
                let end = Int(offset) + given.count
                if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
                bytes.replaceSubrange(Int(offset)..<end, with: given)
                state.files[path] = bytes
                return given.count
            }
        }
        effects.sync = { _ throws(VaultError) in }
        effects.syncDirectory = { _ throws(VaultError) in }
        effects.size = { [self] (file) throws(VaultError) in
            state.withLock { state in UInt64(state.handles[file].flatMap { state.files[$0]?.count } ?? 0) }
        }
    }

    private func naming(_ effects: inout FileEffects) {
        effects.rename = { [self] (from, to) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard let bytes = state.files.removeValue(forKey: from) else { throw Self.missing(from) }
                state.files[to] = bytes
                for (file, path) in state.handles where path == from { state.handles[file] = to }
            }
        }
        effects.remove = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard state.files.removeValue(forKey: path) != nil else { throw Self.missing(path) }
            }
        }
        effects.makeDirectory = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard state.directories.insert(path).inserted else { throw VaultError(.exists, "File exists", at: path) }
            }
        }
        effects.list = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard state.directories.contains(path) else { throw Self.missing(path) }
                return (Array(state.files.keys) + state.directories).filter { $0 != path && Path.parent($0) == path }
                    .map { String($0.dropFirst(path == "/" ? 1 : path.utf8.count + 1)) }.sorted()
            }
        }
    }
}

/// A small log of segments of 256 records, made without a thread, so that it is the same in every run.
enum SmallLog {
    static let directory = "/log"

    static func signer() throws(VaultError) -> NoteSigner {
        try NoteSigner(name: "fuzz.example/log", seed: [UInt8](repeating: 7, count: 32))
    }

    static func record(_ index: UInt64) -> [UInt8] { Array("user=u\(index % 7) n=\(index) action=login".utf8) }

    /// Two sealed segments, the first one pruned, and some frames behind them; everything is covered by a checkpoint.
    static func make() throws(VaultError) -> MemoryFiles {
        let files = MemoryFiles()
        let (effects, signer) = (files.effects, try signer())
        let register = CheckpointRegister.file("/register", effects)
        try VaultLog.create(directory: directory, signer: signer, register: register, segmentHeight: 8, files: effects)
        let writer = try LogWriter(
            directory: directory, signer: signer, register: register, settings: settings, files: effects)
        var index: UInt64 = 0
        for count in [100, 156, 256, 40, 1] as [UInt64] {
            var batch = VaultBatch()
            for number in index..<index + count { try batch.add(record(number)) }
            batch.finish()
            try writer.prepareToAppend()
            try writer.append([batch])
            index += count
            files.pass(UTCTime.day)
        }
        let order = try Order(by: "fuzz", reason: "seed")
        try writer.write(.retention(Retention(name: "short", days: 2), order))
        _ = try writer.hold(.records(600..<700), order)
        _ = try writer.prune(order)
        _ = try writer.checkpoint()
        return files
    }

    static var settings: VaultSettings {
        var settings = VaultSettings()
        settings.activeBytes = 256 << 10
        settings.frameBytes = 32 << 10
        settings.sealsInBackground = false
        settings.spareFiles = 0
        return settings
    }
}
