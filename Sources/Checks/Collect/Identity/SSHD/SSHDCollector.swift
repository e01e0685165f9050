internal import Documents

/// Group `sshd`: what holds for everybody, and for each Match block.
struct SSHDCollector: FactCollector {
    let group = "sshd"

    func collect(_ probe: Probe) async -> Collected {
        let programs = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd", "/opt/openssh/sbin/sshd"]
        guard programs.contains(where: { probe.exists($0) }) else { return .facts(.object([("installed", false)])) }
        let config = SSHDConfig(probe)
        let people = AccountBase(probe)
        let globalOutput = await probe.output(["sshd", "-T"])
        let global = SSHDValues(config, satisfied: Self.forEverybody(config), told: globalOutput.map(SSHDValues.told))
        if globalOutput == nil {
            probe.gap("sshd -T", "could not be run; settings are read from the files, with OpenSSH 9.2's defaults")
        }
        var scopes = [Self.node("", global, isFromAddress: false, from: config.files.first?.path ?? SSHDConfig.mainFile)]
        for (index, block) in config.blocks.enumerated() {
            let values = await Self.values(of: index, config, people, probe, canAsk: globalOutput != nil)
            let chain = block.chain.map { config.blocks[$0] }
            let text = chain.map { $0.text }.joined(separator: " + ")
            scopes.append(Self.node(text, values, isFromAddress: chain.contains { $0.match.namesAddresses }, from: block.from))
        }
        return .facts(
            .object([
                ("installed", true), ("running", await Self.isRunning(probe).map { .bool($0) }),
                ("listen", Self.listen(global)), ("scopes", .list(scopes)),
                (
                    "files",
                    .list(
                        config.files.map { file in
                            .object([
                                ("path", .text(file.path)), ("mode", .text(file.status.modeText)),
                                ("owner", .text(people.owner(file.status.uid))),
                            ])
                        })
                ),
            ]))
    }

    /// Blocks that match every connection.
    private static func forEverybody(_ config: SSHDConfig) -> Set<Int> {
        Set(config.blocks.indices.filter { config.blocks[$0].chain.allSatisfy { config.blocks[$0].match.isAll } })
    }

    /// The settings of a connection that satisfies a block.
    private static func values(
        of index: Int, _ config: SSHDConfig, _ people: AccountBase, _ probe: Probe, canAsk: Bool
    ) async -> SSHDValues {
        let block = config.blocks[index]
        let chain = block.chain.map { config.blocks[$0].match }
        guard let sample = SSHDMatch.sample(chain, { people.members(ofGroupsLike: $0) }) else {
            probe.gap(block.from, "no connection was found that satisfies this Match line; its settings are read from the file")
            return SSHDValues(config, satisfied: forEverybody(config).union(block.chain), told: nil)
        }
        let satisfied = Set(
            config.blocks.indices.filter { other in
                config.blocks[other].chain.allSatisfy { config.blocks[$0].match.holds(sample) }
            })
        var told: [String: [String]]?
        if canAsk, let specification = sample.specification {
            told = await probe.output(["sshd", "-T", "-C", specification]).map(SSHDValues.told)
        }
        return SSHDValues(config, satisfied: satisfied.union(block.chain), told: told)
    }

