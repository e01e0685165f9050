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
            volumes.append(
                .object([
                    ("mount", .text(mount.point)), ("bytes", .integer(volume.bytes)), ("free", .integer(volume.free)),
                    // Rounded to the cautious side: 89.2 % used is reported as 90, and 10.8 % free as 10.
                    ("used_percent", .integer(100 - volume.free * 100 / max(1, volume.bytes))),
                    ("free_percent", .integer(volume.free * 100 / max(1, volume.bytes))),
                    ("holds_logs", .bool(holders.contains(mount.point))), ("separate", .bool(mount.point != "/")),
                    ("from", .text("/proc/self/mountinfo")),
                ]))
        }
        return .facts(.object([("volumes", .list(volumes))]))
    }
}
