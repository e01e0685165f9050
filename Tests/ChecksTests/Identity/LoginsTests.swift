import Documents
import Rulebook
import Testing

@testable import Checks

@Suite("Login records")
struct LoginsTests {
    private let now = 1_795_000_000

    @Test("wtmp, btmp, lastlog")
    func records() async {
        var tree = TreeHost()
        tree.binary["/var/log/wtmp"] = Utmp.record(7, "ann", "a", now - 5_000) + Utmp.record(7, "bob", "b", now - 10)
        tree.binary["/var/log/btmp"] =
            Utmp.record(6, "hunter2", "a", now - 90_000) + Utmp.record(6, "root", "a", now - 80_000)
            + Utmp.record(6, "root", "b", now)
        tree.binary["/var/log/lastlog"] = []
        let run = await Run(LoginsCollector(), tree)
        #expect(run["wtmp/records"]?.integer == 2)
        #expect(run["wtmp/oldest"]?.text == Instant(seconds: Int64(now - 5_000)).description)
        #expect(run["wtmp/newest"]?.text == Instant(seconds: Int64(now - 10)).description)
        #expect(run["btmp/last_day"]?.integer == 2)
        #expect(run["lastlog/present"]?.bool == true)
        #expect(run["auth_log/present"]?.bool == false)
        // People type passwords where the name belongs: names of failed logins stay out.
        var text = ""
        dump(run.facts, to: &text)
        #expect(!text.contains("hunter2"))
    }

    @Test("a file of another length is not read") func otherLength() async {
        var tree = TreeHost()
        tree.binary["/var/log/wtmp"] = [UInt8](repeating: 1, count: 400)
        let run = await Run(LoginsCollector(), tree)
        #expect(run["wtmp/present"]?.bool == true)
        #expect(run["wtmp/records"] == nil)
        #expect(run.gaps.contains { $0.what == "/var/log/wtmp" })
        #expect(await Run(LoginsCollector(), TreeHost())["wtmp/present"]?.bool == false)
    }

    @Test("only the newest records of a long file") func longFile() async {
        var tree = TreeHost()
        tree.binary["/var/log/wtmp"] = [UInt8](repeating: 0, count: 43_009 * LoginRecord.length) + Utmp.record(7, "ann", "a", now)
        let run = await Run(LoginsCollector(), tree)
        #expect(run["wtmp/records"]?.integer == 43_010)
        #expect(run["wtmp/oldest"] == nil)
        #expect(run["wtmp/newest"] != nil)
    }

    @Test("the log of logins: text files with their rotated ones, else the journal")
    func authLog() async {
        var tree = TreeHost(files: [
            "/var/log/auth.log": "2026-11-17T01:02:03.123456+08:00 host sshd[1]: x\n", "/var/log/auth.log.2.gz": "zz",
            "/var/log/auth.log.1": "Nov 17 01:02:03 host sshd[1]: x\n", "/var/log/secure-notes": "",
        ])
        tree.modified = [
            "/var/log/auth.log": Instant(seconds: 1_794_999_000), "/var/log/auth.log.1": Instant(seconds: 1_794_000_000),
            "/var/log/auth.log.2.gz": Instant(seconds: 1_793_000_000),
        ]
        var run = await Run(LoginsCollector(), tree)
        #expect(run["auth_log/newest"]?.text == Instant(seconds: 1_794_999_000).description)
        #expect(run["auth_log/oldest"]?.text == Instant(seconds: 1_793_000_000).description)
        tree = TreeHost()
        let command = "journalctl -q --no-pager -n 1 -o short-unix --facility=4,10"
        tree.commands[command] = TreeHost.says("1794999999.123456 host sshd[1]: y\n")
        run = await Run(LoginsCollector(), tree)
        #expect(run["auth_log/newest"]?.text == Instant(seconds: 1_794_999_999).description)
        tree.commands[command] = TreeHost.says("")
        #expect(await Run(LoginsCollector(), tree)["auth_log/present"]?.bool == false)
    }

    @Test("one account from several sources") func shared() async {
        var tree = TreeHost()
        tree.binary["/run/utmp"] =
            Utmp.record(7, "ann", "10.0.0.1", now) + Utmp.record(7, "ann", "10.0.0.2", now)
            + Utmp.record(7, "bob", "10.0.0.1", now)
            + Utmp.record(7, "bob", "10.0.0.1", now) + Utmp.record(8, "bob", "10.0.0.9", now) + Utmp.record(7, "cat", ":0", now)
            + Utmp.record(7, "cat", "", now)
        let run = await Run(LoginsCollector(), tree)
        #expect(run["shared_sessions"]?.list?.count == 1)
        #expect(run.texts("shared_sessions/#0/sources") == ["10.0.0.1", "10.0.0.2"])
        #expect(await Run(LoginsCollector(), TreeHost())["shared_sessions"] == nil)
    }

    @Test("random bytes never stop the collector", arguments: 0..<20)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        var tree = TreeHost()
        for path in ["/var/log/wtmp", "/var/log/btmp", "/run/utmp"] {
            tree.binary[path] = random.bytes(384 * 7, alphabet: "\u{7}ann")
        }
        tree.binary["/var/log/secure"] = random.bytes(500, alphabet: "2026-11-17T\n")
        #expect(await Run(LoginsCollector(), tree).facts != nil)
    }
}
