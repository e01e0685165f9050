public import Documents
public import Rulebook

/// The fields of an incident: what may be said of it, and what each notice must say (`Packs/incidents/fields.yaml`).
public struct FieldBook: Sendable, Hashable {
    /// What a field holds.
    public enum Kind: String, Sendable, CaseIterable {
        /// Yes or no.
        case flag
        /// A whole number from 0.
        case integer
        /// A decimal number from 0.
        case decimal
        /// A decimal number from 0 to 1.
        case fraction
        /// One line, up to 255 characters.
        case short
        /// Paragraphs, up to 65,535 characters.
        case long
        /// A day.
        case date
        /// A point in time with its offset.
        case time
        /// A span of time as ISO 8601 writes it, `PT3H30M`.
        case duration
        /// A word of a list.
        case code
        /// Different words of a list.
        case codes
        /// Short texts.
        case texts
        /// Records with fields of their own.
        case records
    }

    /// A field.
    public struct Field: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// What it is called.
        public var title: Text
        /// What it holds.
        public var kind: Kind
        /// The list its codes are from; empty for other kinds.
        public var list: String
        /// The notices that must have it, and all after them.
        public var required: Set<NoticeKind>
        /// Of a record.
        public var fields: [Field]
    }

    /// Why a value was refused.
    public struct Fault: Sendable, Hashable {
        /// Where: `services[0].downtime`.
        public var path: String
        /// Why, in words for a log.
        public var reason: String
    }

    /// The schema its file names.
    public static let schema = "plumbline.incident-fields/1"
    /// Most records or items of one field.
    static let itemLimit = 200
    /// Deepest nesting of records.
    static let depthLimit = 3

    /// The fields, in order.
    public var fields: [Field]
    /// Words of its own lists and of those handed in, by the list's name.
    public var lists: [String: [String]]

    /// A field by its name.
    public subscript(id: String) -> Field? { fields.first { $0.id == id } }

    /// Reads the fields.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - lists: words of lists that stand in other files.
    /// - Returns: the fields.
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node, lists: [String: [String]]) throws(DocumentError) -> FieldBook {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        var known = lists
        for entry in try fields.named("lists") {
            guard let words = entry.node.entries, !words.isEmpty, known[entry.key] == nil else {
                throw DocumentError(
                    .badValue, position: entry.position, key: "lists.\(entry.key)", reason: "a new list with words is expected")
            }
            for word in words { _ = try Text(word.node, path: "lists.\(entry.key).\(word.key)") }
            known[entry.key] = words.map(\.key)
        }
        let book = FieldBook(fields: try read("fields", &fields, known, depth: 0), lists: known)
        try fields.finish()
        return book
    }

    private static func read(
        _ key: String, _ fields: inout Fields, _ lists: [String: [String]], depth: Int
    ) throws(DocumentError) -> [Field] {
        guard depth < depthLimit else { throw fields.error(.tooDeep, at: key, "records lie too deep in each other") }
        var found: [Field] = []
        for entry in try fields.named(key) {
            var inner = try Fields(entry.node, path: fields.path("\(key).\(entry.key)"))
            let title = try inner.bilingual("title")
            let kind: Kind = try inner.choice("type")
            var field = Field(id: entry.key, title: title, kind: kind, list: "", required: [], fields: [])
            if kind == .code || kind == .codes {
                field.list = try inner.identifier("list")
                guard lists[field.list] != nil else { throw inner.error(at: "list", "there is no list \"\(field.list)\"") }
            }
            for name in try inner.texts("required") {
                guard let notice = NoticeKind(rawValue: name), depth == 0 else {
                    throw inner.error(at: "required", "notices are expected, and only of fields outside of records")
                }
                field.required.insert(notice)
            }
            if kind == .records { field.fields = try read("fields", &inner, lists, depth: depth + 1) }
            try inner.finish()
            found.append(field)
        }
        return found
    }

    /// The fields a notice must have and that are missing.
    public func missing(for notice: NoticeKind, in values: [String: FieldValue]) -> [String] {
        fields.filter { field in
            field.required.contains { $0.order <= notice.order } && values[field.id] == nil
        }.map(\.id)
    }

    /// What is wrong with values; nothing when all are as they should be.
    public func faults(_ values: [String: FieldValue]) -> [Fault] {
        var faults: [Fault] = []
        check(values, fields, "", &faults)
        return faults
    }

    private func check(_ values: [String: FieldValue], _ fields: [Field], _ path: String, _ faults: inout [Fault]) {
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            let place = path.isEmpty ? key.clipped : "\(path).\(key.clipped)"
            guard let field = fields.first(where: { $0.id == key }) else {
                faults.append(Fault(path: place, reason: "there is no such field"))
                continue
            }
            check(value, field, place, &faults)
        }
    }

    private func check(_ value: FieldValue, _ field: Field, _ path: String, _ faults: inout [Fault]) {
        func expect(_ holds: Bool, _ what: String) {
            if !holds { faults.append(Fault(path: path, reason: "\(what) is expected")) }
        }
        switch field.kind {
        case .flag: expect(value.flag != nil, "yes or no")
        case .integer: expect((value.number ?? -1) >= 0, "a whole number from 0")
        case .decimal: expect(Self.decimal(value).map { $0 >= .zero } ?? false, "a number from 0")
        case .fraction: expect(Self.decimal(value).map { $0 >= .zero && $0 <= ExactNumber(1) } ?? false, "a number from 0 to 1")
        case .short: expect(value.text.map(Self.isShort) ?? false, "one line of at most 255 characters")
        case .long: expect(value.text.map(Self.isLong) ?? false, "a text of at most 65,535 characters")
        case .date: expect(value.text.map { CivilDate($0) != nil } ?? false, "a date (2026-11-20)")
        case .time: expect(value.text.map { Instant($0) != nil } ?? false, "a time with its offset (2026-11-20T15:33:00+08:00)")
        case .duration: expect(value.text.map { Duration8601($0) != nil } ?? false, "a span of time (PT3H30M)")
        case .code: expect(value.text.map { lists[field.list]?.contains($0) == true } ?? false, "a word of \(field.list)")
        case .codes, .texts:
            let words = value.list?.compactMap(\.text) ?? []
            expect(
                !words.isEmpty && words.count == value.list?.count && words.count <= Self.itemLimit
                    && Set(words).count == words.count
                    && words.allSatisfy { field.kind == .texts ? Self.isShort($0) : lists[field.list]?.contains($0) == true },
                field.kind == .texts ? "different short texts" : "different words of \(field.list)")
        case .records:
            let records = value.list?.compactMap(\.record) ?? []
            expect(
                !records.isEmpty && records.count == value.list?.count && records.count <= Self.itemLimit, "a list of records")
            for (index, record) in records.enumerated() { check(record, field.fields, "\(path)[\(index)]", &faults) }
        }
    }

    static func decimal(_ value: FieldValue) -> ExactNumber? {
        value.number.map { ExactNumber($0) } ?? value.text.flatMap { ExactNumber($0) }
    }

    static func isShort(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.count <= 255 && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }

    static func isLong(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.count <= 65_535
            && !text.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || $0.value == 0x7F }
    }
}

