import Documents
import Rulebook
import Testing

@testable import Checks

@Suite struct DisksTests {
    @Test func aMountOnACryptDeviceIsEncrypted() async {
        let tree = TreeHost(
            files: [
                "/proc/self/mountinfo":
                    "1 0 8:1 / /boot rw - ext4 /dev/sda1 rw\n2 0 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n3 0 8:3 / /data rw - xfs /dev/sdb1 rw\n",
                "/proc/swaps": "Filename Type Size Used Priority\n/dev/dm-2 partition 1 0 -2\n/dev/zram0 partition 1 0 5\n",
            ],
            commands: [
                "lsblk -J -o NAME,KNAME,TYPE,FSTYPE,MOUNTPOINTS,PKNAME": TreeHost.says(
                    #"""
                    {"blockdevices":[{"name":"sda","kname":"sda","type":"disk","mountpoints":[null],"children":[{"name":"sda1","kname":"sda1","type":"part","mountpoints":["/boot"]},
                    {"name":"sda2","kname":"sda2","type":"part","mountpoints":[null],"children":[{"name":"luks","kname":"dm-0","type":"crypt","mountpoints":[null],"children":[
                    {"name":"vg-root","kname":"dm-1","type":"lvm","mountpoints":["/"]},{"name":"vg-swap","kname":"dm-2","type":"lvm","mountpoints":["[SWAP]"]}]}]}]},
                    {"name":"sdb","kname":"sdb","type":"disk","mountpoints":[null],"children":[{"name":"sdb1","kname":"sdb1","type":"part","mountpoints":["/data"]}]}]}
                    """#)
            ])
        let (node, _) = await facts(DisksCollector(), tree)
        #expect(node.at("mounts")?.list?.map { $0["encrypted"]?.bool } == [false, true, false])
        #expect(node.at("swap_encrypted")?.bool == true)
        #expect(node.at("data_encrypted")?.bool == false)
    }

    @Test func withoutLsblkNothingIsSaid() async {
        let (node, gaps) = await facts(
            DisksCollector(), TreeHost(files: ["/proc/self/mountinfo": "2 0 253:1 / / rw - ext4 /dev/vda rw\n"]))
        #expect(node.at("data_encrypted") == nil)
        #expect(!gaps.isEmpty)
    }
}

@Suite struct UpdatesTests {
    @Test("apt: installed packages against the lists of security archives")
    func aptSecurity() async {
        var tree = TreeHost(files: [
            "/usr/bin/apt-get": "",
            "/etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n",
            "/var/lib/dpkg/status": """
            Package: openssl
            Status: install ok installed
            Architecture: amd64
            Version: 3.0.11-1~deb12u2

            Package: tzdata
            Status: install ok installed
            Architecture: all
            Version: 2024a-0+deb12u1

            Package: removed
            Status: deinstall ok config-files
            Architecture: amd64
            Version: 1.0

            Package: current
            Status: hold ok installed
            Architecture: amd64
            Version: 1:2.0-1
            """,
            "/var/lib/apt/lists/x_debian-security_dists_bookworm-security_main_binary-amd64_Packages": """
            Package: openssl
            Version: 3.0.15-1~deb12u1
            Architecture: amd64

            Package: openssl
            Version: 9.9
            Architecture: arm64

            Package: tzdata
            Version: 2024b-0+deb12u1
            Architecture: all

            Package: removed
            Version: 2.0
            Architecture: amd64

            Package: current
            Version: 2.1-1
            Architecture: amd64
            """,
        ])
        var (node, _) = await facts(UpdatesCollector(), tree)
        #expect(node.at("security_packages")?.list?.compactMap { $0.text } == ["openssl", "tzdata"])
        #expect(node.at("security")?.integer == 2)
        #expect(node.at("supported_until")?.text != nil, "the embedded table of releases knows Debian 12")
        tree.files["/var/lib/apt/lists/x_debian-security_dists_bookworm-security_main_binary-amd64_Packages"] = nil
        tree.files["/var/lib/apt/lists/x_bookworm_main_binary-amd64_Packages"] = "Package: openssl\nVersion: 9\n"
        let (bare, gaps) = await facts(UpdatesCollector(), tree)
        #expect(bare.at("security") == nil)
        #expect(!gaps.isEmpty)
        node = bare
    }

    @Test(
        "versions are ordered as dpkg orders them",
        arguments: [
            ("1.0", "1.0", 0), ("1.0", "1.1", -1), ("1.0~rc1", "1.0", -1), ("1:0.9", "2.0", 1), ("1.0-1", "1.0-1~deb12u1", 1),
            ("1.0", "1.0-0", 0),
            ("1.0a", "1.0", 1), ("1.10", "1.9", 1), ("1.0+b1", "1.0", 1), ("1.0-1+b1", "1.0-1", 1),
            ("2024a-0+deb12u1", "2024b-0+deb12u1", -1),
            ("1.2.3~~", "1.2.3~", -1), ("007", "7", 0), ("1.0.0", "1.0", 1), ("a", "+", -1), ("1-1-1", "1-1-2", -1),
        ])
    func versions(left: String, right: String, order: Int) {
        #expect((DebianVersion(left) < DebianVersion(right)) == (order < 0))
        #expect((DebianVersion(right) < DebianVersion(left)) == (order > 0))
    }

    @Test func dnfListsUpToObsoletes() {
        #expect(
            UpdatesCollector.dnf(
                "\nopenssl.x86_64   1:3.0.7-2.el9   baseos\nbash.x86_64 5 updates\nObsoleting Packages\nx.noarch 1 y\n") == [
                    "openssl", "bash",
                ])
    }

    @Test func unattendedUpgradesAndRelease() async throws {
        let support = try ReleaseSupport.parse(
            Array(
                "schema: plumbline.releases/1\nreleases:\n  debian:\n    \"12\": \"2028-06-30\"\n  rhel: {\"9\": \"2032-05-31\"}\n"
                    .utf8))
        let tree = TreeHost(files: [
            "/usr/bin/apt-get": "", "/usr/bin/unattended-upgrade": "",
            "/etc/apt/apt.conf.d/20auto":
                "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n",
            "/etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n", "/run/reboot-required": "",
        ])
        let (node, _) = await facts(UpdatesCollector(support: support), tree)
        #expect(node.at("automatic")?.bool == true)
        #expect(node.at("reboot_required")?.bool == true)
        #expect(node.at("supported_until")?.text == "2028-06-30")
        #expect(node.at("pending") == nil)
        #expect(support.end(id: "rhel", version: "9.4") == CivilDate("2032-05-31"))
    }

    @Test func theReleaseTableOfTheProjectIsGood() throws {
        let path = #filePath.split(separator: "/").dropLast(4).map { String($0) }.joined(separator: "/")
        let bytes = try DocumentFile.read("/\(path)/Packs/facts/releases.yaml", limit: 1 << 20)
        #expect(try ReleaseSupport.parse(bytes).end(id: "debian", version: "12") == CivilDate("2028-06-30"))
    }
}

@Suite struct BackupsTests {
    @Test(arguments: [
        ("rest:https://user:pw@backup.example.tw:8000/repo", "rest:https://backup.example.tw:8000/repo"),
        ("sftp:me@host:/srv", "sftp:host:/srv"),
        ("ssh://borg:secret@host/./repo", "ssh://host/./repo"), ("user@host:repo", "host:repo"), ("/srv/backup", "/srv/backup"),
        ("s3:https://s3.x/b?key=1", "s3:https://s3.x/b"),
        ("https://a:p@w@host/x@y", "https://host/x@y"),
    ])
    func credentialsAreTakenOff(_ location: String, _ plain: String) {
        #expect(BackupRecord.withoutCredentials(location) == plain)
    }

    @Test func formsOfTheToolsInTheDropFolder() async {
        let folder = BackupsCollector.dropFolder
        var tree = TreeHost(
            files: [
                "\(folder)/restic-db.json": #"[{"time":"2026-11-18T01:00:00.5+08:00","id":"a"},{"time":"2026-11-17T01:00:00Z"}]"#,
                "\(folder)/borg.json":
                    #"{"archives":[{"start":"2026-11-18T01:00:00.000000","name":"x"}],"encryption":{"mode":"repokey"},"repository":{"location":"ssh://u:p@h/./r"}}"#,
                "\(folder)/own.json":
                    #"{"tool":"veeam","location":"//nas/x","encrypted":true,"newest":"2026-11-18T00:00:00Z","last_check":"2026-11-01T00:00:00Z","last_check_ok":true}"#,
                "\(folder)/pg.json":
                    #"[{"name":"main","cipher":"aes-256-cbc","backup":[{"timestamp":{"start":1,"stop":1795000000}}],"repo":[{"cipher":"aes-256-cbc"}]}]"#,
                "\(folder)/bad.json": "{", "\(folder)/open.json": "[]", "/usr/bin/restic": "",
                "/etc/cron.d/backup": "0 1 * * * root /usr/bin/restic backup /\n",
            ], modes: ["\(folder)/open.json": 0o666])
        tree.now = Instant("2026-11-20T00:00:00Z") ?? tree.now
        let (node, gaps) = await facts(BackupsCollector(), tree)
        let found = node.at("repositories")?.list ?? []
        #expect(found.map { $0["tool"]?.text } == ["borg", "veeam", "pgbackrest", "restic"])
        #expect(found.map { $0["encrypted"]?.bool } == [true, true, true, true])
        #expect(found.first?["newest"]?.text == "2026-11-17T11:00:00Z")
        #expect(found.first?["location"]?.text == "ssh://h/./r")
        #expect(found.last?["newest"]?.text == "2026-11-17T17:00:00Z")
        #expect(found.last?["snapshots"]?.integer == 2)
        #expect(found[1]["last_check_age_days"]?.integer == 19)
        #expect(gaps.count == 2)
        #expect(node.at("scheduled")?.bool == true)
        #expect(node.at("tools") == .texts(["restic"]))
    }
}

@Suite struct SecretTests {
    @Test(arguments: [
        ("password = hunter2", ["password"]), ("db_password: \"x1\"", ["password"]), ("export API_TOKEN=abc", ["token"]),
        ("-----BEGIN RSA PRIVATE KEY-----", ["private-key"]),
        ("# password = x", []), ("password =", []), ("PasswordAuthentication yes", []), ("password_file=/etc/x", []),
        ("passwd: files systemd", []),
        ("secret = ${SECRET}", []), ("requirepass foo", []), ("\"client_secret\": \"abc\",", ["token"]),
        ("PrivateKey = 0123abc=", ["private-key"]), ("psk=abcdefgh", ["password"]),
    ])
    func kindsNeverValues(_ text: String, _ kinds: [String]) { #expect(SecretScan.kinds(text) == kinds) }

    @Test func theValueStaysOnTheHost() async {
        let (node, _) = await facts(
            SensitiveFilesCollector(),
            TreeHost(files: ["/etc/mysql/debian.cnf": "[client]\npassword = hunter2\n"], modes: ["/etc/mysql/debian.cnf": 0o644]))
        #expect(node.at("files.0.world_readable")?.bool == true)
        #expect(!show(node).contains("hunter2"))
    }
}

@Suite struct SoftwareTests {
    @Test func agentsProductsAndServers() async {
        let tree = TreeHost(
            files: [
                "/proc/1/comm": "systemd\n", "/proc/9/comm": "clamd\n", "/usr/sbin/clamd": "", "/usr/bin/aide": "",
                "/var/lib/aide/aide.db": "x", "/etc/cron.daily/dailyaidecheck": "",
                "/usr/sbin/nginx": "",
                "/etc/nginx/nginx.conf": "http {\n server_tokens off;\n modsecurity on;\n limit_req zone=a;\n}\n",
                "/etc/modsecurity/modsecurity.conf": "SecRuleEngine DetectionOnly\n",
                "/usr/sbin/postfix": "", "/usr/bin/rspamd": "", "/etc/modprobe.d/x.conf": "install usb-storage /bin/false\n",
                "/proc/modules": "ext4 1 2 - Live 0x0\n",
            ], modes: ["/usr/bin/nmap": 0o755])
        #expect(await facts(AntivirusCollector(), tree).node.at("any_running")?.bool == true)
        let monitoring = await facts(MonitoringCollector(), tree).node
        #expect(monitoring.at("kinds_running") == .texts(["integrity"]))
        let web = await facts(WebCollector(), tree).node
        #expect(web.at("waf_mode")?.text == "DetectionOnly")
        #expect(web.at("waf_enabled")?.bool == false)
        #expect(web.at("version_shown")?.bool == false)
        #expect(web.at("rate_limited")?.bool == true)
        #expect(await facts(MailCollector(), tree).node == .object([("server", "postfix"), ("filters", .texts(["rspamd"]))]))
        let media = await facts(MediaCollector(), tree).node
        #expect(media.at("usb_storage_blocked")?.bool == true)
        #expect(media.at("usb_storage_loaded")?.bool == false)
    }

    @Test func setuidProgramsNobodyExpects() async {
        let tree = TreeHost(
            files: ["/usr/bin/su": "", "/usr/bin/backdoor": "", "/usr/bin/psql": "", "/etc/passwd": "root:x:0:0::/:/bin/sh\n"],
            modes: ["/usr/bin/su": 0o4755, "/usr/bin/backdoor": 0o4755, "/usr/bin/psql": 0o750])
        let (node, _) = await facts(UtilitiesCollector(), tree)
        #expect(node.at("unexpected_setuid") == .texts(["/usr/bin/backdoor"]))
        #expect(node.at("files.0.others_may_run")?.bool == false)
    }

    @Test func cryptoReadsNoPrivateKey() async {
        let tree = TreeHost(
            files: [
                "/etc/ssh/ssh_host_ed25519_key": "SECRET",
                "/etc/ssh/ssh_host_ed25519_key.pub":
                    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS root@h\n",
                "/etc/ssl/openssl.cnf":
                    "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1.2\nCipherString = DEFAULT@SECLEVEL=2\n",
            ], modes: ["/etc/ssh/ssh_host_ed25519_key": 0o600], denied: ["/etc/ssh/ssh_host_ed25519_key"])
        let (node, gaps) = await facts(CryptoCollector(), tree)
        #expect(gaps.isEmpty, "a denied key would leave a gap if it were read")
        #expect(node.at("private_keys.0.mode")?.text == "0600")
        #expect(node.at("host_keys.0.bits")?.integer == 256)
        #expect(node.at("openssl_seclevel")?.integer == 2)
        #expect(node.origin("openssl_min_protocol") == "/etc/ssl/openssl.cnf:7")
    }

    @Test func everyCollectorSurvivesFilesOfNoise() async {
        var random = SeededGenerator(seed: 99)
        let paths = [
            "/etc/passwd", "/etc/group", "/proc/self/mountinfo", "/proc/swaps", "/proc/net/tcp", "/proc/net/udp6", "/proc/1/comm",
            "/etc/audit/auditd.conf",
            "/etc/audit/audit.rules", "/etc/systemd/journald.conf", "/etc/rsyslog.conf", "/etc/logrotate.conf",
            "/var/log/auth.log", "/var/log/audit/audit.log",
            "/etc/chrony/chrony.conf", "/etc/ssl/openssl.cnf", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/nginx/nginx.conf",
            "/etc/os-release", "/etc/machine-id",
            "\(BackupsCollector.dropFolder)/a.json", "/etc/rsnapshot.conf", "/etc/crontab", "/etc/ssl/private/a.crt",
            "/etc/apt/apt.conf.d/x", "/etc/modprobe.d/a.conf",
            "/usr/sbin/auditd", "/usr/sbin/rsyslogd", "/usr/sbin/logrotate", "/usr/bin/apt-get", "/usr/sbin/nginx",
            "/lib/systemd/systemd-journald", "/usr/sbin/chronyd",
        ]
        for _ in 0..<60 {
            var tree = TreeHost()
            for path in paths { tree.binary[path] = random.bytes(Int.random(in: 0...300, using: &random)) }
            for collector in systemCollectors { _ = await facts(collector, tree) }
        }
    }
}
