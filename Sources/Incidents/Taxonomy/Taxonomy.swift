public import Documents
public import Rulebook

/// What incidents are sorted by (`Packs/incidents/taxonomy.yaml`).
public struct Taxonomy: Sendable, Hashable {
    /// A word of a list.
    public struct Entry: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// What it is called.
        public var title: Text
        /// The class a category lies in; empty for others.
        public var group: String = ""
        /// What other formats call it, by the format's list.
        public var codes: [String: String] = [:]
    }

    /// When a cell of a published table is too small.
    public struct SmallCell: Sendable, Hashable {
        /// Fewest incidents, unless there is none.
        public var incidents: Int
        /// Fewest firms that had one.
        public var firms: Int
    }

    /// The schema its file names.
    public static let schema = "plumbline.incident-taxonomy/1"
    static let categoryCodes = ["fire_type", "fire_cause", "dora_type"]

    /// The market's classes: one series of the yearly chart each.
    public var classes: [Entry]
    /// The finer kinds.
    public var categories: [Entry]
    /// What was hit.
    public var impacts: [Entry]
    /// Causes.
    public var causes: [Entry]
    /// The government's levels.
    public var severity: SeverityTable
    /// When a cell of a published table is too small.
    public var smallCell: SmallCell

    /// The class of a category; nil when there is no such category.
    public func group(of category: String) -> String? { categories.first { $0.id == category }?.group }

    /// Its words as fields name them.
    public var fieldLists: [String: [String]] {
        [
            "categories": categories.map(\.id), "impacts": impacts.map(\.id), "causes": causes.map(\.id),
            "severity-rows": severity.rows.map(\.id), "severity-properties": severity.properties,
        ]
    }

    /// The taxonomy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> Taxonomy { try ShippedIncidentFiles.read("taxonomy.yaml", read) }

    /// Reads a taxonomy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> Taxonomy {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        var classes: [Entry] = []
        for entry in try fields.named("classes") {
            classes.append(Entry(id: entry.key, title: try Text(entry.node, path: "classes.\(entry.key)")))
        }
        let categories = try entries("categories", &fields, group: "class", codes: categoryCodes)
        for category in categories where !classes.contains(where: { $0.id == category.group }) {
            throw fields.error(at: "categories", "\(category.id): there is no class \"\(category.group)\"")
        }
        let taxonomy = Taxonomy(
            classes: classes, categories: categories, impacts: try entries("impacts", &fields, group: nil, codes: ["service"]),
            causes: try entries("causes", &fields, group: nil, codes: ["fire"]),
            severity: try SeverityTable.read(try fields.required("severity"), path: "severity"),
            smallCell: try smallCell(try fields.required("small_cell")))
        try fields.finish()
        return taxonomy
    }

    private static func entries(
        _ key: String, _ fields: inout Fields, group: String?, codes: [String]
    ) throws(DocumentError) -> [Entry] {
        var found: [Entry] = []
        for entry in try fields.named(key) {
            var inner = try Fields(entry.node, path: "\(key).\(entry.key)")
            var item = Entry(id: entry.key, title: try inner.bilingual("title"))
            if let group { item.group = try inner.identifier(group) }
            for code in codes { item.codes[code] = try inner.optionalIdentifier(code) }
            try inner.finish()
            found.append(item)
        }
        return found
    }

    private static func smallCell(_ node: Node) throws(DocumentError) -> SmallCell {
        var fields = try Fields(node, path: "small_cell")
        let cell = SmallCell(
            incidents: try fields.integer("incidents", 1...1_000), firms: try fields.integer("firms", 1...1_000))
        try fields.finish()
        return cell
    }
}

/// The government's levels: what is hit against how badly, for each property; the highest counts.
public struct SeverityTable: Sendable, Hashable {
    /// How badly.
    public enum Degree: String, Sendable, Hashable, Codable, CaseIterable {
        /// Minor, or recovered within tolerance.
        case minor
        /// Serious, or not recovered within tolerance.
        case serious
    }

    /// A row of the table.
    public struct Row: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// What is hit.
        public var title: Text
        /// The level of each degree.
        public var levels: [Degree: Int]
    }

    /// What one property suffered.
    public struct Hit: Sendable, Hashable, Codable {
        /// The property: `availability`.
        public var property: String
        /// The row: what is hit.
        public var row: String
        /// How badly.
        public var degree: Degree

        /// A property that suffered.
        public init(_ property: String, _ row: String, _ degree: Degree) {
            (self.property, self.row, self.degree) = (property, row, degree)
        }
    }

    /// Where the table comes from.
    public var source: Text
    /// The highest level.
    public var levels: Int
    /// The properties, in order.
    public var properties: [String]
    /// What may be hit, mildest first.
    public var rows: [Row]
    /// What the degrees are called.
    public var degrees: [Degree: Text]

    /// The level of an incident: the highest of its properties.
    ///
    /// - Returns: nil when nothing is said, or something the table does not know: then the level is not known either.
    public func level(_ hits: [Hit]) -> Int? {
        var highest: Int?
        for hit in hits {
            guard properties.contains(hit.property), let level = rows.first(where: { $0.id == hit.row })?.levels[hit.degree]
            else {
                return nil
            }
            highest = max(highest ?? 0, level)
        }
        return highest
    }

    static func read(_ node: Node, path: String) throws(DocumentError) -> SeverityTable {
        var fields = try Fields(node, path: path)
        let (source, levels) = (try fields.bilingual("source"), try fields.integer("levels", 1...16))
        let properties = try fields.texts("properties")
        guard !properties.isEmpty, Set(properties).count == properties.count else {
            throw fields.error(at: "properties", "different properties are expected, at least one")
        }
        var rows: [Row] = []
        for entry in try fields.named("table") {
            var inner = try Fields(entry.node, path: "\(path).table.\(entry.key)")
            let title = try inner.bilingual("title")
            var row: [Degree: Int] = [:]
            for degree in Degree.allCases { row[degree] = try inner.integer(degree.rawValue, 1...levels) }
            try inner.finish()
            rows.append(Row(id: entry.key, title: title, levels: row))
        }
        var degrees: [Degree: Text] = [:]
        for degree in Degree.allCases { degrees[degree] = try fields.bilingual(degree.rawValue) }
        try fields.finish()
        return SeverityTable(source: source, levels: levels, properties: properties, rows: rows, degrees: degrees)
    }
}
