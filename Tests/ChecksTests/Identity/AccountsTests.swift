import Documents
import Rulebook
import Testing

@testable import Checks

/// Binary login records for trees.
enum Utmp {
    static func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> ($0 * 8) & 0xFF) } }
    static func text(_ text: String, _ count: Int) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(count))
        return bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }

    static func record(_ type: Int, _ user: String, _ host: String, _ seconds: Int, line: String = "pts/0", process: Int = 4242)
        -> [UInt8]
    {
        number(type, 4) + number(process, 4) + text(line, 32) + text("ts/0", 4) + text(user, 32) + text(host, 256) + number(0, 8)
            + number(seconds, 8) + [UInt8](repeating: 0, count: 36)
    }

    static func lastlog(_ times: [Int: Int]) -> [UInt8] {
        (0...(times.keys.max() ?? 0)).flatMap { number(times[$0] ?? 0, 4) + [UInt8](repeating: 0, count: 288) }
    }
}

@Suite("Accounts")
struct AccountsTests {
    /// 2026-11-18, day 20775.
    static let today = 20_775

    private func tree(_ passwd: String, _ shadow: String, _ more: [String: String] = [:]) -> TreeHost {
        TreeHost(files: more.merging(["/etc/passwd": passwd, "/etc/shadow": shadow]) { $1 })
    }

    @Test(
        "password fields",
        arguments: [
            ("$y$j9T$abc$defghijk", "set", "yescrypt"), ("$gy$j9T$abc$def", "set", "gost-yescrypt"),
            ("$7$C6..../....abc", "set", "scrypt"),
            ("$2b$12$abcdefghijk", "set", "bcrypt"), ("$2y$12$abcdefghijk", "set", "bcrypt"), ("$6$salt$hash", "set", "sha512"),
            ("$5$salt$hash", "set", "sha256"), ("$md5,rounds=904$salt$$x", "set", "sunmd5"), ("$1$salt$hash", "set", "md5"),
            ("_J9..rasmBYk8r9AiWNc", "set", "bsdi"), ("rl.3StKT.4T8M", "set", "des"),
            ("$3$$8846f7eaee8fb117ad06bdd830b7586c", "set", "nt"),
            ("$sha1$40000$jtNX3nZ2$hBNaIXkt4wBI", "set", "unknown"), ("!$6$salt$hash", "locked", "sha512"),
            ("!!$y$j9T$a$b", "locked", "yescrypt"),
            ("*$6$salt$hash", "locked", "sha512"), ("!", "none", nil), ("!!", "none", nil), ("!*", "none", nil),
            ("*", "none", nil),
            ("*LK*", "none", nil), ("NP", "none", nil), ("", "empty", nil), ("$", "none", nil),
        ] as [(String, String, String?)])
    func passwordFields(_ field: String, _ state: String, _ scheme: String?) {
        let judged = PasswordField(field)
        #expect(judged.state.rawValue == state)
        #expect(judged.scheme == scheme)
    }

