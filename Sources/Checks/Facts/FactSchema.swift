public import Documents
public import Rulebook

/// What a fact is, as the facts schema (`Packs/facts`) declares it.
public struct FactType: Sendable, Hashable {
    /// Kinds of fact.
    public enum Kind: String, Sendable, CaseIterable {
        case text, bool, integer, time, date, list, object
    }

    /// Kind of the value (of the items, when `isList`).
    public var kind: Kind
    /// Unit of a number.
    public var unit: Unit?
    /// Whether it is a list of such values.
    public var isList: Bool
    /// Whether it carries its origin: `{value, from}`.
    public var isSetting: Bool
}

/// Which facts a collector writes: every path with its type. A check that names another path is refused.
public struct FactSchema: Sendable {
    /// The schema every facts schema names.
    public static let schema = "plumbline.factschema/1"

    /// Its id: `linux`.
    public let id: String
    /// Its version.
    public let version: Int
    /// Groups in order, with what they are about.
    public let groups: [(name: String, about: Text)]

    private let types: [String: FactType]

    /// Reads a facts schema.
    public init(_ node: Node, origin: String) throws(DocumentError) {
        do throws(DocumentError) {
            var fields = try Fields(node, path: "")
            try fields.expectSchema(Self.schema)
            id = try fields.text("id")
            version = try fields.optionalInteger("version") ?? 1
            var groups: [(name: String, about: Text)] = []
            var types: [String: FactType] = [:]
            for entry in try fields.entries("groups") {
                var group = try Fields(entry.node, path: "groups.\(entry.key)")
                groups.append((entry.key, try Text(try group.required("about"), path: group.path("about"))))
                types[entry.key] = FactType(kind: .object, isList: false, isSetting: false)
                for path in try group.entries("paths") {
                    try Self.add(path, group: entry.key, to: &types)
                }
                try group.finish()
            }
            try fields.finish()
            self.groups = groups
            self.types = types
        } catch {
            throw error.inSource(origin)
        }
    }

    private static func add(_ entry: Node.Entry, group: String, to types: inout [String: FactType]) throws(DocumentError) {
        guard let text = entry.node.text, let type = FactType(text) else {
            throw DocumentError(
                .badValue, position: entry.node.position, key: "groups.\(group).paths.\(entry.key)", reason: "not a fact type")
        }
        // `users[].name` declares the list `users` and the path `users.name` of its items.
        var path = group
        let parts = entry.key.split(separator: ".")
        for (index, part) in parts.enumerated() {
            let isList = part.hasSuffix("[]")
            path += ".\(isList ? part.dropLast(2) : part)"
            if isList {
                types[path] = FactType(kind: .object, isList: true, isSetting: false)
            } else if index < parts.count - 1 {
                if types[path] == nil { types[path] = FactType(kind: .object, isList: false, isSetting: false) }
            } else {
                types[path] = type
            }
        }
    }

    /// The type of a fact by its keys (list items without labels); nil when no collector writes it.
    public func type(of keys: [String]) -> FactType? { types[keys.joined(separator: ".")] }

    /// The facts of a group without values that are not of their declared type. Facts files can be edited by hand or come from
    /// elsewhere; a number where a text belongs is no fact, and what is missing is unknown. Paths the schema does not name are kept.
    func conforming(_ node: Node, _ keys: [String]) -> Node? {
        guard let type = type(of: keys) else { return node }
        if type.isList {
            guard let items = node.list else { return nil }
            return Node(.list(items.compactMap { fits($0, type) ? members($0, keys, type) : nil }), at: node.position)
        }
        if type.isSetting, let value = node["value"] { return fits(value, type) ? node : nil }
        return fits(node, type) ? members(node, keys, type) : nil
    }

    private func members(_ node: Node, _ keys: [String], _ type: FactType) -> Node {
        guard type.kind == .object, let entries = node.entries else { return node }
        let kept = entries.compactMap { entry in
            conforming(entry.node, keys + [entry.key]).map { Node.Entry(key: entry.key, node: $0, position: entry.position) }
        }
        return Node(.object(kept), at: node.position)
    }

    private func fits(_ node: Node, _ type: FactType) -> Bool {
        switch type.kind {
        case .text: node.text != nil
        case .bool: node.bool != nil
        case .integer: node.number != nil
        case .time: node.text.flatMap { Instant($0) } != nil
        case .date: node.text.flatMap { CivilDate($0) } != nil
        case .list: node.list != nil
        case .object: node.entries != nil
        }
    }

    /// All paths, sorted, for listings.
    public var paths: [(path: String, type: FactType)] { types.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 } }

    /// Facts of a Linux host.
    public static let linux = "linux"
    /// Facts of the platform itself.
    public static let plumbline = "plumbline"

    /// A facts schema that comes with Plumbline.
    ///
    /// - Throws: `.notFound` when there is none of that id.
    public static func shipped(_ id: String = linux) throws(DocumentError) -> FactSchema {
        for (name, bytes) in ShippedFiles.files(in: "facts") where name == "facts/\(id).yaml" {
            let node: Node
            do throws(DocumentError) { node = try YAMLReader.read(bytes) } catch { throw error.inSource(name) }
            return try FactSchema(node, origin: name)
        }
        throw DocumentError(.notFound, source: "facts/\(id.clipped).yaml", reason: "the facts schema is not embedded")
    }

    /// The schema that a check pack speaks of; that of Linux hosts when it names none that there is, which its reader then refuses by line.
    public static func of(pack node: Node) throws(DocumentError) -> FactSchema {
        try shipped(node["facts"]?.text == plumbline ? plumbline : linux)
    }
}

extension FactType {
    /// Reads `setting integer s`, `list<text>`, `time` and so on.
    init?(_ text: String) {
        var words = text.split(separator: " ").map(String.init)
        isSetting = words.first == "setting"
        if isSetting { words.removeFirst() }
        guard let first = words.first, words.count <= 2 else { return nil }
        var name = first
        isList = name.hasPrefix("list<") && name.hasSuffix(">")
        if isList { name = String(name.dropFirst(5).dropLast()) }
        guard let kind = Kind(rawValue: name) else { return nil }
        self.kind = kind
        if words.count == 2 {
            guard let unit = Unit(rawValue: words[1]) else { return nil }
            self.unit = unit
        }
    }
}
