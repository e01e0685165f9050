import Glibc
import Synchronization

@testable import Vault

/// A disk in memory that keeps apart what was written and what was made durable. A crash loses or keeps each unsynced sector of 512 bytes and
/// a prefix of each directory's unsynced changes, as a seed decides; any call can be made to fail.
final class SimulatedDisk: Sendable {
    /// What happens to the call chosen to fail.
    enum Fault: CaseIterable {
        /// The call fails and has done nothing.
        case inputOutput
        /// The call fails for want of room; a write has put down its first half.
        case noSpace
        /// A write takes only half of the bytes, and no call fails.
        case shortWrite
        /// The machine stops at this call: it and all later ones fail, and what was not synced is lost or kept.
        case crash
    }

    private struct Inode {
        var live: [UInt8] = []
        var durable: [UInt8] = []
        var pending: [(offset: Int, bytes: [UInt8])] = []
        var isSecret = false
    }

    private struct State {
        var inodes: [Int: Inode] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        /// Unsynced changes of names: nil removes.
        var pendingNames: [(name: String, inode: Int?)] = []
        var directories: Set<String> = ["/"]
        var handles: [Int32: Int] = [:]
        var locks: [Int32: Int] = [:]
        var next: Int32 = 100
        var calls = 0
        var failAt: Int?
        var fault = Fault.inputOutput
        var isDown = false
        var clock: Int64 = 1_000_000
        var random = Seeded(1)
    }

    private let state = Mutex(State())

    /// File calls that change something, so far.
    var calls: Int { state.withLock { $0.calls } }

    /// Makes the call of that number, counted from now, fail.
    func fail(at call: Int, _ fault: Fault) {
        state.withLock {
            $0.calls = 0
            $0.failAt = call
            $0.fault = fault
        }
    }

    /// Lets time pass.
    func advance(_ microseconds: Int64) { state.withLock { $0.clock += microseconds } }

    func heal() { state.withLock { $0.failAt = nil } }

    /// Stops the machine and starts it again: unsynced writes and names are partly lost. All descriptors are gone.
    func crash(seed: UInt64) {
        state.withLock { state in
            var random = Seeded(seed)
            for (number, inode) in state.inodes { state.inodes[number] = Self.survivor(inode, &random) }
            for directory in Set(state.pendingNames.map { Path.parent($0.name) }).sorted() {
                let changes = state.pendingNames.filter { Path.parent($0.name) == directory }
                for change in changes.prefix(Int.random(in: 0...changes.count, using: &random)) {
                    state.durableNames[change.name] = change.inode
                }
            }
            state.names = state.durableNames
            state.pendingNames = []
            (state.handles, state.locks) = ([:], [:])
            (state.isDown, state.failAt) = (false, nil)
        }
    }

    private static func survivor(_ inode: Inode, _ random: inout Seeded) -> Inode {
        var kept = inode.durable
        for write in inode.pending {
            var start = 0
            while start < write.bytes.count {
                let end = min(write.bytes.count, (write.offset + start) / 512 * 512 + 512 - write.offset)
                if Bool.random(using: &random) { store(write.bytes[start..<end], at: write.offset + start, in: &kept) }
                start = end
            }
        }
        return Inode(live: kept, durable: kept, pending: [], isSecret: inode.isSecret)
    }

