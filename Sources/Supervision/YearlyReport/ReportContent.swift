public import Documents
public import Rulebook
internal import Synchronization

/// A yearly report's content before it is given a form: what it rests on, its figures, its texts, and what may be published of it.
public struct ReportContent: Sendable {
    /// The schema of a frozen report.
    public static let schema = "plumbline.report-issue/1"
    /// The schema of a manifest.
    public static let manifestSchema = "plumbline.report-manifest/1"

    /// What it rests on.
    public let snapshot: ReportSnapshot
    /// Its figures.
    public let figures: ReportFigures
    /// Its sections.
    public var template: ReportTemplate
    /// What was written in place of sections' paragraphs, by section.
    public var texts: [String: ReportTexts]
    /// When a cell is too small to be published.
    public var rule: SuppressionRule
    private let hashing = Hashing()

    /// SHA-256 of the snapshot, worked out when it is first wanted.
    public var hash: String { hashing.value(snapshot) }

    private final class Hashing: Sendable {
        private let known = Mutex<String?>(nil)

        func value(_ snapshot: ReportSnapshot) -> String {
            known.withLock { known in
                let value = known ?? snapshot.hash
                known = value
                return value
            }
        }
    }

    /// A report's content; its figures are computed here.
    public init(snapshot: ReportSnapshot, template: ReportTemplate, texts: [String: ReportTexts], rule: SuppressionRule) {
        (self.snapshot, self.template, self.texts, self.rule) = (snapshot, template, texts, rule)
        figures = ReportFigures(snapshot)
    }

    /// The report in one edition and language.
    ///
    /// - Parameters:
    ///   - edition: who it is for.
    ///   - language: the language.
    ///   - catalog: the words of headings.
    ///   - number: the number; nil for a draft.
    /// - Returns: the document.
    public func document(
        _ edition: ReportEdition, _ language: Language, _ catalog: TextCatalog, number: String?
    ) -> ReportDocument {
        ReportComposer(snapshot, figures, template, texts: texts, edition, language, catalog, rule)
            .document(number: number, hash: number == nil ? nil : hash)
    }

    /// The manifest of an edition: what lets anybody recompute it.
    ///
    /// The full one holds the snapshot itself. The public one holds the figures that the public edition prints, and the hash of the snapshot, which
    /// the snapshot's salt keeps from being guessed.
    ///
    /// - Parameters:
    ///   - edition: which.
    ///   - number: the number; nil for a draft.
    /// - Returns: the manifest.
    public func manifest(_ edition: ReportEdition, number: String?) -> Node {
        let shown = edition == .full ? figures : figures.published(snapshot, rule)
        return .object([
            ("schema", .text(Self.manifestSchema)), ("issue", number.map { .text($0) }), ("edition", .text(edition.rawValue)),
            ("year", .integer(snapshot.year)), ("snapshot_sha256", .text(hash)),
            (
                "rule_packs",
                .list(
                    snapshot.rows(.packs).map { row in
                        .object([("id", .text(row[0].text)), ("version", .text(row[1].text)), ("sha256", .text(row[2].text))])
                    })
            ), ("figures", .list(shown.list.map(\.node))), ("snapshot", edition == .full ? snapshot.node : nil),
        ])
    }

    /// The document that is frozen: snapshot, figures, template, texts and rule.
    var node: Node {
        .object([
            ("schema", .text(Self.schema)), ("snapshot", snapshot.node), ("figures", .list(figures.list.map(\.node))),
            ("template", template.node),
            ("texts", .object(texts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.node) })),
            ("small_cell", .object([("answered", .integer(rule.answered)), ("part", .integer(rule.part))])),
        ])
    }

    /// Reads a frozen report.
    ///
    /// - Returns: its content, and the figures as they were frozen, by name.
    /// - Throws: `DocumentError` at the first thing that is not as it should be.
    static func read(_ node: Node) throws(DocumentError) -> (content: ReportContent, frozen: [String: Node]) {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        let snapshot = try ReportSnapshot.read(try fields.required("snapshot"))
        let template = try ReportTemplate.read(try fields.required("template"))
        var texts: [String: ReportTexts] = [:]
        for entry in try fields.entries("texts") {
            texts[entry.key] = try ReportTexts.read(entry.node, path: "texts.\(entry.key)")
        }
        let rule = try SuppressionRule.read(try fields.required("small_cell"), path: "small_cell")
        var frozen: [String: Node] = [:]
        for item in try fields.list("figures") { frozen[item["id"]?.text ?? ""] = item }
        try fields.finish()
        return (ReportContent(snapshot: snapshot, template: template, texts: texts, rule: rule), frozen)
    }
}

extension ReportTexts {
    /// Most paragraphs of a section, and most bytes of one.
    static let limits = (paragraphs: 40, bytes: 8_000)

    /// Its document.
    var node: Node { .object([("zh-TW", .texts(chinese)), ("en", .texts(english))]) }

    static func read(_ node: Node, path: String) throws(DocumentError) -> ReportTexts {
        var fields = try Fields(node, path: path)
        let texts = ReportTexts(chinese: try fields.texts("zh-TW"), english: try fields.texts("en"))
        try fields.finish()
        return texts
    }

    /// What is wrong with it, by language.
    public var problems: [String: FieldProblem] {
        var problems: [String: FieldProblem] = [:]
        for language in Language.allCases {
            let paragraphs = self[language]
            if paragraphs.count > Self.limits.paragraphs {
                problems[language.rawValue] = .tooMany
            } else if paragraphs.contains(where: { $0.utf8.count > Self.limits.bytes }) {
                problems[language.rawValue] = .tooLong
            } else if paragraphs.contains(where: { ReportNames.unknown(in: $0) != nil }) {
                problems[language.rawValue] = .unknown
            }
        }
        if chinese.isEmpty != english.isEmpty { problems[chinese.isEmpty ? "zh-TW" : "en"] = .missing }
        return problems
    }
}
