internal import Glibc
internal import Vault

/// A small seeded generator (SplitMix64), so that a failing run can be tried again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    mutating func once(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }
}

/// A clock that goes on when it is told, so that days pass in seconds.
final class FastClock: Sendable {
    private let time: Mutex<Int64>

    init(_ start: Int64) { time = Mutex(start) }

    var now: Int64 { time.withLock { $0 } }

    func pass(_ microseconds: Int64) { time.withLock { $0 += microseconds } }

    /// The machine's files under this clock.
    var files: FileEffects {
        var files = FileEffects.live
        files.now = { [self] in now }
        files.steady = { [self] in now }
        // The disk of who runs this may be as full as it likes.
        files.space = { _ throws(VaultError) in DiskSpace(total: 1 << 40, free: 1 << 39) }
        return files
    }
}

/// What is written: each record tells its number, and everything else in it follows from that.
enum Content {
    static let start: Int64 = 1_700_000_000_000_000
    static let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"]

    static func body(_ number: UInt64) -> [UInt8] {
        let word = words[Int(number % 7)]
        return Array("n=\(number) user=u\(number % 5) word=\(word) ".utf8)
            + [UInt8](repeating: UInt8(ascii: "x"), count: Int((number &* 31) % 211))
    }

    /// The number of a record's body; nil when it is none of ours.
    static func number(of body: [UInt8]) -> UInt64? {
        guard body.starts(with: Array("n=".utf8)) else { return nil }
        let number = UInt64(String(decoding: body.dropFirst(2).prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
        return number.flatMap { Self.body($0) == body ? $0 : nil }
    }

    /// Every tenth record has a personal field, every hundred of them one subject.
    static func subject(_ number: UInt64) -> String? { number % 10 == 0 ? "S\(number / 100)" : nil }

    static func record(_ number: UInt64, _ keys: SubjectKeys) throws(VaultError) -> VaultRecord {
        var fields = [VaultRecord.Field("action", "login")]
        if let subject = subject(number) {
            fields.append(try keys.seal("name", Array("v\(number)".utf8), subject: subject, year: 2026))
        }
        return VaultRecord(source: "s\(number % 3)", occurred: Int64(number), fields: fields, body: body(number))
    }
}

/// Small segments, everything in the background.
func smallSettings() -> VaultSettings {
    var settings = VaultSettings()
    settings.activeBytes = 256 << 10
    settings.frameBytes = 32 << 10
    settings.spareFiles = 2
    settings.sealsInBackground = true
    settings.waitingSegments = 2
    return settings
}

/// Opens the log of a directory, making it when there is none.
func openLog(_ directory: String, _ files: FileEffects) throws(VaultError) -> (log: VaultLog, keys: SubjectKeys) {
    let register = CheckpointRegister.file(directory + ".register", files)
    let signer: NoteSigner
    if access(directory + ".key", F_OK) == 0 {
        signer = try KeyFile.read(directory + ".key", files)
    } else {
        signer = try KeyFile.create(directory + ".key", name: "stress.example/log", files)
    }
    // A kill may have come between the key and the identity.
    if access(directory + "/identity", F_OK) != 0 {
        try VaultLog.create(directory: directory, signer: signer, register: register, segmentHeight: 8, files: files)
    }
    let log = try VaultLog(directory: directory, signer: signer, register: register, settings: smallSettings(), files: files)
    return (log, try SubjectKeys(path: directory + ".subjects", identity: log.identity, files: files))
}

/// Removes a folder of files and folders.
func removeAll(_ path: String) {
    for name in (try? FileEffects.live.list(path)) ?? [] {
        let inner = path + "/" + name
        if unlink(inner) != 0 { removeAll(inner) }
    }
    rmdir(path)
}

/// A value under a lock that the thread sanitizer knows; on Linux it does not see what the standard library's mutex does.
final class Mutex<Value>: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: Value) {
        self.value = value
        lock.initialize(to: pthread_mutex_t())
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }
}
