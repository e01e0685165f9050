import Documents
import Testing

@testable import Checks

@Suite("sudo")
struct SudoTests {
    private func run(_ sudoers: String, _ more: [String: String] = [:], denied: Set<String> = []) async -> Run {
        var tree = TreeHost(files: more.merging(["/usr/bin/sudo": "", "/etc/sudoers": sudoers]) { $1 })
        tree.denied = denied
        return await Run(SudoCollector(), tree)
    }

    private func rules(_ sudoers: String) async -> [String] {
        (await run(sudoers))["rules"]?.list?.map { rule in
            func words(_ key: String) -> String { (rule[key]?.list ?? []).compactMap { $0.text }.joined(separator: "|") }
            return "\(words("who")) > \(words("commands")) as \(words("runas"))\(rule["nopasswd"]?.bool == true ? " free" : "")"
        } ?? []
    }

    @Test("not installed") func absent() async {
        #expect(await Run(SudoCollector(), TreeHost(files: ["/etc/sudoers": "x"])).facts == .object([("installed", false)]))
    }

    @Test(
        "rules",
        arguments: [
            ("root\tALL=(ALL:ALL) ALL", ["root > ALL as ALL|:ALL"]), ("%sudo ALL=ALL", ["%sudo > ALL as root"]),
            (
                "ann ALL = NOPASSWD: /bin/ls, /bin/cat, PASSWD: /bin/su",
                ["ann > /bin/ls|/bin/cat as root free", "ann > /bin/su as root"]
            ),
            (
                "ann ALL = (bob) /a, (cat) NOPASSWD:SETENV: /b -x \\, y, !/c",
                ["ann > /a as bob", "ann > /b -x , y|!/c as cat free"]
            ),
            (
                "User_Alias T = ann, bob : U = cat\nCmnd_Alias SH = /bin/sh, \\\n /bin/bash\nRunas_Alias DB = oracle\nT, !U ALL=(DB) SH, !SH",
                ["ann|bob|!cat > /bin/sh|/bin/bash|!/bin/sh|!/bin/bash as oracle"]
            ),
            ("ann A = /a : B = NOPASSWD: /b", ["ann > /a as root", "ann > /b as root free"]),
            ("#1000 ALL=ALL # comment\n%#27 ALL=ALL\n# root ALL=ALL", ["#1000 > ALL as root", "%#27 > ALL as root"]),
            ("\"ann smith\" ALL=(ALL) sha256:abcd= /bin/x", ["ann smith > /bin/x as ALL"]),
            ("Defaults !authenticate\nann ALL=ALL", ["ann > ALL as root free"]),
            ("Defaults:ann !authenticate\nann ALL=ALL\nbob ALL=ALL", ["ann > ALL as root free", "bob > ALL as root"]),
            ("Cmnd_Alias A = A, B\nCmnd_Alias B = A\nann ALL=A", nil), ("ann ALL", []), ("ann ALL=", []), ("=", []),
            ("ann ALL=(root) CWD=/tmp TIMEOUT=5 NOEXEC: /bin/vi", ["ann > /bin/vi as root"]),
        ] as [(String, [String]?)])
    func rules(_ sudoers: String, _ expected: [String]?) async {
        let found = await rules(sudoers + "\n")
        if let expected { #expect(found == expected) }
    }

    @Test("includes old and new, folders without dotted names, files with mode and owner")
    func includes() async {
        let run = await run(
            "#include local\n@includedir /etc/sudoers.d\n#includedir /etc/missing\n",
            [
                "/etc/local": "ann ALL=ALL\n", "/etc/sudoers.d/10-a": "bob ALL=NOPASSWD: ALL\n",
                "/etc/sudoers.d/10-a.bak": "eve ALL=ALL\n",
                "/etc/sudoers.d/b~": "eve ALL=ALL\n", "/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
            ])
        #expect(run["rules"]?.list?.map { $0["from"]?.text } == ["/etc/local:1", "/etc/sudoers.d/10-a:1"])
        #expect(run["rules/#1/all_commands"]?.bool == true)
        #expect(run["rules/#1/nopasswd"]?.bool == true)
        #expect(run["files"]?.list?.count == 3)
        #expect(run["files/#0/owner"]?.text == "root")
        #expect(run.gaps.isEmpty)
    }

    @Test("defaults")
    func defaults() async {
        let run = await run(
            """
            Defaults env_reset, !syslog, logfile="/var/log/sudo.log"
            Defaults:ann visiblepw
            Defaults use_pty,timestamp_timeout=2.5 , secure_path="/a:/b", env_keep += "A B"
            Defaults log_output
            """)
        #expect(run.setting("log_enabled") == "true from /etc/sudoers:1")
        #expect(run.setting("logfile") == "/var/log/sudo.log from /etc/sudoers:1")
        #expect(run.setting("use_pty") == "true from /etc/sudoers:3")
        #expect(run.setting("timestamp_timeout") == "150 from /etc/sudoers:3")
        #expect(run.setting("log_output") == "true from /etc/sudoers:4")
        #expect(run.setting("visiblepw") == "false from default of sudo")
        let bare = await self.run("Defaults !syslog\n")
        #expect(bare.setting("log_enabled") == "false from /etc/sudoers:1")
        #expect(bare["timestamp_timeout"] == nil)
        #expect(bare["use_pty"] == nil)
    }

    @Test("what sudo -V tells of its own defaults")
    func builtIn() async {
        var tree = TreeHost(files: ["/usr/bin/sudo": "", "/etc/sudoers": "Defaults env_reset\n"])
        tree.commands["sudo -V"] = TreeHost.says("Sudo version 1.9.15p5\nAuthentication timestamp timeout: 15.0 minutes\n")
        let run = await Run(SudoCollector(), tree)
        #expect(run.setting("timestamp_timeout") == "900 from default of sudo")
        #expect(run.setting("use_pty") == "true from default of sudo")
    }

    @Test(
        "minutes",
        arguments: [("15", 900), ("0", 0), ("-1", SudoCollector.never), (".5", 30), ("0.0083", 1), ("x", nil)] as [(String, Int?)]
    )
    func minutes(_ text: String, _ seconds: Int?) { #expect(SudoCollector.seconds(text) == seconds) }

    @Test("unreadable parts: rules that are there stay, defaults are not assumed")
    func denied() async {
        let run = await run(
            "ann ALL=ALL\n@include /etc/secret\n", ["/etc/secret": "Defaults visiblepw\n"], denied: ["/etc/secret"])
        #expect(run["rules"]?.list?.count == 1)
        #expect(run["visiblepw"] == nil)
        #expect(run.gaps.map { $0.what } == ["/etc/secret"])
        #expect(await self.run("x", denied: ["/etc/sudoers"])["rules"] == nil)
    }

    @Test("an include of itself ends with a gap") func loop() async {
        let run = await run("@include /etc/sudoers\n@include /etc/sudoers\nann ALL=ALL\n")
        #expect(run.gaps.contains { $0.why.contains("too deep") })
    }

    @Test("random bytes never stop the collector", arguments: 0..<40)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        var tree = TreeHost(files: ["/usr/bin/sudo": ""])
        tree.binary["/etc/sudoers"] = random.bytes(
            5_000, alphabet: "User_Alias Cmnd_Alias Defaults ALL=(ALL) NOPASSWD: !,\"\\\n\t #@include /etc/x %=+-")
        #expect(await Run(SudoCollector(), tree).facts != nil)
    }
}
