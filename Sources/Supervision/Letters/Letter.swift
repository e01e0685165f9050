public import Documents
public import Rulebook

/// A letter to a firm, word for word, in both languages.
public struct Letter: Sendable, Hashable {
    /// What it says in one language.
    public struct Sheet: Sendable, Hashable {
        /// Who writes.
        public var institution: String
        /// What kind of letter it is.
        public var title: String
        /// Whom it is for, when it was written, its number: lines at the top.
        public var head: [String]
        /// What it is about.
        public var subject: String
        /// Its paragraphs.
        public var paragraphs: [String]
        /// Headings of the table.
        public var columns: [String]
        /// Rows of the table, a cell for each heading.
        public var rows: [[String]]
        /// What stands below.
        public var closing: String

        /// As a document.
        public var node: Node {
            .object([
                ("institution", .text(institution)), ("title", .text(title)), ("head", .texts(head)), ("subject", .text(subject)),
                ("paragraphs", .texts(paragraphs)), ("columns", .texts(columns)), ("rows", .list(rows.map { .texts($0) })),
                ("closing", .text(closing)),
            ])
        }

        /// A sheet, word for word.
        public init(
            institution: String, title: String, head: [String], subject: String, paragraphs: [String], columns: [String],
            rows: [[String]], closing: String
        ) {
            (self.institution, self.title, self.head, self.subject) = (institution, title, head, subject)
            (self.paragraphs, self.columns, self.rows, self.closing) = (paragraphs, columns, rows, closing)
        }

        init(_ node: Node, path: String) throws(DocumentError) {
            var fields = try Fields(node, path: path)
            institution = try fields.text("institution")
            title = try fields.text("title")
            head = try fields.texts("head")
            subject = try fields.text("subject")
            paragraphs = try fields.texts("paragraphs")
            columns = try fields.texts("columns")
            rows = []
            for (index, row) in try fields.list("rows").enumerated() {
                var cells: [String] = []
                for cell in row.list ?? [] {
                    guard let text = cell.text else {
                        throw DocumentError(
                            .wrongType, position: cell.position, key: "\(path).rows[\(index)]", reason: "texts are expected")
                    }
                    cells.append(text)
                }
                rows.append(cells)
            }
            closing = try fields.text("closing")
            try fields.finish()
        }
    }

    /// The year of its number.
    public var year: Int
    /// Counts from 1 in each year.
    public var serial: Int
    /// What kind it is.
    public var kind: String
    /// The firm, by its key.
    public var firm: String
    /// The quarter it speaks of.
    public var quarter: Quarter
    /// The day of the letter.
    public var day: CivilDate
    /// The day by which an answer is asked for.
    public var until: CivilDate
    /// What it says.
    public var sheets: [Language: Sheet]
    /// When it was issued, UTC microseconds.
    public var issuedAt: Int64
    /// By whom.
    public var issuedBy: String
    /// SHA-256 of its document, in lower-case hex.
    public var sha256: String

    /// Its name in addresses and files: `2017-12`.
    public var id: String { "\(year)-\(serial)" }

    /// The schema of its document.
    static let schema = "plumbline.letter/1"

    /// Its document, of which the trail has the hash.
    var document: Node {
        .object([
            ("schema", .text(Self.schema)), ("number", .text(id)), ("kind", .text(kind)), ("firm", .text(firm)),
            ("quarter", .text(quarter.description)), ("day", .text(day.description)), ("until", .text(until.description)),
            (
                "sheets",
                .object(sheets.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.rawValue, $0.value.node) })
            ),
        ])
    }
}

/// Writes letters: a function of the templates and of what is known.
public struct LetterWriter: Sendable {
    /// What letters are made from.
    public var templates: LetterTemplates
    /// How gaps are put in order, and which slip.
    public var policy: FollowUpPolicy
    /// What items are called.
    public var items: @Sendable (String) -> Text

    /// A writer.
    public init(templates: LetterTemplates, policy: FollowUpPolicy, items: @escaping @Sendable (String) -> Text) {
        (self.templates, self.policy, self.items) = (templates, policy, items)
    }

    /// Who writes to whom, and when.
    public struct Occasion: Sendable {
        /// The writing institution.
        public var institution: String
        /// The firm's legal name as of the letter's day.
        public var firm: String
        /// The quarter.
        public var quarter: Quarter
        /// The letter's day.
        public var day: CivilDate
        /// The day by which an answer is asked for.
        public var until: CivilDate
        /// Its number; nil while it has none.
        public var number: (year: Int, serial: Int)?

