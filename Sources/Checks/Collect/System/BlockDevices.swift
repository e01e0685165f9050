internal import Documents

/// The tree of block devices as `lsblk -J` tells it: which device lies on an encrypted one.
struct BlockDevices: Sendable {
    private var encrypted: [String: Bool] = [:]
    private var names: Set<String> = []
    /// Mount points by what lsblk says of their device.
    private(set) var mountEncrypted: [String: Bool] = [:]

    /// Reads the text; nil when it is not what lsblk prints.
    init?(_ text: String) {
        guard let roots = (try? JSONReader.read(Array(text.utf8)))?["blockdevices"]?.list else { return nil }
        var stack = roots.map { ($0, false) }
        var steps = 0
        while let (node, above) = stack.popLast(), steps < 100_000 {
            steps += 1
            let isCrypt = above || node["type"]?.text == "crypt"
            for key in ["name", "kname"] { if let name = node[key]?.text { note(name, isCrypt) } }
            for point in node["mountpoints"]?.list ?? [node["mountpoint"]].compactMap({ $0 }) {
                // A device of several parents (RAID, volume group over two disks) is encrypted only when every way down is.
                if let point = point.text { mountEncrypted[point] = isCrypt && mountEncrypted[point] != false }
            }
            for child in node["children"]?.list ?? [] { stack.append((child, isCrypt)) }
        }
    }

    private mutating func note(_ name: String, _ isCrypt: Bool) {
        encrypted[name] = isCrypt && encrypted[name] != false
        names.insert(name)
    }

    /// Whether a device (`/dev/mapper/vg-root`, `/dev/dm-1`) lies on an encrypted one; nil when lsblk does not know it.
    func isEncrypted(device: String) -> Bool? {
        guard device.hasPrefix("/dev/") else { return nil }
        let name = device.hasPrefix("/dev/mapper/") ? String(device.dropFirst(12)) : String(device.dropFirst(5))
        return encrypted[name]
    }
}
