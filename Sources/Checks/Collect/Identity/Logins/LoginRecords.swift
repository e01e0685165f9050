internal import Documents
internal import Rulebook

/// A record of utmp, wtmp or btmp.
struct LoginRecord: Sendable, Equatable {
    /// 7 is a login, 6 a login prompt or, in btmp, a failure.
    var type: Int
    var line: String
    var user: String
    var host: String
    var process: Int
    var time: Instant

    /// Length of a record with 64-bit glibc on x86.
    static let length = 384

    /// The records of a file's bytes, oldest first.
    static func all(in bytes: [UInt8]) -> [LoginRecord] {
        (0..<bytes.count / length).map { index in
            let record = bytes[index * length..<(index + 1) * length]
            return LoginRecord(
                type: number(record, 0, 2), line: text(record, 8, 32), user: text(record, 44, 32), host: text(record, 76, 256),
                process: number(record, 4, 4), time: Instant(seconds: Int64(number(record, 340, 4))))
        }
    }

    private static func number(_ record: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> Int {
        let start = record.startIndex + offset
        return record[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func text(_ record: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> String {
        let start = record.startIndex + offset
        return String(decoding: record[start..<start + count].prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A file of login records.
struct LoginRecordFile: Sendable {
    var records: [LoginRecord]
    /// Whether the oldest records were left unread because the file is too long.
    var isCut: Bool

    /// Most bytes that are read of one file: whole records.
    static let limit = 43_000 * LoginRecord.length

    /// Reads the newest records of a file; nil when it is not there or cannot be read.
    init?(_ path: String, _ probe: Probe) {
        guard let file = probe.end(of: path, limit: Self.limit) else { return nil }
        guard file.status.size % LoginRecord.length == 0 else {
            probe.gap(path, "not made of records of \(LoginRecord.length) bytes; not read")
            return nil
        }
        isCut = file.status.size > file.bytes.count
        if isCut { probe.gap(path, "only its newest \(file.bytes.count / LoginRecord.length) records are read") }
        records = LoginRecord.all(in: file.bytes)
    }
}

/// /var/log/lastlog: one record for each user id, in order of the ids.
struct LastLog: Sendable {
    private let bytes: [UInt8]
    private static let length = 292
    /// The file is as long as the highest user id asks for, mostly holes; more than this (ids above 229,000) is not read.
    private static let limit = 64 << 20

    init?(_ probe: Probe) {
        guard let file = probe.bytes("/var/log/lastlog", limit: Self.limit) else { return nil }
        guard file.bytes.count % Self.length == 0 else {
            probe.gap("/var/log/lastlog", "not made of records of \(Self.length) bytes; not read")
            return nil
        }
        bytes = file.bytes
    }

    /// When a user last logged in; nil when never.
    subscript(_ uid: Int) -> Instant? {
        guard uid >= 0, uid < bytes.count / Self.length else { return nil }
        let start = uid * Self.length
        let seconds = bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int64($1) }
        return seconds > 0 ? Instant(seconds: seconds) : nil
    }
}

/// When each account was last seen.
struct LoginHistory: Sendable {
    private var newest: [String: Instant] = [:]
    private let lastlog: LastLog?
    /// Whether lastlog or wtmp could be read at all.
    let isKnown: Bool
    /// Whether "never" can be said: lastlog keeps everyone for ever, wtmp is rotated away.
    let knowsNever: Bool

    init(_ probe: Probe) {
        lastlog = LastLog(probe)
        var isKnown = lastlog != nil
        for path in ["/var/log/wtmp.1", "/var/log/wtmp"] {
            guard let file = LoginRecordFile(path, probe) else { continue }
            if path == "/var/log/wtmp" { isKnown = true }
            for record in file.records where record.type == 7 && !record.user.isEmpty {
                if newest[record.user].map({ $0 < record.time }) ?? true { newest[record.user] = record.time }
            }
        }
        let databases = ["/var/lib/lastlog/lastlog2.db", "/var/lib/wtmpdb/wtmp.db", "/var/log/wtmp.db"].filter {
            probe.exists($0)
        }
        for path in databases { probe.gap(path, "login records in this database are not read") }
        self.isKnown = isKnown
        knowsNever = lastlog != nil && databases.isEmpty
    }

    /// The newest login that is known of.
    func last(_ user: AccountBase.User) -> Instant? {
        // Records hold 32 bytes of a name.
        [lastlog?[user.uid], newest[String(decoding: user.name.utf8.prefix(32), as: UTF8.self)]].compactMap { $0 }.max()
    }
}