    private static func store(_ bytes: some Collection<UInt8>, at offset: Int, in file: inout [UInt8]) {
        if file.count < offset + bytes.count { file += [UInt8](repeating: 0, count: offset + bytes.count - file.count) }
        file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    /// Counts a call; says whether it is the one to fail.
    private static func step(_ state: inout State) throws(VaultError) -> Fault? {
        guard !state.isDown else { throw VaultError(.file, "the machine is down") }
        state.calls += 1
        guard state.calls == state.failAt else { return nil }
        if state.fault == .crash {
            state.isDown = true
            throw VaultError(.file, "the machine went down")
        }
        return state.fault
    }

    private static func refuse(_ fault: Fault?) throws(VaultError) {
        if fault == .inputOutput { throw VaultError(.file, "Input/output error") }
        if fault == .noSpace { throw VaultError(.file, "No space left on device") }
    }

    private static func inode(_ state: State, _ file: Int32) throws(VaultError) -> Int {
        guard !state.isDown, let number = state.handles[file] else { throw VaultError(.file, "bad descriptor") }
        return number
    }

    /// Names of a directory with its files' bytes: what a person would see.
    func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].flatMap { state.inodes[$0]?.live } }
    }

    /// Puts bytes in place of a file, or a file where there is none, behind the vault's back.
    func put(_ path: String, _ bytes: [UInt8]?) {
        state.withLock { state in
            guard let bytes else {
                state.names[path] = nil
                state.durableNames[path] = nil
                return
            }
            let number = (state.inodes.keys.max() ?? 0) + 1
            state.inodes[number] = Inode(live: bytes, durable: bytes)
            state.names[path] = number
            state.durableNames[path] = number
        }
    }

    var paths: [String] { state.withLock { $0.names.keys.sorted() } }

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
        effects.clockHealth = { ClockHealth(isSynchronized: true, maximumError: 500, boot: "simulated") }
        effects.random = { [self] count in state.withLock { $0.random.bytes(count) } }
        return effects
    }

    private func opening(_ effects: inout FileEffects) {
        effects.open = { [self] (path, mode) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard !state.isDown else { throw VaultError(.file, "the machine is down") }
                switch mode {
                case .read, .write:
                    guard state.names[path] != nil else { throw VaultError(.notFound, "No such file", at: path) }
                case .create, .createSecret:
                    try Self.refuse(try Self.step(&state))
                    guard state.names[path] == nil else { throw VaultError(.exists, "File exists", at: path) }
                    let number = (state.inodes.keys.max() ?? 0) + 1
                    state.inodes[number] = Inode(isSecret: mode == .createSecret)
                    state.names[path] = number
                    state.pendingNames.append((path, number))
                }
                state.next += 1
                state.handles[state.next] = state.names[path]
                return state.next
            }
        }
        effects.close = { [self] file in
            state.withLock {
                $0.handles[file] = nil
                $0.locks[file] = nil
            }
        }
        effects.lock = { [self] (file) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                let inode = try Self.inode(state, file)
                guard !state.locks.values.contains(inode) else { return false }
                state.locks[file] = inode
                return true
            }
        }
        effects.permissions = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                if state.directories.contains(path) { return 0o750 }
                guard let number = state.names[path] else { throw VaultError(.notFound, "No such file", at: path) }
                return state.inodes[number]?.isSecret == true ? 0o600 : 0o640
            }
        }
    }

    private func transfers(_ effects: inout FileEffects) {
        effects.read = { [self] (file, buffer, offset) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                let bytes = state.inodes[try Self.inode(state, file)]?.live ?? []
                let start = min(Int(offset), bytes.count)
                let count = min(buffer.count, bytes.count - start)
                buffer.copyBytes(from: bytes[start..<start + count])
                return count
            }
        }
        effects.write = { [self] (file, given, offset) throws(VaultError) in
            let bytes = Array(given)
            return try state.withLock { state throws(VaultError) in
                let number = try Self.inode(state, file)
                let fault = try Self.step(&state)
                if fault == .inputOutput { try Self.refuse(fault) }
                let taken = fault == nil ? bytes : Array(bytes.prefix(max(1, bytes.count / 2)))
                state.inodes[number]?.pending.append((Int(offset), taken))
                if var live = state.inodes[number]?.live {
                    state.inodes[number]?.live = []
                    Self.store(taken, at: Int(offset), in: &live)
                    state.inodes[number]?.live = live
                }
                try Self.refuse(fault)
                return taken.count
            }
        }
        effects.sync = { [self] (file) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                let number = try Self.inode(state, file)
                try Self.refuse(try Self.step(&state))
                for write in state.inodes[number]?.pending ?? [] {
                    if var durable = state.inodes[number]?.durable {
                        state.inodes[number]?.durable = []
                        Self.store(write.bytes, at: write.offset, in: &durable)
                        state.inodes[number]?.durable = durable
                    }
                }
                state.inodes[number]?.pending = []
            }
        }
        effects.size = { [self] (file) throws(VaultError) in
            try state.withLock { state throws(VaultError) in UInt64(state.inodes[try Self.inode(state, file)]?.live.count ?? 0) }
        }
    }

    private func naming(_ effects: inout FileEffects) {
        effects.rename = { [self] (from, to) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                try Self.refuse(try Self.step(&state))
                guard let number = state.names[from] else { throw VaultError(.notFound, "No such file", at: from) }
                state.names[from] = nil
                state.names[to] = number
                state.pendingNames += [(to, number), (from, nil)]
            }
        }
        effects.remove = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard state.names[path] != nil else { throw VaultError(.notFound, "No such file", at: path) }
                try Self.refuse(try Self.step(&state))
                state.names[path] = nil
                state.pendingNames.append((path, nil))
            }
        }
        effects.makeDirectory = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard !state.directories.contains(path) else { throw VaultError(.exists, "File exists", at: path) }
                try Self.refuse(try Self.step(&state))
                state.directories.insert(path)
            }
        }
        effects.list = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                guard !state.isDown, state.directories.contains(path) else {
                    throw VaultError(.notFound, "No such directory", at: path)
                }
                let all = Array(state.names.keys) + state.directories
                return all.filter { $0 != path && Path.parent($0) == path }.map { String($0.dropFirst(path.count + 1)) }.sorted()
            }
        }
        effects.syncDirectory = { [self] (path) throws(VaultError) in
            try state.withLock { state throws(VaultError) in
                try Self.refuse(try Self.step(&state))
                for change in state.pendingNames where Path.parent(change.name) == path {
                    state.durableNames[change.name] = change.inode
                }
                state.pendingNames.removeAll { Path.parent($0.name) == path }
            }
        }
    }
}

/// A small log on a simulated disk.
struct SimulatedLog {
    let disk = SimulatedDisk()
    let directory = "/log"
    let signer: NoteSigner

    init() throws { signer = try testKey() }

    var register: CheckpointRegister { .file("/register", disk.effects) }

    func create() throws -> VaultLog {
        try VaultLog.create(directory: directory, signer: signer, register: register, segmentHeight: 8, files: disk.effects)
        return try open()
    }

    func open() throws -> VaultLog {
        try VaultLog(directory: directory, signer: signer, register: register, settings: TestLog.settings, files: disk.effects)
    }

    func verify(withRegister: Bool = true) throws -> VerifyReport {
        try VaultVerifier(directory: directory, register: withRegister ? register : nil, files: disk.effects).verify()
    }
}
