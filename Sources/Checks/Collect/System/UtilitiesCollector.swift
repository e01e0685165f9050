internal import Documents

/// Programs that can undo protections, who may run them, and set-uid programs nobody expects.
struct UtilitiesCollector: FactCollector {
    let group = "utilities"
    private static let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"]

    func collect(_ probe: Probe) async -> Collected {
        let owners = OwnerNames(probe)
        // On most systems /bin is a link to /usr/bin: looked at once.
        let folders = Self.folders.filter { probe.host.linkTarget($0) == nil }
        var files: [Node] = []
        var setuid: [String] = []
        let kinds = Dictionary(
            KnownSoftware.utilities.flatMap { group in group.names.map { ($0, group.kind) } },
            uniquingKeysWith: { first, _ in first })
        for folder in folders {
            for name in probe.names(in: folder).prefix(20_000) {
                let path = "\(folder)/\(name)"
                guard case .success(let status) = probe.host.status(path), status.kind == .file else { continue }
                if status.mode & 0o4000 != 0, !KnownSoftware.usualSetuid.contains(name), probe.host.linkTarget(path) == nil {
                    setuid.append(path)
                }
                guard let kind = kinds[name] else { continue }
                let more: [(String, Node?)] = [
                    ("name", .text(name)), ("kind", .text(kind)), ("others_may_run", .bool(status.mode & 0o001 != 0)),
                    ("from", .text(path)),
                ]
                files.append(.object(owners.fields(path, status) + more))
            }
        }
        return .facts(.object([("files", .list(files)), ("unexpected_setuid", .texts(setuid.sorted()))]))
    }
}