    @Test("ages, ends and kinds by day arithmetic")
    func ages() async {
        let run = await Run(
            AccountsCollector(),
            tree(
                """
                root:x:0:0:root:/root:/bin/bash
                toor:x:0:0::/root:/bin/sh
                daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
                ann:x:1000:100:Ann Example:/home/ann:/bin/bash
                bob:x:1001:100::/home/bob:
                old:x:1002:100::/home/old:/bin/sh
                """,
                """
                root:$y$j9T$Secret1$Secret2:20765:1:90:7:30::
                toor:!:20000::::::
                daemon:*:19000:0:99999:7:::
                ann:$6$Secret3$Secret4:0:0:60:14:::
                bob::20775:0:-1:7::20776:
                old:$1$Secret5$Secret6:20000:0:90:7::20775:
                """))
        let root = "users/name=root"
        #expect(run["\(root)/kind"]?.text == "root")
        #expect(run["\(root)/password/scheme"]?.text == "yescrypt")
        #expect(run["\(root)/password/changed"]?.text == "2026-11-08")
        #expect(run["\(root)/password/age_days"]?.integer == 10)
        #expect(run["\(root)/password/max_days"]?.integer == 90)
        #expect(run["\(root)/password/never_expires"]?.bool == false)
        #expect(run["\(root)/password/inactive_days"]?.integer == 30)
        #expect(run["\(root)/privileged"]?.bool == true)
        #expect(run["users/name=toor/kind"]?.text == "person")
        #expect(run["users/name=toor/can_log_in"]?.bool == false)
        #expect(run["users/name=toor/password/max_days"] == nil)
        #expect(run["users/name=toor/password/never_expires"]?.bool == true)
        #expect(run["users/name=daemon/kind"]?.text == "system")
        #expect(run["users/name=daemon/shell_allows_login"]?.bool == false)
        #expect(run["users/name=daemon/password/never_expires"]?.bool == true)
        #expect(run["users/name=ann/password/must_change"]?.bool == true)
        #expect(run["users/name=ann/password/changed"] == nil)
        #expect(run["users/name=ann/password/age_days"] == nil)
        #expect(run["users/name=bob/password/state"]?.text == "empty")
        #expect(run["users/name=bob/shell_allows_login"]?.bool == true)
        #expect(run["users/name=bob/expires"]?.text == "2026-11-19")
        #expect(run["users/name=bob/expired"]?.bool == false)
        #expect(run["users/name=bob/can_log_in"]?.bool == true)
        #expect(run["users/name=old/expired"]?.bool == true)
        #expect(run["users/name=old/can_log_in"]?.bool == false)
        #expect(run.texts("uid_zero_names") == ["root", "toor"])
        #expect(run["duplicate_uids/#0/names"] == .texts(["root", "toor"]))
    }

    @Test("no part of a hash is in the facts, the gaps or a description")
    func noHashes() async throws {
        let run = await Run(
            AccountsCollector(),
            tree(
                "root:x:0:0::/root:/bin/sh\nann:$6$SECRETSALT$SECRETHASH:1000:100::/home/ann:/bin/sh\nx:$6$SECRETSALT$SECRETHASH\n",
                "root:$y$SECRETSALT$SECRETHASH:20765:1:90:7:30::\n+bad:$6$SECRETSALT$SECRETHASH\n"))
        var text = ""
        dump(run.facts, to: &text)
        dump(run.gaps, to: &text)
        dump(PasswordField("$6$SECRETSALT$SECRETHASH"), to: &text)
        let probe = Probe(
            tree("ann:$6$SECRETSALT$SECRETHASH:1000:100::/home/ann:/bin/sh", "ann:!$6$SECRETSALT$SECRETHASH:::::::").host)
        dump(AccountBase(probe), to: &text)
        dump(Shadow(probe), to: &text)
        #expect(!text.contains("SECRET"))
        #expect(run["users/name=ann/password/scheme"]?.text == "sha512")
    }

    @Test("a hash in passwd is credited to passwd, and shadow's days are not its own")
    func hashInPasswd() async {
        let run = await Run(
            AccountsCollector(),
            tree(
                """
                ann:$1$Secret1$Secret2:1000:100::/home/ann:/bin/sh
                bob:x:1001:100::/home/bob:/bin/sh
                cat:$6$Secret3$Secret4:1002:100::/home/cat:/bin/sh
                """, "ann:$y$j9T$a$b:20765:1:90:7:30:20000:\nbob:$y$j9T$a$b:20765:1:90:7:30::\n"))
        #expect(run["users/name=ann/password/state"]?.text == "set")
        #expect(run["users/name=ann/password/scheme"]?.text == "md5")
        #expect(run["users/name=ann/password/from"]?.text == "/etc/passwd:1")
        #expect(run["users/name=ann/password/max_days"] == nil)
        #expect(run["users/name=ann/password/never_expires"] == nil)
        #expect(run["users/name=ann/expired"] == nil)
        #expect(run["users/name=ann/can_log_in"]?.bool == true)
        #expect(run["users/name=bob/password/scheme"]?.text == "yescrypt")
        #expect(run["users/name=bob/password/from"]?.text == "/etc/shadow:2")
        #expect(run["users/name=bob/password/max_days"]?.integer == 90)
        #expect(run["users/name=cat/password/from"]?.text == "/etc/passwd:3")
    }

