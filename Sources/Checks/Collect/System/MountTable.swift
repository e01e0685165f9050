/// The mounted file systems, from /proc/self/mountinfo.
struct MountTable: Sendable {
    /// One mount.
    struct Mount: Sendable, Equatable {
        let point: String
        let type: String
        let device: String
        /// `major:minor`.
        let number: String

        /// A local file system that keeps data.
        var isLocalData: Bool {
            [
                "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "vfat", "exfat", "ntfs", "ntfs3",
                "bcachefs", "overlay",
            ]
            .contains(type)
        }
    }

    let mounts: [Mount]

    init(_ probe: Probe) {
        var found: [Mount] = []
        for line in (probe.file("/proc/self/mountinfo")?.lines ?? []).prefix(10_000) {
            guard let mount = Self.parse(line) else { continue }
            // What is mounted over another is what programs see.
            found.removeAll { $0.point == mount.point }
            found.append(mount)
        }
        mounts = found
    }

    /// `36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
    static func parse(_ line: some StringProtocol) -> Mount? {
        let words = line.split(separator: " ")
        guard words.count >= 9, let dash = words.dropFirst(6).firstIndex(of: "-"), dash + 2 < words.count else { return nil }
        return Mount(
            point: unescape(words[4]), type: String(words[dash + 1]), device: unescape(words[dash + 2]), number: String(words[2]))
    }

    /// Spaces and so on stand as three octal digits behind a backslash.
    static func unescape(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 3 < bytes.count,
                bytes[(index + 1)...(index + 3)].allSatisfy({ (0x30...0x37).contains($0) })
            {
                let value = bytes[(index + 1)...(index + 3)].reduce(0) { $0 * 8 + Int($1 - 0x30) }
                plain.append(UInt8(truncatingIfNeeded: value))
                index += 4
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// The mount a path lies on.
    func holding(_ path: String) -> Mount? {
        mounts.filter { path == $0.point || path.hasPrefix($0.point == "/" ? "/" : $0.point + "/") }
            .max { $0.point.utf8.count < $1.point.utf8.count }
    }
}