        /// An occasion.
        public init(
            institution: String, firm: String, quarter: Quarter, day: CivilDate, until: CivilDate,
            number: (year: Int, serial: Int)? = nil
        ) {
            (self.institution, self.firm, self.quarter, self.day) = (institution, firm, quarter, day)
            (self.until, self.number) = (until, number)
        }
    }

    /// The gaps of a kind of letter, in their order.
    public func gaps(_ kind: LetterTemplates.Kind, _ differences: [FollowUpDifference]) -> [FollowUpDifference] {
        policy.sorted(differences.filter { $0.after.isOpen && (kind.gaps == .open || policy.isSlipping($0)) })
    }

    /// What a letter says.
    ///
    /// - Parameters:
    ///   - kind: its kind.
    ///   - gaps: the gaps it is about, in their order.
    ///   - occasion: who writes to whom, and when.
    ///   - language: the language.
    /// - Returns: the sheet.
    public func sheet(
        _ kind: LetterTemplates.Kind, _ gaps: [FollowUpDifference], _ occasion: Occasion, _ language: Language
    ) -> Letter.Sheet {
        var values = self.values(occasion, gaps, language)
        func say(_ text: Text?) -> String { text.map { Placeholders($0[language]).filled(values) } ?? "" }
        let subject = say(kind.subject)
        values["subject"] = subject
        let slips = gaps.contains(where: policy.isSlipping)
        return Letter.Sheet(
            institution: occasion.institution, title: say(kind.title),
            head: ["to", "date", "reference"].map { say(templates.words[$0]) }, subject: say(templates.words["subject"]),
            paragraphs: kind.paragraphs.filter { slips || !$0.isAboutSlipping }.map { say($0.text) },
            columns: ["#"] + ["item", "finding", "state", "due", "moved", "ask"].map { say(templates.words[$0]) },
            rows: gaps.enumerated().map { row($0.element, number: $0.offset + 1, language) }, closing: say(kind.closing))
    }

    private func values(_ occasion: Occasion, _ gaps: [FollowUpDifference], _ language: Language) -> [String: String] {
        var values = [
            "institution": occasion.institution, "firm": occasion.firm, "day": "\(occasion.day)",
            "roc_day": occasion.day.rocDescription, "until": "\(occasion.until)", "roc_until": occasion.until.rocDescription,
            "quarter": "\(occasion.quarter)", "roc_quarter": occasion.quarter.rocDescription, "count": "\(gaps.count)",
            "slipping": "\(gaps.filter(policy.isSlipping).count)", "number": "—",
        ]
        if let (year, serial) = occasion.number {
            let digits = String(serial)
            values["year"] = String(year)
            values["roc_year"] = String(year - 1911)
            values["serial"] = String(repeating: "0", count: max(0, templates.serialDigits - digits.count)) + digits
            values["number"] = Placeholders(templates.number[language]).filled(values)
        }
        return values
    }

    private func row(_ gap: FollowUpDifference, number: Int, _ language: Language) -> [String] {
        func word(_ name: String, _ values: [String: String] = [:]) -> String {
            templates.words[name].map { Placeholders($0[language]).filled(values) } ?? ""
        }
        var due = gap.current?.content.due.map { word("due-day", ["day": "\($0)", "roc_day": $0.rocDescription]) }
        if let day = due, gap.overdueDays > 0 { due = word("overdue", ["due": day, "days": "\(gap.overdueDays)"]) }
        let moved =
            gap.slips.count == 0
            ? word("not-moved") : word("moved-by", ["count": "\(gap.slips.count)", "days": "\(gap.slips.days)"])
        let finding = templates.findings[gap.finding?.rawValue ?? "none"] ?? templates.findings["none"]
        let state = templates.states[gap.current?.content.state.rawValue ?? "none"] ?? templates.states["none"]
        let ask = templates.asks.first { $0.mark.map(gap.marks.contains) ?? true }
        return [
            "\(number)", word("item-name", ["title": items(gap.item)[language], "item": gap.item]), finding?[language] ?? "",
            state?[language] ?? "", due ?? word("no-due"), moved, ask?.text[language] ?? "",
        ]
    }
}
