import Documents
import Testing

@testable import Checks

@Suite struct AuditTests {
    private static let good = """
        ## comment
        -D
        -w /etc/passwd -p wa -k identity
        -w /etc/shadow -p wa -k identity
        -w /etc/group -p wa -k identity
        -w /etc/gshadow -p wa -k identity
        -a always,exit -F path=/etc/sudoers -F perm=wa -F key=scope
        -w /var/log/lastlog -p wa -k logins
        -a always,exit -F dir=/var/run/faillock/ -F perm=wa -k logins
        -a always,exit -F arch=b64 -S adjtimex,settimeofday -F key=time
        -a exit,always -F arch=b32 -S adjtimex -S settimeofday -F key=time
        -a always,exit -F arch=b64 -S clock_settime -F a0=0x0 -F key=time
        -a always,exit -F arch=b32 -S clock_settime -F a0=0x0 -F key=time
        -a always,exit -F arch=b64 -S execve -F euid=0 -F auid!=unset -k root
        -a always,exit -F arch=b32 -S execve -F euid=0 -F auid!=unset -k root
        -a always,exit -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=unset -k privileged
        -e 2
        """

    private func tree(
        _ rules: String, conf: String = "log_file = /var/log/audit/Audit.log\nmax_log_file_action = KEEP_LOGS\nnum_logs = 5\n"
    ) -> TreeHost {
        TreeHost(files: [
            "/usr/sbin/auditd": "", "/etc/audit/rules.d/10-a.rules": rules, "/etc/audit/auditd.conf": conf,
            "/proc/1/comm": "systemd\n",
        ])
    }

    @Test func notInstalledIsAFactAndNotAGap() async {
        let (node, gaps) = await facts(AuditCollector(), TreeHost())
        #expect(node.at("installed")?.bool == false)
        #expect(gaps.isEmpty)
    }

    @Test func bothSpellingsOfRulesFromFiles() async {
        let (node, _) = await facts(AuditCollector(), tree(Self.good))
        #expect(node.at("rules_source")?.text == "files")
        for fact in ["root_commands_logged", "time_changes_logged", "login_records_logged", "identity_changes_logged", "locked"] {
            #expect(node.at(fact)?.bool == true, "\(fact)")
        }
        #expect(node.at("executed_paths") == .texts(["/usr/bin/sudo"]))
        #expect(node.at("watched_paths")?.list?.contains("/etc/sudoers") == true)
        #expect(node.at("rules.0.from")?.text == "/etc/audit/rules.d/10-a.rules:3")
        #expect(node.at("rules.4.kind")?.text == "watch")
        #expect(node.at("settings.max_log_file_action")?.text == "keep_logs")
        #expect(node.at("settings.log_file")?.text == "/var/log/audit/Audit.log")
        #expect(node.origin("settings.num_logs") == "/etc/audit/auditd.conf:3")
        #expect(node.at("running")?.bool == false)
    }

    @Test(arguments: [
        ("root_commands_logged", "-F arch=b32 -S execve", "-F arch=b32 -S open"),
        ("time_changes_logged", "-S adjtimex,settimeofday", "-S adjtimex"),
        ("identity_changes_logged", "-w /etc/gshadow -p wa", "-w /etc/gshadow -p r"),
        ("login_records_logged", "/var/log/lastlog", "/var/log/other"),
        ("identity_changes_logged", "-w /etc/passwd -p wa", "-a always,exit -S unlink -F path=/etc/passwd"),
        ("identity_changes_logged", "-D", "-a never,task"), ("root_commands_logged", "-D", "-a task,never"),
        ("time_changes_logged", "-D", "-a never,exit -S all"),
        ("login_records_logged", "always,exit -F dir=", "never,exit -F dir="),
        ("locked", "-e 2", "-e 1"),
    ])
    func oneMissingPieceIsNoticed(_ fact: String, _ part: String, _ other: String) async {
        var lines = Self.good
        guard let range = lines.firstRange(of: part) else {
            Issue.record("\(part) is not in the rules")
            return
        }
        lines.replaceSubrange(range, with: other)
        let (node, _) = await facts(AuditCollector(), tree(lines))
        #expect(node.at(fact)?.bool == false)
    }

    @Test func rulesThatLeaveRootsOwnSessionsOutAreUndecided() async {
        var rules = Self.good
        while let range = rules.firstRange(of: "-F euid=0 -F auid!=unset") { rules.replaceSubrange(range, with: "-F auid>=1000") }
        let (node, _) = await facts(AuditCollector(), tree(rules))
        #expect(node.at("root_commands_logged") == nil)
    }

    @Test func theKernelIsBelievedBeforeFiles() async {
        var host = tree(Self.good)
        host.commands = [
            "auditctl -s": TreeHost.says("enabled 1\nfailure 1\npid 812\nlost 7\nbacklog_limit 8192\n"),
            "auditctl -l": TreeHost.says("-w /etc/passwd -p wa -k identity\n"),
        ]
        let (node, _) = await facts(AuditCollector(), host)
        #expect(node.at("rules_source")?.text == "kernel")
        #expect(node.at("rules")?.list?.count == 1)
        #expect(node.at("running")?.bool == true)
        #expect(node.at("lost")?.integer == 7)
        #expect(node.at("identity_changes_logged")?.bool == false)
        host.commands["auditctl -l"] = TreeHost.says("No rules\n")
        #expect(await facts(AuditCollector(), host).node.at("rules")?.list?.isEmpty == true)
    }

    @Test func withoutRootTheKernelIsNotAsked() async {
        var host = tree(Self.good)
        host.user = 1000
        let (_, gaps) = await facts(AuditCollector(), host)
        #expect(gaps.contains { $0.contains("only root") })
    }

    @Test func hostileRulesNeverTrap() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            let text = String(decoding: random.mutated(Array(Self.good.utf8)), as: UTF8.self)
            let coverage = AuditCoverage(text.split(separator: "\n").compactMap { AuditRule($0, from: "x") })
            _ = (coverage.rootCommands, coverage.identityChanges, coverage.executedPaths)
        }
    }
}
