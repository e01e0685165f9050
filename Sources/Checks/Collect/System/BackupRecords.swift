internal import Documents
internal import Rulebook

/// One backup repository as its tool, or the site's own script, tells of it.
struct BackupRecord: Sendable, Equatable {
    var tool: String
    var location: String?
    var encrypted: Bool?
    var newest: Instant?
    var snapshots: Int?
    var lastCheck: Instant?
    var lastCheckOK: Bool?
    var from: String

    /// Whether the repository lies on another host: an address with a scheme or `host:path`.
    var isRemote: Bool? {
        guard let location else { return nil }
        if location.hasPrefix("/") || location.hasPrefix("file:") || location.hasPrefix("local:") { return false }
        if location.contains("://") { return true }
        let head = location.prefix { $0 != ":" && $0 != "/" }
        return head.utf8.count < location.utf8.count && location.dropFirst(head.count).hasPrefix(":") ? true : nil
    }

    /// A location without `user:password@` and without a query: `rest:https://user:pw@host/x?token=1` → `rest:https://host/x`.
    static func withoutCredentials(_ text: String) -> String {
        let plain = text.prefix { $0 != "?" && $0 != "#" }
        var parts: [Substring] = plain.split(separator: "/", omittingEmptySubsequences: false)
        // The authority is the part behind "//"; without one, the first part (`user@host:path`).
        let at = parts.count > 2 && parts[1].isEmpty ? 2 : 0
        guard at < parts.count, let sign = parts[at].lastIndex(of: "@") else { return String(plain).clipped }
        let scheme =
            at == 0
            ? parts[0][..<sign].split(separator: ":").first.flatMap { schemes.contains(String($0)) ? "\($0):" : nil } ?? "" : ""
        parts[at] = Substring(scheme + String(parts[at][parts[at].index(after: sign)...]))
        return parts.joined(separator: "/").clipped
    }

    private static let schemes: Set<String> = ["sftp", "rest", "s3", "b2", "azure", "gs", "swift", "rclone", "ssh"]
}

/// Reads the JSON that backup tools print, and Plumbline's own small form.
enum BackupReader {
    /// The records in a file; empty when it is none of the known forms.
    ///
    /// - Parameters:
    ///   - document: the JSON value.
    ///   - name: the file's name without its ending; it tells whose an empty list is.
    ///   - from: where it was read.
    /// - Returns: one record for each repository or stanza.
    static func records(_ document: Node, name: String, from: String) -> [BackupRecord] {
        if let items = document.list {
            if items.contains(where: { $0["stanza"] != nil || $0["backup"]?.list != nil && $0["name"] != nil }) {
                return pgbackrest(items, from)
            }
            if items.contains(where: { $0["time"] != nil }) || items.isEmpty && name.hasPrefix("restic") {
                return [restic(items, from)]
            }
            return items.flatMap { $0["tool"] != nil ? own($0, from) : [] }
        }
        if document["tool"] != nil { return own(document, from) }
        if document["archives"] != nil || document["repository"] != nil { return [borg(document, from)] }
        return []
    }

    private static func time(_ node: Node?) -> Instant? {
        guard let text = node?.text else { return nil }
        // borg prints local time without a zone; read as UTC+14 it is never newer than it was.
        return Instant(text) ?? Instant(text.prefix { $0 != "." } + "+14:00")
    }

    private static func own(_ node: Node, _ from: String) -> [BackupRecord] {
        guard let tool = node["tool"]?.text else { return [] }
        return [
            BackupRecord(
                tool: tool.clipped, location: node["location"]?.text.map { BackupRecord.withoutCredentials($0) },
                encrypted: node["encrypted"]?.bool,
                newest: time(node["newest"]), snapshots: node["snapshots"]?.integer, lastCheck: time(node["last_check"]),
                lastCheckOK: node["last_check_ok"]?.bool, from: from)
        ]
    }

    /// `restic snapshots --json`; a restic repository is always encrypted.
    private static func restic(_ items: [Node], _ from: String) -> BackupRecord {
        BackupRecord(
            tool: "restic", location: nil, encrypted: true, newest: items.compactMap { time($0["time"]) }.max(),
            snapshots: items.count,
            from: from)
    }

    /// `borg list --json` or `borg info --json`.
    private static func borg(_ node: Node, _ from: String) -> BackupRecord {
        let archives = node["archives"]?.list
        let times = (archives ?? []).compactMap { time($0["start"] ?? $0["time"]) }
        let mode = node["encryption"]?["mode"]?.text
        return BackupRecord(
            tool: "borg", location: node["repository"]?["location"]?.text.map { BackupRecord.withoutCredentials($0) },
            // "authenticated" signs only.
            encrypted: mode.map { $0 != "none" && !$0.hasPrefix("authenticated") },
            newest: times.max(), snapshots: archives?.count, from: from)
    }

    /// `pgbackrest info --output=json`: stanzas with their repositories.
    static func pgbackrest(_ stanzas: [Node], _ from: String) -> [BackupRecord] {
        stanzas.prefix(200).compactMap { stanza in
            guard let name = stanza["name"]?.text else { return nil }
            let backups = stanza["backup"]?.list ?? []
            let stops = backups.compactMap { $0["timestamp"]?["stop"]?.integer }.filter { $0 > 0 && $0 < 1 << 40 }
            let ciphers =
                (stanza["repo"]?.list ?? []).compactMap { $0["cipher"]?.text } + [stanza["cipher"]?.text].compactMap { $0 }
            return BackupRecord(
                tool: "pgbackrest", location: "stanza \(name)".clipped,
                encrypted: ciphers.isEmpty ? nil : ciphers.allSatisfy { $0 != "none" },
                newest: stops.max().map { Instant(seconds: Int64($0)) }, snapshots: backups.count, from: from)
        }
    }
}
