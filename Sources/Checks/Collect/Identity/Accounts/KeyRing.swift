internal import Documents

/// The SSH keys that are accepted for each account.
struct KeyRing: Sendable {
    /// A key and whose it is.
    struct Held: Sendable {
        var user: String
        var key: AuthorizedKey
        var from: String
    }

    private(set) var keys: [Held] = []
    private(set) var counts: [String: Int] = [:]
    /// Accounts whose keys could not be read.
    private(set) var unreadable: Set<String> = []

    private static let fileLimit = 4 << 20
    private static let keyLimit = 100_000

    init(_ users: [AccountBase.User], _ config: SSHDConfig, _ probe: Probe) {
        let places = config.authorizedKeysFiles
        for keyword in ["authorizedkeyscommand", "authorizedprincipalsfile", "trustedusercakeys"] {
            let set = config.directives.first { $0.keyword == keyword && $0.arguments.first?.lowercased() != "none" }
            if let set { probe.gap(set.from, "keys accepted through \(set.keyword) are not listed") }
        }
        for user in users {
            var seen: Set<String> = []
            for place in places {
                let path = Self.path(place, user)
                guard seen.insert(path).inserted else { continue }
                read(path, user, probe)
            }
        }
    }

    /// The path for a user: `%h`, `%u`, `%U` and `%%` replaced, relative to the home folder.
    static func path(_ place: String, _ user: AccountBase.User) -> String {
        var path = ""
        var rest = place[...]
        while let percent = rest.firstIndex(of: "%") {
            path += rest[..<percent]
            rest = rest[percent...].dropFirst()
            switch rest.popFirst() {
            case "h": path += user.home
            case "u": path += user.name
            case "U": path += String(user.uid)
            case "%": path += "%"
            default: break
            }
        }
        path += rest
        if path.hasPrefix("/") { return path }
        return (user.home.hasSuffix("/") ? user.home : user.home + "/") + path
    }

    private mutating func read(_ path: String, _ user: AccountBase.User, _ probe: Probe) {
        let before = probe.gaps.count
        guard path.hasPrefix("/"), let file = probe.bytes(path, limit: Self.fileLimit).map({ TextFile(path: path, file: $0) })
        else {
            if probe.gaps.count > before { unreadable.insert(user.name) }
            return
        }
        for (index, line) in file.lines.enumerated() {
            guard let key = AuthorizedKey(line) else { continue }
            guard keys.count < Self.keyLimit else {
                probe.gap(path.clipped, "more keys than are listed")
                return
            }
            keys.append(Held(user: user.name, key: key, from: file.from(index + 1)))
            counts[user.name, default: 0] += 1
        }
    }

    /// Keys that open several accounts.
    var shared: [(fingerprint: String, users: [String])] {
        var users: [String: [String]] = [:]
        for held in keys where !(users[held.key.fingerprint, default: []].contains(held.user)) {
            users[held.key.fingerprint, default: []].append(held.user)
        }
        return users.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
