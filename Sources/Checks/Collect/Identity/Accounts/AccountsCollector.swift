internal import Documents
internal import Rulebook

/// Group `accounts`.
struct AccountsCollector: FactCollector {
    let group = "accounts"

    /// Names that say a role, not a person.
    static let roleNames: Set<String> = [
        "admin", "administrator", "test", "test1", "test2", "testuser", "tester", "user", "user1", "guest", "oracle", "operator",
        "backup",
        "demo", "temp", "tmp", "default", "support", "service", "svc", "ftp", "ftpuser", "web", "www", "webmaster", "dba",
        "postgres",
        "mysql", "sysadmin", "sysop", "super", "superuser", "manager", "monitor", "share", "shared", "public", "student",
        "training",
        "dev", "developer", "deploy", "ubuntu", "debian", "centos", "ec2-user", "pi", "vagrant", "ansible", "jenkins", "git",
        "app",
        "application", "audit", "auditor", "helpdesk", "it", "ops", "office", "trader", "trading", "dealer", "vendor", "remote",
        "scanner",
    ]

    private static let privilegedGroups: Set<String> = ["wheel", "sudo", "admin", "root"]

    func collect(_ probe: Probe) async -> Collected {
        let base = AccountBase(probe)
        guard base.isRead else {
            return probe.gaps.isEmpty ? .nothing(.absent, "there is no /etc/passwd") : .nothing(.denied, probe.gaps[0].why)
        }
        let shadow = Shadow(probe)
        if !shadow.isRead, !probe.exists("/etc/shadow") { probe.gap("/etc/shadow", AccessFailure.absent.words) }
        let users = Self.people(base, shadow, probe)
        let keys = users.keys
        return .facts(
            .object([
                ("users", .list(users.facts.map { $0.node })), ("groups", Self.groups(base)),
                ("duplicate_uids", Self.duplicates(base.users.map { ($0.uid, $0.name, $0.from) }, key: "uid")),
                ("duplicate_names", .list(Self.repeated(base.users.map { ($0.name, $0.from) }))),
                ("duplicate_gids", Self.duplicates(base.groups.map { ($0.gid, $0.name, $0.from) }, key: "gid")),
                (
                    "shared_ssh_keys",
                    .list(
                        keys.shared.map { shared in
                            .object([("fingerprint", .text(shared.fingerprint)), ("users", .texts(shared.users))])
                        })
                ),
                (
                    "ssh_keys",
                    .list(
                        keys.keys.map { held in
                            .object([
                                ("user", .text(held.user)), ("type", .text(held.key.type)),
                                ("bits", held.key.bits.map { .integer($0) }),
                                ("fingerprint", .text(held.key.fingerprint)), ("restricted", .bool(held.key.isRestricted)),
                                ("from", .text(held.from)),
                            ])
                        })
                ),
                (
                    "generic_names",
                    .texts(
                        users.facts.filter { $0.canLogIn == true }.map { $0.user.name }.filter {
                            Self.roleNames.contains($0.lowercased())
                        })
                ),
                ("uid_zero_names", .texts(base.users.filter { $0.uid == 0 }.map { $0.name })),
                ("useradd_inactive", Self.useraddInactive(probe)), ("files", Self.files(base, probe)),
            ]))
    }

