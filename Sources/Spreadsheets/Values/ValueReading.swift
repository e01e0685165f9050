/// What became of reading a cell as a value of a kind. Nothing said is not the same as something wrong.
public enum ValueReading<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The cell says this.
    case value(Value)
    /// The cell says nothing, or a mark for nothing (`-`, `N/A`).
    case blank
    /// The cell says something else; the sentence tells what.
    case refused(String)

    /// The value, when there is one.
    public var value: Value? { if case .value(let value) = self { value } else { nil } }
}

extension ValueReading {
    func map<Other>(_ change: (Value) -> ValueReading<Other>) -> ValueReading<Other> {
        switch self {
        case .value(let value): change(value)
        case .blank: .blank
        case .refused(let reason): .refused(reason)
        }
    }
}

/// Marks for "nothing".
private let blanks: Set<String> = ["", "-", "--", "–", "—", "──", "―", "─", "n/a", "na", "#n/a", "/"]

extension CellValue {
    /// The value as people read it, `TextFolding.plain`.
    public var plainText: String { TextFolding.plain(description) }

    /// Whether it says nothing: empty, or a mark for nothing.
    public var isBlank: Bool { blanks.contains(plainText.lowercased()) }

    /// A number, of a number cell or of a text: `1,234.5`, full-width digits, `(1,234)` for less than nothing, `NT$`, with a unit
    /// behind (`40億元`, `3,500萬`, `81.82%` is 0.8182) or several (`1億2,000萬元`).
    ///
    /// - Parameter unit: of what a number without a unit of its own is counted, as its heading says. A cell that shows % has its own.
    /// - Returns: the number in ones.
    public func decimal(in unit: MeasureUnit = .one) -> ValueReading<ExactDecimal> {
        switch self {
        case .number(let number):
            guard let decimal = number.decimal?.shifted(number.isPercent ? 0 : unit.power) else {
                return .refused("\(number.written) is out of range")
            }
            return .value(decimal)
        case .text: return NumberText.read(plainText, unit)
        case .error(let code): return blanks.contains(code.lowercased()) ? .blank : .refused("the cell's formula failed: \(code)")
        case .boolean, .date, .time: return .refused("\(description) is no number")
        }
    }

    /// A whole number, read as `decimal` is.
    public func integer() -> ValueReading<Int> {
        decimal().map { decimal in decimal.integer.map { .value($0) } ?? .refused("\(decimal) is no whole number") }
    }

    /// A day: of a date cell, an ISO date, or a date of Taiwan's calendar, the year counted from 1911 when it has three digits at most
    /// (`106/12/31`, `民國106年12月31日`, `1061231`).
    public func date() -> ValueReading<CalendarDate> { dateTime().map { .value($0.date) } }

    /// A day, perhaps with a time (`2017/12/31 14:05`, `106.12.31 下午 02:05`); dates as `date` reads them.
    public func dateTime() -> ValueReading<CellDate> {
        switch self {
        case .date(let date): return .value(date)
        case .text: return DateText.read(plainText)
        case .number(let number):
            // Dates typed without signs between are numbers to a spreadsheet: 1061231, 20171231.
            guard case .value(let date) = DateText.read(number.written) else { return .refused("\(number.written) is no date") }
            return .value(date)
        case .error(let code): return blanks.contains(code.lowercased()) ? .blank : .refused("the cell's formula failed: \(code)")
        case .boolean, .time: return .refused("\(description) is no date")
        }
    }

    /// Yes or no: tick glyphs (V √ ✓ ○ ● ■), 是 and 否, yes and no, 有 and 無. An empty cell is blank, not no.
    ///
    /// - Parameter words: further words, each with what it says, compared as headings are.
    /// - Returns: yes, no, nothing said, or something else.
    public func tick(words: [String: Bool] = [:]) -> ValueReading<Bool> {
        switch self {
        case .boolean(let bool): return .value(bool)
        case .number(let number):
            switch number.decimal?.integer {
            case 0: return .value(false)
            case 1: return .value(true)
            default: return .refused("\(number.written) is neither yes nor no")
            }
        case .text:
            let plain = plainText
            let key = TextFolding.key(plain)
            for (word, says) in words where TextFolding.key(word) == key { return .value(says) }
            if Tick.yes.contains(key) { return .value(true) }
            if Tick.no.contains(key) { return .value(false) }
            if blanks.contains(key) { return .blank }
            // `■是 □否`: the box that is filled counts.
            if let box = Tick.box(plain) { return .value(box) }
            return .refused("\(plain.prefix(40)) is neither yes nor no")
        case .error(let code): return blanks.contains(code.lowercased()) ? .blank : .refused("the cell's formula failed: \(code)")
        case .date, .time: return .refused("\(description) is neither yes nor no")
        }
    }
}

private enum Tick {
    static let yes: Set<String> = [
        "v", "ⅴ", "ⅴ", "√", "✓", "✔", "☑", "🗸", "○", "◯", "〇", "●", "■", "◉", "是", "有", "y", "yes", "true", "ok",
    ]
    static let no: Set<String> = ["×", "✗", "✘", "╳", "☐", "□", "否", "無", "未", "n", "no", "false"]

    static func box(_ text: String) -> Bool? {
        let filled = text.unicodeScalars.split { "■□☑☐☒".unicodeScalars.contains($0) }.count
        guard filled == 2 else { return nil }
        var says: Bool?
        for (index, scalar) in zip(text.unicodeScalars.indices, text.unicodeScalars) where scalar == "■" || scalar == "☑" {
            let label = text.unicodeScalars[text.unicodeScalars.index(after: index)...].prefix {
                !"□☐■☑".unicodeScalars.contains($0)
            }
            let key = TextFolding.key(String(String.UnicodeScalarView(label)))
            guard says == nil, yes.contains(key) || no.contains(key) else { return nil }
            says = yes.contains(key)
        }
        return says
    }
}
