public import Documents
public import Rulebook

/// Reads check packs (`Documentation/check-packs.md`): form, paths, parameters and fixtures. A wrong pack is refused whole.
public enum CheckPackReader {
    /// The pack that `node` holds.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - origin: file or name, for messages.
    ///   - schema: the facts schema it must speak of.
    ///   - rulebook: the clauses and parameters it may name.
    /// - Returns: the pack, its fixtures run.
    /// - Throws: `DocumentError` at the first thing that is wrong.
    public static func read(_ node: Node, origin: String, schema: FactSchema, rulebook: Rulebook) throws(DocumentError)
        -> CheckPack
    {
        do throws(DocumentError) {
            var fields = try Fields(node, path: "")
            try fields.expectSchema(CheckPack.schema)
            var pack = CheckPack(
                id: try fields.text("id"), version: try fields.text("version"), facts: try fields.text("facts"),
                title: try Text(try fields.required("title"), path: "title"), checks: [], origin: origin)
            guard pack.facts == schema.id else {
                throw fields.error(at: "facts", "there is no facts schema \"\(pack.facts.clipped)\"")
            }
            var ids: Set<String> = []
            for (index, node) in try fields.list("checks").enumerated() {
                let check = try check(node, "checks[\(index)]")
                guard ids.insert(check.id).inserted else {
                    throw DocumentError(
                        .duplicateKey, position: check.position, key: "checks[\(index)].id",
                        reason: "the check \(check.id) stands twice")
                }
                try CheckValidation.validate(check, path: "checks[\(index)]", schema: schema, rulebook: rulebook)
                try FixtureRunner.run(check, path: "checks[\(index)]", schema: schema, rulebook: rulebook)
                pack.checks.append(check)
            }
            guard !pack.checks.isEmpty else { throw fields.error(.missingKey, at: "checks", "a pack has at least one check") }
            try fields.finish()
            return pack
        } catch {
            throw error.inSource(origin)
        }
    }

    private static func check(_ node: Node, _ path: String) throws(DocumentError) -> Check {
        var fields = try Fields(node, path: path)
        var when: Predicate?
        if let node = fields.optional("when") { when = try PredicateReader.read(node, path: fields.path("when")) }
        let assertion = try fields.required("assert")
        let check = Check(
            id: try fields.text("id"), title: try Text(try fields.required("title"), path: fields.path("title")),
            covers: try covers(&fields), severity: try fields.choice("severity"), requires: try fields.texts("requires"),
            toleratesGaps: try fields.optionalBool("tolerates_gaps") ?? false, when: when,
            assert: try PredicateReader.read(assertion, path: fields.path("assert")),
            context: try context(&fields), explanation: try Text(try fields.required("explain"), path: fields.path("explain")),
            remedy: try Text(try fields.required("remedy"), path: fields.path("remedy")), fixtures: try fixtures(&fields),
            position: node.position)
        try fields.finish()
        guard check.id.isIdentifier else { throw fields.error(at: "id", "lower-case letters, digits, '.', '-' only") }
        return check
    }

    private static func context(_ fields: inout Fields) throws(DocumentError) -> [FactPath] {
        var paths: [FactPath] = []
        for text in try fields.texts("context") {
            guard let path = FactPath(text), !path.isRelative else {
                throw fields.error(at: "context", "\"\(text.clipped)\" is not a whole path")
            }
            paths.append(path)
        }
        return paths
    }

    private static func covers(_ outer: inout Fields) throws(DocumentError) -> [Coverage] {
        var covers: [Coverage] = []
        for (index, node) in try outer.list("covers").enumerated() {
            var fields = try Fields(node, path: "\(outer.path("covers"))[\(index)]")
            let extent: Coverage.Extent = fields.node["extent"] == nil ? .whole : try fields.choice("extent")
            covers.append(Coverage(clause: try fields.text("clause"), aspect: try fields.optionalText("aspect"), extent: extent))
            try fields.finish()
        }
        guard !covers.isEmpty else { throw outer.error(.missingKey, at: "covers", "a check covers at least one clause") }
        return covers
    }

    /// - Throws: `DocumentError` at the first thing that is wrong.
    private static func fixtures(_ outer: inout Fields) throws(DocumentError) -> [Fixture] {
        var fixtures: [Fixture] = []
        for (index, node) in try outer.list("fixtures").enumerated() {
            var fields = try Fields(node, path: "\(outer.path("fixtures"))[\(index)]")
            var fixture = Fixture(
                name: try fields.text("name"), expect: try fields.choice("expect"), because: try fields.texts("because"),
                facts: [:], states: [:],
                firm: [:], system: [:], position: node.position)
            for entry in try fields.entries("facts") { fixture.facts[entry.key] = entry.node }
            for entry in try fields.entries("states") {
                guard let state = entry.node.text.flatMap(SourceState.init) else {
                    throw DocumentError(
                        .badValue, position: entry.node.position, key: fields.path("states"), reason: "not a source state")
                }
                fixture.states[entry.key] = state
            }
            if let profile = fields.optional("profile") {
                var profile = try Fields(profile, path: fields.path("profile"))
                for entry in try profile.entries("firm") { fixture.firm[entry.key] = entry.node }
                for entry in try profile.entries("system") { fixture.system[entry.key] = entry.node }
                try profile.finish()
            }
            try fields.finish()
            fixtures.append(fixture)
        }
        return fixtures
    }
}
