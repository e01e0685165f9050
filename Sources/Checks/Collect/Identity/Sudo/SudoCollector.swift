internal import Documents

/// Group `sudo`.
struct SudoCollector: FactCollector {
    let group = "sudo"

    /// Whether sudo is on the host.
    static func isInstalled(_ probe: Probe) -> Bool {
        ["/usr/bin/sudo", "/usr/local/bin/sudo", "/bin/sudo", "/usr/bin/sudo-rs"].contains { probe.exists($0) }
    }

    /// Stands for "never ends": a hundred years, so that no limit is met by it.
    static let never = 3_153_600_000

    func collect(_ probe: Probe) async -> Collected {
        guard Self.isInstalled(probe) else { return .facts(.object([("installed", false)])) }
        let policy = Sudoers(probe)
        let built = await Self.builtIn(probe)
        let owners = AccountBase(probe)
        guard !policy.files.isEmpty else {
            if probe.gaps.isEmpty { probe.gap("/etc/sudoers", "not there; rules may come from a directory service") }
            return .facts(.object([("installed", true)]))
        }
        if policy.rules.contains(where: { $0.who.contains { $0.hasPrefix("+") } }) {
            probe.gap("sudoers", "netgroups are not resolved")
        }
        return .facts(
            .object([
                ("installed", true),
                (
                    "rules",
                    .list(
                        policy.rules.map { rule in
                            .object([
                                ("who", .texts(rule.who)), ("commands", .texts(rule.commands)),
                                ("all_commands", .bool(rule.commands.contains("ALL"))),
                                ("runas", .texts(rule.runas)), ("nopasswd", .bool(rule.nopasswd)), ("from", .text(rule.from)),
                            ])
                        })
                ),
                ("log_enabled", Self.logEnabled(policy)),
                (
                    "logfile",
                    policy.setting("logfile").flatMap { item in
                        item.negated ? nil : item.value.map { setting(.text($0), from: item.from) }
                    }
                ),
                ("log_output", Self.flag(policy, "log_output", assumed: false)),
                ("use_pty", Self.flag(policy, "use_pty", assumed: built.usesPty)),
                ("visiblepw", Self.flag(policy, "visiblepw", assumed: false)),
                ("timestamp_timeout", Self.timeout(policy, built.timeout)),
                (
                    "files",
                    .list(
                        policy.files.map { file in
                            .object([
                                ("path", .text(file.path)), ("mode", .text(file.status.modeText)),
                                ("owner", .text(owners.owner(file.status.uid))),
                            ])
                        })
                ),
            ]))
    }

    /// A yes/no parameter; when nothing is said, sudo's default, left out if that is not known or files are missing.
    private static func flag(_ policy: Sudoers, _ name: String, assumed: Bool?) -> Node? {
        if let item = policy.setting(name) { return setting(.bool(!item.negated), from: item.from) }
        guard policy.isWhole, let assumed else { return nil }
        return setting(.bool(assumed), from: "default of sudo")
    }

    /// syslog is on unless switched off; a log file does as well; log_allowed off means that what was permitted is not logged.
    private static func logEnabled(_ policy: Sudoers) -> Node? {
        if let item = policy.setting("log_allowed"), item.negated { return setting(false, from: item.from) }
        if let item = policy.setting("logfile"), !item.negated { return setting(true, from: item.from) }
        if let item = policy.setting("syslog") { return setting(.bool(!item.negated), from: item.from) }
        return policy.isWhole ? setting(true, from: "default of sudo") : nil
    }

    private static func timeout(_ policy: Sudoers, _ builtIn: Int?) -> Node? {
        if let item = policy.setting("timestamp_timeout") {
            let seconds = item.negated ? 0 : item.value.flatMap(seconds)
            return seconds.map { setting(.integer($0), from: item.from) }
        }
        guard policy.isWhole, let builtIn else { return nil }
        return setting(.integer(builtIn), from: "default of sudo")
    }

    /// Minutes with a fraction, in seconds, rounded up; a negative number never ends.
    static func seconds(_ minutes: String) -> Int? {
        if minutes.hasPrefix("-") { return minutes.leadingNumber == nil && !minutes.contains(".") ? nil : never }
        guard let number = ExactNumber(minutes.hasPrefix(".") ? "0\(minutes)" : minutes), let product = number.multiplied(by: 60)
        else { return nil }
        if let whole = product.integer { return whole }
        return Int(product.approximate.rounded(.up))
    }

    /// Defaults that depend on how sudo was built: `sudo -V` of root prints them.
    private static func builtIn(_ probe: Probe) async -> (timeout: Int?, usesPty: Bool?) {
        guard let output = await probe.output(["sudo", "-V"], gap: false) else { return (nil, nil) }
        var timeout: Int?
        var usesPty: Bool?
        for line in output.utf8.split(separator: 0x0A).map({ String(decoding: $0, as: UTF8.self) }) {
            if line.hasPrefix("Authentication timestamp timeout:"), let minutes = line.words.dropFirst(3).first {
                timeout = seconds(minutes)
            }
            if line.hasPrefix("Sudo version "), let version = line.words.last {
                let parts = version.split(whereSeparator: { $0 == "." || $0 == "p" }).compactMap { $0.leadingNumber }
                // Since 1.9.14 a pseudo-terminal is used unless this is switched off.
                if parts.count >= 3 { usesPty = !parts.lexicographicallyPrecedes([1, 9, 14]) }
            }
        }
        return (timeout, usesPty)
    }
}
