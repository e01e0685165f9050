public import Documents
public import Rulebook

/// The Financial Stability Board's exchange format as data (`Packs/incidents/fire.yaml`).
public struct FireFormat: Sendable, Hashable {
    /// What a phase asks of an item.
    public enum Demand: String, Sendable, CaseIterable {
        /// It must be there.
        case essential
        /// It may be there.
        case optional
        /// It must not be there.
        case notApplicable = "not-applicable"
        /// Firms never give it.
        case notCollected = "not-collected"
    }

    /// What an item holds.
    public enum Kind: String, Sendable, CaseIterable {
        /// A decimal number.
        case decimal
        /// A whole number from 0 that fits 32 bits.
        case integer
        /// A number from 0 to 1.
        case fraction
        /// One line, up to 255 characters.
        case short
        /// Up to 65,535 characters.
        case long
        /// An address of mail.
        case email
        /// A telephone number with its country code.
        case phone
        /// A point in time with its offset.
        case time
        /// A span of time as ISO 8601 writes it; null for none.
        case duration
        /// A word of a list.
        case code
        /// Words of a list.
        case codes
        /// Short texts.
        case texts
        /// Two letters of a language.
        case language
        /// Two letters of a country.
        case country
        /// Several countries.
        case countries
        /// Three letters of a currency.
        case currency
        /// Names in schemes: `{name, value}`.
        case pairs
        /// Recipients that stand in the report.
        case recipients
        /// `{trigger, recipient, context}`.
        case triggers
        /// `{date, action}`.
        case actions
        /// Files in base64.
        case files
        /// Records of other items.
        case container
    }

    /// An item.
    public struct Item: Sendable, Hashable {
        /// Its key in our JSON.
        public var id: String
        /// Its number in the format, 1 to 87.
        public var number: Int
        /// What it is called.
        public var title: Text
        /// What it holds.
        public var kind: Kind
        /// The list its words are from; empty for other kinds.
        public var list: String
        /// What each column asks.
        public var demands: [Column: Demand]
        /// The container it is part of; empty for none.
        public var container: String
        /// Where our value comes from; empty for nowhere.
        public var source: String
    }

    /// The columns of the format's annex on phases.
    public enum Column: String, Sendable, Hashable, CaseIterable {
        /// An open incident's first report.
        case initial
        /// Up to and with its resolution.
        case intermediate
        /// At its end.
        case final
    }

    /// The schema its file names.
    public static let schema = "plumbline.fire/1"

    /// The format's version.
    public var version: String
    /// Where it comes from.
    public var source: Text
    /// The items, in the format's order.
    public var items: [Item]
    /// For each list, its words in order and what the format calls them.
    var words: [String: [Word]]
    var columns: [String: [String: Column]]
    var notYet: [String: Set<String>]
    var order: [ReportOrder]
    var past: Set<String>

    struct Word: Sendable, Hashable {
        var key: String
        var label: String
    }

    /// The column that a report answers to; nil when phase and status do not go together. Both in small letters.
    public func column(phase: String, status: String) -> Column? { columns[phase]?[status] }

    /// An item by its key.
    public subscript(id: String) -> Item? { items.first { $0.id == id } }

    /// What the format calls a word of a list.
    public func label(_ list: String, _ word: String) -> String? { words[list]?.first { $0.key == word }?.label }

    /// The words of the lists, as fields name them: `fire.severity`.
    public var fieldLists: [String: [String]] {
        Dictionary(uniqueKeysWithValues: words.map { ("fire.\($0.key)", $0.value.map(\.key)) })
    }

    /// The format that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> FireFormat { try ShippedIncidentFiles.read("fire.yaml", read) }

