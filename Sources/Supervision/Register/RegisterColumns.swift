public import Documents
internal import Rulebook
internal import Spreadsheets

/// What the columns of the register as a table are called (`Packs/supervision/register.yaml`).
public struct RegisterColumns: Sendable, Hashable {
    /// A column.
    struct Column: Sendable, Hashable {
        /// What the register calls it.
        var id: String
        /// What it is called where it is written.
        var title: Text
        /// Other names that are read.
        var aliases: [String]
        /// Whether a table without it is refused.
        var isRequired: Bool
    }

    /// The schema its file names.
    public static let schema = "plumbline.register-columns/1"
    /// The columns there are, whatever they are called: those that are written, in this order, and the day from which a row holds.
    static let names = ["id", "legal", "short", "number", "group", "from"]

    /// The columns.
    private(set) var columns: [Column]
    /// What the share of internet orders of a year is called; `{year}` stands for it.
    private(set) var ratio: Text
    /// Words of which one stands in a heading of such a share, in lower case.
    private(set) var ratioWords: [String]
    /// How yes, no, and a list of nothing are written.
    private(set) var yes, no, none: Text

    /// The columns that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> RegisterColumns {
        let name = "supervision/register.yaml"
        guard let file = ShippedFiles.files(in: "supervision").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }

    /// Reads them.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> RegisterColumns {
        var fields = try Fields(node, path: "")
        let named = try fields.text("schema")
        guard named == schema else { throw fields.error(at: "schema", "\"\(named.clipped)\" is not \"\(schema)\"") }
        var columns: [Column] = []
        for entry in try fields.entries("columns") {
            guard names.contains(entry.key) else {
                let wanted = names.joined(separator: ", ")
                throw fields.error(.unknownKey, at: "columns.\(entry.key.clipped)", "one of \(wanted) is expected")
            }
            var column = try Fields(entry.node, path: "columns.\(entry.key)")
            columns.append(
                Column(
                    id: entry.key, title: try column.bilingual("title"),
                    aliases: column.node["aliases"] == nil ? [] : try column.texts("aliases"),
                    isRequired: try column.optionalBool("required") ?? false))
            try column.finish()
        }
        if let missing = names.first(where: { name in !columns.contains { $0.id == name } }) {
            throw fields.error(.missingKey, at: "columns.\(missing)", "every column has its names")
        }
        var ratio = try Fields(try fields.required("ratio"), path: "ratio")
        var words = try Fields(try fields.required("words"), path: "words")
        let found = RegisterColumns(
            columns: columns, ratio: try ratio.bilingual("title"), ratioWords: try ratio.texts("words").map { $0.lowercased() },
            yes: try words.bilingual("yes"), no: try words.bilingual("no"), none: try words.bilingual("none"))
        for text in [found.ratio.chinese, found.ratio.english]
        where !text.contains("{year}") || !found.isRatio(text.lowercased()) {
            throw ratio.error(at: "title", "{year} and one of the words are expected")
        }
        try ratio.finish()
        try words.finish()
        try fields.finish()
        return found
    }

    /// The headings an import looks for.
    var expected: [ExpectedHeading] {
        columns.map {
            ExpectedHeading($0.id, [$0.title.chinese, $0.title.english] + $0.aliases, isRequired: $0.isRequired)
        }
    }

    /// What a column is called.
    func title(_ id: String, _ language: Language) -> String { columns.first { $0.id == id }?.title[language] ?? id }

    /// What the share of a year is called.
    func title(ofRatio year: Int, _ language: Language) -> String { ratio[language].replacing("{year}", with: "\(year)") }

    /// Whether a heading in lower case speaks of shares of internet orders.
    func isRatio(_ heading: String) -> Bool { ratioWords.contains { heading.contains($0) } }

    /// Yes and no in both languages.
    var truths: [String: Bool] {
        Dictionary(
            [(yes.chinese, true), (yes.english, true), (no.chinese, false), (no.english, false)], uniquingKeysWith: { $1 })
    }
}
