public import Documents
public import Rulebook

/// What letters are made from (`Packs/supervision/letters.yaml`): every word of them is data.
public struct LetterTemplates: Sendable {
    /// Which gaps a letter is about.
    public enum Gaps: String, Sendable, CaseIterable {
        /// All that are open.
        case open
        /// Only those whose promise slips.
        case slipping
    }

    /// A paragraph.
    public struct Paragraph: Sendable, Hashable {
        /// Whether it stands only where a promise slips.
        public var isAboutSlipping: Bool
        /// Its text.
        public var text: Text
    }

    /// A kind of letter.
    public struct Kind: Sendable, Hashable {
        /// Its name: `follow-up`.
        public var id: String
        /// What it is called.
        public var title: Text
        /// Which gaps it is about.
        public var gaps: Gaps
        /// What it is about, in a sentence.
        public var subject: Text
        /// Its paragraphs.
        public var paragraphs: [Paragraph]
        /// What stands below.
        public var closing: Text
    }

    /// What is asked of a gap with a mark.
    public struct Ask: Sendable, Hashable {
        /// The mark; nil for every gap.
        public var mark: FollowUpDifference.Mark?
        /// What is asked.
        public var text: Text
    }

    /// The schema its file names.
    public static let schema = "plumbline.letters/1"
    static let file = "supervision/letters.yaml"
    static let wordNames = [
        "to", "date", "reference", "subject", "item", "finding", "state", "due", "moved", "ask", "no-due", "not-moved",
        "moved-by",
        "due-day", "overdue", "item-name",
    ]
    /// What a text may name in braces.
    static let placeholders: Set<String> = [
        "institution", "firm", "number", "year", "roc_year", "serial", "day", "roc_day", "until", "roc_until", "quarter",
        "roc_quarter", "count", "slipping", "days", "subject", "due", "title", "item",
    ]

    /// The reference number.
    public var number: Text
    /// Digits of the counting part of a number.
    public var serialDigits: Int
    /// Days a firm is given to answer.
    public var answerDays: Int
    /// Words of the frame, by name.
    public var words: [String: Text]
    /// What findings are called; `none` for a quarter without one.
    public var findings: [String: Text]
    /// What states are called; `none` where nothing was said.
    public var states: [String: Text]
    /// What is asked; the last one is for every gap.
    public var asks: [Ask]
    /// The kinds, in the order of the file.
    public var kinds: [Kind]

    /// A kind by its name.
    public func kind(_ id: String) -> Kind? { kinds.first { $0.id == id } }

    /// The templates that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> LetterTemplates { try ShippedPolicy.read(file, read) }

    /// Reads templates.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong, or names what no letter knows.
    public static func read(_ node: Node) throws(DocumentError) -> LetterTemplates {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        let number = try text("number", &fields)
        let digits = try ShippedPolicy.integer("serial_digits", 1...9, &fields)
        let days = try ShippedPolicy.integer("answer_days", 1...366, &fields)
        let templates = LetterTemplates(
            number: number, serialDigits: digits, answerDays: days,
            words: try named("words", wordNames, &fields),
            findings: try named(
                "findings", GapStanding.Finding.allCases.filter(\.isGap).map(\.rawValue) + ["none"], &fields),
            states: try named(
                "states", FollowUp.State.allCases.filter { !$0.isSettled }.map(\.rawValue) + ["none"], &fields),
            asks: try asks(&fields), kinds: try kinds(&fields))
        try fields.finish()
        return templates
    }

    private static func text(_ key: String, _ fields: inout Fields) throws(DocumentError) -> Text {
        try checked(try Text(try fields.required(key), path: fields.path(key)), fields, key)
    }

    private static func checked(_ text: Text, _ fields: Fields, _ key: String) throws(DocumentError) -> Text {
        let names = [text.chinese, text.english].map { Placeholders($0).names }
        for name in names.joined() where !placeholders.contains(name) {
            throw fields.error(at: key, "{\(name.clipped)} is nothing a letter knows")
        }
        return text
    }

    private static func named(
        _ key: String, _ names: [String], _ fields: inout Fields
    ) throws(DocumentError) -> [String: Text] {
        var entry = try Fields(try fields.required(key), path: fields.path(key))
        var texts: [String: Text] = [:]
        for name in names { texts[name] = try text(name, &entry) }
        try entry.finish()
        return texts
    }

    private static func asks(_ fields: inout Fields) throws(DocumentError) -> [Ask] {
        var asks: [Ask] = []
        let items = try fields.list("asks")
        for (index, item) in items.enumerated() {
            var entry = try Fields(item, path: "asks[\(index)]")
            let isLast = index == items.count - 1
            let mark: FollowUpDifference.Mark? = isLast ? nil : try entry.choice("mark")
            asks.append(Ask(mark: mark, text: try text("text", &entry)))
            try entry.finish()
        }
        guard !asks.isEmpty else { throw fields.error(.missingKey, at: "asks", "at least one is expected") }
        return asks
    }

    private static func kinds(_ fields: inout Fields) throws(DocumentError) -> [Kind] {
        var kinds: [Kind] = []
        for item in try fields.entries("kinds") {
            guard FirmReader.isIdentifier(item.key) else {
                throw fields.error(at: "kinds", "\"\(item.key.clipped)\" is no name of a kind")
            }
            var entry = try Fields(item.node, path: "kinds.\(item.key)")
            let title = try text("title", &entry)
            let gaps: Gaps = try entry.choice("gaps")
            let subject = try text("subject", &entry)
            var paragraphs: [Paragraph] = []
            for (index, part) in try entry.list("paragraphs").enumerated() {
                paragraphs.append(try paragraph(part, "\(entry.path).paragraphs[\(index)]"))
            }
            kinds.append(
                Kind(
                    id: item.key, title: title, gaps: gaps, subject: subject, paragraphs: paragraphs,
                    closing: try text("closing", &entry)))
            try entry.finish()
        }
        guard !kinds.isEmpty else { throw fields.error(.missingKey, at: "kinds", "at least one is expected") }
        return kinds
    }

    private static func paragraph(_ node: Node, _ path: String) throws(DocumentError) -> Paragraph {
        var fields = try Fields(node, path: path)
        var isAboutSlipping = false
        if let when = try fields.optionalText("when") {
            guard when == Gaps.slipping.rawValue else { throw fields.error(at: "when", "only \"slipping\" is known") }
            isAboutSlipping = true
        }
        let text = Text(try fields.text(Language.chinese.rawValue), try fields.text(Language.english.rawValue))
        try fields.finish()
        return Paragraph(isAboutSlipping: isAboutSlipping, text: try checked(text, fields, ""))
    }
}

/// Names in braces within a text.
struct Placeholders {
    private let parts: [(text: Substring, name: Substring?)]

    init(_ text: String) {
        var parts: [(text: Substring, name: Substring?)] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            parts.append((rest[..<open], rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        parts.append((rest, nil))
        self.parts = parts
    }

    var names: [String] { parts.compactMap { $0.name.map(String.init) } }

    /// The text with values for its names; what nobody knows is left out.
    func filled(_ values: [String: String]) -> String {
        parts.reduce(into: "") { $0 += $1.text + ($1.name.flatMap { values[String($0)] } ?? "") }
    }
}
