internal import Rulebook

/// The host's time zone, from the link /etc/localtime or from /etc/timezone.
struct HostZone: Sendable {
    /// Its name; nil when the host does not tell.
    let name: String?

    init(_ probe: Probe) {
        let marker = "zoneinfo/"
        if let target = probe.host.linkTarget("/etc/localtime"), let found = Self.after(marker, in: target), !found.isEmpty {
            name = found
        } else if let line = probe.file("/etc/timezone")?.lines.lazy.map({ Conf.trim($0) }).first(where: { !Conf.isSilent($0) }) {
            name = line
        } else {
            // systemd takes a missing /etc/localtime as UTC; a plain file names no zone.
            name = nil
        }
    }

    private static func after(_ marker: String, in text: String) -> String? {
        var rest = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix(marker) { return String(rest.dropFirst(marker.count)) }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// The zone with its offset, where that is fixed and known.
    var zone: Zone? { name.flatMap { Zone($0) } }
}
