internal import Documents

/// Which mounts and swap areas are encrypted.
struct DisksCollector: FactCollector {
    let group = "disks"
    private static let boot: Set<String> = ["/boot", "/boot/efi", "/efi"]
    /// Memory and kernel views hold no data that outlives a restart; a compressed swap in memory neither.
    private static let read: Set<String> = ["iso9660", "squashfs", "udf", "erofs"]

    func collect(_ probe: Probe) async -> Collected {
        let table = MountTable(probe)
        guard !table.mounts.isEmpty else { return .nothing(.absent, "/proc/self/mountinfo is not there") }
        var devices: BlockDevices?
        // Before util-linux 2.37 the column is MOUNTPOINT.
        for column in ["MOUNTPOINTS", "MOUNTPOINT"] where devices == nil {
            let text = await probe.output(["lsblk", "-J", "-o", "NAME,KNAME,TYPE,FSTYPE,\(column),PKNAME"], gap: false)
            devices = text.flatMap { BlockDevices($0) }
        }
        if devices == nil { probe.gap("lsblk", "the tree of block devices could not be read") }
        var mounts: [Node] = []
        var states: [Bool?] = []
        for mount in table.mounts where mount.isLocalData || mount.device.hasPrefix("/dev/") && !Self.read.contains(mount.type) {
            let encrypted = devices.flatMap { $0.isEncrypted(device: mount.device) ?? $0.mountEncrypted[mount.point] }
            mounts.append(
                .object([
                    ("mount", .text(mount.point)), ("device", .text(mount.device)), ("type", .text(mount.type)),
                    ("encrypted", encrypted.map { .bool($0) }), ("from", .text("/proc/self/mountinfo")),
                ]))
            if !Self.boot.contains(mount.point) { states.append(encrypted) }
        }
        return .facts(
            .object([
                ("mounts", .list(mounts)),
                ("swap_encrypted", swap(probe, devices).map { .bool($0) }),
                ("data_encrypted", Self.all(states).map { .bool($0) }),
            ]))
    }

    /// False when one is, nil when one is not known, true when all are; nil for none at all.
    private static func all(_ states: [Bool?]) -> Bool? {
        if states.contains(false) { return false }
        return states.isEmpty || states.contains(nil) ? nil : true
    }

    private func swap(_ probe: Probe, _ devices: BlockDevices?) -> Bool? {
        guard let file = probe.file("/proc/swaps") else { return nil }
        let areas = file.lines.dropFirst().compactMap { Conf.words($0).first }.filter { !$0.hasPrefix("/dev/zram") }
        if areas.isEmpty { return true }
        let table = MountTable(probe)
        return Self.all(
            areas.map { area in
                // A swap file is as safe as the volume it lies on.
                let device = area.hasPrefix("/dev/") ? area : table.holding(area)?.device ?? ""
                return devices?.isEncrypted(device: device)
            })
    }
}
