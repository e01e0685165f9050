import Documents
import Testing

@testable import Checks

@Suite("PAM composition")
struct PAMCompositionTests {
    @Test("includes, @include, a leading hyphen, continuation, brackets and comments")
    func composition() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/sshd": """
                # comment
                @include common-auth
                -auth   optional /lib/security/$ISA/pam_extra.so [a b\\]c] x \\
                        y=1   # and a comment
                account include  system-account
                AUTH Required pam_nologin.so
                """,
                "/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n",
                "/etc/pam.d/system-account": "auth required pam_not_here.so\naccount required pam_unix.so\n",
                "/etc/pam.d/other": "auth required pam_deny.so\nsession required pam_permit.so\n",
            ]))
        let auth = run["services/name=sshd/auth"]?.list ?? []
        #expect(auth.map { $0["module"]?.text } == ["pam_unix.so", "pam_deny.so", "pam_extra.so", "pam_nologin.so"])
        #expect(auth[0]["from"]?.text == "/etc/pam.d/common-auth:1")
        #expect(auth[0]["via"]?.text == "/etc/pam.d/sshd:2")
        #expect(auth[0]["control"]?.text == "[success=1 default=ignore]")
        #expect(auth[2]["arguments"] == .texts(["a b]c", "x", "y=1"]))
        #expect(auth[2]["from"]?.text == "/etc/pam.d/sshd:3")
        #expect(run["services/name=sshd/account/#0/module"]?.text == "pam_unix.so")
        #expect(run["services/name=sshd/session/#0/via"]?.text == "fallback to other")
        #expect(run["services/name=sshd/permits_empty_password"]?.bool == true)
        #expect(run["services/name=common-auth"] == nil)
        #expect(run["services/name=system-account"] == nil)
        #expect(run["services/name=other/auth/#0/module"]?.text == "pam_deny.so")
    }

    @Test("vendor folders count where /etc has no file of that name")
    func vendorFolders() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/usr/lib/pam.d/login": "auth required pam_vendor.so\n", "/usr/lib/pam.d/su": "auth required pam_vendor.so\n",
                "/usr/etc/pam.d/cups": "auth required pam_third.so\n", "/etc/pam.d/login": "auth required pam_unix.so\n",
                "/etc/pam.d/login.rpmnew": "auth required pam_new.so\n",
            ]))
        #expect(run["services"]?.list?.map { $0["name"]?.text } == ["cups", "login", "su"])
        #expect(run["services/name=login/auth/#0/module"]?.text == "pam_unix.so")
        #expect(run["services/name=su/auth/#0/from"]?.text == "/usr/lib/pam.d/su:1")
    }

    @Test("/etc/pam.conf counts only without a pam.d folder")
    func singleFile() async {
        let text = "login auth required pam_unix.so\nOTHER auth required pam_deny.so\nlogin\n"
        let alone = await Run(PAMCollector(), TreeHost(files: ["/etc/pam.conf": text]))
        #expect(alone["services/name=login/auth/#0/from"]?.text == "/etc/pam.conf:1")
        #expect(alone["services/name=other/auth/#0/module"]?.text == "pam_deny.so")
        let both = await Run(
            PAMCollector(), TreeHost(files: ["/etc/pam.conf": text, "/etc/pam.d/su": "auth required pam_rootok.so\n"]))
        #expect(both["services"]?.list?.count == 1)
        #expect(await Run(PAMCollector(), TreeHost()).nothing?.state == .absent)
    }

    @Test("files that include each other end, with a gap")
    func loops() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/a": "auth include b\nauth include b\n@include b\n",
                "/etc/pam.d/b": "auth substack a\n@include a\nauth include a\n",
                "/etc/pam.d/login": "auth include login\nauth required pam_unix.so\n",
            ]))
        #expect(run.gaps.contains { $0.why.contains("nested deeper") })
        #expect(run["services/name=login/auth"]?.list?.last?["module"]?.text == "pam_unix.so")
    }

    @Test("an unreadable include: entries stay, conclusions are left out")
    func unreadableInclude() async {
        var tree = TreeHost(files: [
            "/etc/pam.d/login": "auth include secret\nauth required pam_unix.so\n",
            "/etc/pam.d/secret": "auth required pam_faillock.so\n",
        ])
        tree.denied = ["/etc/pam.d/secret"]
        let run = await Run(PAMCollector(), tree)
        #expect(run["services/name=login/auth"]?.list?.count == 1)
        #expect(run["services/name=login/lockout"] == nil)
        #expect(run["services/name=login/asks_password"] == nil)
        #expect(run.gaps.map { $0.what } == ["/etc/pam.d/secret"])
    }

    @Test("values of arguments that are secrets are not in the facts")
    func secretArguments() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/ftp":
                    "auth required pam_mysql.so user=u passwd=Geheim1 host=h\nauth required pam_yubico.so key=Geheim2 id=5\n"
            ]))
        #expect(run.texts("services/name=ftp/auth/#0/arguments") == ["user=u", "passwd=(hidden)", "host=h"])
        #expect(run.texts("services/name=ftp/auth/#1/arguments") == ["key=(hidden)", "id=5"])
    }

    @Test(
        "second factor",
        arguments: [
            ("auth required pam_unix.so\nauth required pam_google_authenticator.so", true, false),
            ("auth required pam_unix.so\nauth required pam_google_authenticator.so nullok", true, true),
            ("auth required pam_unix.so\nauth optional pam_oath.so", false, nil),
            ("auth sufficient pam_u2f.so\nauth required pam_unix.so", false, nil),
            (
                "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_u2f.so cue nouserok",
                true, true
            ),
            ("auth sufficient pam_unix.so\nauth required pam_oath.so", false, nil),
        ] as [(String, Bool, Bool?)])
    func secondFactor(_ stack: String, _ present: Bool, _ nullok: Bool?) async {
        let run = await Run(PAMCollector(), TreeHost(files: ["/etc/pam.d/sshd": stack + "\n"]))
        #expect(run["services/name=sshd/second_factor"]?.bool == present)
        #expect(run["services/name=sshd/second_factor_nullok"]?.bool == nullok)
    }

    @Test("quality: drop-ins first, pwquality.conf last, arguments over both")
    func quality() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/security/pwquality.conf": "minlen = 10\ndcredit = -1 # one digit\nenforce_for_root\n",
                "/etc/security/pwquality.conf.d/10-a.conf": "minlen = 20\nminclass = 2\n",
                "/etc/security/pwquality.conf.d/20-b.conf": "minclass=3\nucredit=-1\n",
                "/etc/pam.d/passwd":
                    "password requisite pam_pwquality.so retry=3 lcredit=-1 dictcheck=0\npassword required pam_unix.so use_authtok sha512\n",
            ]))
        let quality = "services/name=passwd/quality"
        #expect(run["\(quality)/present"]?.bool == true)
        #expect(run.setting("\(quality)/minlen") == "10 from /etc/security/pwquality.conf:1")
        #expect(run.setting("\(quality)/minclass") == "3 from /etc/security/pwquality.conf.d/20-b.conf:1")
        #expect(run.setting("\(quality)/lcredit") == "-1 from /etc/pam.d/passwd:1")
        #expect(run.setting("\(quality)/ocredit") == "0 from default of pam_pwquality")
        #expect(run["\(quality)/classes_demanded"]?.integer == 3)
        #expect(run.setting("\(quality)/dictcheck") == "false from /etc/pam.d/passwd:1")
        #expect(run.setting("\(quality)/enforce_for_root") == "true from /etc/security/pwquality.conf:3")
        #expect(run.setting("\(quality)/retry") == "3 from /etc/pam.d/passwd:1")
        #expect(run.setting("services/name=passwd/hash/scheme") == "sha512 from /etc/pam.d/passwd:2")
    }

    @Test(
        "a quality module that nobody heeds is none",
        arguments: [
            ("password optional pam_pwquality.so\npassword required pam_unix.so", false),
            ("password required pam_unix.so\npassword required pam_pwquality.so", false),
            (
                "password [success=1 default=ignore] pam_permit.so\npassword requisite pam_pwquality.so\npassword required pam_unix.so",
                false
            ),
            ("password requisite pam_cracklib.so minlen=12\npassword required pam_unix.so", true),
            ("password required pam_unix.so obscure", false),
        ])
    func heeded(_ stack: String, _ present: Bool) async {
        let run = await Run(PAMCollector(), TreeHost(files: ["/etc/pam.d/passwd": stack + "\n"]))
        #expect(run["services/name=passwd/quality/present"]?.bool == present)
    }

    @Test(
        "history",
        arguments: [
            ("password required pam_pwhistory.so use_authtok\npassword required pam_unix.so", "10 from default of pam_pwhistory"),
            ("password required pam_pwhistory.so remember=3\npassword required pam_unix.so", "3 from /etc/pam.d/passwd:1"),
            ("password required pam_unix.so remember=5", "5 from /etc/pam.d/passwd:1"), ("password required pam_unix.so", nil),
            ("password optional pam_pwhistory.so remember=3\npassword required pam_unix.so", nil),
        ] as [(String, String?)])
    func history(_ stack: String, _ remember: String?) async {
        let run = await Run(PAMCollector(), TreeHost(files: ["/etc/pam.d/passwd": stack + "\n"]))
        #expect(run["services/name=passwd/history/present"]?.bool == (remember != nil))
        #expect(run.setting("services/name=passwd/history/remember") == remember)
    }

    @Test("the hash scheme comes from pam_unix, else from login.defs")
    func hash() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/login.defs": "ENCRYPT_METHOD SHA512\n", "/etc/pam.d/a": "password required pam_unix.so\n",
                "/etc/pam.d/b": "password required pam_unix.so obscure yescrypt rounds=5\n",
            ]))
        #expect(run.setting("services/name=a/hash/scheme") == "sha512 from /etc/login.defs:1")
        #expect(run.setting("services/name=b/hash/scheme") == "yescrypt from /etc/pam.d/b:1")
    }

    @Test("random bytes never stop the collector", arguments: 0..<40)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        let alphabet =
            "auth session account password include substack @[]=\\\n\t #pam_unix.so pam_faillock.so default success 0123456789"
        let run = await Run(
            PAMCollector(),
            TreeHost(binary: [
                "/etc/pam.d/login": random.bytes(4_000, alphabet: alphabet),
                "/etc/pam.d/other": random.bytes(4_000, alphabet: alphabet),
                "/etc/security/faillock.conf": random.bytes(500, alphabet: "deny=\n 0123456789"),
                "/etc/login.defs": random.bytes(500, alphabet: "ENCRYPT_METHOD \n"),
            ]))
        #expect(run.facts != nil)
    }

    @Test("one huge line is bounded")
    func hugeLine() async {
        let run = await Run(
            PAMCollector(),
            TreeHost(files: [
                "/etc/pam.d/login": "auth required pam_unix.so " + String(repeating: "x ", count: 1_000_000)
                    + "\nauth required pam_deny.so\n"
            ]))
        #expect(run["services/name=login/auth"]?.list?.count == 2)
    }
}

@Suite("login.defs")
struct LoginDefsTests {
    @Test("later lines win; octal and hexadecimal are read; comments and odd lines are not")
    func values() async {
        let run = await Run(
            LoginDefsCollector(),
            TreeHost(files: [
                "/etc/login.defs":
                    "#PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t90\r\nPASS_MAX_DAYS 60\nUMASK 027\nUID_MIN 0x3e8\nFAIL_DELAY\nLOGIN_RETRIES many\n"
            ]))
        #expect(run.setting("pass_max_days") == "60 from /etc/login.defs:3")
        #expect(run.setting("umask") == "027 from /etc/login.defs:4")
        #expect(run.setting("uid_min") == "1000 from /etc/login.defs:5")
        #expect(run["fail_delay"] == nil)
        #expect(run["login_retries"] == nil)
        #expect(await Run(LoginDefsCollector(), TreeHost()).nothing?.state == .absent)
    }
}
