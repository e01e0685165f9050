internal import Documents
internal import Rulebook

/// systemd-journald: its settings, whether its records outlive a restart, and how far back they reach.
struct JournaldCollector: FactCollector {
    let group = "journald"
    private static let programs = ["/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald"]

    func collect(_ probe: Probe) async -> Collected {
        guard Self.programs.contains(where: { probe.exists($0) }) else {
            return .facts(.object([("installed", false), ("running", false)]))
        }
        let processes = ProcessTable(probe)
        let config = SystemdConfig(probe, name: "journald.conf", section: "Journal")
        let storage = config.text("Storage")?.text.lowercased() ?? "auto"
        let files = journals(probe)
        let keeps = storage == "persistent" || storage == "auto"
        let sealing = config.text("Seal").flatMap { Conf.bool($0.text) } ?? true
        let span = await span(probe, files)
        let running = processes?.runs("systemd-journald")
        return .facts(
            .object([
                ("installed", true),
                ("running", running.map { .bool($0) }),
                (
                    "settings",
                    .object([
                        ("storage", config.word("Storage", default: "auto")),
                        ("seal", config.bool("Seal", default: true)),
                        ("compress", compress(config)),
                        ("forward_to_syslog", config.bool("ForwardToSyslog")),
                        ("max_retention", config.seconds("MaxRetentionSec", default: 0, infinite: 0)),
                        ("system_max_use", config.bytes("SystemMaxUse")),
                        ("system_keep_free", config.bytes("SystemKeepFree")),
                        ("rate_limit_burst", config.integer("RateLimitBurst", default: 10_000)),
                    ])
                ),
                ("persistent", files.map { .bool(keeps && !$0.journals.isEmpty) }),
                ("sealed", files.map { .bool(sealing && $0.hasSealKeys) }),
                ("oldest", span.oldest.map { .text($0.description) }),
                ("newest", span.newest.map { .text($0.description) }),
                ("disk_usage", files.map { .integer($0.bytes) }),
                ("forward_remote", uploads(probe, processes).map { .bool($0) }),
            ]))
    }

    /// Compress takes yes, no, or a size from which on objects are compressed.
    private func compress(_ config: SystemdConfig) -> Node? {
        guard let value = config.text("Compress") else { return setting(true, from: "default") }
        let compresses = Conf.bool(value.text) ?? ByteSize.bytes(value.text).map { _ in true }
        return compresses.map { setting(.bool($0), from: value.from) }
    }

    private struct Files {
        var journals: [String] = []
        var bytes = 0
        var hasSealKeys = false
    }

    /// What lies in /var/log/journal; nil when it may not be listed.
    private func journals(_ probe: Probe) -> Files? {
        let root = "/var/log/journal"
        let gapsBefore = probe.gaps.count
        var files = Files()
        for machine in probe.names(in: root) {
            guard probe.status("\(root)/\(machine)")?.kind == .directory else { continue }
            for name in probe.names(in: "\(root)/\(machine)").prefix(10_000) {
                if name == "fss" { files.hasSealKeys = true }
                guard name.hasSuffix(".journal") || name.hasSuffix(".journal~") else { continue }
                files.journals.append(name)
                if let status = probe.status("\(root)/\(machine)/\(name)") { files.bytes += status.size }
            }
        }
        return probe.gaps.count == gapsBefore ? files : nil
    }

    private func span(_ probe: Probe, _ files: Files?) async -> (oldest: Instant?, newest: Instant?) {
        var heads = (files?.journals ?? []).filter { $0.hasPrefix("system@") }.compactMap { Self.head(ofArchive: $0) }
        var tails: [Instant] = []
        if files?.journals.isEmpty == false, let text = await probe.output(["journalctl", "--header", "--no-pager"], gap: false) {
            for line in text.split(separator: "\n") {
                guard let (key, value) = Conf.pair(line, separator: ":"), let time = Self.headerTime(value) else { continue }
                if key == "Head realtime timestamp" { heads.append(time) }
                if key == "Tail realtime timestamp" { tails.append(time) }
            }
        }
        return (heads.min(), tails.max())
    }

    /// The time of the first record, which journald writes into the names of closed files:
    /// `system@<file id>-<first number>-<time in µs, hex>.journal`.
    static func head(ofArchive name: String) -> Instant? {
        let parts = name.split(separator: ".").first?.split(separator: "-") ?? []
        guard parts.count == 3, parts[2].utf8.count == 16, let micro = UInt64(parts[2], radix: 16), micro > 0, micro < 1 << 56
        else {
            return nil
        }
        return Instant(seconds: Int64(micro / 1_000_000))
    }

    /// `Mon 2023-05-08 14:18:11 UTC (5fb2…)` as `journalctl --header` prints under TZ=UTC.
    static func headerTime(_ text: String) -> Instant? {
        let words = Conf.words(text)
        guard words.count >= 4, words[3] == "UTC" else { return nil }
        return Instant("\(words[1])T\(words[2])Z")
    }

    /// Whether systemd-journal-upload is set up and on.
    private func uploads(_ probe: Probe, _ processes: ProcessTable?) -> Bool? {
        let config = SystemdConfig(probe, name: "journal-upload.conf", section: "Upload")
        guard config.text("URL") != nil else { return false }
        if processes?.runs("systemd-journal-upload") == true { return true }
        return probe.host.linkTarget("/etc/systemd/system/multi-user.target.wants/systemd-journal-upload.service") != nil
    }
}
