internal import Documents
internal import Rulebook

/// One account's facts.
struct AccountFacts {
    let user: AccountBase.User
    let groups: [String]
    let password: PasswordField
    let shadow: Shadow.Entry?
    let kind: String
    let privileged: Bool?
    let lastLogin: Instant?
    let loginsKnown: Bool
    let knowsNever: Bool
    let keys: Int?
    let home: Instant?
    /// Days since 1970 at collection.
    let today: Int

    /// Programs that are no shell.
    private static let noShell: Set<String> = [
        "nologin", "false", "true", "sync", "halt", "shutdown", "reboot", "poweroff", "null", "git-shell", "sftp-server",
    ]

    /// Whether the shell lets someone work. An empty field means /bin/sh.
    var shellAllowsLogin: Bool {
        user.shell.isEmpty || !Self.noShell.contains(user.shell.split(separator: "/").last.map { String($0) } ?? "")
    }

    /// Whether the account's end date is reached; nil when shadow could not be read.
    var expired: Bool? {
        guard let shadow else { return nil }
        return shadow.expires.map { $0 >= 0 && today >= $0 } ?? false
    }

    /// Whether someone can log in at all: shell, no end date reached, and a password or a key. nil when it cannot be told.
    var canLogIn: Bool? {
        guard shellAllowsLogin else { return false }
        if expired == true { return false }
        let opens: Bool? =
            switch password.state {
            case .set, .empty: true
            case .locked, .none: keys.map { $0 > 0 }
            case .unknown: keys.map { $0 > 0 } == true ? true : nil
            }
        if opens == false { return false }
        return expired == nil && user.password == nil ? nil : opens
    }

    private var idleDays: Int? {
        if let lastLogin { return today - lastLogin.date(in: .utc).day }
        // Without the records nobody can say that the person was not here yesterday.
        guard knowsNever, let changed = shadow?.changed, changed > 0 else { return nil }
        return today - changed
    }

    /// Under `users[]`.
    var node: Node {
        .object([
            ("name", .text(user.name)), ("uid", .integer(user.uid)), ("gid", .integer(user.gid)),
            ("comment", .text(user.comment)),
            ("home", .text(user.home)), ("shell", .text(user.shell)), ("kind", .text(kind)),
            ("shell_allows_login", .bool(shellAllowsLogin)), ("can_log_in", canLogIn.map { .bool($0) }),
            ("groups", .texts(groups)),
            ("privileged", privileged.map { .bool($0) }), ("password", passwordNode),
            ("expires", shadow?.expires.flatMap { $0 >= 0 ? Self.date($0) : nil }), ("expired", expired.map { .bool($0) }),
            ("last_login", lastLogin.map { .text($0.description) }), ("logins_known", .bool(loginsKnown)),
            ("ever_logged_in", lastLogin != nil ? true : (knowsNever ? false : nil)),
            ("idle_days", idleDays.map { .integer($0) }),
            ("created_hint", home.map { .text($0.description) }), ("ssh_keys", keys.map { .integer($0) }),
            ("from", .text(user.from)),
        ])
    }

    private var passwordNode: Node {
        let changed = shadow?.changed
        let maximum = shadow?.maximum
        func days(_ value: Int?) -> Node? { value.flatMap { $0 >= 0 ? .integer($0) : nil } }
        return .object([
            ("state", .text(password.state.rawValue)), ("scheme", password.scheme.map { .text($0) }),
            ("changed", changed.flatMap { $0 > 0 ? Self.date($0) : nil }), ("must_change", shadow.map { .bool($0.changed == 0) }),
            ("age_days", changed.flatMap { $0 > 0 ? .integer(today - $0) : nil }), ("min_days", days(shadow?.minimum)),
            ("max_days", days(maximum)),
            ("never_expires", shadow.map { _ in .bool(maximum.map { $0 < 0 || $0 >= 10_000 } ?? true) }),
            ("warn_days", days(shadow?.warning)), ("inactive_days", days(shadow?.inactive)),
            ("from", (user.password == nil ? shadow?.from : user.from).map { .text($0) }),
        ])
    }

    /// A day as text; nil when it lies outside the calendar.
    private static func date(_ day: Int) -> Node? {
        (0...2_932_896).contains(day) ? .text(CivilDate(day: day).description) : nil
    }
}
