import Documents
import Testing

@testable import Checks

@Suite("Idle sessions")
struct SessionTests {
    private let profile = "for i in /etc/profile.d/*.sh; do . $i; done\n"

    @Test(
        "TMOUT in its many forms",
        arguments: [
            ("TMOUT=900\nreadonly TMOUT\nexport TMOUT", 900, true, true), ("readonly TMOUT=600; export TMOUT", 600, true, true),
            ("declare -xr TMOUT=300", 300, true, true), ("typeset -r TMOUT=300", 300, true, false),
            ("export TMOUT='1200' # idle", 1200, false, true),
            ("TMOUT=900; TMOUT=60", 60, false, false), ("readonly TMOUT=900; TMOUT=0", 900, true, false),
            ("# TMOUT=900", nil, false, false),
            ("echo TMOUT=900", nil, false, false), ("TMOUT=900 sh -c x", nil, false, false),
            ("TMOUT=900\nunset TMOUT", nil, false, false),
            ("readonly TMOUT=900\nunset TMOUT", 900, true, false), ("TMOUT=${TMOUT:-450}", 450, false, false),
            ("TMOUT=0", 0, false, false),
            ("XTMOUT=900", nil, false, false), ("export A=1 TMOUT=\"900\" B=2", 900, false, true),
            ("export \\\n TMOUT=77", 77, false, true),
            ("[ -z \"$X\" ] && TMOUT=55", 55, false, false), ("TMOUT=900\r\nexport TMOUT\r", 900, false, true),
        ] as [(String, Int?, Bool, Bool)])
    func forms(_ text: String, _ seconds: Int?, _ readonly: Bool, _ exported: Bool) async {
        let run = await Run(SessionCollector(), TreeHost(files: ["/etc/profile": text]))
        #expect(run["tmout/seconds/value"]?.integer == seconds)
        #expect(run["tmout/readonly"]?.bool == readonly)
        #expect(run["tmout/exported"]?.bool == exported)
    }

    @Test("files in the order a login meets them")
    func order() async {
        var tree = TreeHost(files: [
            "/etc/environment": "TMOUT=5000\n", "/etc/profile": "TMOUT=10\n" + profile, "/etc/profile.d/a.sh": "TMOUT=20\n",
            "/etc/profile.d/b.sh": "readonly TMOUT=30\n", "/etc/profile.d/c.sh": "TMOUT=40\n",
            "/etc/profile.d/d.csh": "set autologout=50\n",
        ])
        #expect(await Run(SessionCollector(), tree).setting("tmout/seconds") == "30 from /etc/profile.d/b.sh:1")
        tree.files["/etc/profile"] = "# nothing of profile.d\n"
        #expect(await Run(SessionCollector(), tree).setting("tmout/seconds") == "5000 from /etc/environment:1")
        #expect(await Run(SessionCollector(), tree)["tmout/exported"]?.bool == true)
    }

    @Test("a condition and a computed value are gaps")
    func unclear() async {
        let conditional = await Run(
            SessionCollector(), TreeHost(files: ["/etc/profile": "if [ $UID != 0 ]; then\n TMOUT=900\nfi\n"]))
        #expect(conditional["tmout/seconds/value"]?.integer == 900)
        #expect(conditional.gaps.map { $0.what } == ["/etc/profile:2"])
        let computed = await Run(SessionCollector(), TreeHost(files: ["/etc/profile": "TMOUT=$((15*60))\n"]))
        #expect(computed["tmout/seconds"] == nil)
        #expect(computed.gaps.contains { $0.what == "TMOUT" })
    }

    @Test("logind: main file, drop-ins by name over all folders, masks, defaults")
    func logind() async {
        var tree = TreeHost(files: [
            "/etc/systemd/logind.conf":
                "[Login]\n#KillUserProcesses=no\n#IdleAction=ignore\nIdleActionSec=1h 30min\n[Other]\nIdleAction=lock\n",
            "/usr/lib/systemd/logind.conf.d/50-x.conf": "[Login]\nIdleAction=lock\nStopIdleSessionSec=15min\n",
            "/run/systemd/logind.conf.d/40-y.conf": "[Login]\nIdleAction=poweroff\n",
            "/etc/systemd/logind.conf.d/60-z.conf": "[Login]\nStopIdleSessionSec=infinity\n",
        ])
        var run = await Run(SessionCollector(), tree)
        #expect(run.setting("logind/idle_action") == "lock from /usr/lib/systemd/logind.conf.d/50-x.conf:2")
        #expect(run.setting("logind/idle_action_seconds") == "5400 from /etc/systemd/logind.conf:4")
        #expect(run.setting("logind/kill_user_processes") == "false from default")
        #expect(run["logind/stop_idle_session"] == nil)
        tree.files["/etc/systemd/logind.conf.d/60-z.conf"] = nil
        run = await Run(SessionCollector(), tree)
        #expect(run.setting("logind/stop_idle_session") == "900 from /usr/lib/systemd/logind.conf.d/50-x.conf:3")
        tree.commands["systemctl --version"] = TreeHost.says("systemd 247 (247.3-7)\n")
        run = await Run(SessionCollector(), tree)
        #expect(run["logind/stop_idle_session"] == nil)
        tree.links["/etc/systemd/logind.conf.d/50-x.conf"] = "/dev/null"
        run = await Run(SessionCollector(), tree)
        #expect(run.setting("logind/idle_action") == "poweroff from /run/systemd/logind.conf.d/40-y.conf:2")
    }

