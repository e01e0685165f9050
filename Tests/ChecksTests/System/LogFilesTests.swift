import Documents
import Rulebook
import Testing

@testable import Checks

@Suite struct LogFilesTests {
    private static let written = Instant("2026-11-20T00:00:00Z") ?? Instant(seconds: 0)

    @Test(arguments: [
        ("2026-11-19T23:00:01.123456+08:00 web1 sshd[123]: Accepted", "2026-11-19T15:00:01Z", true, true, true),
        ("Nov 19 23:00:01 web1 sshd[123]: Accepted", "2026-11-19T15:00:01Z", false, true, true),
        ("Dec  1 00:00:00 web1 kernel: x", "2025-11-30T16:00:00Z", false, true, true),
        ("type=SYSCALL msg=audit(1763000000.123:45): arch=c000003e", "2025-11-13T02:13:20Z", true, false, true),
        ("node=web1 type=USER_LOGIN msg=audit(1763000000.123:45): pid=1", "2025-11-13T02:13:20Z", true, true, true),
        ("2026-11-19 23:00:01,5 INFO something", "2026-11-19T15:00:01Z", false, true, false),
        ("<34>1 2026-11-19T15:00:01Z host app 12 ID - text", "2026-11-19T15:00:01Z", true, true, true),
    ])
    func theFormsOfLinesThatAreKnown(_ line: String, _ time: String, _ zone: Bool, _ host: Bool, _ kind: Bool) {
        let stamp = LogStamp(line, notAfter: Self.written, zone: .taipei)
        #expect(stamp.instant == Instant(time))
        #expect(stamp.hasTime)
        #expect(stamp.hasZone == zone)
        #expect(stamp.hasHost == host)
        #expect(stamp.hasKind == kind)
    }

    @Test(arguments: [
        "", "free text", "Nov", "Nov 45 10:00:00 h p:", "msg=audit(", "msg=audit(99999999999999999999.1:2):",
        "2026-13-40T00:00:00Z h p: x", "Feb 29 10:00:00 h p: x",
    ])
    func whatHasNoTimeHasNone(_ line: String) { #expect(LogStamp(line, notAfter: Self.written, zone: .utc).instant == nil) }

    @Test func theShortestHistoryCountsAndPackedFilesTellTheirLastChange() async {
        let day: Int64 = 86_400
        var tree = TreeHost(files: [
            "/var/log/auth.log": "2026-11-18T00:00:00Z h sshd[1]: x\n",
            "/var/log/auth.log.1": "2026-11-10T00:00:00Z h sshd[1]: x\n",
            "/var/log/auth.log.2.gz": "\u{1F}", "/var/log/syslog": "2026-11-16T00:00:00Z h p: x\n",
            "/var/log/audit/audit.log": "type=A msg=audit(1763000000.1:1): x\n",
            "/etc/machine-id": "0123456789abcdef0123456789abcdef\n", "/etc/passwd": "root:x:0:0::/:/bin/sh\n",
            "/etc/group": "adm:x:0:\n",
        ])
        tree.now = Instant("2026-11-20T00:00:00Z") ?? tree.now
        tree.modified = [
            "/var/log/auth.log": tree.now, "/var/log/auth.log.1": tree.now.adding(seconds: -2 * day),
            "/var/log/auth.log.2.gz": tree.now.adding(seconds: -9 * day),
            "/var/log/syslog": tree.now, "/var/log/audit/audit.log": tree.now,
            "/etc/machine-id": tree.now.adding(seconds: -100 * day),
        ]
        let (node, _) = await facts(LogFilesCollector(), tree)
        #expect(node.at("oldest")?.text == "2026-11-16T00:00:00Z")
        #expect(node.at("oldest_days")?.integer == 4)
        #expect(node.at("system_age_days")?.integer == 100)
        #expect(node.at("files.0.group")?.text == "adm")
        let samples = node.at("samples")?.list ?? []
        #expect(samples.count == 3)
        #expect(samples.first?.at("conforming_percent")?.integer == 0)
        #expect(samples.last?.at("conforming_percent")?.integer == 100)
        #expect(node.at("newest")?.text == "2026-11-18T00:00:00Z")
    }

    @Test func randomLinesNeverTrap() {
        var random = SeededGenerator(seed: 9)
        let seeds = [
            "Nov 19 23:00:01 web1 sshd[123]: x", "type=A msg=audit(1763000000.123:45): x",
            "2026-11-19T23:00:01.1+08:00 h p[1]: x",
        ].map { Array($0.utf8) }
        for round in 0..<20_000 {
            _ = LogStamp(
                String(decoding: random.mutated(seeds[round % 3]), as: UTF8.self),
                notAfter: Instant(seconds: Int64(round) * 40_000), zone: .taipei)
        }
    }

    @Test func storageNamesTheVolumeOfTheLogs() async {
        let tree = TreeHost(
            files: [
                "/proc/self/mountinfo":
                    "27 1 254:0 / / rw - ext4 /dev/vda1 rw\n28 27 254:1 / /var/log rw shared:1 - xfs /dev/mapper/vg-log rw\n22 27 0:21 / /proc rw - proc proc rw\n29 27 0:5 / /mnt/a\\040b rw - nfs host:/x rw\n",
                "/var/log/syslog": "",
            ], volumes: ["/": HostVolume(bytes: 1000, free: 500), "/var/log": HostVolume(bytes: 1000, free: 109)])
        let (node, _) = await facts(StorageCollector(), tree)
        #expect(node.at("volumes")?.list?.count == 2)
        #expect(node.at("volumes.0.holds_logs")?.bool == false)
        #expect(node.at("volumes.1.holds_logs")?.bool == true)
        #expect(node.at("volumes.1.separate")?.bool == true)
        #expect(node.at("volumes.1.used_percent")?.integer == 90)
    }
}
