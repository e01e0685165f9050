internal import Crypto
public import Documents
public import Rulebook

/// The facts of one host as one collection found them: what is so, where it stands, and what could not be read.
public struct HostFacts: Sendable {
    /// The schema every facts file names.
    public static let schema = "plumbline.facts/1"

    /// How a group was read.
    public struct Source: Sendable, Hashable {
        /// The state.
        public var state: SourceState
        /// Why it is not `read`.
        public var reason: String?
        /// What could not be read, and why.
        public var gaps: [String]
    }

    /// The host's name.
    public var host: String
    /// Its operating system, as it calls itself.
    public var system: String
    /// Which facts schema the groups follow.
    public var facts: String
    /// When the collection ended.
    public var collected: Instant
    /// Program and version that collected.
    public var collector: String
    /// Effective user id of the collection.
    public var user: Int
    /// Groups with their facts.
    public var groups: [String: Node]
    /// How each group was read.
    public var sources: [String: Source]
    /// SHA-256 of the canonical bytes, hexadecimal.
    public var sha256: String
    /// File it was read from; empty when it was just collected.
    public var origin: String
    /// The whole document.
    public var document: Node

    /// Reads a facts document. Unknown groups are kept (a newer collector may know more); everything else must be as the schema says.
    public init(_ node: Node, origin: String) throws(DocumentError) {
        do throws(DocumentError) {
            var fields = try Fields(node, path: "")
            try fields.expectSchema(Self.schema)
            var collector = try Fields(try fields.required("collector"), path: "collector")
            self.collector = "\(try collector.text("name")) \(try collector.text("version"))"
            user = try collector.optionalInteger("user") ?? -1
            var host = try Fields(try fields.required("host"), path: "host")
            self.host = try host.text("name")
            system = try host.optionalText("system") ?? ""
            facts = try fields.text("facts_schema")
            let collectedText = try fields.text("collected")
            guard let collected = Instant(collectedText) else {
                throw fields.error(at: "collected", "a UTC instant (2026-11-20T15:33:00Z) is expected")
            }
            self.collected = collected
            _ = fields.optional("began")
            sources = try Self.sources(&fields)
            groups = [:]
            for entry in try fields.entries("facts") {
                guard entry.node.entries != nil else {
                    throw DocumentError(
                        .wrongType, position: entry.node.position, key: "facts.\(entry.key.clipped)",
                        reason: "a mapping is expected, not \(entry.node.kindName)")
                }
                groups[entry.key] = entry.node
            }
            try fields.finish()
            document = node
            self.origin = origin
            sha256 = SHA256.hash(data: CanonicalJSON.bytes(of: node)).hex
            for (name, source) in sources where (source.state == .read || source.state == .partial) && groups[name] == nil {
                throw DocumentError(
                    .missingKey, position: node["sources"]?[name]?.position ?? .none, key: "facts.\(name)",
                    reason: "the source was read, but its facts are missing")
            }
        } catch {
            throw error.inSource(origin)
        }
    }

    private static func sources(_ outer: inout Fields) throws(DocumentError) -> [String: Source] {
        var sources: [String: Source] = [:]
        for entry in try outer.entries("sources") {
            var fields = try Fields(entry.node, path: "sources.\(entry.key.clipped)")
            var source = Source(state: try fields.choice("state"), reason: try fields.optionalText("reason"), gaps: [])
            for (index, node) in try fields.list("gaps").enumerated() {
                var gap = try Fields(node, path: "\(fields.path("gaps"))[\(index)]")
                source.gaps.append("\(try gap.text("what")): \(try gap.text("why"))")
                try gap.finish()
            }
            _ = fields.optional("files")
            _ = fields.optional("commands")
            try fields.finish()
            sources[entry.key] = source
        }
        return sources
    }

    /// How a group was read; `absent` when the document does not speak of it.
    public func source(_ group: String) -> Source {
        sources[group] ?? Source(state: .absent, reason: nil, gaps: [])
    }

    /// The canonical bytes, as written to a file.
    public var bytes: [UInt8] { CanonicalJSON.bytes(of: document) }
}
