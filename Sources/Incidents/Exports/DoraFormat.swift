public import Documents
public import Rulebook

/// The fields of the European template for major incidents as data (`Packs/incidents/dora.yaml`).
public struct DoraFormat: Sendable, Hashable {
    /// Which report first asks for a field.
    public enum Phase: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Initial notification.
        case initial
        /// Intermediate report.
        case intermediate
        /// Final report.
        case final

        /// The order in which they are sent.
        public static func < (left: Phase, right: Phase) -> Bool { left.order < right.order }
        private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// When a field must be there, once its phase has come.
    public enum Condition: Sendable, Hashable {
        /// Always.
        case always
        /// When something is so that only the firm can tell.
        case conditional
        /// When another field is there, and has a word; the word is nil when any value will do.
        case field(String, has: String?)
    }

    /// What a field holds.
    public enum Kind: String, Sendable, CaseIterable {
        /// A text.
        case text
        /// Several texts.
        case texts
        /// Yes or no.
        case flag
        /// A whole number from 0.
        case integer
        /// A number from 0 to 100.
        case percent
        /// An amount from 0.
        case amount
        /// A point in time in UTC.
        case time
        /// Days, hours and minutes: `00:04:30`.
        case duration
        /// A word of a list.
        case code
        /// Words of a list.
        case codes
        /// Countries of two letters.
        case countries
        /// A Legal Entity Identifier.
        case lei
        /// An address of mail.
        case email
        /// Three letters.
        case currency
    }

    /// A field.
    public struct Field: Sendable, Hashable {
        /// Its number: `3.16`.
        public var id: String
        /// What it is called.
        public var title: Text
        /// Which report first asks for it.
        public var phase: Phase
        /// When it must be there.
        public var condition: Condition
        /// What it holds.
        public var kind: Kind
        /// The list its words are from; empty for other kinds.
        public var list: String
        /// Where our value comes from; empty for nowhere.
        public var source: String
    }

    /// The schema its file names.
    public static let schema = "plumbline.dora/1"

    /// The regulation.
    public var version: String
    /// Where it comes from.
    public var source: Text
    /// The fields, in order.
    public var fields: [Field]
    var words: [String: [FireFormat.Word]]
    var order: [ReportOrder]
    var past: Set<String>

    /// A field by its number.
    public subscript(id: String) -> Field? { fields.first { $0.id == id } }

    /// What a word of a list is called.
    public func label(_ list: String, _ word: String) -> String? { words[list]?.first { $0.key == word }?.label }

    /// The fields that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> DoraFormat { try ShippedIncidentFiles.read("dora.yaml", read) }

