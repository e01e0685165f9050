internal import Crypto
internal import Documents
public import Rulebook
public import Spreadsheets
public import Submissions

/// The questionnaire as a workbook that is filled in elsewhere, and what is read back from it. Pure: nothing is stored here.
public struct AnswerWorkbook: Sendable {
    /// What the workbook is about.
    public let round: SurveyRound
    /// The firm's key.
    public let firm: String
    /// The words of the sheet, in both languages, so that either is understood.
    public let words: TextCatalog

    /// A workbook of a firm.
    public init(_ round: SurveyRound, of firm: String, words: TextCatalog) {
        (self.round, self.firm, self.words) = (round, firm, words)
    }

    /// The name of the form of hidden data.
    static let schema = "plumbline.workbook/1"
    /// What is read at most: a workbook of five hundred questions with the longest remarks has a hundredth of it.
    public static let limits: SpreadsheetLimits = {
        var limits = SpreadsheetLimits.upload
        (limits.bytes, limits.partBytes, limits.unpackedBytes) = (4 << 20, 32 << 20, 64 << 20)
        (limits.sheets, limits.cells, limits.rows) = (16, 50_000, 10_000)
        return limits
    }()

    // MARK: Out

    /// The workbook to be filled in.
    ///
    /// - Parameters:
    ///   - title: the firm as people call it.
    ///   - answers: what is written so far.
    ///   - view: what the register knows, to show which questions concern the firm.
    ///   - language: of the headings and texts.
    ///   - time: when it is made, in seconds since 1970.
    /// - Returns: the workbook; only answers and remarks can be changed in it.
    public func make(title: String, answers: Answers, view: FirmView, language: Language, at time: Int64) -> Workbook {
        func word(_ name: String, _ values: [String: String] = [:]) -> String { words(name, language, values) }
        let questionnaire = round.questionnaire
        let check = AnswerCheck(questionnaire, firm: view, answers: answers)
        var columns = ["id", "title", "text", "applies", "answer", "note", "hint"].map { name in
            Workbook.Column(word(name == "title" ? "workbook.title-column" : "workbook.\(name)"), width: Self.widths[name])
        }
        columns[4].choices = Answer.allCases.map { word("survey.answer.\($0.rawValue)") }
        columns[4].choiceHint = word("workbook.choice-hint")
        (columns[4].isEditable, columns[5].isEditable) = (true, true)
        let rows: [[Workbook.Cell]] = check.items.map { item in
            let question = item.question
            let hints =
                question.differs.map { "≠ \($0.reference) \($0.text[language])" }
                + (question.evidence.map { [word("survey.evidence") + ": " + $0[language]] } ?? [])
            return [
                .text(question.id), .text(question.title[language]), .text(question.text[language]),
                .text(word("workbook.applies-\(item.applies.truth)")),
                item.entry?.answer.map { .text(word("survey.answer.\($0.rawValue)")) } ?? .blank,
                item.entry.flatMap { $0.note.isEmpty ? nil : .text($0.note) } ?? .blank, .text(hints.joined(separator: "\n")),
            ]
        }
        var sheet = Workbook.Sheet(name: word("workbook.sheet"), columns: columns, rows: rows)
        sheet.titles = [
            questionnaire.title[language], title,
            "\(word("survey.quarter")) \(round.quarter)　\(word("survey.as-of")) \(round.asOf)　\(word("survey.due")) \(round.due)",
        ]
        sheet.notes = [word("workbook.how"), word("workbook.limit", ["limit": String(Answers.noteLimit)])]
        (sheet.isProtected, sheet.frozenColumns, sheet.filters) = (true, 2, false)
        return Workbook(
            properties: .init(title: questionnaire.title[language], company: title, created: time), sheets: [sheet],
            metadata: metadata)
    }

    private static let widths: [String: Double] = [
        "id": 14, "title": 24, "text": 60, "applies": 12, "answer": 12, "note": 50, "hint": 50,
    ]

    /// What the hidden sheet says: whose workbook it is, about what, and a hash over it all that shows when it was changed by accident.
    private var metadata: [Workbook.Metadata] {
        var pairs = identity
        pairs.append(("checksum", Self.checksum(pairs)))
        return pairs.map { Workbook.Metadata($0.0, $0.1) }
    }

    private var identity: [(String, String)] {
        let reference = round.questionnaire.reference
        return [
            ("schema", Self.schema), ("questionnaire", reference.id), ("version", reference.version),
            ("sha256", reference.sha256),
            ("firm", firm), ("round", String(round.id)), ("quarter", round.quarter.description),
        ]
    }