    @Test("unreadable shadow: unknown, never a pass")
    func deniedShadow() async {
        var tree = tree("ann:x:1000:100::/home/ann:/bin/bash\nbin:x:2:2::/bin:/sbin/nologin\n", "ann:$6$a$b:1::::::\n")
        tree.denied = ["/etc/shadow"]
        let run = await Run(AccountsCollector(), tree)
        #expect(run["users/name=ann/password/state"]?.text == "unknown")
        #expect(run["users/name=ann/can_log_in"] == nil)
        #expect(run["users/name=ann/expired"] == nil)
        #expect(run["users/name=ann/password/never_expires"] == nil)
        #expect(run["users/name=bin/can_log_in"]?.bool == false)
        #expect(run.gaps.contains { $0.what == "/etc/shadow" })
    }

    @Test("NIS lines are a gap, and broken lines no accounts")
    func oddLines() async {
        let run = await Run(
            AccountsCollector(),
            tree(
                "# comment\n\nann:x:1000:100::/home/ann:/bin/sh\n+::::::\n+@staff\nnoid:x:abc:1::/:/bin/sh\nshort:x:1\n",
                "ann:!:::::::\n"))
        #expect(run["users"]?.list?.count == 1)
        #expect(run.gaps.contains { $0.what == "/etc/passwd:4" })
    }

    @Test("groups, privilege by group and by sudo rule, duplicates")
    func privilege() async {
        let run = await Run(
            AccountsCollector(),
            tree(
                """
                ann:x:1000:100::/home/ann:/bin/sh
                bob:x:1001:100::/home/bob:/bin/sh
                cat:x:1002:300::/home/cat:/bin/sh
                dan:x:1003:100::/home/dan:/bin/sh
                dan:x:1004:100::/home/dan2:/bin/sh
                """, "ann:!:::::::\nbob:!:::::::\ncat:!:::::::\ndan:!:::::::\n",
                [
                    "/etc/group": "users:x:100:\nwheel:x:10:ann\nops:x:300:\nops2:x:300:bob\n", "/usr/bin/sudo": "",
                    "/etc/sudoers": "User_Alias TEAM = #1003\n%ops ALL=(ALL) /bin/ls\nTEAM ALL=(ALL) ALL\n",
                ]))
        #expect(run["users"]?.list?.map { $0["privileged"]?.bool } == [true, false, true, true, false])
        #expect(run.texts("groups/name=users/members") == ["ann", "bob", "dan", "dan"])
        #expect(run.texts("users/name=ann/groups") == ["users", "wheel"])
        #expect(run["duplicate_names/#0/name"]?.text == "dan")
        #expect(run["duplicate_gids/#0/names"] == .texts(["ops", "ops2"]))
    }

