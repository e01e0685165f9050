import Documents
import Testing

@testable import Checks

/// A layout of an auth stack and what it really does.
struct LockoutCase: Sendable, CustomTestStringConvertible {
    let name: String
    let stack: String
    let counts: Bool
    let refuses: Bool
    var account = "account required pam_unix.so"
    var testDescription: String { name }

    static let all = [
        LockoutCase(
            name: "Debian's documented layout",
            stack: """
                auth required pam_faillock.so preauth
                auth [success=1 default=ignore] pam_unix.so nullok
                auth [default=die] pam_faillock.so authfail
                auth required pam_permit.so
                """, counts: true, refuses: true, account: "account required pam_faillock.so\naccount required pam_unix.so"),
        LockoutCase(
            name: "manual page, first example: authsucc instead of preauth",
            stack: """
                auth required pam_securetty.so
                auth required pam_env.so
                auth required pam_nologin.so
                auth [success=1 default=bad] pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth sufficient pam_faillock.so authsucc
                auth required pam_deny.so
                """, counts: true, refuses: true),
        LockoutCase(
            name: "manual page, second example",
            stack: """
                auth required pam_faillock.so preauth
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth required pam_deny.so
                """, counts: true, refuses: true),
        LockoutCase(
            name: "RHEL authselect, minimal",
            stack: """
                auth required pam_env.so
                auth required pam_faildelay.so delay=2000000
                auth required pam_faillock.so preauth silent
                auth sufficient pam_unix.so nullok
                auth required pam_faillock.so authfail
                auth required pam_deny.so
                """, counts: true, refuses: true),
        LockoutCase(
            name: "RHEL authselect, sssd",
            stack: """
                auth required pam_env.so
                auth required pam_faildelay.so delay=2000000
                auth required pam_faillock.so preauth silent
                auth sufficient pam_fprintd.so
                auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
                auth [default=1 ignore=ignore success=ok] pam_localuser.so
                auth sufficient pam_unix.so nullok
                auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
                auth sufficient pam_sss.so forward_pass
                auth required pam_faillock.so authfail
                auth required pam_deny.so
                """, counts: true, refuses: true),
        LockoutCase(
            name: "no preauth: failures are counted and nobody is refused",
            stack: """
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth required pam_deny.so
                """, counts: true, refuses: false),
        LockoutCase(
            name: "authfail after requisite pam_deny",
            stack: """
                auth required pam_faillock.so preauth
                auth sufficient pam_unix.so
                auth requisite pam_deny.so
                auth [default=die] pam_faillock.so authfail
                """, counts: false, refuses: true),
        LockoutCase(
            name: "authfail before pam_unix, skipped by a success jump",
            stack: """
                auth [success=1 default=ignore] pam_faillock.so preauth
                auth [default=die] pam_faillock.so authfail
                auth sufficient pam_unix.so
                auth required pam_deny.so
                """, counts: false, refuses: true),
        LockoutCase(
            name: "preauth optional",
            stack: """
                auth optional pam_faillock.so preauth
                auth [success=1 default=ignore] pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth required pam_permit.so
                """, counts: true, refuses: false),
        LockoutCase(
            name: "a jump too long skips authfail on failure",
            stack: """
                auth required pam_faillock.so preauth
                auth [success=ok default=1] pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth required pam_permit.so
                """, counts: false, refuses: true),
        LockoutCase(
            name: "preauth after sufficient pam_unix",
            stack: """
                auth sufficient pam_unix.so
                auth required pam_faillock.so preauth
                auth [default=die] pam_faillock.so authfail
                auth required pam_deny.so
                """, counts: true, refuses: false),
        LockoutCase(
            name: "deny 0 never locks",
            stack: """
                auth required pam_faillock.so preauth deny=0
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail deny=0
                auth required pam_deny.so
                """, counts: true, refuses: false),
        LockoutCase(
            name: "preauth looks in another folder than authfail writes to",
            stack: """
                auth required pam_faillock.so preauth dir=/var/a
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail dir=/var/b
                auth required pam_deny.so
                """, counts: true, refuses: false),
        LockoutCase(
            name: "pam_tally2 in one call",
            stack: """
                auth required pam_tally2.so deny=3 unlock_time=900
                auth required pam_unix.so
                """, counts: true, refuses: true, account: "account required pam_tally2.so"),
        LockoutCase(
            name: "pam_tally2 after a sufficient pam_unix",
            stack: """
                auth sufficient pam_unix.so
                auth required pam_tally2.so deny=3
                auth required pam_deny.so
                """, counts: true, refuses: false),
        LockoutCase(
            name: "pam_tally2 in account alone counts and refuses nothing",
            stack: "auth required pam_unix.so", counts: false, refuses: false, account: "account required pam_tally2.so deny=3"),
        LockoutCase(
            name: "only in comments",
            stack: """
                # auth required pam_faillock.so preauth
                auth required pam_unix.so # pam_faillock.so authfail
                """, counts: false, refuses: false),
        LockoutCase(
            name: "a module of unknown effect may let people in before preauth",
            stack: """
                auth sufficient pam_homegrown.so
                auth required pam_faillock.so preauth
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail
                """, counts: true, refuses: false),
    ]
}

