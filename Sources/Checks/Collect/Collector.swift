public import Documents
internal import Rulebook

/// Collects all facts of a host, read-only.
public struct Collector: Sendable {
    /// A step of a running collection.
    public struct Progress: Sendable {
        /// Groups done.
        public var done: Int
        /// Groups in all.
        public var total: Int
        /// The group that was finished.
        public var group: String
    }

    private let host: Host
    private let collectors: [any FactCollector]
    private let version: String

    /// A collector of a host.
    ///
    /// - Parameters:
    ///   - host: what is looked at.
    ///   - version: version of this program, for the facts file.
    public init(_ host: Host, version: String) {
        self.init(host, version: version, collectors: identityCollectors + systemCollectors)
    }

    init(_ host: Host, version: String, collectors: [any FactCollector]) {
        self.host = host
        self.version = version
        self.collectors = collectors
    }

    /// Names of the groups that are collected.
    public var groups: [String] { collectors.map(\.group) }

    /// Collects. Groups run side by side; what one cannot read is noted and stops nothing.
    ///
    /// - Parameters:
    ///   - only: the groups wanted; nil for all.
    ///   - progress: called after each group, from any thread.
    /// - Returns: the facts.
    /// - Throws: `DocumentError` only when the collection does not keep its own schema, which is a defect.
    public func collect(only: Set<String>? = nil, progress: @escaping @Sendable (Progress) -> Void = { _ in })
        async throws(DocumentError) -> HostFacts
    {
        let began = host.now()
        let wanted = collectors.filter { only?.contains($0.group) ?? true }
        var facts: [(String, Node?)] = []
        var sources: [(String, Node?)] = []
        let host = host
        await withTaskGroup(of: (String, Node?, Node).self) { group in
            for collector in wanted {
                group.addTask {
                    let (facts, source) = await Self.run(collector, host)
                    return (collector.group, facts, source)
                }
            }
            for await (name, found, source) in group {
                facts.append((name, found))
                sources.append((name, source))
                progress(Progress(done: sources.count, total: wanted.count, group: name))
            }
        }
        let document = Node.object([
            ("schema", .text(HostFacts.schema)),
            ("facts_schema", "linux"),
            ("collector", .object([("name", "plumbline"), ("version", .text(version)), ("user", .integer(host.user))])),
            ("host", .object([("name", .text(HostName.read(host))), ("system", HostName.system(host).map { .text($0) })])),
            ("began", .text(began.description)),
            ("collected", .text(host.now().description)),
            ("sources", .object(sources)),
            ("facts", .object(facts)),
        ])
        return try HostFacts(document, origin: "")
    }

    private static func run(_ collector: any FactCollector, _ host: Host) async -> (Node?, Node) {
        let probe = Probe(host)
        switch await collector.collect(probe) {
        case .facts(let node): return (node, probe.sourceNode(state: probe.gaps.isEmpty ? .read : .partial, reason: nil))
        case .nothing(let state, let reason): return (nil, probe.sourceNode(state: state, reason: reason))
        }
    }
}

/// What a host calls itself.
enum HostName {
    static func read(_ host: Host) -> String {
        for path in ["/etc/hostname", "/proc/sys/kernel/hostname"] {
            if case .success(let file) = host.read(path, 4096) {
                let name = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(
                    String.init)
                if let name, !name.isEmpty { return name.clipped }
            }
        }
        return "localhost"
    }

    static func system(_ host: Host) -> String? {
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            guard case .success(let file) = host.read(path, 65_536) else { continue }
            for line in String(decoding: file.bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
                let name = line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" && $0 != "'" }.clipped
                if !name.isEmpty { return name }
            }
        }
        return nil
    }
}

extension Collector {
    /// The name of the host this program runs on.
    public static func hostName(of host: Host) -> String { HostName.read(host) }
}