    /// Every account with what belongs to it.
    private static func people(_ base: AccountBase, _ shadow: Shadow, _ probe: Probe) -> (facts: [AccountFacts], keys: KeyRing) {
        let limits = LoginDefs(probe)
        let lowest = limits.number("UID_MIN")?.value ?? 1000
        let people = lowest...max(lowest, limits.number("UID_MAX")?.value ?? 60_000)
        let keys = KeyRing(base.users, SSHDConfig(probe), probe)
        let history = LoginHistory(probe)
        let sudo = SudoCollector.isInstalled(probe) ? Sudoers(probe) : nil
        let groupIDs = Dictionary(base.groups.map { ($0.name, $0.gid) }, uniquingKeysWith: { first, _ in first })
        let members = Self.memberships(base)
        let today = probe.host.now().date(in: .utc).day
        let facts = base.users.map { user -> AccountFacts in
            let groups = members[user.name] ?? []
            let gids = Set(groups.compactMap { groupIDs[$0] } + [user.gid])
            let byGroup = user.uid == 0 || user.gid == 0 || groups.contains(where: privilegedGroups.contains)
            let privileged = byGroup || (sudo?.names(user, groups: groups, gids: gids) ?? false)
            let entry = user.password == nil ? shadow[user.name] : nil
            if user.password == nil, shadow.isRead, entry == nil {
                probe.gap(user.from, "the account has no line in /etc/shadow")
            }
            // pam_unix looks into shadow only where passwd sends it there: beside a hash in passwd a line of shadow, with its days, is idle.
            let ages = user.password?.scheme == nil ? shadow[user.name] : nil
            return AccountFacts(
                user: user, groups: groups, password: user.password ?? entry?.password ?? PasswordField(state: .unknown),
                shadow: ages, kind: kind(user, people),
                privileged: !privileged && sudo?.isWhole == false ? nil : privileged, lastLogin: history.last(user),
                loginsKnown: history.isKnown, knowsNever: history.knowsNever,
                keys: keys.unreadable.contains(user.name) ? nil : keys.counts[user.name] ?? 0,
                home: homeChange(user, probe), today: today)
        }
        return (facts, keys)
    }

    private static func kind(_ user: AccountBase.User, _ people: ClosedRange<Int>) -> String {
        if user.uid == 0 { return user.name == "root" ? "root" : "person" }
        return people.contains(user.uid) ? "person" : "system"
    }

    private static func homeChange(_ user: AccountBase.User, _ probe: Probe) -> Instant? {
        guard user.home.hasPrefix("/"), user.home != "/", case .success(let status) = probe.host.status(user.home),
            status.kind == .directory
        else { return nil }
        return status.modified
    }

    /// Group names of each user, the primary group first, in one pass over the groups.
    private static func memberships(_ base: AccountBase) -> [String: [String]] {
        let names = Dictionary(base.groups.map { ($0.gid, $0.name) }, uniquingKeysWith: { first, _ in first })
        var found: [String: [String]] = [:]
        for user in base.users where found[user.name] == nil { found[user.name] = names[user.gid].map { [$0] } ?? [] }
        for group in base.groups {
            for member in group.members where found[member].map({ !$0.contains(group.name) }) ?? false {
                found[member]?.append(group.name)
            }
        }
        return found
    }

    private static func groups(_ base: AccountBase) -> Node {
        var primary: [Int: [String]] = [:]
        for user in base.users { primary[user.gid, default: []].append(user.name) }
        return .list(
            base.groups.map { group in
                let added = (primary[group.gid] ?? []).filter { !group.members.contains($0) }
                return .object([
                    ("name", .text(group.name)), ("gid", .integer(group.gid)), ("members", .texts(group.members + added)),
                    ("from", .text(group.from)),
                ])
            })
    }

    private static func duplicates(_ entries: [(number: Int, name: String, from: String)], key: String) -> Node {
        let names = Dictionary(grouping: entries, by: { $0.number }).filter { $0.value.count > 1 }
        return .list(
            names.sorted { $0.key < $1.key }.map { number, entries in
                .object([(key, .integer(number)), ("names", .texts(entries.map { $0.name })), ("from", .text(entries[1].from))])
            })
    }

    private static func repeated(_ entries: [(name: String, from: String)]) -> [Node] {
        let names = Dictionary(grouping: entries, by: { $0.name }).filter { $0.value.count > 1 }
        return names.sorted { $0.key < $1.key }.map { name, entries in
            .object([("name", .text(name)), ("from", .text(entries[1].from))])
        }
    }

    private static func useraddInactive(_ probe: Probe) -> Node? {
        guard let file = probe.file("/etc/default/useradd") else { return nil }
        for option in OptionLine.all(in: file).reversed() where option.name == "INACTIVE" {
            return Int(option.value).map { setting(.integer($0), from: file.from(option.line)) }
        }
        return nil
    }

    private static func files(_ base: AccountBase, _ probe: Probe) -> Node {
        .list(
            ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"].compactMap { path in
                probe.status(path).map { status in
                    .object([
                        ("path", .text(path)), ("mode", .text(status.modeText)), ("owner", .text(base.owner(status.uid))),
                        ("group", .text(base.groupName(status.gid))),
                    ])
                }
            })
    }
}
