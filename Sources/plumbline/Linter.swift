internal import Assessment
internal import Checks
internal import Documents
internal import Incidents
internal import Rulebook
internal import Submissions

/// Checks a file by the reader that would use it.
enum Linter {
    /// What the file holds, in a few words.
    static func lint(_ path: String, _ rulebook: Rulebook) throws(DocumentError) -> String {
        if path.hasSuffix(".json") { return try facts(path) }
        let node = try DocumentFile.document(path)
        switch node["schema"]?.text {
        case RulePack.schema?:
            let pack = try RulePackReader.read(node, origin: path)
            // A new version of a shipped pack stands beside it by its own prefix; one with the same clauses replaces it, and is checked alone.
            return "ok: rule pack \(pack.id) \(pack.version), \(pack.clauses.count) clauses, \(pack.leafDuties.count) leaf duties"
        case CheckPack.schema?:
            let pack = try CheckPackReader.read(node, origin: path, schema: try FactSchema.of(pack: node), rulebook: rulebook)
            return
                "ok: check pack \(pack.id) \(pack.version), \(pack.checks.count) checks, \(pack.checks.reduce(0) { $0 + $1.fixtures.count }) fixtures"
        case Profile.schema?:
            let profile = try ProfileReader.read(node, rulebook: rulebook, origin: path)
            return "ok: profile of \(profile.name), \(profile.systems.count) systems"
        case RecordReader.schema?:
            return "ok: \(try RecordReader.read(node, rulebook: rulebook, origin: path).count) records"
        case TextCatalog.schema?:
            return "ok: \(try TextCatalog(node).names.count) texts"
        case Questionnaire.schema?:
            let found = try QuestionnaireReader.read(node, rulebook: rulebook, origin: path)
            return
                "ok: questionnaire \(found.id) \(found.version), \(found.questions.count) questions, \(found.checks.count) checks"
        case ClockBook.schema?:
            let found = try ClockBook.read(node, calendars: [try WorkCalendar.shipped()])
            return
                "ok: incident clocks, \(found.regimes.count) regimes, \(found.regimes.reduce(0) { $0 + $1.versions.count }) versions"
        case WorkCalendar.schema?:
            let found = try WorkCalendar.read(node)
            return "ok: working days \(found.id), \(found.range.lowerBound) to \(found.range.upperBound)"
        case Taxonomy.schema?:
            let found = try Taxonomy.read(node)
            return "ok: incident taxonomy, \(found.categories.count) categories, \(found.causes.count) causes"
        case HostFacts.schema?: return try facts(path)
        default:
            let known = [
                RulePack.schema, CheckPack.schema, Profile.schema, RecordReader.schema, TextCatalog.schema,
                Questionnaire.schema, ClockBook.schema, WorkCalendar.schema, Taxonomy.schema, HostFacts.schema,
            ]
            throw DocumentError(
                .badValue, source: path, position: node["schema"]?.position ?? node.position, key: "schema",
                reason: "names no known schema: \(known.joined(separator: ", "))")
        }
    }

    private static func facts(_ path: String) throws(DocumentError) -> String {
        let facts = try FactsFile.read(path)
        return "ok: facts of \(facts.host), \(facts.groups.count) groups"
    }
}
