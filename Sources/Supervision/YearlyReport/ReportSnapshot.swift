public import Documents

/// Everything that a yearly report rests on, as it was at one instant: plain tables, read once from the stores. Figures are computed from it and
/// from nothing else, by this program or by anybody who has the full edition's manifest.
public struct ReportSnapshot: Sendable, Hashable {
    /// The schema of its document.
    public static let schema = "plumbline.report-snapshot/1"

    /// A value of a table.
    public enum Value: Sendable, Hashable {
        /// A text.
        case text(String)
        /// A whole number.
        case number(Int)
        /// Nothing is known.
        case none

        /// The text; empty when it is none.
        public var text: String { if case .text(let text) = self { text } else { "" } }
        /// The number; nil when it is none.
        public var number: Int? { if case .number(let number) = self { number } else { nil } }
        /// As it is told to people.
        var shown: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            case .none: ""
            }
        }
    }

    /// The tables. Names and columns are the format of frozen reports and of manifests: they do not change.
    public enum Table: String, Sendable, CaseIterable {
        /// Year, institution, quarter, questionnaire: a key and a value each.
        case facts
        /// Rule packs by the bytes of their files.
        case packs
        /// The tiers, strictest first.
        case tiers
        /// What was asked.
        case items
        /// Where a question asks something else than the standard.
        case differences
        /// Duties that no question asks about.
        case unasked
        /// Items that address the same firms.
        case populations
        /// The standard: a clause and tier each.
        case standard
        /// Figures as the source printed them.
        case printed
        /// Firms in business on the report's last day.
        case firms
        /// What each firm said in each quarter, and the signed document it rests on.
        case answers
        /// Gaps of firms in each quarter.
        case gaps
        /// Inspections of the year.
        case inspections
        /// Coaching of the year.
        case coaching
        /// Meetings of the year.
        case meetings
        /// What they resolved.
        case resolutions
        /// Events held for firms.
        case programme
        /// Services that were watched, and their minutes.
        case services

        /// Its columns.
        public var columns: [String] {
            switch self {
            case .facts: ["key", "value"]
            case .packs: ["id", "version", "sha256"]
            case .tiers: ["tier", "zh-TW", "en"]
            case .items: ["item", "clause", "zh-TW", "en"]
            case .differences: ["item", "reference", "zh-TW", "en"]
            case .unasked: ["clause", "zh-TW", "en"]
            case .populations: ["group", "item"]
            case .standard: ["clause", "tier", "binds", "zh-TW", "en", "cadence"]
            case .printed: ["item", "tier", "yes", "no", "hundredths", "oddity"]
            case .firms: ["firm", "name", "tier", "reason", "raised", "before", "changed"]
            case .answers:
                ["quarter", "firm", "tier", "answers", "measured", "outside", "state", "as-of", "basis", "sha256"]
            case .gaps: ["quarter", "firm", "item", "before", "after", "slipping", "overdue"]
            case .inspections:
                ["id", "firm", "name", "occasion", "theme-zh-TW", "theme-en", "day", "state", "findings", "open"]
            case .coaching: ["id", "firm", "name", "day", "visited", "state", "items", "actions", "open"]
            case .meetings: ["id", "number", "title", "day", "resolutions", "open"]
            case .resolutions: ["meeting", "number", "what", "owner", "due", "state"]
            case .programme:
                ["id", "kind-zh-TW", "kind-en", "region-zh-TW", "region-en", "title", "day", "place", "firms", "persons"]
            case .services: ["service", "firm", "name", "title", "required", "up", "down", "outages"]
            }
        }

        /// How many columns from the left name a row.
        var keys: Int {
            switch self {
            case .facts, .packs, .tiers, .items, .unasked, .firms, .inspections, .coaching, .meetings, .programme, .services: 1
            case .differences, .populations, .standard, .printed, .answers, .resolutions: 2
            case .gaps: 3
            }
        }

        /// The place of a column.
        func place(_ column: String) -> Int { columns.firstIndex(of: column) ?? 0 }
    }

    /// Random text that keeps anybody from guessing the contents by the hash, which is public.
    public var salt: String
    /// The rows, by table.
    var tables: [Table: [[Value]]]

    /// A snapshot.
    public init(salt: String, tables: [Table: [[Value]]]) { (self.salt, self.tables) = (salt, tables) }

    /// The rows of a table.
    public func rows(_ table: Table) -> [[Value]] { tables[table] ?? [] }

    /// A value of the facts; empty when there is none.
    public func fact(_ key: String) -> String { rows(.facts).first { $0[0].text == key }?[1].text ?? "" }

    /// The year.
    public var year: Int { Int(fact("year")) ?? 0 }
    /// The tiers, strictest first.
    public var tiers: [String] { rows(.tiers).map { $0[0].text } }
    /// Ids of the items.
    public var items: [String] { rows(.items).map { $0[0].text } }
    /// The quarters of the year in which somebody handed something in, oldest first.
    public var quarters: [String] { fact("quarters").split(separator: " ").map(String.init) }
    /// The quarter that the status is of; empty when nobody handed anything in.
    public var quarter: String { quarters.last ?? "" }
    /// When it was taken, UTC microseconds.
    public var taken: Int64 { Int64(fact("taken")) ?? 0 }

    /// Its document.
    public var node: Node {
        .object([
            ("schema", .text(Self.schema)), ("salt", .text(salt)),
            (
                "tables",
                .object(
                    Table.allCases.map { table in
                        (
                            table.rawValue,
                            .object([
                                ("columns", .texts(table.columns)),
                                (
                                    "rows",
                                    .list(
                                        rows(table).map { row in
                                            .list(
                                                row.map { value in
                                                    switch value {
                                                    case .text(let text): .text(text)
                                                    case .number(let number): .integer(number)
                                                    case .none: Node(.null)
                                                    }
                                                })
                                        })
                                ),
                            ])
                        )
                    })
            ),
        ])
    }

    /// Reads a document that was frozen.
    ///
    /// - Throws: `DocumentError` at the first table or row that is not as it should be.
    public static func read(_ node: Node) throws(DocumentError) -> ReportSnapshot {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        var snapshot = ReportSnapshot(salt: try fields.text("salt"), tables: [:])
        var tables = try Fields(try fields.required("tables"), path: "tables")
        for table in Table.allCases {
            var part = try Fields(try tables.required(table.rawValue), path: tables.path(table.rawValue))
            guard try part.texts("columns") == table.columns else {
                throw part.error(at: "columns", "other columns are expected")
            }
            var rows: [[Value]] = []
            for (index, item) in try part.list("rows").enumerated() { rows.append(try row(item, table, index, part)) }
            try part.finish()
            snapshot.tables[table] = rows
        }
        try tables.finish()
        try fields.finish()
        return snapshot
    }

    private static func row(_ node: Node, _ table: Table, _ index: Int, _ fields: Fields) throws(DocumentError) -> [Value] {
        guard let items = node.list, items.count == table.columns.count else {
            throw fields.error(.wrongType, at: "rows[\(index)]", "\(table.columns.count) values are expected")
        }
        var row: [Value] = []
        row.reserveCapacity(items.count)
        for item in items {
            switch item.value {
            case .text(let text): row.append(.text(text))
            case .null: row.append(.none)
            case .number(let number):
                guard let whole = number.integer else {
                    throw fields.error(at: "rows[\(index)]", "a whole number is expected")
                }
                row.append(.number(whole))
            default: throw fields.error(.wrongType, at: "rows[\(index)]", "a text, a whole number or null is expected")
            }
        }
        return row
    }

    /// The canonical bytes that are hashed.
    public var bytes: [UInt8] { CanonicalJSON.line(of: node) }
    /// SHA-256 of its canonical bytes in one line, in lower-case hex.
    public var hash: String { Hash.sha256(bytes) }
}

