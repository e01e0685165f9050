/// A query made ready: texts folded, bytes laid out, and one needle chosen that every hit must have somewhere in its leaf.
struct SearchPlan: Sendable {
    /// Bytes of a key commitment, which a sealed value begins with.
    static let keyLength = 32

    let query: SearchQuery
    let phrases: [Phrase]
    let fields: [(name: [UInt8], value: [UInt8])]
    private let source: [UInt8]?
    private let substrings: [Needle]
    private let driver: Driver

    /// How candidates are found in a block without taking every record apart.
    private enum Driver: Sendable {
        /// Every record is one.
        case all
        /// Records in which the bytes stand.
        case bytes(Needle)
        /// Records in which the bytes stand, or that have an escape.
        case bytesOrEscape(Needle)
    }

    /// - Throws: `.badInput`.
    init(_ query: SearchQuery) throws(VaultError) {
        try query.validate()
        self.query = query
        phrases = query.texts.map { Phrase($0) }
        fields = query.fields.map { (Array($0.name.utf8), Array($0.value.utf8)) }
        source = query.source.map { Array($0.utf8) }
        substrings = query.contains.map { Needle($0, isFolded: false) }
        if let longest = substrings.max(by: { $0.bytes.count < $1.bytes.count }) {
            driver = .bytes(longest)
        } else if let value = fields.map(\.value).max(by: { $0.count < $1.count }), value.count > 3 {
            driver = .bytesOrEscape(Needle(value, isFolded: false))
        } else if let longest = phrases.map(\.needle).max(by: { $0.bytes.count < $1.bytes.count }) {
            driver = .bytesOrEscape(longest)
        } else if query.keys.count == 1 {
            driver = .bytes(Needle(query.keys[0], isFolded: false))
        } else if let source, source.count > 3 {
            driver = .bytes(Needle(source, isFolded: false))
        } else {
            driver = .all
        }
    }

    // MARK: A block

    /// Places of the records of a block that match, at most `limit` of them, oldest first.
    func matches(
        _ packed: UnsafeRawBufferPointer, _ ranges: [Range<Int>], _ allowed: Range<Int>, received: ClosedRange<Int64>, limit: Int
    ) -> [Int] {
        var reader = BodyFieldReader()
        var found: [Int] = []
        var place = allowed.lowerBound
        var known = Known()
        while found.count < limit, place < ranges.count {
            let next = candidate(packed, ranges, place, &known)
            guard next < allowed.upperBound else { break }
            if holds(packed.part(ranges[next].lowerBound, ranges[next].upperBound), received, &reader) { found.append(next) }
            place = next + 1
        }
        return found
    }

    /// The next places with the needle and with an escape, kept until they are passed: each is looked for once.
    private struct Known {
        var needle = -1
        var escape = -1
    }

    /// The first candidate at or after a place; beyond all records when there is none.
    private func candidate(_ packed: UnsafeRawBufferPointer, _ ranges: [Range<Int>], _ place: Int, _ known: inout Known) -> Int {
        switch driver {
        case .all: return place
        case .bytes(let needle): return Self.record(needle, packed, ranges, place)
        case .bytesOrEscape(let needle):
            if known.needle < place { known.needle = Self.record(needle, packed, ranges, place) }
        }
        // Behind a backslash a value may be written otherwise.
        if known.escape < place { known.escape = Self.record(Self.escape, packed, ranges, place) }
        return min(known.needle, known.escape)
    }

    private static let escape = Needle([0x5C], isFolded: false)

    /// The first record at or after a place in which the needle begins; `Int.max` when there is none.
    @inline(__always)
    private static func record(_ needle: Needle, _ packed: UnsafeRawBufferPointer, _ ranges: [Range<Int>], _ place: Int) -> Int {
        var from = ranges[place].lowerBound
        while let start = needle.find(packed, from: from) {
            let owner = ranges.partition(from: place) { $0.upperBound > start }
            guard owner < ranges.count else { break }
            if ranges[owner].contains(start) { return owner }
            // It begins in the length of a record.
            from = start + 1
        }
        return .max
    }

