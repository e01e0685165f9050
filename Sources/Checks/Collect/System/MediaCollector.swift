internal import Documents

/// Removable media: may USB storage be used at all.
struct MediaCollector: FactCollector {
    let group = "media"
    private static let modprobeFolders = [
        "/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d",
    ]

    func collect(_ probe: Probe) async -> Collected {
        let processes = ProcessTable(probe)
        let guardInstalled = probe.hasProgram("usbguard-daemon") || probe.hasProgram("usbguard")
        let loaded = probe.file("/proc/modules").map { file in
            file.lines.contains { line in ["usb_storage", "uas"].contains(line.prefix { $0 != " " }) }
        }
        return .facts(
            .object([
                ("usb_storage_blocked", .bool(blocked(probe))),
                ("usb_storage_loaded", loaded.map { .bool($0) }),
                (
                    "usbguard",
                    .object([
                        ("installed", .bool(guardInstalled)), ("running", processes.map { .bool($0.runs("usbguard-daemon")) }),
                    ])
                ),
                (
                    "automount",
                    processes.map {
                        .bool($0.runs("udisksd", "automount", "usbmuxd", "udiskie") || probe.exists("/run/autofs.fifo"))
                    }
                ),
            ]))
    }

    /// `install usb-storage /bin/true` keeps the module from loading at all; `blacklist` alone only from loading by itself, which is
    /// what plugging in does. Both keep a stick from working.
    private func blocked(_ probe: Probe) -> Bool {
        var seen: Set<String> = []
        for folder in Self.modprobeFolders {
            for name in probe.names(in: folder) where name.hasSuffix(".conf") && seen.insert(name).inserted {
                for line in probe.file("\(folder)/\(name)")?.lines ?? [] {
                    let words = Conf.words(line).map { $0 == "usb_storage" ? "usb-storage" : $0 }
                    guard words.count >= 2, words[1] == "usb-storage" else { continue }
                    if words[0] == "blacklist" { return true }
                    if words[0] == "install", words.count >= 3, ["true", "false", "nologin"].contains(Conf.base(words[2])) {
                        return true
                    }
                }
            }
        }
        return false
    }
}
