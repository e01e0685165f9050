public import Documents
public import Rulebook

/// An incident of the past, as a list tells it.
public struct PastIncident: Sendable, Hashable {
    /// What the list calls it; once in a list.
    public var reference: String
    /// Whose it is; empty for the firm that imports.
    public var firm: String
    /// The firm's tier then; empty when not told.
    public var tier: String
    /// What it is called.
    public var title: String
    /// When the firm came to know.
    public var aware: Instant
    /// When it occurred.
    public var occurred: Instant?
    /// When the first notice was given.
    public var notified: Instant?
    /// Whether that was in time by the rule in force then; nil when it cannot be said.
    public var isInTime: Bool?
    /// Its kind.
    public var category: CountedIncident.Told
    /// What it hit.
    public var impact: CountedIncident.Told
    /// Minutes of outage.
    public var outage: Int?

    /// As a document with the names of the list's columns.
    public var node: Node {
        func text(_ text: String?) -> Node? { text.flatMap { $0.isEmpty ? nil : .text($0) } }
        return .object([
            ("reference", .text(reference)), ("firm", text(firm)), ("tier", text(tier)), ("title", text(title)),
            ("aware", .text(aware.description)), ("occurred", text(occurred?.description)),
            ("notified", text(notified?.description)), ("category", .text(category.reported)),
            ("final_category", text(category.final)), ("impact", .text(impact.reported)), ("final_impact", text(impact.final)),
            ("outage_minutes", outage.map { .integer($0) }),
        ])
    }
}

/// Reads lists of past incidents: nothing of a list that has a fault is to be stored, and every fault is told at once.
public struct PastIncidentReader: Sendable {
    /// A fault of a list.
    public struct Fault: Sendable, Hashable {
        /// The row, counted from 1 after the headings; 0 for the whole list.
        public var row: Int
        /// The column; empty for the whole row.
        public var column: String
        /// What is expected.
        public var reason: String

        /// A fault.
        public init(row: Int, column: String, reason: String) { (self.row, self.column, self.reason) = (row, column, reason) }
    }

    /// What a list holds.
    public struct Outcome: Sendable, Hashable {
        /// Those that can be read.
        public var incidents: [PastIncident]
        /// What is wrong; when there is anything, nothing is to be stored.
        public var faults: [Fault]
    }

    /// Names of the columns, in the order they are usually in.
    public static let columns = [
        "reference", "firm", "tier", "title", "aware", "occurred", "notified", "category", "final_category", "impact",
        "final_impact",
        "outage_minutes",
    ]
    /// Most rows of a list.
    public static let rowLimit = 100_000
    /// Longest list in bytes.
    public static let byteLimit = 32 << 20
    private static let needed: Set<String> = ["reference", "aware", "category", "impact"]

    /// What categories and impacts there are.
    public var taxonomy: Taxonomy
    /// The clocks, for whether a first notice was in time.
    public var clocks: ClockBook

    /// A reader.
    public init(taxonomy: Taxonomy, clocks: ClockBook) { (self.taxonomy, self.clocks) = (taxonomy, clocks) }

    /// Reads a list with commas: headings in the first row, UTF-8, fields in quotes where needed.
    ///
    /// - Parameters:
    ///   - bytes: the list.
    ///   - now: what has not come yet is a fault.
    /// - Returns: incidents and faults.
    public func read(csv bytes: [UInt8], now: Instant) -> Outcome {
        guard bytes.count <= Self.byteLimit else { return whole("at most \(Self.byteLimit) bytes are expected") }
        guard let rows = CommaSeparated.rows(bytes, limit: Self.rowLimit + 1) else {
            return whole("UTF-8 with quotes that end, and at most \(Self.rowLimit) rows, are expected")
        }
        guard let headings = rows.first else { return whole("headings are expected in the first row") }
        let names = headings.map { $0.trimmed }
        for name in names where !Self.columns.contains(name) {
            return whole("\"\(name.clipped)\" is no column; known: \(Self.columns.joined(separator: ", "))")
        }
        guard Set(names).count == names.count, Self.needed.isSubset(of: names) else {
            return whole("different columns with \(Self.needed.sorted().joined(separator: ", ")) are expected")
        }
        var records: [[String: String]?] = []
        for row in rows.dropFirst() {
            guard row.count == names.count else {
                records.append(nil)
                continue
            }
            records.append(Dictionary(zip(names, row.map(\.trimmed))) { $1 }.filter { !$0.value.isEmpty })
        }
        return read(records, now: now)
    }