    /// A workbook goes through many hands; this is no secret, and no proof of who made it.
    private static func checksum(_ pairs: [(String, String)]) -> String {
        let node = Node.object(pairs.map { ($0.0, .text($0.1)) })
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: SHA256.hash(data: CanonicalJSON.bytes(of: node)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    // MARK: In

    /// Something that keeps a workbook from being taken.
    public struct Problem: Sendable, Hashable {
        /// What.
        public enum Code: String, Sendable, CaseIterable {
            /// The hidden data are missing: it is no workbook of ours.
            case notOurs = "not-ours"
            /// The hidden data were changed.
            case changed
            /// It was made for another firm.
            case anotherFirm = "another-firm"
            /// It was made for another round.
            case anotherRound = "another-round"
            /// It asks another version of the questionnaire.
            case anotherVersion = "another-version"
            /// The table is not there.
            case noTable = "no-table"
            /// A row asks what is not in the questionnaire.
            case unknownQuestion = "unknown-question"
            /// A question stands in two rows.
            case twice
            /// A question has no row.
            case missing
            /// An answer is none of the three.
            case answer
            /// A remark is too long, or holds what no text does.
            case note
            /// A cell holds the error of a formula.
            case formula
        }

        /// What.
        public var code: Code
        /// The cell, as people name it: `E7`; empty when it concerns the whole workbook.
        public var cell: String
        /// What stands there, cut short; or the question.
        public var found: String
    }

    /// What a workbook says: either what keeps it from being taken, or every answer.
    public struct Reading: Sendable {
        /// The answers in the order of the questionnaire; empty when there are problems.
        public var entries: [Answers.Entry]
        /// What must be put right, from the top.
        public var problems: [Problem]
    }

    /// Reads a workbook that was filled in. It is taken whole or not at all.
    ///
    /// - Parameter bytes: the file.
    /// - Returns: what it says.
    /// - Throws: `SpreadsheetError` when it is no workbook that can be read.
    public func read(_ bytes: [UInt8]) throws(SpreadsheetError) -> Reading {
        let content = try XLSXReader.read(bytes, limits: Self.limits)
        if let problem = identityProblem(content.metadata()) { return Reading(entries: [], problems: [problem]) }
        let expected = ["id", "answer", "note"].map { name in
            ExpectedHeading(name, Language.allCases.map { words("workbook.\(name)", $0) })
        }
        for sheet in content.visible {
            guard let table = try? HeadedTable(sheet.grid, headings: .named(expected)) else { continue }
            return read(table)
        }
        return Reading(entries: [], problems: [Problem(code: .noTable, cell: "", found: "")])
    }

    private func identityProblem(_ found: [String: String]) -> Problem? {
        func problem(_ code: Problem.Code) -> Problem { Problem(code: code, cell: "", found: "") }
        guard found["schema"] == Self.schema else { return problem(.notOurs) }
        let pairs = identity.map { ($0.0, found[$0.0] ?? "") }
        guard found["checksum"] == Self.checksum(pairs) else { return problem(.changed) }
        // Whose it is comes first: of another firm's workbook nothing more is said.
        for (key, code) in [
            ("firm", Problem.Code.anotherFirm), ("round", .anotherRound), ("quarter", .anotherRound), ("sha256", .anotherVersion),
        ] where found[key] != identity.first(where: { $0.0 == key })?.1 {
            return problem(code)
        }
        return nil
    }

    private func read(_ table: HeadedTable) -> Reading {
        var (entries, problems): ([String: Answers.Entry], [Problem]) = ([:], [])
        // A sum is nothing we write: such a row is a record like the others.
        for record in (table.records + table.totals).sorted(by: { $0.row < $1.row }) {
            guard let field = record["id"] else { continue }
            let (id, cell) = (field.value.description, field.address.description)
            guard round.questionnaire.question(id) != nil else {
                // A line of our own below the table, or of somebody's: it answers nothing.
                if record.fields.count == 1 { continue }
                problems.append(Problem(code: .unknownQuestion, cell: cell, found: id.clipped))
                continue
            }
            guard entries[id] == nil else {
                problems.append(Problem(code: .twice, cell: cell, found: id))
                continue
            }
            entries[id] = entry(id, record, &problems)
        }
        for question in round.questionnaire.questions where entries[question.id] == nil {
            problems.append(Problem(code: .missing, cell: "", found: question.id))
        }
        guard problems.isEmpty else { return Reading(entries: [], problems: problems) }
        return Reading(entries: round.questionnaire.questions.compactMap { entries[$0.id] }, problems: [])
    }

    private func entry(_ id: String, _ record: HeadedTable.Record, _ problems: inout [Problem]) -> Answers.Entry {
        var entry = Answers.Entry(question: id, answer: nil)
        if let field = record["answer"], !field.value.plainText.isEmpty {
            entry.answer = answer(field.value.plainText)
            if entry.answer == nil {
                problems.append(
                    Problem(code: code(field, .answer), cell: field.address.description, found: field.value.plainText.clipped))
            }
        }
        if let field = record["note"] {
            entry.note = Self.text(field.value.description)
            let isError = if case .error = field.value { true } else { false }
            if isError || !AnswersReader.isNote(entry.note) {
                problems.append(Problem(code: code(field, .note), cell: field.address.description, found: entry.note.clipped))
            }
        }
        return entry
    }

    private func code(_ field: HeadedTable.Field, _ otherwise: Problem.Code) -> Problem.Code {
        if case .error = field.value { .formula } else { otherwise }
    }

    /// The answer that a word means, in either language; nil for a word that means none. What could mean two things means none.
    private func answer(_ text: String) -> Answer? {
        let key = TextFolding.key(text)
        return Answer.allCases.first { answer in
            Language.allCases.contains { TextFolding.key(words("survey.answer.\(answer.rawValue)", $0)) == key }
                || TextFolding.key(answer.rawValue) == key
        }
    }

    /// Lines as documents have them, without blanks at the ends.
    private static func text(_ text: String) -> String {
        var rest = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
