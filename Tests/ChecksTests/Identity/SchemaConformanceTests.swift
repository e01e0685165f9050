import Documents
import Testing

@testable import Checks

/// Everything the identity collectors write is a path of Packs/facts/linux.yaml, with the type named there.
@Suite("Identity facts and the facts schema")
struct SchemaConformanceTests {
    private static func schema() throws -> [String: [String: String]] {
        let root = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined()
        let document = try DocumentFile.document("\(root)/Packs/facts/linux.yaml")
        return Dictionary(
            uniqueKeysWithValues: (document["groups"]?.entries ?? []).map { group in
                (
                    group.key,
                    Dictionary(uniqueKeysWithValues: (group.node["paths"]?.entries ?? []).map { ($0.key, $0.node.text ?? "") })
                )
            })
    }

    /// A host on which every collector has something to say.
    private static var tree: TreeHost {
        var tree = TreeHost(files: [
            "/etc/pam.d/sshd": LockoutCase.all[0].stack + """

                auth required pam_google_authenticator.so nullok
                account required pam_time.so
                password requisite pam_pwquality.so minlen=12 ucredit=-1
                password required pam_pwhistory.so remember=3
                password required pam_unix.so use_authtok
                session required pam_limits.so
                """,
            "/etc/security/faillock.conf": "deny=3\n",
            "/etc/login.defs": """
            PASS_MAX_DAYS 90
            PASS_MIN_DAYS 1
            PASS_WARN_AGE 7
            PASS_MIN_LEN 12
            ENCRYPT_METHOD SHA512
            UMASK 027
            UID_MIN 1000
            UID_MAX 60000
            LOGIN_RETRIES 3
            LOGIN_TIMEOUT 60
            FAIL_DELAY 4
            """,
            "/etc/passwd":
                "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nadmin:x:1000:100::/home/admin:/bin/sh\nadmin:x:1001:100::/:/bin/sh\n",
            "/etc/shadow": "root:$6$a$b:20000:1:90:7:30:20900:\ntoor:!:::::::\nadmin:$6$a$b:0:::::20900:\n",
            "/etc/group": "users:x:100:\nother:x:100:admin\n", "/etc/gshadow": "", "/etc/default/useradd": "INACTIVE=30\n",
            "/root/.ssh/authorized_keys": KeySamples.rsa, "/home/admin/.ssh/authorized_keys": KeySamples.rsa,
            "/usr/bin/sudo": "",
            "/etc/sudoers": "Defaults use_pty, logfile=/x, timestamp_timeout=5\nroot ALL=(ALL) NOPASSWD: ALL\n",
            "/usr/sbin/sshd": "",
            "/etc/ssh/sshd_config":
                "ChannelTimeout session=5m\nCiphers a,b\nMACs a\nKexAlgorithms a\nMatch User ann\nMaxSessions 1\n",
            "/etc/profile": "readonly TMOUT=900\n",
            "/etc/systemd/logind.conf": "[Login]\nStopIdleSessionSec=900\nKillUserProcesses=yes\n",
            "/etc/security/time.conf": "a;b;c;d\n", "/etc/security/access.conf": "-:ALL:ALL\n",
            "/proc/1/comm": "systemd\n", "/proc/4242/comm": "sshd\n",
            "/etc/security/limits.conf": "* hard maxlogins 1\n", "/var/log/auth.log": "x\n", "/var/log/auth.log.1": "x\n",
        ])
        let login = Utmp.record(7, "admin", "10.0.0.1", 1_794_000_000)
        for path in ["/var/log/wtmp", "/var/log/btmp"] { tree.binary[path] = login }
        tree.binary["/run/utmp"] = login + Utmp.record(7, "admin", "10.0.0.2", 1_794_000_000)
        tree.binary["/var/log/lastlog"] = Utmp.lastlog([0: 1_794_000_000])
        return tree
    }

    @Test("every path and type", arguments: identityCollectors.map { $0.group })
    func conforms(_ group: String) async throws {
        let schema = try #require(Self.schema()[group])
        let collector = try #require(identityCollectors.first { $0.group == group })
        var seen: Set<String> = []
        for host in [Self.tree.host, .live()] {
            if let facts = await Run(collector, host).facts { Self.walk(facts, "", schema, &seen) }
        }
        // What only sshd itself can tell, or what only a quiet host lacks.
        let rare: Set<String> = [
            "scopes[].host_key_algorithms", "scopes[].pubkey_accepted_algorithms", "services[].second_factor_nullok",
        ]
        let missing = Set(schema.keys).subtracting(seen).subtracting(rare)
        #expect(missing.isEmpty, "never written: \(missing.sorted())")
    }

    private static func walk(_ node: Node, _ path: String, _ schema: [String: String], _ seen: inout Set<String>) {
        guard let type = schema[path] else {
            let isInside = path.isEmpty || schema.keys.contains { $0.hasPrefix(path + ".") || $0.hasPrefix(path + "[]") }
            #expect(isInside, "\(path) is not in the schema")
            for entry in node.entries ?? [] where entry.key != "from" && entry.key != "via" {
                let inner = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                if schema[inner + "[]"] != nil, let items = entry.node.list {
                    seen.insert(inner + "[]")
                    for item in items { walk(item, inner + "[]", schema, &seen) }
                } else {
                    walk(entry.node, inner, schema, &seen)
                }
            }
            return
        }
        seen.insert(path)
        if type == "object" {
            for entry in node.entries ?? [] where entry.key != "from" && entry.key != "via" {
                let inner = "\(path).\(entry.key)"
                if schema[inner + "[]"] != nil, let items = entry.node.list {
                    seen.insert(inner + "[]")
                    for item in items { walk(item, inner + "[]", schema, &seen) }
                } else {
                    walk(entry.node, inner, schema, &seen)
                }
            }
            return
        }
        #expect(fits(node, type), "\(path) should be \(type)")
    }

    private static func fits(_ node: Node, _ type: String) -> Bool {
        if type.hasPrefix("setting ") {
            return node["from"]?.text?.isEmpty == false && node["value"].map { fits($0, String(type.dropFirst(8))) } ?? false
        }
        switch type.split(separator: " ").first.map({ String($0) }) {
        case "text", "time", "date": return node.text != nil
        case "bool": return node.bool != nil
        case "integer": return node.integer != nil
        case "list<text>": return node.list?.allSatisfy { $0.text != nil } ?? false
        case "list<integer>": return node.list?.allSatisfy { $0.integer != nil } ?? false
        default: return false
        }
    }
}
