import Documents
import Testing

@testable import Checks

@Suite struct SyslogTests {
    private func rsyslog(_ text: String, more: [String: String] = [:]) async -> Node {
        var files = ["/usr/sbin/rsyslogd": "", "/etc/rsyslog.conf": text]
        files.merge(more) { _, new in new }
        return await facts(SyslogCollector(), TreeHost(files: files)).node
    }

    @Test func debiansOwnFile() async {
        let node = await rsyslog(
            """
            module(load="imuxsock") # provides support for local system logging
            $FileCreateMode 0640
            $IncludeConfig /etc/rsyslog.d/*.conf
            *.*;auth,authpriv.none\t\t-/var/log/syslog
            auth,authpriv.*\t\t\t/var/log/auth.log
            *.emerg\t\t\t\t:omusrmsg:*
            """)
        #expect(node.at("files") == .texts(["/var/log/auth.log", "/var/log/syslog"]))
        #expect(node.at("file_create_mode")?.text == "0640")
        #expect(node.origin("file_create_mode") == "/etc/rsyslog.conf:2")
        #expect(node.at("traditional_time_format")?.bool == false)
        #expect(node.at("forwards_remotely")?.bool == false)
    }

    @Test(arguments: [
        ("*.* @@logs.example.tw:514", "logs.example.tw", "tcp", false), ("*.* @10.0.0.5", "10.0.0.5", "udp", false),
        ("*.* @@(o)[2001:db8::1]:6514;Fmt", "2001:db8::1", "tcp", false),
        ("*.*    :omrelp:10.0.0.5:2514", "10.0.0.5", "relp", false),
        ("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n*.* @@logs:6514", "logs", "tcp", true),
        (
            #"*.* action(type="omfwd" target="logs" port="6514" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1")"#,
            "logs", "tcp", true
        ),
        ("action(type=\"omfwd\"\n  target=\"logs\" # c\n  protocol=\"TCP\"\n  queue.filename=\"q\")", "logs", "tcp", false),
        (#"if $msg contains "x" then { action(type="omrelp" target="h" tls="on") }"#, "h", "relp", true),
        (
            #"global(DefaultNetstreamDriver="ossl") *.* action(type="omfwd" target="logs" protocol="tcp" streamdrivermode="1")"#,
            "logs", "tcp", true
        ),
    ])
    func forwardsInBothForms(_ text: String, _ target: String, _ name: String, _ tls: Bool) async {
        let node = await rsyslog(text)
        #expect(node.at("forwards")?.list?.count == 1)
        #expect(node.at("forwards.0.target")?.text == target)
        #expect(node.at("forwards.0.protocol")?.text == name)
        #expect(node.at("forwards.0.tls")?.bool == tls)
        #expect(node.at("forwards_remotely")?.bool == true)
    }

    @Test func queuesOfTheOldFormBelongToTheNextAction() async {
        let node = await rsyslog("$ActionQueueFileName q1\n$ActionQueueType LinkedList\n*.* @@a\n*.* @@b\n*.* @127.0.0.1")
        #expect(node.at("forwards.0.queue_on_disk")?.bool == true)
        #expect(node.at("forwards.1.queue_on_disk")?.bool == false)
    }

    @Test func loopbackIsNotRemoteAndComments() async {
        let node = await rsyslog("# *.* @@logs\n/* *.* @@logs\n*/\n*.* @127.0.0.1:514\n")
        #expect(node.at("forwards")?.list?.count == 1)
        #expect(node.at("forwards_remotely")?.bool == false)
    }

    @Test func anotherWayOutLeavesItOpen() async {
        let node = await rsyslog(#"*.* action(type="omkafka" topic="x" broker="k:9092")"#)
        #expect(node.at("forwards_remotely") == nil)
    }

    @Test(arguments: [
        "$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat\n*.* /var/log/messages",
        "module(load=\"builtin:omfile\" Template=\"RSYSLOG_TraditionalFileFormat\")\n*.* /var/log/messages",
        "*.* -/var/log/messages;RSYSLOG_TraditionalFileFormat",
    ])
    func theTraditionalFormatIsSeen(_ text: String) async {
        #expect(await rsyslog(text).at("traditional_time_format")?.bool == true)
    }

    @Test func includesWithPlaces() async {
        let node = await rsyslog(
            "include(file=\"/etc/rsyslog.d/*.conf\" mode=\"optional\")", more: ["/etc/rsyslog.d/50-x.conf": "\n*.* @@logs\n"])
        #expect(node.at("forwards.0.from")?.text == "/etc/rsyslog.d/50-x.conf:2")
    }

    @Test func syslogNgTakesOnlyUsedDestinations() async {
        let text = """
            @version: 3.38
            @include "conf.d/*.conf"
            options { ts_format(iso); };
            destination d_net { network("10.1.1.1" port(6514) transport("tls") tls(ca-dir("/x")) disk-buffer(reliable(yes))); };
            destination d_unused { udp("10.9.9.9"); };
            destination d_file { file("/var/log/messages"); }; # c
            log { source(s_src); destination(d_net); destination(d_file); };
            """
        let node = await facts(
            SyslogCollector(),
            TreeHost(files: [
                "/usr/sbin/syslog-ng": "", "/etc/syslog-ng/syslog-ng.conf": text,
                "/etc/syslog-ng/conf.d/a.conf": "destination d_u { udp('h'); }; log { destination(d_u); };",
            ])
        ).node
        #expect(node.at("program")?.text == "syslog-ng")
        #expect(node.at("forwards")?.list?.count == 2)
        #expect(node.at("forwards.1.target")?.text == "10.1.1.1")
        #expect(node.at("forwards.1.tls")?.bool == true)
        #expect(node.at("forwards.1.queue_on_disk")?.bool == true)
        #expect(node.at("forwards.0.protocol")?.text == "udp")
        #expect(node.at("files") == .texts(["/var/log/messages"]))
        #expect(node.at("traditional_time_format")?.bool == false)
    }

    @Test func hostileFilesNeverTrap() async {
        var random = SeededGenerator(seed: 11)
        let seeds = [
            "*.* action(type=\"omfwd\" target=\"a\\\"b\" queue.type='disk')\nif x then { & @@h:1;t }\n$Template a,\"b\"\n:msg, contains, \"x\" /a\\\n b/*c*/",
            "destination d { network(\"h\" port(1) tls(a(b))); }; log { destination(d); }; options { ts_format(iso); }; 'x",
        ]
        for round in 0..<3000 {
            let text = String(decoding: random.mutated(Array(seeds[round % 2].utf8)), as: UTF8.self)
            let name = round % 2 == 0 ? "rsyslogd" : "syslog-ng"
            let path = round % 2 == 0 ? "/etc/rsyslog.conf" : "/etc/syslog-ng/syslog-ng.conf"
            _ = await facts(SyslogCollector(), TreeHost(files: ["/usr/sbin/\(name)": "", path: text]))
        }
    }
}

@Suite struct LogrotateTests {
    private func entries(_ files: [String: String]) -> [LogrotateConfig.Entry] {
        LogrotateConfig(Probe(TreeHost(files: files).host)).entries
    }

    @Test func defaultsAreInheritedAndSeveralPathsShareABlock() {
        let found = entries([
            "/etc/logrotate.conf": "weekly\nrotate 4\ncreate\ninclude /etc/logrotate.d\n/var/log/late { monthly\n rotate 12\n}\n",
            "/etc/logrotate.d/rsyslog":
                "/var/log/syslog\n/var/log/auth.log \"/var/log/with space\"\n{\n\tpostrotate\n\t\tdaily\n\tendscript\n\trotate 26\n}\n",
            "/etc/logrotate.d/x.dpkg-old": "/var/log/old { daily }\n",
        ])
        #expect(found.map { $0.path } == ["/var/log/syslog", "/var/log/auth.log", "/var/log/with space", "/var/log/late"])
        #expect(found.map { $0.rules.keeps } == [182, 182, 182, 365])
        #expect(found.first?.from == "/etc/logrotate.d/rsyslog:1")
    }

    @Test(arguments: [
        ("daily\nrotate 90", 90), ("weekly\nrotate 4", 28), ("monthly\nrotate 36", 1095), ("yearly\nrotate 3", 1095),
        ("daily\nrotate 400\nmaxage 30", 30),
        ("daily\nrotate -1", 100_000), ("daily\nrotate -1\nmaxage 60", 60), ("weekly\nrotate 0", 0), ("hourly\nrotate 48", 2),
        ("daily\nsize 10M\nrotate 9", nil),
        ("size 10M\nweekly\nrotate 2", 14), ("daily\nmaxsize 1G\nrotate 9", nil), ("daily\nminsize 1M\nrotate 9", 9),
        ("daily\nrotate 9223372036854775807", 100_000),
        ("weekly\nrotate 9223372036854775807", nil),
    ])
    func keepsNeverClaimsMoreThanIsKept(_ body: String, _ days: Int?) {
        #expect(entries(["/etc/logrotate.conf": "/var/log/x {\n\(body)\n}\n"]).first?.rules.keeps == days)
    }

    @Test func hostileFilesNeverTrap() {
        var random = SeededGenerator(seed: 5)
        let seed = Array("weekly\ninclude /etc/logrotate.d\n/a /b {\nrotate 4\npostrotate\nx\nendscript\nmaxage 3\n}\n".utf8)
        for _ in 0..<5000 {
            let text = String(decoding: random.mutated(seed), as: UTF8.self)
            _ = entries(["/etc/logrotate.conf": text, "/etc/logrotate.d/x": text])
        }
    }
}
