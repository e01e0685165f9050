import Documents
import Testing

@testable import Checks

@Suite struct SocketTests {
    private static let tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1172 1 00000000 100 0 0 10 0
           1: 00000000:0017 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1173 1 00000000 100 0 0 10 0
           2: 0500A8C0:D000 0100A8C0:01BB 01 00000000:00000000 00:00000000 00000000     0        0 1174 1 00000000 100 0 0 10 0
        """
    private static let tcp6 = """
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1175 1 0 100 0 0 10 0
           1: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1176 1 0 100 0 0 10 0
           2: B80D01200000000000000000FE000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1177 1 0 100 0 0 10 0
           3: 0000000000000000FFFF00000500A8C0:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1178 1 0 100 0 0 10 0
        """

    @Test func listenersWithProgramsAndExposure() async {
        let tree = TreeHost(
            files: ["/proc/net/tcp": Self.tcp, "/proc/net/tcp6": Self.tcp6, "/proc/77/comm": "in.telnetd\n"],
            links: ["/proc/77/fd/3": "socket:[1173]", "/proc/77/fd/4": "socket:[1175]", "/proc/77/fd/5": "/dev/null"])
        let (node, gaps) = await facts(NetworkCollector(), tree)
        let listeners = node.at("listeners")?.list ?? []
        #expect(listeners.map { $0["address"]?.text } == ["0.0.0.0", "2001:db8::fe", "::", "127.0.0.1", "::1", "192.168.0.5"])
        #expect(listeners.map { $0["exposure"]?.text } == ["all", "address", "all", "loopback", "loopback", "address"])
        // A telnet server is one on port 443 too.
        #expect(listeners.map { $0["clear_text"]?.bool } == [true, false, true, false, false, false])
        #expect(listeners.first?["process"]?.text == "in.telnetd")
        #expect(listeners.first?["service"]?.text == "telnet")
        #expect(node.at("ports") == .list([23, 80, 443, 8080]))
        #expect(listeners.contains { $0["process"] == nil }, "a socket whose program is not seen has none")
        #expect(!gaps.contains { $0.contains("/proc/*/fd") }, "and the group is not partial for that")
    }

    @Test func oneQuestionForEachPort() {
        let listeners = SocketTable.parse(Self.tcp, transport: "tcp") + SocketTable.parse(Self.tcp6, transport: "tcp")
        #expect(
            TLSCollector.targets(listeners).map { "\($0.address) \($0.port)" }
                == ["::1 443", "2001:db8::fe 80", "192.168.0.5 8080", "::1 5432"].filter { !$0.hasSuffix("5432") })
    }

    @Test func hostileTablesNeverTrap() {
        var random = SeededGenerator(seed: 21)
        for round in 0..<5000 {
            let text = String(decoding: random.mutated(Array((round % 2 == 0 ? Self.tcp : Self.tcp6).utf8)), as: UTF8.self)
            _ = SocketTable.parse(text, transport: round % 3 == 0 ? "udp" : "tcp")
            _ = MountTable.parse(text)
        }
    }
}

@Suite struct FirewallTests {
    private func iptables(_ lines: String...) -> FirewallRules.Findings {
        var rules = FirewallRules()
        IptablesReader.read(lines.joined(separator: "\n"), family: .v4, into: &rules)
        return rules.findings(.v4)
    }

    @Test func aClosedFirewallWithLimitedSources() {
        let found = iptables(
            "-P INPUT DROP", "-P FORWARD DROP", "-A INPUT -i lo -j ACCEPT",
            "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -p icmp -j ACCEPT")
        #expect(found == .init(standard: .drop, acceptsAny: false, limitsSources: true, hasInputRules: true))
    }

    @Test(arguments: [
        "-A INPUT -j ACCEPT", "-A INPUT -p tcp -j ACCEPT", "-A INPUT -s 0.0.0.0/0 -j ACCEPT", "-A INPUT -i eth0 -j ACCEPT",
        "-A INPUT -m state --state NEW,ESTABLISHED -j ACCEPT",
    ])
    func aRuleThatLetsAllIn(_ rule: String) {
        let found = iptables("-P INPUT DROP", rule, "-A INPUT -j DROP")
        #expect(found.acceptsAny)
        #expect(found.standard == .accept)
    }

    @Test func aLastRuleIsAsGoodAsAPolicy() {
        let found = iptables(
            "-P INPUT ACCEPT", "-N X", "-A INPUT -j X", "-A X -p tcp --dport 443 -j ACCEPT", "-A X -j RETURN",
            "-A INPUT -j REJECT --reject-with icmp-port-unreachable")
        #expect(found == .init(standard: .reject, acceptsAny: false, limitsSources: false, hasInputRules: true))
    }

    @Test func chainsThatCallEachOtherEnd() {
        #expect(iptables("-P INPUT DROP", "-A INPUT -j A", "-A A -j INPUT", "-A A -g A").standard == .drop)
    }

    @Test func nftablesOfFirewalld() throws {
        let text = #"""
            {"nftables":[{"metainfo":{"version":"1.0.6"}},{"table":{"family":"inet","name":"firewalld","handle":1}},
            {"chain":{"family":"inet","table":"firewalld","name":"filter_INPUT","handle":1,"type":"filter","hook":"input","prio":10,"policy":"accept"}},
            {"chain":{"family":"inet","table":"firewalld","name":"zones","handle":2}},
            {"rule":{"family":"inet","table":"firewalld","chain":"filter_INPUT","expr":[{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["established","related"]}},{"accept":null}]}},
            {"rule":{"family":"inet","table":"firewalld","chain":"filter_INPUT","expr":[{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"lo"}},{"accept":null}]}},
            {"rule":{"family":"inet","table":"firewalld","chain":"filter_INPUT","expr":[{"jump":{"target":"zones"}}]}},
            {"rule":{"family":"inet","table":"firewalld","chain":"zones","expr":[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"10.0.0.0","len":8}}}},{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":22}},{"accept":null}]}},
            {"rule":{"family":"inet","table":"firewalld","chain":"filter_INPUT","expr":[{"reject":{"type":"icmpx","expr":"admin-prohibited"}}]}}]}
            """#
        let rules = try #require(NftablesReader.read(text))
        #expect(rules.findings(.v6) == .init(standard: .reject, acceptsAny: false, limitsSources: true, hasInputRules: true))
        #expect(rules.count == 5)
    }

    @Test func theWeakerFamilyDecides() async {
        let tree = TreeHost(
            files: ["/usr/sbin/nft": "", "/proc/net/tcp": "x\n", "/proc/net/if_inet6": "fe80 02 40 20 80 eth0\n"],
            commands: [
                "nft -j list ruleset": TreeHost.says(
                    #"{"nftables":[{"chain":{"family":"ip","table":"f","name":"i","type":"filter","hook":"input","policy":"drop"}}]}"#
                )
            ])
        let (node, _) = await facts(NetworkCollector(), tree)
        #expect(node.at("firewall.backend")?.text == "nftables")
        #expect(node.at("firewall.default_input")?.text == "accept")
    }

    /// As nft 1.0.6 on Debian 12 prints it.
    @Test(arguments: [
        (#"{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"protocol"}},"right":"tcp"}}"#, true),
        (#"{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"protocol"}},"right":"icmp"}}"#, false),
        (#"{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"new"}}"#, true),
        (#"{"match":{"op":"==","left":{"meta":{"key":"l4proto"}},"right":{"set":["tcp","udp"]}}}"#, true),
        (#"{"match":{"op":"==","left":{"meta":{"key":"iif"}},"right":"lo"}}"#, false), (#"{"limit":{"rate":5}}"#, false),
        (#"{"counter":{"packets":0,"bytes":0}}"#, true),
    ])
    func whichMatchesLetEverythingIn(_ match: String, _ any: Bool) throws {
        let text =
            #"{"nftables":[{"chain":{"family":"inet","table":"f","name":"i","type":"filter","hook":"input","policy":"drop"}},"#
            + #"{"rule":{"family":"inet","table":"f","chain":"i","expr":["# + match + #",{"accept":null}]}}]}"#
        #expect(try #require(NftablesReader.read(text)).findings(.v4).acceptsAny == any)
    }

    @Test func rulesOfIptablesAreReadAsIptablesShowsThem() async {
        let nft =
            #"{"nftables":[{"chain":{"family":"ip","table":"filter","name":"INPUT","type":"filter","hook":"input","policy":"drop"}}]}"#
        let tree = TreeHost(
            files: ["/usr/sbin/nft": "", "/usr/sbin/iptables": "", "/proc/net/tcp": "x\n"],
            commands: [
                "nft -j list ruleset": TreeHost.says(nft), "iptables -V": TreeHost.says("iptables v1.8.9 (nf_tables)\n"),
                "iptables -S": TreeHost.says(
                    "-P INPUT DROP\n-A INPUT -s 127.0.0.0/8 ! -i lo -j DROP\n-A INPUT -s 10.0.0.0/8 -m comment --comment \"a b\" -j ACCEPT\n"
                ),
            ])
        let (node, gaps) = await facts(NetworkCollector(), tree)
        #expect(node.at("firewall.backend")?.text == "iptables")
        #expect(node.at("firewall.default_input")?.text == "drop")
        #expect(node.at("firewall.limits_sources")?.bool == true)
        #expect(node.at("firewall.accepts_any")?.bool == false)
        #expect(gaps.isEmpty)
    }

    @Test func withoutRootNothingIsSaid() async {
        let (node, gaps) = await facts(
            NetworkCollector(), TreeHost(files: ["/usr/sbin/nft": "", "/proc/net/tcp": "x\n"], user: 1000))
        #expect(node.at("firewall") == nil)
        #expect(gaps.contains { $0.contains("only root") })
    }
}

@Suite struct UnitsTests {
    @Test func systemctlIsAsked() async {
        let select = "--no-legend --plain --no-pager"
        let (node, _) = await facts(
            UnitsCollector(),
            TreeHost(
                files: ["/run/systemd/system/x": "", "/proc/1/comm": "systemd\n"],
                commands: [
                    "systemctl list-unit-files --state=enabled,enabled-runtime --type=service,socket \(select)": TreeHost.says(
                        "ssh.service enabled enabled\ncups.socket enabled enabled\ntelnet@.socket enabled\n"),
                    "systemctl list-units --state=running,listening --type=service,socket \(select)": TreeHost.says(
                        "ssh.service loaded active running OpenBSD Secure Shell server\n"),
                    "systemctl list-units --state=failed \(select)": TreeHost.says("● bad.service loaded failed failed Bad\n"),
                ]))
        #expect(node.at("init")?.text == "systemd")
        #expect(node.at("needless") == .texts(["cups.socket", "telnet@.socket"]))
        #expect(node.at("failed") == .texts(["bad.service"]))
    }

    @Test func linksTellWithoutSystemd() async {
        let (node, _) = await facts(
            UnitsCollector(),
            TreeHost(files: [
                "/proc/1/comm": "init\n", "/etc/inittab": "", "/etc/rc2.d/S01ssh": "", "/etc/rc2.d/K01x": "",
                "/etc/systemd/system/multi-user.target.wants/a.service": "",
            ]))
        #expect(node.at("init")?.text == "sysvinit")
        #expect(node.at("enabled") == .texts(["a.service", "ssh"]))
        #expect(node.at("running") == nil)
    }
}
