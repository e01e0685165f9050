internal import Documents
internal import Rulebook

/// Backup tools, and their newest snapshots as far as they can be read without any secret.
struct BackupsCollector: FactCollector {
    let group = "backups"
    /// Where a site's own backup job may drop the JSON its tool prints (see Documentation/collecting.md).
    static let dropFolder = "/var/lib/plumbline/backups.d"

    func collect(_ probe: Probe) async -> Collected {
        let tools = KnownSoftware.backupPrograms.filter { entry in entry.programs.contains { probe.hasProgram($0) } }.map {
            $0.name
        }
        var records = dropped(probe)
        if tools.contains("pgbackrest"), !records.contains(where: { $0.tool == "pgbackrest" }),
            let text = await probe.output(["pgbackrest", "info", "--output=json"], seconds: 15),
            let items = (try? JSONReader.read(Array(text.utf8)))?.list
        {
            records += BackupReader.pgbackrest(items, "pgbackrest info")
        }
        records += rsnapshot(probe)
        let now = probe.host.now()
        return .facts(
            .object([
                ("tools", .texts(tools)),
                ("repositories", .list(records.map { Self.node($0, now) })),
                ("scheduled", .bool(isScheduled(probe))),
            ]))
    }

    private static func node(_ record: BackupRecord, _ now: Instant) -> Node {
        .object([
            ("tool", .text(record.tool)), ("location", record.location.map { .text($0) }),
            ("remote", record.isRemote.map { .bool($0) }),
            ("encrypted", record.encrypted.map { .bool($0) }), ("newest", record.newest.map { .text($0.description) }),
            ("newest_age", record.newest.map { .integer(max(0, now - $0)) }),
            ("snapshots", record.snapshots.map { .integer($0) }),
            ("last_check", record.lastCheck.map { .text($0.description) }),
            ("last_check_ok", record.lastCheckOK.map { .bool($0) }),
            ("last_check_age_days", record.lastCheck.map { .integer(max(0, (now - $0) / 86_400)) }), ("from", .text(record.from)),
        ])
    }

    private func dropped(_ probe: Probe) -> [BackupRecord] {
        var records: [BackupRecord] = []
        for name in probe.names(in: Self.dropFolder).filter({ $0.hasSuffix(".json") && !$0.hasPrefix(".") }).prefix(200) {
            let path = "\(Self.dropFolder)/\(name)"
            guard let status = probe.status(path), status.kind == .file else { continue }
            // Whoever may write here decides what the facts say.
            guard status.mode & 0o022 == 0, status.uid == 0 || status.uid == probe.host.user else {
                probe.gap(path, "left out: only its owner, root, may be able to write it")
                continue
            }
            guard let file = probe.bytes(path, limit: 8 << 20) else { continue }
            do {
                let document = try JSONReader.read(file.bytes)
                let found = BackupReader.records(document, name: String(name.dropLast(5)), from: path)
                if found.isEmpty { probe.gap(path, "none of the known forms of backup reports") }
                records += found
            } catch {
                probe.gap(path, "not readable as JSON: \(error)".clipped)
            }
        }
        return records
    }

    /// rsnapshot keeps its copies as folders `hourly.0`, `daily.0` … whose time is that of the copy.
    private func rsnapshot(_ probe: Probe) -> [BackupRecord] {
        guard let file = probe.file("/etc/rsnapshot.conf") else { return [] }
        guard let root = file.lines.lazy.map({ Conf.words($0) }).first(where: { $0.count == 2 && $0[0] == "snapshot_root" })?[1]
        else { return [] }
        let names = probe.names(in: Conf.normalPath(root)).filter { $0.split(separator: ".").last.flatMap { Int($0) } != nil }
        let times = names.prefix(1000).compactMap { probe.status(Conf.normalPath(root) + "/" + $0)?.modified }
        guard probe.exists(Conf.normalPath(root)) else { return [] }
        return [
            BackupRecord(
                tool: "rsnapshot", location: Conf.normalPath(root), encrypted: nil, newest: times.max(), snapshots: names.count,
                from: "/etc/rsnapshot.conf")
        ]
    }

    /// Whether a timer or a cron entry runs one of the tools.
    private func isScheduled(_ probe: Probe) -> Bool {
        let words = KnownSoftware.backupPrograms.flatMap { [$0.name] + $0.programs }
        func names(_ text: some StringProtocol) -> Bool {
            let parts = text.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_") }).map {
                $0.lowercased()
            }
            return parts.contains { words.contains($0) }
        }
        for name in probe.names(in: "/etc/systemd/system/timers.target.wants") where name.hasSuffix(".timer") {
            if names(name) || unitRuns(name, probe, names) { return true }
        }
        var crontabs = ["/etc/crontab", "/etc/anacrontab"]
        crontabs += ["/etc/cron.d", "/var/spool/cron/crontabs", "/var/spool/cron"].flatMap { folder in
            probe.names(in: folder).filter { !$0.hasPrefix(".") }.prefix(200).map { "\(folder)/\($0)" }
        }
        for path in crontabs where probe.status(path)?.kind == .file {
            if probe.file(path)?.lines.contains(where: { !Conf.isSilent(Conf.trim($0)) && names($0) }) == true { return true }
        }
        return ["hourly", "daily", "weekly", "monthly"].contains { period in
            probe.names(in: "/etc/cron.\(period)").contains { !$0.hasPrefix(".") && names($0) }
        }
    }

    private func unitRuns(_ timer: String, _ probe: Probe, _ names: (String) -> Bool) -> Bool {
        let unit = timer.dropLast(6) + ".service"
        let file = probe.file("/etc/systemd/system/\(unit)") ?? probe.file("/usr/lib/systemd/system/\(unit)")
        return file?.lines.contains { $0.hasPrefix("ExecStart=") && names(String($0)) } == true
    }
}
