internal import Documents

/// /etc/passwd and /etc/group, parsed. Used wherever a number needs its name.
struct AccountBase: Sendable {
    /// A line of passwd.
    struct User: Sendable {
        var name: String
        /// What the second field says; nil when it points to shadow.
        var password: PasswordField?
        var uid: Int
        var gid: Int
        var comment: String
        var home: String
        var shell: String
        var from: String
    }

    /// A line of group.
    struct Group: Sendable {
        var name: String
        var gid: Int
        var members: [String]
        var from: String
    }

    private(set) var users: [User] = []
    private(set) var groups: [Group] = []
    /// Whether passwd was read.
    private(set) var isRead = false
    private var userNames: [Int: String] = [:]
    private var groupNames: [Int: String] = [:]

    /// Most lines of a file that are read.
    static let lineLimit = 200_000

    init(_ probe: Probe) {
        if let file = probe.file("/etc/passwd") {
            isRead = true
            for (line, fields) in Self.fields(file, probe) where fields.count >= 7 {
                guard let uid = Int(fields[2]), let gid = Int(fields[3]) else { continue }
                users.append(
                    User(
                        name: String(fields[0]), password: PasswordField.isShadowed(fields[1]) ? nil : PasswordField(fields[1]),
                        uid: uid,
                        gid: gid, comment: String(fields[4]), home: String(fields[5]), shell: fields[6].trimmed,
                        from: file.from(line)))
            }
        }
        if let file = probe.file("/etc/group") {
            for (line, fields) in Self.fields(file, probe) where fields.count >= 3 {
                guard let gid = Int(fields[2]) else { continue }
                let members = fields.count > 3 ? fields[3].split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty } : []
                groups.append(Group(name: String(fields[0]), gid: gid, members: members, from: file.from(line)))
            }
        }
        userNames = Dictionary(users.map { ($0.uid, $0.name) }, uniquingKeysWith: { first, _ in first })
        groupNames = Dictionary(groups.map { ($0.gid, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// The colon-separated fields of each line, with its number. Lines of NIS (`+`, `-`) are a gap: who they stand for is not known here.
    static func fields(_ file: TextFile, _ probe: Probe) -> [(line: Int, fields: [Substring])] {
        var found: [(Int, [Substring])] = []
        for (index, line) in file.lines.enumerated() {
            if index >= lineLimit {
                probe.gap(file.path, "more than \(lineLimit) lines; the rest is not read")
                break
            }
            if line.utf8.first == UInt8(ascii: "+") || line.utf8.first == UInt8(ascii: "-") {
                probe.gap(file.from(index + 1), "accounts of NIS or another directory are not listed")
                continue
            }
            guard let first = line.utf8.first, first != UInt8(ascii: "#") else { continue }
            let fields = line.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 20, omittingEmptySubsequences: false)
            if fields.count > 1, !fields[0].isEmpty { found.append((index + 1, fields.map { Substring($0) })) }
        }
        return found
    }

    /// The name of a user id, or the number itself.
    func owner(_ uid: UInt32) -> String { userNames[Int(uid)] ?? String(uid) }

    /// The name of a group id, or the number itself.
    func groupName(_ gid: UInt32) -> String { groupNames[Int(gid)] ?? String(gid) }

    /// Names of the groups a user is in, the primary one first.
    func groups(of user: User) -> [String] {
        var names = groups.filter { $0.gid == user.gid }.prefix(1).map { $0.name }
        for group in groups where group.members.contains(user.name) && !names.contains(group.name) { names.append(group.name) }
        return names
    }

    /// Users in groups whose name matches a pattern.
    func members(ofGroupsLike pattern: String) -> [(user: String, groups: [String])] {
        let matching = groups.filter { Glob.matches($0.name, pattern) }
        let named = Set(matching.flatMap { $0.members })
        let ids = Set(matching.map { $0.gid })
        return users.filter { named.contains($0.name) || ids.contains($0.gid) }.prefix(500).map { ($0.name, groups(of: $0)) }
    }
}
