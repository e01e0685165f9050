import Documents
import Testing

@testable import Checks

@Suite("sshd")
struct SSHDTests {
    /// A host with sshd and this configuration; commands are not answered, so the files speak.
    private func tree(_ config: String, _ more: [String: String] = [:]) -> TreeHost {
        TreeHost(
            files: more.merging([
                "/usr/sbin/sshd": "", "/etc/ssh/sshd_config": config,
                "/etc/passwd": "root:x:0:0::/root:/bin/bash\nann:x:1000:100::/home/ann:/bin/sh\n",
                "/etc/group": "root:x:0:\nusers:x:100:\nadmins:x:200:ann\n",
            ]) { $1 })
    }

    @Test("not installed") func absent() async {
        let run = await Run(SSHDCollector(), TreeHost())
        #expect(run.facts == .object([("installed", false)]))
        #expect(run.gaps.isEmpty)
    }

    @Test("from the files: first value wins, includes in order, defaults are called assumed")
    func files() async {
        let run = await Run(
            SSHDCollector(),
            tree(
                "Include /etc/ssh/sshd_config.d/*.conf\r\nPermitRootLogin yes\r\nPasswordAuthentication=no # word\nMaxAuthTries \"3\"\nLoginGraceTime 1m30s\n",
                [
                    "/etc/ssh/sshd_config.d/20-b.conf": "PermitRootLogin no\n",
                    "/etc/ssh/sshd_config.d/10-a.conf": "ChallengeResponseAuthentication no\n",
                    "/etc/ssh/sshd_config.d/ignored.txt": "MaxAuthTries 9\n",
                ]))
        let scope = "scopes/#0"
        #expect(run["\(scope)/match"]?.text == "")
        #expect(run.setting("\(scope)/permit_root_login") == "no from /etc/ssh/sshd_config.d/20-b.conf:1")
        #expect(run.setting("\(scope)/password_authentication") == "false from /etc/ssh/sshd_config:3")
        #expect(run.setting("\(scope)/max_auth_tries") == "3 from /etc/ssh/sshd_config:4")
        #expect(run.setting("\(scope)/login_grace_time") == "90 from /etc/ssh/sshd_config:5")
        #expect(run.setting("\(scope)/kbd_interactive_authentication") == "false from /etc/ssh/sshd_config.d/10-a.conf:1")
        #expect(run.setting("\(scope)/x11_forwarding") == "false from default of sshd (assumed)")
        #expect(run["\(scope)/ciphers"] == nil)
        #expect(run.gaps.contains { $0.what == "sshd -T" })
        #expect(run["files"]?.list?.count == 3)
    }

    @Test("sshd -T is believed, and the files say where it comes from")
    func asked() async {
        var tree = tree(
            "PermitRootLogin prohibit-password\nMatch User ann\n  PasswordAuthentication no\n  AuthenticationMethods publickey,password\n"
        )
        tree.commands["sshd -T"] = TreeHost.says(
            "port 22\nlistenaddress 0.0.0.0:22\npermitrootlogin without-password\npasswordauthentication yes\nallowusers ann@10.0.0.1\nallowusers bob@10.0.0.2\n"
                + "ciphers aes256-gcm@openssh.com,aes128-ctr\nchanneltimeout session:*=10m\nauthenticationmethods any\nbanner none\n"
        )
        tree.commands["sshd -T -C user=ann,host=probe.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22"] = TreeHost.says(
            "permitrootlogin without-password\npasswordauthentication no\nauthenticationmethods publickey,password publickey,keyboard-interactive\n"
        )
        let run = await Run(SSHDCollector(), tree)
        #expect(run.setting("scopes/#0/permit_root_login") == "prohibit-password from /etc/ssh/sshd_config:1")
        #expect(run.setting("scopes/#0/password_authentication") == "true from default of sshd")
        #expect(run.texts("scopes/#0/allow_users") == ["ann@10.0.0.1", "bob@10.0.0.2"])
        #expect(run["scopes/#0/sources_restricted"]?.bool == true)
        #expect(run["scopes/#0/idle_disconnect"]?.integer == 600)
        #expect(run.texts("scopes/#0/ciphers") == ["aes256-gcm@openssh.com", "aes128-ctr"])
        #expect(run["scopes/#0/multi_factor"]?.bool == false)
        #expect(run.texts("listen") == ["0.0.0.0:22"])
        #expect(run["scopes/#1/match"]?.text == "User ann")
        #expect(run.setting("scopes/#1/password_authentication") == "false from /etc/ssh/sshd_config:3")
        #expect(run["scopes/#1/multi_factor"]?.bool == true)
        #expect(run["scopes/#1/sources_restricted"]?.bool == false)
        #expect(run["scopes/#1/idle_disconnect"] == nil)
        #expect(run.gaps.isEmpty)
    }