    // MARK: A record

    /// Whether a leaf is what is looked for. A leaf of a broken form is a record as it came, so that nothing can hide in one.
    func holds(_ leaf: UnsafeRawBufferPointer, _ received: ClosedRange<Int64>, _ reader: inout BodyFieldReader) -> Bool {
        let view = LeafView(leaf) ?? LeafView(plain: leaf)
        if let kind = query.kind, view.kind != kind.rawValue { return false }
        if let source, !view.source.elementsEqual(source) { return false }
        if let wanted = query.received {
            let times = ReceiveTime.range(of: view, received)
            guard times.upperBound >= wanted.lowerBound, times.lowerBound < wanted.upperBound else { return false }
        }
        if let wanted = query.occurred {
            guard let occurred = view.occurred, wanted.contains(occurred) else { return false }
        }
        for needle in substrings where needle.find(view.body, from: 0) == nil { return false }
        if !query.keys.isEmpty, !hasKey(view) { return false }
        if fields.isEmpty, phrases.allSatisfy({ $0.occurs(in: view.body) }) { return true }
        let named = reader.read(view.body)
        return fields.allSatisfy { hasField(view, named, $0.name, $0.value) } && phrases.allSatisfy { hasPhrase(view, named, $0) }
    }

    private func hasKey(_ view: LeafView) -> Bool {
        var isFound = false
        view.forEachField { _, isSealed, value in
            if isSealed, value.count >= Self.keyLength {
                isFound = query.keys.contains { value.part(0, Self.keyLength).elementsEqual($0) }
            }
            return !isFound
        }
        return isFound
    }

    private func hasField(_ view: LeafView, _ named: UnsafeBufferPointer<BodyField>, _ name: [UInt8], _ value: [UInt8]) -> Bool {
        var isFound = false
        view.forEachField { ownName, isSealed, ownValue in
            isFound = !isSealed && ownValue.elementsEqual(value) && ownName.elementsEqual(name)
            return !isFound
        }
        return isFound || named.contains { $0.value.elementsEqual(value) && $0.name.elementsEqual(name) }
    }

    private func hasPhrase(_ view: LeafView, _ named: UnsafeBufferPointer<BodyField>, _ phrase: Phrase) -> Bool {
        if phrase.occurs(in: view.body) { return true }
        var isFound = false
        view.forEachField { _, isSealed, value in
            isFound = !isSealed && phrase.occurs(in: value)
            return !isFound
        }
        return isFound || named.contains { $0.isUnescaped && phrase.occurs(in: $0.value) }
    }
}

/// When a record was received.
enum ReceiveTime {
    /// How far a record's own time may lie outside of the times of its block or frame, in microseconds. The vault sets both from one clock within
    /// moments; a time further off is taken to be that much off, so that blocks can be passed over by their times and no record is lost.
    static let slack: Int64 = 600_000_000

    /// The record's own time; of a record without one, everything its block or frame leaves open.
    static func range(of view: LeafView, _ block: ClosedRange<Int64>) -> ClosedRange<Int64> {
        guard let own = view.received else { return block }
        let time = min(max(own, block.lowerBound.subtractingSaturated(slack)), block.upperBound.addingSaturated(slack))
        return time...time
    }

    /// Whether a block or frame of these times can hold a record received in a range.
    static func overlaps(_ block: ClosedRange<Int64>, _ wanted: Range<Int64>?) -> Bool {
        guard let wanted else { return true }
        return block.upperBound.addingSaturated(slack) >= wanted.lowerBound
            && block.lowerBound.subtractingSaturated(slack) < wanted.upperBound
    }
}

extension Int64 {
    fileprivate func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    fileprivate func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? .min : difference
    }
}