    /// Reads the format.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> FireFormat {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        var format = FireFormat(
            version: try fields.text("version"), source: try fields.bilingual("source"), items: [],
            words: try ReportReading.lists(&fields), columns: [:], notYet: [:], order: try ReportReading.order(&fields),
            past: Set(try fields.texts("past")))
        for entry in try fields.named("columns") {
            var column = try Fields(entry.node, path: "columns.\(entry.key)")
            for status in entry.node.entries ?? [] {
                let name: Column = try column.choice(status.key)
                format.columns[entry.key, default: [:]][status.key] = name
            }
        }
        for entry in try fields.entries("not_yet") {
            var inner = try Fields(.object([("items", entry.node)]), path: "not_yet.\(entry.key)")
            format.notYet[entry.key] = Set(try inner.texts("items"))
        }
        for entry in try fields.named("items") { format.items.append(try format.item(entry)) }
        let ids = Set(format.items.map(\.id))
        let named = format.past.union(format.notYet.values.flatMap(\.self)).union(
            format.order.flatMap { [$0.earlier, $0.later] })
        if let stranger = named.subtracting(ids).min() {
            throw fields.error(at: "items", "there is no item \"\(stranger.clipped)\", which a rule names")
        }
        for item in format.items where !item.container.isEmpty && format[item.container]?.kind != .container {
            throw fields.error(at: "items", "\(item.id) is in \"\(item.container.clipped)\", which is no container")
        }
        try fields.finish()
        return format
    }

    private func item(_ entry: Node.Entry) throws(DocumentError) -> Item {
        var fields = try Fields(entry.node, path: "items.\(entry.key)")
        let (number, title) = (try fields.integer("number", 1...999), try fields.bilingual("title"))
        let kind: Kind = try fields.choice("type")
        let list = try fields.optionalIdentifier("list") ?? ""
        if kind == .code || kind == .codes || kind == .triggers, words[list] == nil {
            throw fields.error(at: "list", "there is no list \"\(list.clipped)\"")
        }
        let names = try fields.texts("phases")
        var demands: [Column: Demand] = [:]
        for (column, name) in zip(Column.allCases, names) { demands[column] = Demand(rawValue: name) }
        guard names.count == Column.allCases.count, demands.count == names.count else {
            throw fields.error(at: "phases", "three of: \(Demand.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let (container, source) = (try fields.optionalIdentifier("in") ?? "", try fields.optionalText("from") ?? "")
        try fields.finish()
        return Item(
            id: entry.key, number: number, title: title, kind: kind, list: list, demands: demands, container: container,
            source: source)
    }
}

/// What files of report formats share.
enum ReportReading {
    static func lists(_ fields: inout Fields) throws(DocumentError) -> [String: [FireFormat.Word]] {
        var lists: [String: [FireFormat.Word]] = [:]
        for entry in try fields.named("lists") {
            var inner = try Fields(.object([("words", entry.node)]), path: "lists.\(entry.key)")
            for word in try inner.named("words") {
                lists[entry.key, default: []].append(
                    FireFormat.Word(key: word.key, label: try Fields.text(word.node, "lists.\(entry.key).\(word.key)")))
            }
        }
        return lists
    }

    static func order(_ fields: inout Fields) throws(DocumentError) -> [ReportOrder] {
        var order: [ReportOrder] = []
        for (index, item) in try fields.list("order").enumerated() {
            var inner = try Fields(item, path: "order[\(index)]")
            order.append(
                ReportOrder(
                    earlier: try inner.text("earlier"), later: try inner.text("later"),
                    mayBeEqual: try inner.optionalBool("equal") ?? false))
            try inner.finish()
        }
        return order
    }

    /// Faults of moments: order, and those that must have passed.
    static func check(
        _ order: [ReportOrder], _ past: Set<String>, now: Instant, _ time: (String) -> Instant?
    ) -> [ReportFault] {
        var faults: [ReportFault] = []
        for rule in order {
            guard let earlier = time(rule.earlier), let later = time(rule.later) else { continue }
            if earlier > later || earlier == later && !rule.mayBeEqual {
                faults.append(ReportFault(.order, rule.later, "a time after \(rule.earlier) is expected"))
            }
        }
        for item in past.sorted() {
            if let found = time(item), found > now {
                faults.append(ReportFault(.order, item, "a time that has passed is expected"))
            }
        }
        return faults
    }
}