extension ReportSnapshot {
    /// A row that two snapshots tell differently.
    public struct Difference: Sendable, Hashable {
        /// The table.
        public var table: String
        /// What names the row.
        public var row: String
        /// The column; empty where the whole row is missing on one side.
        public var column: String
        /// What the frozen one says; empty where it has no such row.
        public var frozen: String
        /// What the other says.
        public var found: String
    }

    /// Rows that another snapshot tells differently. Facts about the taking itself (when) are left out.
    public func differences(from other: ReportSnapshot) -> [Difference] {
        var found: [Difference] = []
        for table in Table.allCases {
            let (mine, theirs) = (keyed(table), other.keyed(table))
            for key in Set(mine.keys).union(theirs.keys).sorted() where !(table == .facts && key == "taken") {
                switch (mine[key], theirs[key]) {
                case (let left?, let right?):
                    for (index, column) in table.columns.enumerated() where left[index] != right[index] {
                        found.append(
                            Difference(
                                table: table.rawValue, row: key, column: column, frozen: left[index].shown,
                                found: right[index].shown))
                    }
                case (let left?, nil):
                    found.append(
                        Difference(
                            table: table.rawValue, row: key, column: "", frozen: left.map(\.shown).joined(separator: " | "),
                            found: ""))
                case (nil, let right?):
                    found.append(
                        Difference(
                            table: table.rawValue, row: key, column: "", frozen: "",
                            found: right.map(\.shown).joined(separator: " | ")))
                case (nil, nil): continue
                }
            }
        }
        return found
    }

    private func keyed(_ table: Table) -> [String: [Value]] {
        Dictionary(
            rows(table).map { ($0.prefix(table.keys).map(\.shown).joined(separator: " "), $0) }, uniquingKeysWith: { $1 })
    }
}
