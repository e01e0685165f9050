internal import Documents

/// auditd: does it run, which rules are loaded, how are its logs kept.
struct AuditCollector: FactCollector {
    let group = "audit"

    func collect(_ probe: Probe) async -> Collected {
        guard probe.hasProgram("auditd") else {
            return .facts(.object([("installed", false), ("running", false)]))
        }
        let processes = ProcessTable(probe)
        let kernel = await status(probe)
        let (rules, source) = await rules(probe, kernelAnswers: kernel != nil)
        let coverage = AuditCoverage(rules)
        let connected = kernel?["pid"].map { $0 != 0 }
        let locked = source == "kernel" ? kernel?["enabled"].map { $0 == 2 } : rules.last { $0.enable != nil }?.enable == 2
        return .facts(
            .object([
                ("installed", true),
                ("running", (connected ?? processes?.runs("auditd")).map { .bool($0) }),
                ("enabled", kernel?["enabled"].map { .integer($0) }),
                ("lost", kernel?["lost"].map { .integer($0) }),
                ("backlog_limit", kernel?["backlog_limit"].map { .integer($0) }),
                ("rules_source", .text(source)),
                ("rules", .list(rules.map(Self.node))),
                ("watched_paths", .texts(coverage.watchedPaths)),
                ("executed_paths", .texts(coverage.executedPaths)),
                ("root_commands_logged", coverage.rootCommands.map { .bool($0) }),
                ("time_changes_logged", .bool(coverage.timeChanges)),
                ("login_records_logged", .bool(coverage.loginRecords)),
                ("identity_changes_logged", .bool(coverage.identityChanges)),
                ("locked", locked.map { .bool($0) }),
                ("settings", settings(probe)),
            ]))
    }

    /// The numbers `auditctl -s` prints; nil when the kernel did not tell.
    private func status(_ probe: Probe) async -> [String: Int]? {
        guard probe.host.isLive else { return nil }
        guard probe.host.user == 0 else {
            probe.gap("auditctl -s", "only root may ask the kernel; rules are read from files")
            return nil
        }
        guard let output = await probe.output(["auditctl", "-s"]) else { return nil }
        var numbers: [String: Int] = [:]
        for line in output.split(separator: "\n") {
            let words = Conf.words(line)
            // Old versions print one line: "AUDIT_STATUS: enabled=1 flag=1 pid=…".
            for word in words { if let (key, value) = Conf.pair(word) { numbers[key] = Conf.int(value) } }
            if words.count == 2 { numbers[words[0]] = Conf.int(words[1]) }
        }
        return numbers["enabled"] == nil ? nil : numbers
    }

    private func rules(_ probe: Probe, kernelAnswers: Bool) async -> ([AuditRule], String) {
        if kernelAnswers, let output = await probe.output(["auditctl", "-l"]) {
            return (output.split(separator: "\n").prefix(20_000).compactMap { AuditRule($0, from: "auditctl -l") }, "kernel")
        }
        var rules: [AuditRule] = []
        for path in probe.paths(matching: "/etc/audit/rules.d/*.rules") {
            // augenrules moves every -D to the beginning, so it deletes nothing here.
            rules += Self.read(probe.file(path)).filter { !$0.deletesAll }
        }
        if rules.isEmpty {
            for rule in Self.read(probe.file("/etc/audit/audit.rules")) {
                if rule.deletesAll { rules.removeAll() } else { rules.append(rule) }
            }
        }
        return (rules, "files")
    }

    private static func read(_ file: TextFile?) -> [AuditRule] {
        guard let file else { return [] }
        return file.lines.prefix(20_000).enumerated().compactMap { AuditRule($1, from: file.from($0 + 1)) }
    }

    private static func node(_ rule: AuditRule) -> Node {
        .object([
            ("text", .text(rule.text)), ("kind", .text(rule.kind.rawValue)), ("path", rule.path.map { .text($0) }),
            ("permissions", rule.permissions.map { .text($0) }), ("syscalls", .texts(rule.syscalls)),
            ("fields", .texts(rule.fields)), ("key", rule.key.map { .text($0) }), ("from", .text(rule.from)),
        ])
    }

    private func settings(_ probe: Probe) -> Node? {
        guard let file = probe.file("/etc/audit/auditd.conf") else { return nil }
        var values: [String: (value: String, from: String)] = [:]
        for (index, line) in file.lines.enumerated() where !Conf.isSilent(Conf.trim(line)) {
            if let (key, value) = Conf.pair(line) { values[key.lowercased()] = (value, file.from(index + 1)) }
        }
        func word(_ key: String, lower: Bool = true) -> (String, Node?) {
            (key, values[key].map { setting(.text(lower ? $0.value.lowercased() : $0.value), from: $0.from) })
        }
        func number(_ key: String) -> (String, Node?) {
            (key, values[key].flatMap { entry in Conf.int(entry.value).map { setting(.integer($0), from: entry.from) } })
        }
        let writes = values["write_logs"].map { entry in Conf.bool(entry.value).map { setting(.bool($0), from: entry.from) } }
        return .object([
            number("max_log_file"), number("num_logs"), word("max_log_file_action"), word("space_left_action"),
            word("admin_space_left_action"), word("disk_full_action"), word("disk_error_action"),
            word("log_group", lower: false), word("log_file", lower: false),
            // auditd.conf(5): yes unless it says no.
            ("write_logs", writes ?? setting(true, from: "default")),
            word("log_format"), word("name_format"),
        ])
    }
}
