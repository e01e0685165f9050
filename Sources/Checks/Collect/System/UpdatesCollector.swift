internal import Documents
internal import Rulebook

/// Pending updates of the package manager, whether they come by themselves, and how long the release is supported.
struct UpdatesCollector: FactCollector {
    let group = "updates"
    var support: ReleaseSupport? = ReleaseSupport.embedded

    struct Pending: Sendable, Equatable {
        /// nil where only security updates were looked for.
        var all: Int?
        var security: [String] = []
    }

    func collect(_ probe: Probe) async -> Collected {
        let managers = [("apt-get", "apt"), ("dnf", "dnf"), ("yum", "yum"), ("zypper", "zypper")]
        guard let manager = managers.first(where: { probe.hasProgram($0.0) })?.1 else {
            return .nothing(.absent, "no package manager of the known ones (apt, dnf, yum, zypper)")
        }
        let now = probe.host.now()
        let pending = await pending(probe, manager)
        let lists = listsUpdated(probe, manager)
        return .facts(
            .object([
                ("manager", .text(manager)),
                ("pending", pending?.all.map { .integer($0) }),
                ("security", pending.map { .integer($0.security.count) }),
                ("security_packages", pending.map { .texts($0.security) }),
                ("lists_updated", lists.map { .text($0.description) }),
                ("lists_age_days", lists.map { .integer(max(0, (now - $0) / 86_400)) }),
                ("automatic", automatic(probe, manager).map { .bool($0) }),
                ("reboot_required", await rebootRequired(probe, manager).map { .bool($0) }),
                ("supported_until", supportedUntil(probe).map { .text($0.description) }),
            ]))
    }

    private func pending(_ probe: Probe, _ manager: String) async -> Pending? {
        switch manager {
        case "apt":
            return await AptSecurity.pending(probe).map { Pending(all: nil, security: $0) }
        case "dnf", "yum":
            // -C: from what the host has already; nothing is fetched. 100 means "there are updates".
            guard let all = await probe.output([manager, "-C", "-q", "check-update"], seconds: 20, accepting: [0, 100]),
                let security = await probe.output(
                    [manager, "-C", "-q", "check-update", "--security"], seconds: 20, accepting: [0, 100])
            else { return nil }
            return Pending(all: Self.dnf(all).count, security: Self.dnf(security))
        case "zypper":
            guard let all = await probe.output(["zypper", "--no-refresh", "-q", "list-updates"], seconds: 20),
                let security = await probe.output(
                    ["zypper", "--no-refresh", "-q", "list-patches", "--category", "security"], seconds: 20)
            else { return nil }
            return Pending(all: Self.table(all).count, security: Self.table(security))
        default: return nil
        }
    }

    /// `openssl.x86_64   1:3.0.7-2   baseos`, up to the part about obsoleted packages.
    static func dnf(_ text: String) -> [String] {
        var names: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("Obsoleting") { break }
            let words = Conf.words(line)
            guard words.count == 3, let dot = words[0].lastIndex(of: "."), !line.hasPrefix(" ") else { continue }
            names.append(String(words[0][..<dot]))
        }
        return names
    }

    /// Rows of a zypper table: `v | repository | name | …`; the third column names the package or patch.
    static func table(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { Conf.trim($0) }
            return cells.count >= 4 && !["Name", "S"].contains(cells[1]) && cells[1] != "Name" && cells[0] != "S"
                && cells[0] != "Repository"
                ? cells[cells[0] == "v" ? 2 : 1] : nil
        }
    }

    private func listsUpdated(_ probe: Probe, _ manager: String) -> Instant? {
        let folders: [String] =
            switch manager {
            case "apt": ["/var/lib/apt/lists"]
            case "zypper": ["/var/cache/zypp/solv/@System", "/var/cache/zypp/raw"]
            default: ["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"]
            }
        var newest: Instant?
        for folder in folders {
            // An apt list keeps the server's date; the folder changes when lists are fetched, "partial" with each attempt.
            if manager == "apt", let status = probe.status(folder) { newest = status.modified }
            if manager == "apt", let success = probe.status("/var/lib/apt/periodic/update-success-stamp") {
                newest = max(newest ?? success.modified, success.modified)
            }
            for name in probe.names(in: folder).prefix(2000)
            where !["lock", "partial", "auxfiles", "tempfiles.json"].contains(name) {
                if case .success(let status) = probe.host.status("\(folder)/\(name)") {
                    newest = max(newest ?? status.modified, status.modified)
                }
            }
        }
        return newest
    }

    private func automatic(_ probe: Probe, _ manager: String) -> Bool? {
        guard manager == "apt" else {
            return ["dnf-automatic.timer", "dnf-automatic-install.timer", "dnf5-automatic.timer", "yum-cron.service"].contains {
                unit in
                ["timers.target.wants", "multi-user.target.wants"].contains {
                    probe.host.linkTarget("/etc/systemd/system/\($0)/\(unit)") != nil
                }
            }
        }
        guard probe.hasProgram("unattended-upgrade") || probe.hasProgram("unattended-upgrades") else { return false }
        var value: String?
        for path in probe.paths(matching: "/etc/apt/apt.conf.d/*") {
            for line in probe.file(path)?.lines ?? [] {
                let words = Conf.words(String(line.map { "\";".contains($0) ? " " : $0 }))
                if words.count >= 2, words[0] == "APT::Periodic::Unattended-Upgrade" { value = words[1] }
            }
        }
        return value.map { $0 != "0" } ?? false
    }

    private func rebootRequired(_ probe: Probe, _ manager: String) async -> Bool? {
        if manager == "apt" { return probe.exists("/run/reboot-required") || probe.exists("/var/run/reboot-required") }
        guard manager == "dnf" || manager == "yum", probe.hasProgram("needs-restarting") else { return nil }
        guard probe.host.isLive, case .exited(let status, _, _) = await probe.host.run(["needs-restarting", "-r"], 20) else {
            return nil
        }
        return status == 0 ? false : status == 1 ? true : nil
    }

    private func supportedUntil(_ probe: Probe) -> CivilDate? {
        guard let support else { return nil }
        var values: [String: String] = [:]
        for line in probe.file("/etc/os-release")?.lines ?? [] {
            if let (key, value) = Conf.pair(line) { values[key] = Conf.unquote(value) }
        }
        guard let id = values["ID"], let version = values["VERSION_ID"] else { return nil }
        return support.end(id: id, version: version)
    }
}
