internal import Documents
internal import Rulebook

/// Group `logins`: whether login records exist and are fresh.
struct LoginsCollector: FactCollector {
    let group = "logins"

    private static let authLogs = ["auth.log", "secure"]

    func collect(_ probe: Probe) async -> Collected {
        for path in ["/var/lib/wtmpdb/wtmp.db", "/var/log/wtmp.db", "/var/lib/lastlog/lastlog2.db"] where probe.exists(path) {
            probe.gap(path, "login records in this database are not read")
        }
        return .facts(
            .object([
                ("wtmp", Self.summary("/var/log/wtmp", probe, countsDay: false)),
                ("btmp", Self.summary("/var/log/btmp", probe, countsDay: true)),
                ("lastlog", .object([("present", .bool(probe.exists("/var/log/lastlog")))])),
                ("auth_log", await Self.authLog(probe)), ("shared_sessions", Self.sharedSessions(probe)),
            ]))
    }

    private static func summary(_ path: String, _ probe: Probe, countsDay: Bool) -> Node {
        guard let status = probe.status(path) else { return .object([("present", .bool(false))]) }
        guard let file = LoginRecordFile(path, probe) else { return .object([("present", .bool(true))]) }
        let times = file.records.map { $0.time }.filter { $0.seconds > 0 }
        let dayAgo = probe.host.now().adding(seconds: -86_400)
        return .object([
            ("present", .bool(true)), ("records", .integer(status.size / LoginRecord.length)),
            ("oldest", file.isCut ? nil : times.min().map { .text($0.description) }),
            ("newest", times.max().map { .text($0.description) }),
            ("last_day", countsDay ? .integer(times.count { $0 > dayAgo }) : nil),
        ])
    }

    // MARK: The log of logins

    private static func authLog(_ probe: Probe) async -> Node? {
        let names = probe.names(in: "/var/log")
        var newest: Instant?
        var oldest: Instant?
        for name in names.prefix(10_000)
        where authLogs.contains(where: { name == $0 || name.hasPrefix($0 + ".") || name.hasPrefix($0 + "-") }) {
            guard let status = probe.status("/var/log/\(name)"), status.kind == .file, status.size > 0 else { continue }
            let isCurrent = authLogs.contains(name)
            // Lines of a rotated file are older than the file's last change.
            var candidates = isCurrent ? [] : [status.modified]
            if !name.hasSuffix(".gz"), !name.hasSuffix(".xz"), !name.hasSuffix(".zst"), !name.hasSuffix(".bz2") {
                if let first = firstTime("/var/log/\(name)", status, probe) { candidates.append(first) }
            }
            if let found = candidates.min(), oldest.map({ found < $0 }) ?? true { oldest = found }
            if newest.map({ $0 < status.modified }) ?? true { newest = status.modified }
        }
        if newest != nil {
            return .object([
                ("present", true), ("newest", newest.map { .text($0.description) }),
                ("oldest", oldest.map { .text($0.description) }),
            ])
        }
        return await journal(probe)
    }

    /// The time of a log's first line, when it is written in full (older formats have neither year nor zone).
    private static func firstTime(_ path: String, _ status: HostStatus, _ probe: Probe) -> Instant? {
        guard status.size <= Probe.fileLimit, let file = probe.file(path), let word = file.lines.first?.words.first else {
            return nil
        }
        return Instant(word)
    }

    /// The newest message of the facilities auth (4) and authpriv (10) in the journal.
    private static func journal(_ probe: Probe) async -> Node? {
        let command = ["journalctl", "-q", "--no-pager", "-n", "1", "-o", "short-unix", "--facility=4,10"]
        guard probe.host.isLive else { return nil }
        guard let output = await probe.output(command, accepting: [0, 1], gap: true) else {
            let keepsJournal = ["/var/log/journal", "/run/log/journal"].contains { probe.exists($0) }
            return keepsJournal || !probe.gaps.isEmpty ? nil : .object([("present", .bool(false))])
        }
        let stamp = output.utf8.split(separator: 0x0A).last.map { String(decoding: $0, as: UTF8.self) }?.words.first
        guard let seconds = stamp?.leadingNumber, seconds > 0 else { return .object([("present", .bool(false))]) }
        return .object([("present", .bool(true)), ("newest", .text(Instant(seconds: Int64(seconds)).description))])
    }

    // MARK: Who is logged in

    /// Accounts with live sessions from more than one source; nil when the list of sessions is not there.
    private static func sharedSessions(_ probe: Probe) -> Node? {
        guard let path = ["/run/utmp", "/var/run/utmp"].first(where: { probe.exists($0) }) else {
            probe.gap("/run/utmp", "not there: who is logged in is not known")
            return nil
        }
        guard let file = LoginRecordFile(path, probe) else { return nil }
        var sources: [String: [String]] = [:]
        for record in file.records where record.type == 7 && !record.user.isEmpty {
            // A session whose process is gone left its line behind.
            if probe.host.isLive, record.process > 0, probe.exists("/proc/1"), !probe.exists("/proc/\(record.process)") {
                continue
            }
            let source = self.source(record.host)
            if !(sources[record.user, default: []].contains(source)) { sources[record.user, default: []].append(source) }
        }
        return .list(
            sources.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { user, sources in
                .object([("user", .text(user)), ("sources", .texts(sources.sorted())), ("from", .text(path))])
            })
    }

    /// Where a session comes from: displays and terminals inside a terminal are this machine.
    private static func source(_ host: String) -> String {
        host.isEmpty || host.hasPrefix(":") || host.hasPrefix("tmux(") || host == "login screen" || host == "localhost"
            ? "local" : host
    }
}
