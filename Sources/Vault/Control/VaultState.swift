/// What a legal hold covers.
public enum HoldScope: Hashable, Sendable {
    /// Every record, those to come included.
    case all
    /// Records of these indices.
    case records(Range<UInt64>)
    /// Records received from the first time on, up to but without the second; UTC microseconds since 1970.
    case received(Range<Int64>)
}

/// A legal hold: while it stands, nothing it covers expires, and no personal data is erased.
public struct Hold: Hashable, Sendable {
    /// Number of the hold in its log, from 1.
    public let id: UInt64
    /// What it covers.
    public let scope: HoldScope
    /// When it was placed, UTC microseconds.
    public let since: Int64
    /// Who placed it, and why.
    public let order: Order
}

/// Who ordered something and why: both stand in the log for ever, so neither should name a data subject.
public struct Order: Hashable, Sendable {
    /// Name or account.
    public let by: String
    /// Why; a case number, a decision.
    public let reason: String

    /// An order.
    ///
    /// - Throws: `.badInput` when one of them is empty, longer than 200 bytes, or holds control characters.
    public init(by: String, reason: String) throws(VaultError) {
        for (name, text) in [("the name", by), ("the reason", reason)] where !ControlText.isPlain(text) {
            throw VaultError(.badInput, "\(name) has 1 to 200 bytes and no control characters")
        }
        self.by = by
        self.reason = reason
    }
}

/// How long the records of a log are kept.
public struct Retention: Hashable, Sendable {
    /// Name of the class, such as `core`.
    public let name: String
    /// Days from reception.
    public let days: Int

    /// A class of retention.
    ///
    /// - Throws: `.badInput` unless the name is a word of at most 63 bytes and the days are 1...36,500.
    public init(name: String, days: Int) throws(VaultError) {
        guard ControlText.isPlain(name), name.utf8.count <= 63, !name.contains(" "), (1...36_500).contains(days) else {
            throw VaultError(.badInput, "a class of retention is a word and 1 to 36500 days")
        }
        self.name = name
        self.days = days
    }
}

/// Everything a log says of itself besides its records. Each control leaf repeats it whole, so that the last one is enough.
public struct VaultState: Hashable, Sendable {
    /// Index of the first record that is still kept.
    public internal(set) var retained: UInt64 = 0
    /// How long records are kept; nil while nothing was decided: then nothing expires.
    public internal(set) var retention: Retention?
    /// Holds that stand, oldest first.
    public internal(set) var holds: [Hold] = []
    /// Holds ever placed.
    public internal(set) var holdsPlaced: UInt64 = 0
    /// Number of the epoch, from 0; each daily seal begins the next.
    public internal(set) var epoch: UInt64 = 0
    /// The key of the epoch.
    public internal(set) var epochKey: NoteVerifier
    /// End of the time that daily seals cover, UTC microseconds; nil before the first.
    public internal(set) var sealedUntil: Int64?
    /// Index of the last daily seal.
    public internal(set) var lastSeal: UInt64?

    /// Most holds that can stand at once: every control leaf repeats them, at up to 530 bytes each, beside what it has to say.
    public static let holdLimit = 50

    init(epochKey: NoteVerifier) { self.epochKey = epochKey }

    /// Whether a hold covers any record of a segment.
    func holds(records: Range<UInt64>, received: ClosedRange<Int64>) -> Hold? {
        holds.first {
            switch $0.scope {
            case .all: true
            case .records(let held): held.overlaps(records)
            case .received(let held): held.overlaps(received)
            }
        }
    }

    /// The lines below `state`.
    var lines: [String] {
        var lines = ["retained \(retained)"]
        if let retention { lines.append("retention \(retention.name) \(retention.days)") }
        lines.append("holds \(holdsPlaced)")
        for hold in holds {
            lines += [
                "hold \(hold.id) \(hold.scope.text)", "since \(UTCTime.text(hold.since))", "by \(hold.order.by)",
                "reason \(hold.order.reason)",
            ]
        }
        lines.append("epoch \(epoch) \(epochKey)")
        if let sealedUntil, let lastSeal { lines.append("seal \(lastSeal) \(UTCTime.text(sealedUntil))") }
        return lines
    }