    /// Reads a list of mappings.
    ///
    /// - Parameters:
    ///   - node: the list.
    ///   - now: what has not come yet is a fault.
    /// - Returns: incidents and faults.
    public func read(_ node: Node, now: Instant) -> Outcome {
        guard let items = node.list, items.count <= Self.rowLimit else {
            return whole("a list of at most \(Self.rowLimit) mappings is expected")
        }
        let records = items.map { item -> [String: String]? in
            guard let entries = item.entries else { return nil }
            var record: [String: String] = [:]
            for entry in entries where !entry.node.isNull {
                record[entry.key] = entry.node.text ?? entry.node.number?.description ?? "\u{0}"
            }
            return record
        }
        return read(records, now: now)
    }

    private func whole(_ reason: String) -> Outcome {
        Outcome(incidents: [], faults: [Fault(row: 0, column: "", reason: reason)])
    }

    private func read(_ records: [[String: String]?], now: Instant) -> Outcome {
        var (incidents, faults): ([PastIncident], [Fault]) = ([], [])
        var references: [String: Int] = [:]
        for (index, record) in records.enumerated() {
            let row = index + 1
            guard let record else {
                faults.append(Fault(row: row, column: "", reason: "as many fields as there are columns are expected"))
                continue
            }
            var found: [Fault] = []
            if let incident = incident(record, row, now, &found) {
                if let first = references.updateValue(row, forKey: incident.reference) {
                    found.append(Fault(row: row, column: "reference", reason: "it stands in row \(first) already"))
                }
                if found.isEmpty { incidents.append(incident) }
            }
            faults += found
        }
        return Outcome(incidents: incidents, faults: faults)
    }

    private func incident(
        _ record: [String: String], _ row: Int, _ now: Instant, _ faults: inout [Fault]
    ) -> PastIncident? {
        func fault(_ column: String, _ reason: String) { faults.append(Fault(row: row, column: column, reason: reason)) }
        for key in record.keys.sorted() where !Self.columns.contains(key) { fault(key.clipped, "there is no such column") }
        func text(_ column: String) -> String {
            guard let text = record[column] else {
                if Self.needed.contains(column) { fault(column, "a value is expected") }
                return ""
            }
            if !FieldBook.isShort(text) { fault(column, "one line of at most 255 characters is expected") }
            return text
        }
        func time(_ column: String) -> Instant? {
            guard let text = record[column] else {
                if Self.needed.contains(column) { fault(column, "a value is expected") }
                return nil
            }
            guard let time = Instant(text) else {
                fault(column, "a time with its offset (2026-11-20T15:33:00+08:00) is expected")
                return nil
            }
            if time > now { fault(column, "a time that has passed is expected") }
            return time
        }
        func word(_ column: String, _ words: [String]) -> String? {
            guard let text = record[column] else {
                if Self.needed.contains(column) { fault(column, "a value is expected") }
                return nil
            }
            if !words.contains(text) { fault(column, "one of: \(words.joined(separator: ", "))") }
            return text
        }
        let (categories, impacts) = (taxonomy.categories.map(\.id), taxonomy.impacts.map(\.id))
        let (aware, occurred, notified) = (time("aware"), time("occurred"), time("notified"))
        let category = CountedIncident.Told(
            reported: word("category", categories) ?? "", final: word("final_category", categories))
        let impact = CountedIncident.Told(reported: word("impact", impacts) ?? "", final: word("final_impact", impacts))
        var outage: Int?
        if let text = record["outage_minutes"] {
            outage = Int(text)
            if !(0...5_256_000).contains(outage ?? -1) { fault("outage_minutes", "minutes from 0 to ten years are expected") }
        }
        if let aware, let occurred, occurred > aware { fault("occurred", "a time before the firm knew is expected") }
        if let aware, let notified, notified < aware { fault("notified", "a time after the firm knew is expected") }
        let (reference, firm, tier, title) = (text("reference"), text("firm"), text("tier"), text("title"))
        guard faults.isEmpty, let aware else { return nil }
        return PastIncident(
            reference: reference, firm: firm, tier: tier, title: title, aware: aware, occurred: occurred, notified: notified,
            isInTime: isInTime(aware, notified, occurred), category: category, impact: impact, outage: outage)
    }

    /// By the rule of the market in force when the firm came to know.
    private func isInTime(_ aware: Instant, _ notified: Instant?, _ occurred: Instant?) -> Bool? {
        guard let notified, let regime = clocks.regimes.first(where: { $0.scope == .always }),
            let rule = regime.version(knownAt: aware)?[.preliminary]
        else { return nil }
        var facts = ClockFacts(moments: [.aware: aware])
        facts.moments[.occurred] = occurred
        return Incident.lateness(rule, at: notified, zone: regime.zone, facts, clocks).late.map { $0 == 0 }
    }
}

extension String {
    /// Without spaces and tabs around it.
    fileprivate var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(
            start.prefix(upTo: start.lastIndex { $0 != " " && $0 != "\t" }.map { start.index(after: $0) } ?? start.startIndex))
    }
}
