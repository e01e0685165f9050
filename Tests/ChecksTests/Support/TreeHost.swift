import Rulebook

@testable import Checks

/// A host made of texts: paths with their content, what commands answer, and what is forbidden.
struct TreeHost {
    var files: [String: String] = [:]
    var modes: [String: UInt32] = [:]
    var binary: [String: [UInt8]] = [:]
    var denied: Set<String> = []
    var commands: [String: CommandOutcome] = [:]
    var links: [String: String] = [:]
    var volumes: [String: HostVolume] = [:]
    var exchanges: [String: [UInt8]] = [:]
    var modified: [String: Instant] = [:]
    var now = Instant(seconds: 1_795_000_000)
    var user: UInt32 = 0

    /// A command that ended well and printed this.
    static func says(_ text: String, status: Int32 = 0) -> CommandOutcome { .exited(status, output: Array(text.utf8), error: "") }

    private func content(_ path: String) -> [UInt8]? { binary[path] ?? files[path].map { Array($0.utf8) } }

    private func isFolder(_ path: String) -> Bool {
        let prefix = path.hasSuffix("/") ? path : path + "/"
        return (Array(files.keys) + Array(binary.keys) + Array(links.keys)).contains { $0.hasPrefix(prefix) }
    }

    private func status(_ path: String) -> Result<HostStatus, AccessFailure> {
        if let content = content(path) {
            return .success(
                HostStatus(kind: .file, mode: modes[path] ?? 0o644, size: content.count, modified: modified[path] ?? now))
        }
        return isFolder(path) ? .success(HostStatus(kind: .directory, mode: modes[path] ?? 0o755)) : .failure(.absent)
    }

    private func read(_ path: String, _ limit: Int, end: Bool) -> Result<HostFile, AccessFailure> {
        if denied.contains(path) { return .failure(.denied) }
        let path = links[path] ?? path
        guard let bytes = content(path), case .success(let status) = status(path) else {
            return .failure(isFolder(path) ? .notRegular : .absent)
        }
        if bytes.count > limit, !end { return .failure(.tooLarge(bytes.count)) }
        return .success(HostFile(bytes: end ? Array(bytes.suffix(limit)) : bytes, status: status))
    }

    private func list(_ path: String) -> Result<[String], AccessFailure> {
        if denied.contains(path) { return .failure(.denied) }
        guard isFolder(path) else { return .failure(.absent) }
        let prefix = path.hasSuffix("/") ? path : path + "/"
        let names = (Array(files.keys) + Array(binary.keys) + Array(links.keys)).filter { $0.hasPrefix(prefix) }
            .compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }
        return .success(Set(names).sorted())
    }

    /// The host, as collectors see it.
    var host: Host {
        let tree = self
        return Host(
            read: { tree.read($0, $1, end: false) },
            readEnd: { tree.read($0, $1, end: true) },
            list: { tree.list($0) },
            status: { tree.status(tree.links[$0] ?? $0) },
            linkTarget: { tree.links[$0] },
            volume: { tree.volumes[$0] },
            run: { arguments, _ in tree.commands[arguments.joined(separator: " ")] ?? .notFound },
            exchange: { address, port, _, _, _ in tree.exchanges["\(address):\(port)"] },
            now: { tree.now },
            user: user,
            isLive: true)
    }
}