    /// Reads those lines strictly.
    init(_ lines: ControlLines) throws(VaultError) {
        var lines = lines
        retained = try lines.number("retained")
        if let text = lines.optional("retention") {
            let parts = text.split(separator: " ")
            guard parts.count == 2, let days = Int(parts[1]) else { throw lines.damaged }
            retention = try Retention(name: String(parts[0]), days: days)
        }
        holdsPlaced = try lines.number("holds")
        while let text = lines.optional("hold") {
            guard let space = text.firstIndex(of: " "), let id = UInt64(text[..<space]), holds.count < Self.holdLimit else {
                throw lines.damaged
            }
            let scope = try HoldScope(String(text[text.index(after: space)...]), lines)
            let since = try lines.time("since")
            holds.append(
                Hold(
                    id: id, scope: scope, since: since,
                    order: try Order(by: try lines.text("by"), reason: try lines.text("reason"))))
        }
        let text = try lines.text("epoch")
        let digits = text.utf8.prefix { $0 != UInt8(ascii: " ") }
        guard let number = UInt64(String(Substring(digits))), digits.count < text.utf8.count else { throw lines.damaged }
        epoch = number
        epochKey = try NoteVerifier(text: String(Substring(text.utf8.dropFirst(digits.count + 1))))
        if let text = lines.optional("seal") {
            let parts = text.split(separator: " ")
            guard parts.count == 2, let index = UInt64(parts[0]), let time = UTCTime.time(String(parts[1])) else {
                throw lines.damaged
            }
            (lastSeal, sealedUntil) = (index, time)
        }
        guard lines.isAtEnd else { throw lines.damaged }
    }
}

extension HoldScope {
    /// `all`, `records A B` or `received TIME TIME`; both ranges without their end.
    var text: String {
        switch self {
        case .all: "all"
        case .records(let range): "records \(range.lowerBound) \(range.upperBound)"
        case .received(let range): "received \(UTCTime.text(range.lowerBound)) \(UTCTime.text(range.upperBound))"
        }
    }

    init(_ text: String, _ lines: ControlLines) throws(VaultError) {
        let parts = text.split(separator: " ").map(String.init)
        if text == "all" {
            self = .all
        } else if parts.count == 3, parts[0] == "records", let from = UInt64(parts[1]), let to = UInt64(parts[2]), from < to {
            self = .records(from..<to)
        } else if parts.count == 3, parts[0] == "received", let from = UTCTime.time(parts[1]), let to = UTCTime.time(parts[2]),
            from < to
        {
            self = .received(from..<to)
        } else {
            throw lines.damaged
        }
    }
}

/// Texts of control notes: one line each, `name value`.
enum ControlText {
    /// Whether a text can stand in a line: 1 to 200 bytes, no control character.
    static func isPlain(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
            && text.first != " " && text.last != " "
    }

    /// Any text as a word of printable ASCII: every other byte, and `%`, as `%` and two hexadecimal digits; nothing as `-`.
    static func word(_ text: String) -> String {
        if text.isEmpty { return "-" }
        if text == "-" { return "%2d" }
        return String(
            decoding: text.utf8.flatMap { byte in
                (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%")
                    ? [byte] : Array("%".utf8) + Array(Hex.encode([byte]).utf8)
            }, as: UTF8.self)
    }

    /// What `word` was made from; nil when it cannot be.
    static func text(ofWord word: Substring) -> String? {
        if word == "-" { return "" }
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)) else { return nil }
            bytes += value
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self), Self.word(text) == word else { return nil }
        return text
    }
}

/// Lines `name value`, taken one after the other.
struct ControlLines {
    private var lines: ArraySlice<Substring>
    let damaged = VaultError(.damaged, "a control record of the log is not as the vault writes it")

    init(_ lines: ArraySlice<Substring>) { self.lines = lines }

    var isAtEnd: Bool { lines.isEmpty }

    /// The value of the next line if that is its name.
    mutating func optional(_ name: String) -> String? {
        // Bytes, not characters: a value may begin with one that combines with the space before it.
        guard let line = lines.first?.utf8, line.starts(with: (name + " ").utf8) else { return nil }
        lines = lines.dropFirst()
        return String(Substring(line.dropFirst(name.utf8.count + 1)))
    }

    mutating func text(_ name: String) throws(VaultError) -> String {
        guard let value = optional(name) else { throw damaged }
        return value
    }

    mutating func number(_ name: String) throws(VaultError) -> UInt64 {
        guard let value = UInt64(try text(name)) else { throw damaged }
        return value
    }

    mutating func signed(_ name: String) throws(VaultError) -> Int64 {
        guard let value = Int64(try text(name)) else { throw damaged }
        return value
    }

    mutating func time(_ name: String) throws(VaultError) -> Int64 {
        guard let value = UTCTime.time(try text(name)) else { throw damaged }
        return value
    }
}