    private static func node(_ match: String, _ values: SSHDValues, isFromAddress: Bool, from: String) -> Node {
        let methods = values.value("authenticationmethods")
        let timeout = values.value("channeltimeout")
        let allowed = values.names("allowusers")
        let named: [(String, Node?)] = [
            ("match", .text(match)), ("permit_root_login", rootLogin(values)),
            ("password_authentication", values.flag("passwordauthentication")),
            ("kbd_interactive_authentication", values.flag("kbdinteractiveauthentication")),
            ("pubkey_authentication", values.flag("pubkeyauthentication")),
            ("hostbased_authentication", values.flag("hostbasedauthentication")),
            ("permit_empty_passwords", values.flag("permitemptypasswords")), ("use_pam", values.flag("usepam")),
            ("max_auth_tries", values.number("maxauthtries")), ("login_grace_time", values.time("logingracetime")),
            ("max_startups", values.text("maxstartups")), ("max_sessions", values.number("maxsessions")),
            ("client_alive_interval", values.time("clientaliveinterval")),
            ("client_alive_count_max", values.number("clientalivecountmax")),
            ("channel_timeout", timeout.map { setting(.text($0.value == "none" ? "" : $0.value), from: $0.from) }),
            ("unused_connection_timeout", values.text("unusedconnectiontimeout")),
            ("idle_disconnect", timeout.flatMap { SSHDValues.idleDisconnect($0.value) }.map { .integer($0) }),
            ("authentication_methods", methods.map { setting(.text($0.value), from: $0.from) }),
            ("multi_factor", methods.map { .bool(SSHDValues.isMultiFactor($0.value)) }),
        ]
        let listed: [(String, Node?)] = [
            ("allow_users", allowed.map { .texts($0) }), ("deny_users", values.names("denyusers").map { .texts($0) }),
            ("allow_groups", values.names("allowgroups").map { .texts($0) }),
            ("deny_groups", values.names("denygroups").map { .texts($0) }),
            ("sources_restricted", sourcesRestricted(allowed, isFromAddress).map { .bool($0) }),
            ("log_level", values.text("loglevel")), ("ciphers", values.algorithms("ciphers")),
            ("macs", values.algorithms("macs")),
            ("kex_algorithms", values.algorithms("kexalgorithms")),
            ("host_key_algorithms", values.algorithms("hostkeyalgorithms")),
            ("pubkey_accepted_algorithms", values.algorithms("pubkeyacceptedalgorithms")),
            ("x11_forwarding", values.flag("x11forwarding")),
            ("allow_tcp_forwarding", values.text("allowtcpforwarding", lowered: true)),
            ("permit_tunnel", values.text("permittunnel", lowered: true)), ("banner", values.text("banner")),
            ("from", .text(from)),
        ]
        return .object(named + listed)
    }

    /// "without-password" is the old word for "prohibit-password".
    private static func rootLogin(_ values: SSHDValues) -> Node? {
        values.value("permitrootlogin").map { origin in
            let word = origin.value.lowercased()
            return setting(.text(word == "without-password" ? "prohibit-password" : word), from: origin.from)
        }
    }

    private static func sourcesRestricted(_ allowed: [String]?, _ isFromAddress: Bool) -> Bool? {
        if isFromAddress { return true }
        return allowed.map { users in
            !users.isEmpty
                && users.allSatisfy { user in
                    user.split(separator: "@", maxSplits: 1).dropFirst().first.map { !["*", "0.0.0.0/0", "::/0"].contains($0) }
                        ?? false
                }
        }
    }

    /// Addresses it listens on.
    private static func listen(_ values: SSHDValues) -> Node? {
        guard let addresses = values.names("listenaddress"), let ports = values.names("port") else { return nil }
        if addresses.contains(where: { $0.hasPrefix("[") || $0.split(separator: ":").count == 2 }) { return .texts(addresses) }
        let shownPorts = ports.isEmpty ? ["22"] : ports
        let shown = addresses.isEmpty ? ["[::]", "0.0.0.0"] : addresses
        return .texts(shown.flatMap { address in shownPorts.map { "\(address):\($0)" } })
    }

    /// Whether a process sshd runs (or its socket unit waits); nil for a host that is not running.
    private static func isRunning(_ probe: Probe) async -> Bool? {
        guard probe.host.isLive else { return nil }
        guard case .success(let names) = probe.host.list("/proc") else { return nil }
        for name in names.prefix(200_000) where name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard case .success(let file) = probe.host.read("/proc/\(name)/comm", 64) else { continue }
            if String(decoding: file.bytes, as: UTF8.self).trimmed == "sshd" { return true }
        }
        let units = await probe.output(
            ["systemctl", "is-active", "ssh.socket", "sshd.socket"], accepting: [0, 1, 3, 4], gap: false)
        return units?.words.contains("active") ?? false
    }
}
