import Documents
import Glibc
import Testing

@testable import Checks

/// The collectors on the machine the tests run on. Only that they end well is asserted; PLUMBLINE_SHOW=1 prints what they found.
@Suite("Identity collectors on this host")
struct LiveIdentityTests {
    @Test("every collector ends", arguments: identityCollectors.map { $0.group })
    func live(_ group: String) async throws {
        let collector = try #require(identityCollectors.first { $0.group == group })
        let run = await Run(collector, .live())
        #expect(run.facts != nil || run.nothing != nil)
        guard getenv("PLUMBLINE_SHOW") != nil else { return }
        print("== \(group): \(run.nothing.map { "\($0)" } ?? "")")
        if let facts = run.facts { show(facts, "") }
        for gap in run.gaps { print("gap: \(gap.what): \(gap.why)") }
    }

    private func show(_ node: Node, _ path: String) {
        if let value = node["value"], let from = node["from"]?.text {
            print("\(path) = \(plain(value)) (\(from))")
        } else if let entries = node.entries {
            for entry in entries { show(entry.node, path.isEmpty ? entry.key : "\(path).\(entry.key)") }
        } else if let items = node.list, items.contains(where: { $0.entries != nil }) {
            for (index, item) in items.enumerated() { show(item, "\(path)[\(index)]") }
        } else {
            print("\(path) = \(plain(node))")
        }
    }

    private func plain(_ node: Node) -> String {
        node.list.map { "[" + $0.map(plain).joined(separator: ", ") + "]" }
            ?? node.text ?? node.integer.map { String($0) } ?? node.bool.map { String($0) } ?? "null"
    }
}
