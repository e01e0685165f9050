import Documents
import Testing

@testable import Checks

/// What a collector gave for a tree, with what it noted.
struct Run {
    let facts: Node?
    let nothing: (state: SourceState, reason: String)?
    let gaps: [(what: String, why: String)]

    init(_ collector: any FactCollector, _ tree: TreeHost) async {
        await self.init(collector, tree.host)
    }

    init(_ collector: any FactCollector, _ host: Host) async {
        let probe = Probe(host)
        switch await collector.collect(probe) {
        case .facts(let node): (facts, nothing) = (node, nil)
        case .nothing(let state, let reason): (facts, nothing) = (nil, (state, reason))
        }
        gaps = probe.gaps
    }

    /// The node at a path: keys, and `name=value` to pick an item of a list, or `#2` for its place.
    subscript(_ path: String) -> Node? {
        var node = facts
        for step in path.split(separator: "/") {
            if step.hasPrefix("#") {
                let place = Int(step.dropFirst()) ?? 0
                node = node?.list.flatMap { $0.indices.contains(place) ? $0[place] : nil }
            } else if let equals = step.firstIndex(of: "=") {
                let (key, value) = (String(step[..<equals]), String(step[step.index(after: equals)...]))
                node = node?.list?.first { $0[key]?.text == value }
            } else {
                node = node?[String(step)]
            }
        }
        return node
    }

    /// The value of a setting as text, with where it comes from.
    func setting(_ path: String) -> String? {
        guard let node = self[path], let value = node["value"], let from = node["from"]?.text else { return nil }
        let shown = value.text ?? value.integer.map { String($0) } ?? value.bool.map { String($0) } ?? "?"
        return "\(shown) from \(from)"
    }

    /// The texts of a list.
    func texts(_ path: String) -> [String]? { self[path]?.list?.compactMap { $0.text } }
}

/// A small seeded generator (SplitMix64), so that a failing case can be made again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Bytes of which about half are of `alphabet`, so that they come near what a parser expects.
    mutating func bytes(_ count: Int, alphabet: String) -> [UInt8] {
        let letters = Array(alphabet.utf8)
        return (0..<count).map { _ in
            Bool.random(using: &self) ? letters.randomElement(using: &self) ?? 0 : UInt8.random(in: 0...255, using: &self)
        }
    }
}