@Suite("PAM lockout, simulated")
struct PAMLockoutTests {
    @Test("layouts", arguments: LockoutCase.all)
    func layouts(_ example: LockoutCase) async {
        let run = await Run(PAMCollector(), TreeHost(files: ["/etc/pam.d/login": example.stack + "\n" + example.account + "\n"]))
        #expect(run["services/name=login/lockout/counts_failures"]?.bool == example.counts)
        #expect(run["services/name=login/lockout/refuses_locked"]?.bool == example.refuses)
    }

    @Test("the same layouts mean the same through a substack", arguments: LockoutCase.all)
    func throughSubstack(_ example: LockoutCase) async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/password-auth": example.stack + "\n" + example.account + "\n",
                "/etc/pam.d/login": "auth substack password-auth\nauth include postlogin\naccount include password-auth\n",
                "/etc/pam.d/postlogin": "session optional pam_umask.so\n",
            ]))
        #expect(run.texts("services/name=login/modules")?.isEmpty == false)
        #expect(run["services/name=login/lockout/counts_failures"]?.bool == example.counts)
        #expect(run["services/name=login/lockout/refuses_locked"]?.bool == example.refuses)
        #expect(run["services/name=password-auth"] == nil)
    }

    @Test("a file alone proves nothing")
    func onlyTheFile() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/security/faillock.conf": "deny = 3\nunlock_time = never\n",
                "/etc/pam.d/login": "auth required pam_unix.so\n",
            ]))
        #expect(run["services/name=login/lockout/present"]?.bool == false)
        #expect(run["services/name=login/lockout/counts_failures"]?.bool == false)
        #expect(run["faillock_conf/present"]?.bool == true)
        #expect(run.setting("faillock_conf/deny") == "3 from /etc/security/faillock.conf:1")
        #expect(run.setting("faillock_conf/unlock_time") == "0 from /etc/security/faillock.conf:2")
    }

    @Test("in sshd but not in login")
    func perService() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/sshd": LockoutCase.all[0].stack, "/etc/pam.d/login": "auth required pam_unix.so\n",
            ]))
        #expect(run["services/name=sshd/lockout/refuses_locked"]?.bool == true)
        #expect(run["services/name=login/lockout/present"]?.bool == false)
    }

    @Test("arguments override the file, the file the defaults")
    func precedence() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/security/faillock.conf": "# deny = 9\ndeny = 5\nunlock_time=1200\neven_deny_root\n",
                "/etc/pam.d/login": """
                auth required pam_faillock.so preauth deny=4
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail deny=4
                """,
            ]))
        let lockout = "services/name=login/lockout"
        #expect(run.setting("\(lockout)/deny") == "4 from /etc/pam.d/login:1")
        #expect(run.setting("\(lockout)/unlock_time") == "1200 from /etc/security/faillock.conf:3")
        #expect(run.setting("\(lockout)/fail_interval") == "900 from default of pam_faillock")
        #expect(run.setting("\(lockout)/even_deny_root") == "true from /etc/security/faillock.conf:4")
        #expect(run.setting("\(lockout)/root_unlock_time") == "1200 from /etc/security/faillock.conf:3")
        #expect(run["\(lockout)/module"]?.text == "pam_faillock.so")
    }

    @Test("calls that disagree give the laxer value")
    func disagreement() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/login": """
                auth required pam_faillock.so preauth deny=10 unlock_time=0
                auth sufficient pam_unix.so
                auth [default=die] pam_faillock.so authfail deny=3 unlock_time=60
                """
            ]))
        #expect(run.setting("services/name=login/lockout/deny") == "10 from /etc/pam.d/login:1")
        #expect(run.setting("services/name=login/lockout/unlock_time") == "60 from /etc/pam.d/login:3")
    }

    @Test("conf= moves the file; a missing one is a gap and no settings")
    func movedFile() async {
        var tree = TreeHost(files: [
            "/etc/security/faillock.conf": "deny = 5\n", "/etc/own.conf": "deny = 2\n",
            "/etc/pam.d/login": "auth required pam_faillock.so preauth conf=/etc/own.conf\nauth required pam_unix.so\n",
        ])
        var run = await Run(PAMCollector(), tree)
        #expect(run.setting("services/name=login/lockout/deny") == "2 from /etc/own.conf:1")
        tree.files["/etc/own.conf"] = nil
        run = await Run(PAMCollector(), tree)
        #expect(run["services/name=login/lockout/deny"] == nil)
        #expect(run["services/name=login/lockout/refuses_locked"] == nil)
        #expect(run.gaps.contains { $0.what == "/etc/own.conf" })
    }

    @Test("an unreadable file is a gap, not a default")
    func deniedFile() async {
        var tree = TreeHost(files: [
            "/etc/security/faillock.conf": "deny = 5\n",
            "/etc/pam.d/login": "auth required pam_faillock.so preauth\nauth required pam_unix.so\n",
        ])
        tree.denied = ["/etc/security/faillock.conf"]
        let run = await Run(PAMCollector(), tree)
        #expect(run["services/name=login/lockout/deny"] == nil)
        #expect(run["services/name=login/lockout/present"]?.bool == true)
        #expect(run.gaps.contains { $0.what == "/etc/security/faillock.conf" })
    }

    /// Debian's stack with these lines in faillock.conf and arguments at every call.
    private static func faillock(_ file: String, arguments: String = "") async -> Run {
        await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/security/faillock.conf": file,
                "/etc/pam.d/login": """
                auth required pam_faillock.so preauth \(arguments)
                auth [success=1 default=ignore] pam_unix.so nullok
                auth [default=die] pam_faillock.so authfail \(arguments)
                auth required pam_permit.so
                """,
            ]))
    }

    @Test(
        "deny is read as sscanf %hu reads it",
        arguments: [
            ("-1", 65_535), ("-3", 65_533), ("99999999999999999999", 65_535), ("-99999999999999999999", 65_535),
            ("18446744073709551615", 65_535), ("65539", 3), ("65536", 0), ("+4", 4), ("5x", 5), ("x", 3), ("-", 3), ("- 5", 3),
            ("", 3),
        ])
    func scannedDeny(_ written: String, _ deny: Int) async {
        for run in [await Self.faillock("deny = \(written)\n"), await Self.faillock("", arguments: "[deny=\(written)]")] {
            #expect(run["services/name=login/lockout/deny/value"]?.integer == deny)
            #expect(run["services/name=login/lockout/refuses_locked"]?.bool == (deny > 0))
        }
    }

    @Test(
        "times: above the limit is refused by the module, what may wrap is left out", arguments: ["unlock_time", "fail_interval"])
    func scannedTimes(_ name: String) async {
        let assumed = name == "unlock_time" ? 600 : 900
        for (written, seconds) in [
            ("1200", 1200), ("604800", 604_800), ("604801", assumed), ("4294967295", assumed), ("x", assumed), ("-1", nil),
            ("-4294966096", nil), ("4294968496", nil), ("99999999999999999999", nil),
        ] as [(String, Int?)] {
            let run = await Self.faillock("\(name) = \(written)\n")
            #expect(run["services/name=login/lockout/\(name)/value"]?.integer == seconds, "\(written)")
            #expect(run.gaps.contains { $0.what == "/etc/security/faillock.conf:1" } == (seconds == nil), "\(written)")
            if name == "unlock_time" {
                #expect(run["services/name=login/lockout/root_unlock_time/value"]?.integer == seconds, "\(written)")
                #expect(run["faillock_conf/unlock_time/value"]?.integer == seconds, "\(written)")
            }
        }
        let mended = await Self.faillock("\(name) = -1\n\(name) = 700\n")
        #expect(mended["services/name=login/lockout/\(name)/value"]?.integer == 700)
        #expect(mended.gaps.isEmpty)
    }

    @Test("an unclear time of pam_tally2 is no lock for ever", arguments: ["-1", "99999999999999999999", "x"])
    func tallyTimes(_ written: String) async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/login": "auth required pam_tally2.so deny=3 unlock_time=\(written)\nauth required pam_unix.so\n"
            ]))
        #expect(run["services/name=login/lockout/present"]?.bool == true)
        #expect(run["services/name=login/lockout/unlock_time"] == nil)
        #expect(run["services/name=login/lockout/refuses_locked"] == nil)
        #expect(run.gaps.contains { $0.what == "/etc/pam.d/login:1" })
    }

    @Test(
        "members of admin_group count as root",
        arguments: [
            ("admin_group = wheel\n", false, 600), ("admin_group = \n", true, 600),
            ("admin_group = wheel\nunlock_time = 1800\nroot_unlock_time = 60\n", false, 1800),
            ("admin_group = wheel\neven_deny_root\n", true, 600),
            ("admin_group = wheel\neven_deny_root\nunlock_time = 1800\nroot_unlock_time = 60\n", true, 60),
            ("admin_group = wheel\neven_deny_root\nunlock_time = 900\nroot_unlock_time = never\n", true, 900),
            ("admin_group = wheel\neven_deny_root\nunlock_time = never\nroot_unlock_time = 60\n", true, 60),
            ("admin_group = wheel\neven_deny_root\nunlock_time = 900\nroot_unlock_time = -1\n", true, nil),
            ("even_deny_root\nunlock_time = 900\nroot_unlock_time = 60\n", true, 900),
        ] as [(String, Bool, Int?)])
    func adminGroup(_ file: String, _ refuses: Bool, _ unlockTime: Int?) async {
        let run = await Self.faillock(file)
        #expect(run["services/name=login/lockout/refuses_locked"]?.bool == refuses)
        #expect(run["services/name=login/lockout/counts_failures"]?.bool == true)
        #expect(run["services/name=login/lockout/unlock_time/value"]?.integer == unlockTime)
    }

    @Test("admin_group as an argument")
    func adminGroupArgument() async {
        let spared = await Self.faillock("unlock_time = 900\n", arguments: "admin_group=wheel")
        #expect(spared["services/name=login/lockout/refuses_locked"]?.bool == false)
        let denied = await Self.faillock("unlock_time = 900\n", arguments: "admin_group=wheel even_deny_root root_unlock_time=60")
        #expect(denied["services/name=login/lockout/refuses_locked"]?.bool == true)
        #expect(denied.setting("services/name=login/lockout/unlock_time") == "60 from /etc/pam.d/login:1")
    }

    @Test(
        "a shortcut for some people is found",
        arguments: [
            "[success=3 default=ignore] pam_succeed_if.so user ingroup wheel",
            "[success=3 default=ignore] pam_succeed_if.so quiet user ingroup wheel",
            "[success=ignore default=3] pam_succeed_if.so user notingroup wheel",
            "[success=3 default=ignore] pam_succeed_if.so user in ann:bob",
            "[success=ignore default=3] pam_succeed_if.so user notin ann:bob",
            "sufficient pam_succeed_if.so user ingroup nopasswdlogin",
        ])
    func shortcut(_ condition: String) async {
        let run = await Run(
            PAMCollector(), TreeHost(files: ["/etc/pam.d/login": "auth \(condition)\n" + LockoutCase.all[0].stack + "\n"]))
        #expect(run["services/name=login/lockout/present"]?.bool == true)
        #expect(run["services/name=login/lockout/refuses_locked"]?.bool == false)
    }

    @Test(
        "a condition that only keeps people out changes nothing",
        arguments: ["ingroup wheel", "notingroup guests", "notin ann:bob"])
    func narrowing(_ condition: String) async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/login": "auth requisite pam_succeed_if.so user \(condition)\n" + LockoutCase.all[0].stack + "\n"
            ]))
        #expect(run["services/name=login/lockout/counts_failures"]?.bool == true)
        #expect(run["services/name=login/lockout/refuses_locked"]?.bool == true)
    }
}
