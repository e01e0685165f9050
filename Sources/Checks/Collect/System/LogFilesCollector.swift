internal import Documents
internal import Rulebook

/// Log files: modes, how far back they reach, and whether their lines carry time, place and kind.
struct LogFilesCollector: FactCollector {
    let group = "logfiles"
    static let root = "/var/log"
    private static let fileLimit = 500
    /// A log is read whole for its first line only up to this; of larger ones the last change counts.
    private static let wholeLimit = 2 << 20
    private static let tailLimit = 64 << 10

    /// Families of logs whose beginning counts; the first name found of each is its file.
    private static let families = [["audit/audit.log"], ["auth.log", "secure"], ["syslog", "messages"]]
    private static let sampled = [
        "audit/audit.log", "auth.log", "secure", "syslog", "messages", "kern.log", "daemon.log", "user.log", "cron.log", "cron",
        "mail.log", "maillog",
    ]

    func collect(_ probe: Probe) async -> Collected {
        guard probe.exists(Self.root) else { return .nothing(.absent, "there is no \(Self.root)") }
        let owners = OwnerNames(probe)
        let zone = HostZone(probe).zone ?? .utc
        let now = probe.host.now()
        var names = probe.names(in: Self.root)
        names += probe.names(in: "\(Self.root)/audit").map { "audit/\($0)" }
        if names.count > Self.fileLimit {
            probe.gap(Self.root, "\(names.count) files; the first \(Self.fileLimit) were looked at")
        }
        var files: [Node] = []
        var statuses: [String: HostStatus] = [:]
        for name in names.prefix(Self.fileLimit) {
            let path = "\(Self.root)/\(name)"
            guard probe.host.linkTarget(path) == nil, let status = probe.status(path), status.kind == .file else { continue }
            statuses[name] = status
            let more: [(String, Node?)] = [("bytes", .integer(status.size)), ("modified", .text(status.modified.description))]
            files.append(.object(owners.fields(path, status) + more))
        }
        let oldest = oldest(probe, statuses, zone)
        let samples = samples(probe, statuses, zone)
        return .facts(
            .object([
                ("files", .list(files)),
                ("oldest", oldest.map { .text($0.description) }),
                ("oldest_days", oldest.map { .integer(max(0, (now - $0) / 86_400)) }),
                ("system_age_days", systemSince(probe).map { .integer(max(0, (now - $0) / 86_400)) }),
                ("samples", .list(samples.nodes)),
                ("newest", samples.newest.map { .text($0.description) }),
            ]))
    }

    /// From when on every kind of log that is there reaches back: the youngest of their beginnings, so that one long log does not
    /// cover for a short one.
    private func oldest(_ probe: Probe, _ statuses: [String: HostStatus], _ zone: Zone) -> Instant? {
        Self.families.compactMap { family in
            let rotated = statuses.filter { entry in
                family.contains { entry.key == $0 || entry.key.hasPrefix($0 + ".") || entry.key.hasPrefix($0 + "-") }
            }
            return rotated.min { ($0.value.modified, $0.key) < ($1.value.modified, $1.key) }.flatMap {
                begin(probe, $0.key, $0.value, zone)
            }
        }.max()
    }

    private func begin(_ probe: Probe, _ name: String, _ status: HostStatus, _ zone: Zone) -> Instant? {
        // What a packed or large file was last written is later than its first record, so this never claims too much.
        let packed = [".gz", ".xz", ".zst", ".bz2", ".lz4"].contains { name.hasSuffix($0) }
        guard status.size > 0 else { return nil }
        guard !packed, status.size <= Self.wholeLimit, let file = probe.bytes("\(Self.root)/\(name)", limit: Self.wholeLimit)
        else {
            return status.modified
        }
        let head = String(decoding: file.bytes.prefix(16 << 10), as: UTF8.self)
        for line in head.split(separator: "\n").prefix(50) {
            if let instant = LogStamp(line, notAfter: status.modified, zone: zone).instant {
                return min(instant, status.modified)
            }
        }
        return status.modified
    }

    /// When the system was installed, as far as files tell: the identity written at first boot, the installer's own traces, or
    /// the making of the root file system.
    private func systemSince(_ probe: Probe) -> Instant? {
        if let identity = probe.bytes("/etc/machine-id", limit: 4096), identity.bytes.count >= 32 {
            return identity.status.modified
        }
        for path in [
            "/var/log/installer/status", "/var/log/installer/syslog", "/root/anaconda-ks.cfg", "/root/original-ks.cfg",
            "/lost+found",
        ] {
            if case .success(let status) = probe.host.status(path) { return status.modified }
        }
        return nil
    }

    private func samples(_ probe: Probe, _ statuses: [String: HostStatus], _ zone: Zone) -> (nodes: [Node], newest: Instant?) {
        var nodes: [Node] = []
        var newest: Instant?
        for name in Self.sampled {
            guard let status = statuses[name], status.size > 0,
                let file = probe.end(of: "\(Self.root)/\(name)", limit: Self.tailLimit)
            else { continue }
            var lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
            // The first line of a cut text is a piece of one.
            if status.size > Self.tailLimit, !lines.isEmpty { lines.removeFirst() }
            let stamps = lines.suffix(200).map { LogStamp($0, notAfter: status.modified, zone: zone) }
            guard !stamps.isEmpty else { continue }
            func count(_ holds: (LogStamp) -> Bool) -> Node { .integer(stamps.reduce(0) { holds($1) ? $0 + 1 : $0 }) }
            let conforming = stamps.reduce(0) { $1.conforms ? $0 + 1 : $0 }
            nodes.append(
                .object([
                    ("path", .text("\(Self.root)/\(name)")), ("lines", .integer(stamps.count)),
                    ("with_time", count { $0.hasTime }),
                    ("with_zone", count { $0.hasZone }), ("with_host", count { $0.hasHost }), ("with_kind", count { $0.hasKind }),
                    ("conforming", .integer(conforming)), ("conforming_percent", .integer(conforming * 100 / stamps.count)),
                ]))
            newest = ([newest] + stamps.map { $0.instant }).compactMap { $0 }.max()
        }
        return (nodes, newest)
    }
}