    @Test("a failing sshd -T falls back to the files")
    func failing() async {
        var tree = tree("PermitRootLogin no\n")
        tree.commands["sshd -T"] = .exited(1, output: [], error: "sshd: no hostkeys available -- exiting.")
        let run = await Run(SSHDCollector(), tree)
        #expect(run.setting("scopes/#0/permit_root_login") == "no from /etc/ssh/sshd_config:1")
        #expect(run.gaps.contains { $0.why.contains("no hostkeys") })
    }

    @Test("Match blocks: first satisfied block wins, Match all closes nothing, an Include inside is conditional")
    func blocks() async {
        let run = await Run(
            SSHDCollector(),
            tree(
                """
                X11Forwarding no
                Match Group admins Address 10.0.0.0/8
                    X11Forwarding yes
                    Include extra/*.conf
                Match User ann
                    X11Forwarding no
                    PermitTunnel yes
                Match all
                    MaxSessions 1
                """, ["/etc/ssh/extra/a.conf": "MaxAuthTries 2\nMatch LocalPort 2222\nMaxAuthTries 1\n"]))
        let scopes = run["scopes"]?.list ?? []
        #expect(
            scopes.map { $0["match"]?.text } == [
                "", "Group admins Address 10.0.0.0/8", "Group admins Address 10.0.0.0/8 + LocalPort 2222", "User ann", "all",
            ])
        #expect(run.setting("scopes/#1/x11_forwarding") == "true from /etc/ssh/sshd_config:3")
        #expect(run.setting("scopes/#1/max_auth_tries") == "2 from /etc/ssh/extra/a.conf:1")
        // ann satisfies the later block too.
        #expect(run.setting("scopes/#1/permit_tunnel") == "yes from /etc/ssh/sshd_config:7")
        #expect(run["scopes/#1/sources_restricted"]?.bool == true)
        #expect(run.setting("scopes/#3/x11_forwarding") == "false from /etc/ssh/sshd_config:6")
        #expect(run.setting("scopes/#0/max_sessions") == "1 from /etc/ssh/sshd_config:9")
    }

    @Test(
        "a connection is found for each kind of Match line",
        arguments: [
            ("User bob", "bob"), ("User *,!root", "plumbline-probe"), ("User adm?n*", "admxnx"), ("Group admins", "ann"),
            ("User ann Group admins", "ann"), ("Address 192.168.0.0/16,!192.168.0.0/24,10.0.0.1", "plumbline-probe"),
            ("Address 2001:db8::/32", "plumbline-probe"), ("Host *.example.com LocalPort 2222", "plumbline-probe"),
            ("Group nobody-is-here", nil), ("User !root", nil), ("Sessiontype shell", nil), ("User", nil),
            ("Address 10.*", "plumbline-probe"),
        ] as [(String, String?)])
    func samples(_ line: String, _ user: String?) {
        let match = SSHDMatch(line.words)
        let people: [(user: String, groups: [String])] = [("ann", ["users", "admins"])]
        let sample = SSHDMatch.sample([match]) { pattern in people.filter { $0.groups.contains { Glob.matches($0, pattern) } } }
        #expect(sample?.user == user)
        #expect(sample.map { match.holds($0) } ?? true)
    }

    @Test(
        "idle time from ChannelTimeout",
        arguments: [
            ("session=5m", 300), ("*=1h session:shell=0", 3600), ("x11-connection=1m", nil),
            ("session:*=900 agent-connection=5", 900),
            ("session:command=60", nil), ("global=10m", 600), ("", nil), ("session:*=", nil),
            ("session:*=9999999999999999999999", nil),
        ] as [(String, Int?)])
    func idle(_ text: String, _ seconds: Int?) { #expect(SSHDValues.idleDisconnect(text) == seconds) }

    @Test(
        "kinds of proof",
        arguments: [
            ("any", false), ("publickey", false), ("publickey,keyboard-interactive", true),
            ("publickey,password publickey", false),
            ("publickey,publickey", false), ("password,keyboard-interactive:pam", false), ("hostbased,publickey", true),
            ("", false),
        ])
    func factors(_ methods: String, _ expected: Bool) { #expect(SSHDValues.isMultiFactor(methods) == expected) }

    @Test(
        "addresses",
        arguments: [
            ("10.1.2.3", "10.0.0.0", 8, true), ("11.0.0.1", "10.0.0.0", 8, false), ("2001:db8::1", "2001:db8::", 32, true),
            ("::ffff:10.0.0.1", "10.0.0.0", 8, false), ("10.0.0.1", "10.0.0.1", 33, false), ("0.0.0.0", "255.0.0.0", 0, true),
        ])
    func addresses(_ address: String, _ network: String, _ prefix: Int, _ inside: Bool) throws {
        #expect(try #require(IPAddress(address)).lies(in: #require(IPAddress(network)), prefix: prefix) == inside)
    }

    @Test(
        "not addresses",
        arguments: ["1.2.3", "1.2.3.4.5", "256.1.1.1", "::1::2", ":::", "12345::", "", "1:2:3:4:5:6:7:8:9", "g::"])
    func notAddresses(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test("includes in a circle end with a gap")
    func loop() async {
        let run = await Run(
            SSHDCollector(),
            tree(
                "Include a.conf\nInclude a.conf\nPermitRootLogin no\n",
                ["/etc/ssh/a.conf": "Include a.conf\nInclude sshd_config a.conf\n"]))
        #expect(run.gaps.contains { $0.why.contains("too often") || $0.why.contains("longer") })
        #expect(run["scopes/#0/x11_forwarding"] == nil, "a default is not assumed when not everything was read")
    }

    @Test("random bytes never stop the collector", arguments: 0..<30)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        var tree = tree("")
        tree.files["/etc/ssh/sshd_config"] = nil
        tree.binary["/etc/ssh/sshd_config"] = random.bytes(
            5_000, alphabet: "Match User Group Address Include *?[]!,/\\\"'= \n\t#PermitRootLogin yes no 10.0.0.0/8 ::1")
        #expect(await Run(SSHDCollector(), tree).facts != nil)
    }

    @Test(
        "wildcards",
        arguments: [
            ("*", "", true), ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false), ("?", "", false), ("*.conf", "a.conf", true),
            ("**a", "bca", true), ("a?c", "abc", true), ("", "", true), ("", "a", false),
        ])
    func wildcards(_ pattern: String, _ text: String, _ expected: Bool) { #expect(Glob.matches(text, pattern) == expected) }

    @Test(
        "file name patterns",
        arguments: [
            ("[0-9]*.conf", "10.conf", true), ("[!0-9]*", "a", true), ("[!0-9]*", "1", false), ("*", ".hidden", false),
            ("[]a]", "]", true),
            ("[abc", "[abc", true),
        ])
    func names(_ pattern: String, _ text: String, _ expected: Bool) { #expect(Glob.matchesName(text, pattern) == expected) }
}