    @Test("keys: fingerprints, bits, options, shared keys, other places")
    func keys() async {
        let run = await Run(
            AccountsCollector(),
            tree(
                """
                root:x:0:0::/root:/bin/sh
                ann:x:1000:100::/home/ann:/bin/sh
                guest:x:1001:100::/home/guest:/bin/sh
                """, "root:*:::::::\nann:!:::::::\nguest:!:::::::\n",
                [
                    "/root/.ssh/authorized_keys":
                        "from=\"10.0.0.0/8, 1.2.3.4\",no-pty \(KeySamples.rsa) root key\n# \(KeySamples.ecdsa)\n",
                    "/home/ann/.ssh/authorized_keys2":
                        "restrict,command=\"echo \\\"x y\\\"\" \(KeySamples.ed25519)\n\(KeySamples.ecdsa)\nssh-rsa AAAA\n",
                    "/home/ann/.ssh/authorized_keys": "", "/etc/ssh/keys/guest": KeySamples.ecdsa,
                    "/etc/ssh/sshd_config": "Match User guest\nAuthorizedKeysFile /etc/ssh/keys/%u\n",
                ]))
        let keys = run["ssh_keys"]?.list ?? []
        #expect(
            keys.map { $0["fingerprint"]?.text } == [
                KeySamples.rsaFingerprint, KeySamples.ed25519Fingerprint, KeySamples.ecdsaFingerprint,
                KeySamples.ecdsaFingerprint,
            ])
        #expect(keys.map { $0["bits"]?.integer } == [2048, 256, 384, 384])
        #expect(keys.map { $0["restricted"]?.bool } == [true, true, false, false])
        #expect(keys[1]["from"]?.text == "/home/ann/.ssh/authorized_keys2:1")
        #expect(run["shared_ssh_keys/#0/users"] == .texts(["ann", "guest"]))
        #expect(run["users/name=ann/ssh_keys"]?.integer == 2)
        #expect(run["users/name=guest/can_log_in"]?.bool == true)
        #expect(run.texts("generic_names") == ["guest"])
    }

    @Test("unreadable keys: whether a locked account can log in is not known")
    func deniedKeys() async {
        var tree = tree(
            "ann:x:1000:100::/home/ann:/bin/sh\n", "ann:!:::::::\n", ["/home/ann/.ssh/authorized_keys": KeySamples.ecdsa])
        tree.denied = ["/home/ann/.ssh/authorized_keys"]
        let run = await Run(AccountsCollector(), tree)
        #expect(run["users/name=ann/ssh_keys"] == nil)
        #expect(run["users/name=ann/can_log_in"] == nil)
    }

    @Test("last logins from lastlog and wtmp")
    func logins() async {
        var tree = tree(
            """
            ann:x:3:100::/home/ann:/bin/sh
            bob:x:4:100::/home/bob:/bin/sh
            cat:x:5:100::/home/cat:/bin/sh
            """, "ann:$6$a$b:20000::::::\nbob:$6$a$b:20700::::::\ncat:$6$a$b:20770::::::\n")
        var run = await Run(AccountsCollector(), tree)
        #expect(run["users/name=ann/logins_known"]?.bool == false)
        #expect(run["users/name=ann/ever_logged_in"] == nil)
        #expect(run["users/name=ann/idle_days"] == nil)
        tree.binary["/var/log/lastlog"] = Utmp.lastlog([3: 20_000 * 86_400, 4: 20_765 * 86_400])
        tree.binary["/var/log/wtmp"] =
            Utmp.record(7, "bob", "10.0.0.1", 20_774 * 86_400) + Utmp.record(8, "", "", 20_775 * 86_400)
        run = await Run(AccountsCollector(), tree)
        #expect(run["users/name=ann/idle_days"]?.integer == 775)
        #expect(run["users/name=bob/last_login"]?.text == "2026-11-17T00:00:00Z")
        #expect(run["users/name=bob/idle_days"]?.integer == 1)
        #expect(run["users/name=cat/ever_logged_in"]?.bool == false)
        #expect(run["users/name=cat/idle_days"]?.integer == 5)
        #expect(run["users/name=cat/logins_known"]?.bool == true)
        tree.binary["/var/lib/lastlog/lastlog2.db"] = [1]
        run = await Run(AccountsCollector(), tree)
        #expect(run["users/name=cat/ever_logged_in"] == nil)
        #expect(run.gaps.contains { $0.what.hasSuffix("lastlog2.db") })
    }

    @Test(
        "places of keys",
        arguments: [
            (".ssh/authorized_keys", "/home/ann/.ssh/authorized_keys"), ("/etc/k/%u-%U%%", "/etc/k/ann-7%"),
            ("%h/k", "/home/ann/k"), ("%", "/home/ann/"),
        ])
    func places(_ place: String, _ path: String) {
        let user = AccountBase.User(
            name: "ann", password: nil, uid: 7, gid: 7, comment: "", home: "/home/ann", shell: "", from: "")
        #expect(KeyRing.path(place, user) == path)
    }

    @Test("Base64 there and back", arguments: 0..<20)
    func base64(_ seed: UInt64) {
        var random = Seeded(seed)
        let bytes = random.bytes(Int(seed), alphabet: "a")
        #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
        #expect(Base64.decode(Base64.encode(bytes, padded: false).utf8) == bytes)
    }

    @Test("random bytes never stop the collector", arguments: 0..<30)
    func randomBytes(_ seed: UInt64) async {
        var random = Seeded(seed)
        var tree = TreeHost()
        for path in ["/etc/passwd", "/etc/shadow", "/etc/group"] {
            tree.binary[path] = random.bytes(3_000, alphabet: "root:x:0:0::\n$6$!*+1,9")
        }
        tree.files["/etc/ssh/sshd_config"] = "AuthorizedKeysFile /keys\n"
        tree.binary["/keys"] = random.bytes(2_000, alphabet: "ssh-rsa ssh-ed25519 AAAAB3NzaC1yc2E=\",\n")
        tree.binary["/var/log/wtmp"] = random.bytes(384 * 5, alphabet: "a")
        tree.binary["/var/log/lastlog"] = random.bytes(292 * 5, alphabet: "a")
        #expect(await Run(AccountsCollector(), tree).facts != nil)
    }
}
