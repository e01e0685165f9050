internal import Documents

/// The packet filter that guards this host.
enum FirewallProbe {
    /// The `firewall` object of the network facts; nil when it could not be read (a gap is noted).
    static func collect(_ probe: Probe) async -> Node? {
        let tools = ["nft", "iptables", "iptables-legacy", "firewall-cmd", "ufw"].filter { probe.hasProgram($0) }
        guard probe.host.isLive else { return nil }
        guard !tools.isEmpty else {
            return .object([
                ("backend", "none"), ("active", false), ("default_input", "accept"), ("rules", 0), ("accepts_any", false),
                ("limits_sources", false),
            ])
        }
        guard probe.host.user == 0 else {
            probe.gap("packet filter", "only root may list its rules")
            return nil
        }
        guard let (rules, base) = await rules(probe) else {
            if probe.gaps.isEmpty { probe.gap("packet filter", "its rules could not be listed") }
            return nil
        }
        let backend = await backend(probe, rules, base)
        var found = [rules.findings(.v4)]
        // Without any IPv6 address its rules do not matter.
        if let table = probe.file("/proc/net/if_inet6"), table.lines.contains(where: { !$0.isEmpty }) {
            found.append(rules.findings(.v6))
        }
        // The weaker family decides.
        let standards = found.map { $0.standard }
        let standard = standards.contains(.accept) ? "accept" : standards.contains(.reject) ? "reject" : "drop"
        let isActive = rules.count > 0 && found.contains { $0.hasInputRules || $0.standard != .accept } || standard != "accept"
        return .object([
            ("backend", .text(backend)), ("active", .bool(isActive)), ("default_input", .text(standard)),
            ("rules", .integer(rules.count)), ("accepts_any", .bool(found.contains { $0.acceptsAny })),
            ("limits_sources", .bool(found.contains { $0.limitsSources })),
        ])
    }

    /// All rules that filter input: nftables' own, and those of the old iptables, which act beside them.
    private static func rules(_ probe: Probe) async -> (FirewallRules, String)? {
        if let text = await probe.output(["nft", "-j", "list", "ruleset"]), var rules = NftablesReader.read(text) {
            var base = "nftables"
            // A program that says "nf_tables" shows the very rules nft has listed.
            if let version = await probe.output(["iptables", "-V"], gap: false), version.contains("legacy") {
                await addIptables(probe, &rules)
            } else if rules.chains["ip filter INPUT"] != nil, probe.hasProgram("iptables") {
                // nft cannot show all matches of such rules; iptables itself can.
                base = "iptables"
                var asIptables = rules
                if await addIptables(probe, &asIptables, gap: false) {
                    rules.chains = asIptables.chains.filter {
                        !$0.key.hasPrefix("ip filter ") && !$0.key.hasPrefix("ip6 filter ")
                    }
                }
            }
            return (rules, base)
        }
        var rules = FirewallRules()
        return await addIptables(probe, &rules) ? (rules, "iptables") : nil
    }

    @discardableResult
    private static func addIptables(_ probe: Probe, _ rules: inout FirewallRules, gap: Bool = true) async -> Bool {
        guard let text = await probe.output(["iptables", "-S"], gap: gap) else { return false }
        IptablesReader.read(text, family: .v4, into: &rules)
        if let text = await probe.output(["ip6tables", "-S"], gap: false) {
            IptablesReader.read(text, family: .v6, into: &rules)
        }
        return true
    }

    private static func backend(_ probe: Probe, _ rules: FirewallRules, _ base: String) async -> String {
        if let state = await probe.output(["firewall-cmd", "--state"], accepting: [0, 252], gap: false),
            Conf.trim(state) == "running"
        {
            return "firewalld"
        }
        let ufw = probe.file("/etc/ufw/ufw.conf")?.lines.contains { Conf.trim($0).lowercased() == "enabled=yes" } ?? false
        if ufw, rules.chains.keys.contains(where: { $0.contains("ufw") }) { return "ufw" }
        let hasAny = rules.count > 0 || rules.chains.values.contains { $0.isInput && $0.policy != .accept }
        return hasAny ? base : "none"
    }
}
