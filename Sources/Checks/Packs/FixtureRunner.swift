internal import Documents
internal import Rulebook

/// Runs a check's own examples when its pack is loaded: an example that does not give what it promises refuses the pack.
enum FixtureRunner {
    /// Ages in fixtures are counted to this instant: 2026-11-20T00:00:00Z.
    static let instant = Instant(seconds: 1_795_132_800)

    static func run(_ check: Check, path: String, schema: FactSchema, rulebook: Rulebook) throws(DocumentError) {
        func refuse(_ fixture: Fixture, _ index: Int, _ reason: String) -> DocumentError {
            DocumentError(
                .badValue, position: fixture.position, key: "\(path).fixtures[\(index)]",
                reason: "\(check.id), \"\(fixture.name)\": \(reason)")
        }
        for kind in [CheckResult.pass, .fail] where !check.fixtures.contains(where: { $0.expect == kind }) {
            throw DocumentError(
                .missingKey, position: check.position, key: "\(path).fixtures",
                reason: "\(check.id) has no fixture with expect: \(kind.rawValue)")
        }
        for (index, fixture) in check.fixtures.enumerated() {
            try checkPaths(fixture, "\(path).fixtures[\(index)]", schema)
            let outcome = runner(fixture, nil, rulebook, schema).run(check)
            let trace =
                (outcome.evaluation.findings.map(\.description)
                + outcome.sources.map { "\($0.group) \($0.source.state.rawValue)" })
                .joined(separator: "\n")
            guard outcome.result == fixture.expect else {
                throw refuse(
                    fixture, index, "gives \(outcome.result.rawValue), not \(fixture.expect.rawValue): \(trace.clippedTrace)")
            }
            for part in fixture.because where !trace.contains(part) {
                throw refuse(fixture, index, "its trace does not name \"\(part.clipped)\": \(trace.clippedTrace)")
            }
        }
        guard let index = check.fixtures.firstIndex(where: { $0.expect == .pass }) else { return }
        let fixture = check.fixtures[index]
        for group in check.requires {
            let result = runner(fixture, group, rulebook, schema).run(check).result
            guard result == .undetermined else {
                throw refuse(
                    fixture, index, "without its source \"\(group)\" it gives \(result.rawValue); it must be undetermined")
            }
        }
    }

    private static func runner(_ fixture: Fixture, _ removed: String?, _ rulebook: Rulebook, _ schema: FactSchema) -> CheckRunner
    {
        CheckRunner(fixture: fixture, without: removed, parameters: rulebook.parameters, schema: schema, instant: instant)
    }

    /// A misspelt fact in a fixture would test nothing.
    private static func checkPaths(_ fixture: Fixture, _ path: String, _ schema: FactSchema) throws(DocumentError) {
        for (group, node) in fixture.facts { try checkPaths(node, [group], "\(path).facts", schema) }
    }

    private static func checkPaths(_ node: Node, _ keys: [String], _ path: String, _ schema: FactSchema) throws(DocumentError) {
        guard let type = schema.type(of: keys) else {
            throw DocumentError(
                .unknownKey, position: node.position, key: path, reason: "the facts schema has no \(keys.joined(separator: "."))")
        }
        if let entries = node.entries, type.kind == .object, !type.isList {
            for entry in entries where entry.key != "from" { try checkPaths(entry.node, keys + [entry.key], path, schema) }
        }
        if let items = node.list, type.isList, type.kind == .object {
            for item in items {
                for entry in item.entries ?? [] where entry.key != "from" && entry.key != "via" {
                    try checkPaths(entry.node, keys + [entry.key], path, schema)
                }
            }
        }
    }
}

extension String {
    /// The beginning of a trace, for a message.
    fileprivate var clippedTrace: String { count > 600 ? String(prefix(600)) + "…" : self }
}
