internal import Documents

/// Size and free space of the volumes, and which of them hold logs.
struct StorageCollector: FactCollector {
    let group = "storage"
    private static let logFolders = ["/var/log/audit", "/var/log/journal", "/var/log"]

    func collect(_ probe: Probe) async -> Collected {
        let mounts = MountTable(probe)
        guard !mounts.mounts.isEmpty else { return .nothing(.absent, "/proc/self/mountinfo is not there") }
        let holders = Set(Self.logFolders.filter { probe.exists($0) }.compactMap { mounts.holding($0)?.point })
        var volumes: [Node] = []
        for mount in mounts.mounts where mount.isLocalData || holders.contains(mount.point) {
            guard let volume = probe.host.volume(mount.point) else {
                if holders.contains(mount.point) { probe.gap(mount.point, "its size could not be read") }
                continue
            }
            guard volume.bytes > 0 else { continue }
            let used = max(0, volume.bytes - volume.free)
            volumes.append(
                .object([
                    ("mount", .text(mount.point)), ("bytes", .integer(volume.bytes)), ("free", .integer(volume.free)),
                    // Rounded up: 89.2 % used is reported as 90.
                    ("used_percent", .integer(Int((Double(used) / Double(volume.bytes) * 100).rounded(.up)))),
                    ("holds_logs", .bool(holders.contains(mount.point))), ("separate", .bool(mount.point != "/")),
                    ("from", .text("/proc/self/mountinfo")),
                ]))
        }
        return .facts(.object([("volumes", .list(volumes))]))
    }
}