    /// Reads the fields.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> DoraFormat {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        var format = DoraFormat(
            version: try fields.text("version"), source: try fields.bilingual("source"), fields: [],
            words: try ReportReading.lists(&fields), order: try ReportReading.order(&fields), past: Set(try fields.texts("past")))
        for entry in try fields.named("fields") { format.fields.append(try format.field(entry)) }
        let named = format.past.union(format.order.flatMap { [$0.earlier, $0.later] }).union(
            format.fields.compactMap { if case .field(let other, _) = $0.condition { other } else { nil } })
        if let stranger = named.subtracting(format.fields.map(\.id)).min() {
            throw fields.error(at: "fields", "there is no field \"\(stranger.clipped)\", which a rule names")
        }
        try fields.finish()
        return format
    }

    private func field(_ entry: Node.Entry) throws(DocumentError) -> Field {
        var fields = try Fields(entry.node, path: "fields.\(entry.key)")
        let title = try fields.bilingual("title")
        let (phase, kind): (Phase, Kind) = (try fields.choice("phase"), try fields.choice("type"))
        let when = try fields.required("when")
        let condition: Condition
        switch when.text {
        case "always": condition = .always
        case "conditional": condition = .conditional
        default:
            var inner = try Fields(when, path: fields.path("when"))
            condition = .field(try inner.text("field"), has: try inner.optionalText("has"))
            try inner.finish()
        }
        let list = try fields.optionalIdentifier("list") ?? ""
        if kind == .code || kind == .codes, words[list] == nil {
            throw fields.error(at: "list", "there is no list \"\(list.clipped)\"")
        }
        let source = try fields.optionalText("from") ?? ""
        try fields.finish()
        return Field(id: entry.key, title: title, phase: phase, condition: condition, kind: kind, list: list, source: source)
    }

    // MARK: Checking

    /// Whether a field must be there in a report of a phase.
    public func isDemanded(_ field: Field, in phase: Phase, _ report: Node) -> Bool {
        guard field.phase <= phase else { return false }
        switch field.condition {
        case .always: return true
        case .conditional: return false
        case .field(let other, let word):
            guard let value = report[other], !value.isNull else { return false }
            guard let word else { return true }
            if word == "true" { return value.bool == true }
            return value.text == word || value.list?.contains { $0.text == word } == true
        }
    }

    /// Checks a report.
    ///
    /// - Parameters:
    ///   - report: the fields by their numbers; words of lists as this file names them.
    ///   - phase: which report it is; fields of later ones may be there already.
    ///   - now: what has passed and what has not.
    /// - Returns: what is wrong; nothing when the report may be sent.
    public func faults(_ report: Node, phase: Phase, now: Instant) -> [ReportFault] {
        guard let entries = report.entries else { return [ReportFault(.value, "", "a mapping is expected")] }
        var faults: [ReportFault] = []
        for entry in entries where self[entry.key] == nil {
            faults.append(ReportFault(.unknown, entry.key.clipped, "there is no such field"))
        }
        for field in fields {
            guard let value = report[field.id], !value.isNull else {
                if isDemanded(field, in: phase, report) {
                    faults.append(ReportFault(.missing, field.id, "it is mandatory in this report"))
                }
                continue
            }
            if let expected = wrong(value, field) { faults.append(ReportFault(.value, field.id, "\(expected) expected")) }
        }
        return faults + ReportReading.check(order, past, now: now) { id in report[id]?.text.flatMap { Instant($0) } }
    }

    private func wrong(_ value: Node, _ field: Field) -> String? {
        func isWord(_ node: Node) -> Bool {
            node.text.map { text in words[field.list]?.contains { $0.key == text } == true } ?? false
        }
        func all(_ holds: (Node) -> Bool) -> Bool {
            value.list.map { !$0.isEmpty && $0.count <= FireFormat.itemLimit && $0.allSatisfy(holds) } ?? false
        }
        func letters(_ node: Node, _ count: Int) -> Bool {
            node.text.map { $0.utf8.count == count && $0.utf8.allSatisfy { (0x41...0x5A).contains($0) } } ?? false
        }
        let isRight =
            switch field.kind {
            case .text: value.text.map(FieldBook.isLong) ?? false
            case .texts: all { $0.text.map(FieldBook.isLong) ?? false }
            case .flag: value.bool != nil
            case .integer: value.integer.map { $0 >= 0 } ?? false
            case .percent: value.number.map { $0 >= .zero && $0 <= ExactNumber(100) } ?? false
            case .amount: value.number.map { $0 >= .zero } ?? false
            case .time: value.text.flatMap { Instant($0) } != nil
            case .duration: value.text.map(Self.isDuration) ?? false
            case .code: isWord(value)
            case .codes: all(isWord)
            case .countries: all { letters($0, 2) }
            case .lei: value.text.map(LegalEntityIdentifier.isValid) ?? false
            case .email: value.text.map(FireFormat.isEmail) ?? false
            case .currency: letters(value, 3)
            }
        return isRight ? nil : "\(field.kind.rawValue)\(field.list.isEmpty ? "" : " of the list \(field.list)") is"
    }

    private static func isDuration(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, (1...3).contains(parts[0].count),
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            parts[1].count == 2, parts[2].count == 2, let hours = Int(parts[1]), let minutes = Int(parts[2])
        else { return false }
        return hours < 24 && minutes < 60
    }

    /// Days, hours and minutes as the template writes them.
    public static func duration(minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 1_440)):\(two(minutes / 60 % 24)):\(two(minutes % 60))"
    }
}
