internal import Documents

/// User and group names by number, from /etc/passwd and /etc/group (what no local file names stays a number).
struct OwnerNames: Sendable {
    private var users: [UInt32: String] = [:]
    private var groups: [UInt32: String] = [:]

    init(_ probe: Probe) {
        users = Self.read(probe.file("/etc/passwd"))
        groups = Self.read(probe.file("/etc/group"))
    }

    private static func read(_ file: TextFile?) -> [UInt32: String] {
        var names: [UInt32: String] = [:]
        for line in file?.lines ?? [] {
            let fields = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
            // The first line of a number wins, as the C library looks it up.
            if fields.count >= 3, let id = UInt32(fields[2]), names[id] == nil { names[id] = String(fields[0]) }
        }
        return names
    }

    /// Name of a user, or the number.
    func user(_ id: UInt32) -> String { users[id] ?? String(id) }

    /// Name of a group, or the number.
    func group(_ id: UInt32) -> String { groups[id] ?? String(id) }

    /// `path`, `mode`, `owner` and `group` of a file, as many groups of facts carry them.
    func fields(_ path: String, _ status: HostStatus) -> [(String, Node?)] {
        [
            ("path", .text(path)), ("mode", .text(status.modeText)), ("owner", .text(user(status.uid))),
            ("group", .text(group(status.gid))),
        ]
    }
}
