import Documents
import Rulebook
import Testing

@testable import Checks

/// Runs one collector on a tree and gives its facts; records why when there are none.
func facts(_ collector: some FactCollector, _ tree: TreeHost) async -> (node: Node, gaps: [String]) {
    let probe = Probe(tree.host)
    let collected = await collector.collect(probe)
    let gaps = probe.gaps.map { "\($0.what): \($0.why)" }
    switch collected {
    case .facts(let node):
        for problem in FactsSchemaCheck.problems(node, group: collector.group) { Issue.record("\(collector.group): \(problem)") }
        return (node, gaps)
    case .nothing(let state, let why): return (.object([("nothing", .text("\(state.rawValue): \(why)"))]), gaps)
    }
}

extension Node {
    /// The value at a path of keys and list indices: `entries.0.keeps`. A setting gives its value.
    func at(_ path: String) -> Node? {
        var node: Node? = self
        for part in path.split(separator: ".") {
            if let index = Int(part), let list = node?.list {
                node = list.indices.contains(index) ? list[index] : nil
            } else {
                node = node?[String(part)]
            }
        }
        if let entries = node?.entries, entries.count == 2, let value = node?["value"], node?["from"] != nil { return value }
        return node
    }

    /// The place a setting was read from.
    func origin(_ path: String) -> String? {
        var node: Node? = self
        for part in path.split(separator: ".") { node = node?[String(part)] }
        return node?["from"]?.text
    }
}

/// A small generator with a seed, so that a failing case can be made again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// Random bytes.
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 24) } }

    /// `text` with some bytes changed, cut out or doubled.
    mutating func mutated(_ text: [UInt8]) -> [UInt8] {
        var bytes = text
        for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0...3, using: &self) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: next())
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...5, using: &self)))
            case 2: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 7)], at: at)
            default: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &self)
            }
        }
        return bytes
    }
}

/// Holds facts against Packs/facts/linux.yaml: every path known, every type right.
enum FactsSchemaCheck {
    private static let groups: [String: [String: String]] = {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        guard let bytes = try? DocumentFile.read("/\(root)/Packs/facts/linux.yaml", limit: 1 << 20),
            let document = try? YAMLReader.read(bytes)
        else { return [:] }
        var groups: [String: [String: String]] = [:]
        for group in document["groups"]?.entries ?? [] {
            for entry in group.node["paths"]?.entries ?? [] { groups[group.key, default: [:]][entry.key] = entry.node.text ?? "" }
        }
        return groups
    }()

    static func problems(_ node: Node, group: String) -> [String] {
        guard let paths = groups[group] else { return ["the schema has no such group"] }
        return walk(node, "", paths)
    }

    private static func walk(_ node: Node, _ path: String, _ paths: [String: String]) -> [String] {
        (node.entries ?? []).flatMap { entry -> [String] in
            let here = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            if entry.key == "from", path.hasSuffix("[]") { return [] }
            if let type = paths[here] { return fits(entry.node, type) ? [] : ["\(here) is no \(type): \(show(entry.node))"] }
            if paths["\(here)[]"] != nil, let items = entry.node.list { return items.flatMap { walk($0, "\(here)[]", paths) } }
            if entry.node.entries != nil, paths.keys.contains(where: { $0.hasPrefix(here + ".") }) {
                return walk(entry.node, here, paths)
            }
            return ["\(here) is not in the schema"]
        }
    }

    private static func fits(_ node: Node, _ type: String) -> Bool {
        let words = type.split(separator: " ")
        if words.first == "setting" {
            guard let value = node["value"], node["from"]?.text?.isEmpty == false, node.entries?.count == 2 else { return false }
            return fits(value, words.dropFirst().joined(separator: " "))
        }
        switch words.first {
        case "text": return node.text != nil
        case "bool": return node.bool != nil
        case "integer": return node.integer != nil
        case "time": return node.text.flatMap { Instant($0) } != nil
        case "date": return node.text.flatMap { CivilDate($0) } != nil
        case "list<text>": return node.list?.allSatisfy { $0.text != nil } == true
        case "list<integer>": return node.list?.allSatisfy { $0.integer != nil } == true
        default: return false
        }
    }
}