    @Test("random bytes never stop the collector", arguments: 0..<30)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        var tree = TreeHost()
        tree.binary["/etc/profile"] = random.bytes(
            4_000, alphabet: "TMOUT=900 readonly export if fi profile.d;&|()'\"\\\n\t #${:-}")
        tree.binary["/etc/systemd/logind.conf"] = random.bytes(2_000, alphabet: "[Login]\nIdleActionSec=15min#;= ")
        tree.binary["/etc/environment"] = random.bytes(500, alphabet: "TMOUT=\n12")
        #expect(await Run(SessionCollector(), tree).facts != nil)
    }
}

@Suite("Access limits")
struct AccessTests {
    @Test("time, access and limits, and the services that ask for them")
    func rules() async {
        let run = await Run(
            AccessCollector(),
            TreeHost(files: [
                "/etc/security/time.conf": "# login;*;x;y\nlogin ; tty* & \\\n !ttyp* ; !root ; !Al0000-2400\nshort;x\n",
                "/etc/security/access.conf": "#-:ALL:ALL\n+ : root : 10.0.0.0/8 2001:db8::/32\n-:ALL:ALL\n",
                "/etc/security/access.d/10-x.conf": "+:ann:ALL\n",
                "/etc/security/limits.conf": "* hard MaxLogins 1 # one\n@staff - maxsyslogins -1\n* soft core\n",
                "/etc/security/limits.d/20.conf": "ann - maxlogins 2\n", "/etc/security/limits.d/readme": "bob - maxlogins 2\n",
                "/etc/hosts.deny": "# all\nALL : ALL\n",
                "/etc/pam.d/login":
                    "account requisite pam_time.so\naccount required pam_access.so\nsession required pam_limits.so\n",
                "/etc/pam.d/su": "account optional pam_time.so\naccount required pam_unix.so\n",
            ]))
        #expect(run["time_rules/#0/services"]?.text == "login")
        #expect(run["time_rules/#0/users"]?.text == "!root")
        #expect(run["time_rules/#0/times"]?.text == "!Al0000-2400")
        #expect(run["time_rules/#0/from"]?.text == "/etc/security/time.conf:2")
        #expect(run["time_rules"]?.list?.count == 1)
        #expect(run["access_rules/#0/origins"]?.text == "10.0.0.0/8 2001:db8::/32")
        #expect(run["access_rules"]?.list?.count == 3)
        #expect(run["denies_by_default"]?.bool == true)
        #expect(run.texts("maxlogins") == ["*", "ann"])
        #expect(run["limits/#0/item"]?.text == "maxlogins")
        #expect(run["hosts_deny_all"]?.bool == true)
        #expect(run.texts("time_module_in") == ["login"])
        #expect(run.texts("access_module_in") == ["login"])
        #expect(run.texts("limits_module_in") == ["login"])
    }

    @Test("nothing there") func nothing() async {
        let run = await Run(AccessCollector(), TreeHost())
        #expect(run["denies_by_default"]?.bool == false)
        #expect(run["hosts_deny_all"]?.bool == false)
        #expect(run["time_module_in"] == nil)
    }

    @Test("another file named in the PAM line") func otherFile() async {
        let run = await Run(
            AccessCollector(),
            TreeHost(files: [
                "/etc/pam.d/sshd": "account required pam_access.so accessfile=/etc/ssh/access.conf\n",
                "/etc/ssh/access.conf": "-:ALL:ALL\n",
                "/etc/security/access.conf": "+:ALL:ALL\n",
            ]))
        #expect(run["access_rules"]?.list?.map { $0["from"]?.text } == ["/etc/ssh/access.conf:1"])
    }

    @Test("random bytes never stop the collector", arguments: 0..<20)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        var tree = TreeHost()
        for path in ["security/time.conf", "security/access.conf", "security/limits.conf", "hosts.deny"] {
            tree.binary["/etc/\(path)"] = random.bytes(2_000, alphabet: "ALL:-+;\\\n #*")
        }
        #expect(await Run(AccessCollector(), tree).facts != nil)
    }
}