/// A span of time as ISO 8601 writes it, from minutes to years.
public struct Duration8601: Sendable, Hashable {
    /// Minutes, when it has neither years nor months, whose length is not known; nil otherwise.
    public var minutes: Int?

    /// Reads `PT3H30M` or `P1DT4H`; nil for anything else, and for numbers of more than nine digits.
    public init?(_ text: some StringProtocol) {
        var rest = text.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "P") else { return nil }
        var (inTime, isEmpty, isKnown, total) = (false, true, true, 0)
        var order = 0
        while let next = rest.first {
            if next == UInt8(ascii: "T"), !inTime {
                (inTime, order) = (true, 3)
                rest.removeFirst()
                guard !rest.isEmpty else { return nil }
                continue
            }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(digits.count), let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.popFirst()
            let place: Int
            switch (unit, inTime) {
            case (UInt8(ascii: "Y"), false): (place, isKnown) = (0, isKnown && number == 0)
            case (UInt8(ascii: "M"), false): (place, isKnown) = (1, isKnown && number == 0)
            case (UInt8(ascii: "D"), false): (place, total) = (2, total + number * 1_440)
            case (UInt8(ascii: "H"), true): (place, total) = (3, total + number * 60)
            case (UInt8(ascii: "M"), true): (place, total) = (4, total + number)
            default: return nil
            }
            guard place >= order else { return nil }
            (order, isEmpty) = (place + 1, false)
        }
        guard !isEmpty else { return nil }
        minutes = isKnown ? total : nil
    }

    /// As ISO 8601 writes so many minutes.
    public static func text(minutes: Int) -> String {
        let (hours, rest) = (minutes / 60, minutes % 60)
        return hours == 0 ? "PT\(rest)M" : rest == 0 ? "PT\(hours)H" : "PT\(hours)H\(rest)M"
    }
}
