/// What a cell's number format makes of its number.
enum NumberKind: UInt8 {
    case number
    /// A number that is shown times a hundred, with %.
    case percent
    /// A day.
    case date
    /// A day and a time of it.
    case dateTime
    /// A time of no day, or a length of time.
    case time
    /// A day or a time, by the language of the program: the number decides.
    case dayOrTime
    /// A text, as written.
    case text

    /// A format that every program has by number (ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are those of East Asian versions, some
    /// of which are times in Chinese of Taiwan and days elsewhere); nil for others.
    init?(builtIn id: Int) {
        switch id {
        case 14...17, 27...31, 36, 50, 51, 54, 57, 58: self = .date
        case 18...21, 45...47: self = .time
        case 32...35, 52, 53, 55, 56: self = .dayOrTime
        case 22: self = .dateTime
        case 49: self = .text
        case 9, 10: self = .percent
        case 0...8, 11...13, 37...40, 48: self = .number
        default: return nil
        }
    }

    /// A format by its code. Only the first section counts (that of positive numbers); what is quoted, escaped or in brackets is no code,
    /// except lengths of time (`[h]`).
    init(code: String) {
        var (hasDay, hasTime, hasMonth, isText, isPercent) = (false, false, false, false, false)
        let letters = Array(code.unicodeScalars)
        var index = 0
        scan: while index < letters.count {
            let letter = letters[index]
            index += 1
            switch letter {
            case ";": break scan
            case "\"":
                while index < letters.count, letters[index] != "\"" { index += 1 }
                index += 1
            case "\\", "_", "*": index += 1
            case "[":
                let from = index
                while index < letters.count, letters[index] != "]" { index += 1 }
                let inside = letters[from..<min(index, letters.count)]
                if !inside.isEmpty, inside.allSatisfy({ "hHmMsS".unicodeScalars.contains($0) }) { hasTime = true }
                index += 1
            case "y", "Y", "d", "D", "b", "B": hasDay = true
            case "h", "H", "s", "S": hasTime = true
            case "m", "M": hasMonth = true
            case "e", "E":
                // `0.00E+00` is a power of ten; `e/m/d` is a year of the local calendar.
                if index < letters.count, letters[index] == "+" || letters[index] == "-" { index += 1 } else { hasDay = true }
            case "g", "G":
                // `General` is no era.
                if letters[index...].starts(with: "eneral".unicodeScalars) { index += 6 } else { hasDay = true }
            case "@": isText = true
            case "%": isPercent = true
            case "a", "A":
                // `AM/PM` and `A/P` are of a time; `aaa` is a day of the week.
                let rest = String(String.UnicodeScalarView(letters[index...].prefix(4))).uppercased()
                if rest.hasPrefix("M/PM") || rest.hasPrefix("/P") {
                    hasTime = true
                    index += rest.hasPrefix("/") ? 2 : 4
                } else {
                    hasDay = true
                }
            default: break
            }
        }
        // `m` alone is a month; beside hours or seconds it is minutes.
        if hasMonth, !hasTime { hasDay = true }
        self = isText ? .text : hasDay ? (hasTime ? .dateTime : .date) : hasTime ? .time : isPercent ? .percent : .number
    }
}

/// What each cell style makes of a number (`styles.xml`).
final class StylesScanner: XMLScanner {
    private var codes: [Int: NumberKind] = [:]
    /// By the index that cells name.
    private(set) var kinds: [NumberKind] = []
    private var isInCellFormats = false

    override func start(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "numFmt" {
            guard codes.count < 10_000 else { return fail(.tooLarge, "has more than 10,000 number formats") }
            if let id = attributes.bytes("numFmtId").flatMap(smallNumber), let code = attributes["formatCode"] {
                codes[id] = NumberKind(code: code)
            }
        } else if name == "cellXfs" {
            isInCellFormats = true
        } else if name == "xf", isInCellFormats {
            guard kinds.count < 65_536 else { return fail(.tooLarge, "has more than 65,536 cell formats") }
            let id = attributes.bytes("numFmtId").flatMap(smallNumber) ?? 0
            kinds.append(codes[id] ?? NumberKind(builtIn: id) ?? .number)
        }
    }

    override func end(_ name: XMLName) { if name == "cellXfs" { isInCellFormats = false } }
}

/// Days as spreadsheets count them.
enum SerialDay {
    /// The day that a whole number stands for. From 1900-01-01 as 1, with a 29 February 1900 (60) that never was, kept from a program of
    /// 1983; or from 1904-01-01 as 0. Nil for numbers that are no day.
    static func date(_ number: Int, from1904: Bool) -> CalendarDate? {
        let days: Int
        if from1904 {
            guard number >= 0 else { return nil }
            days = number - 24_107
        } else {
            guard number >= 1, number != 60 else { return nil }
            days = number - (number < 60 ? 25_568 : 25_569)
        }
        return number <= 2_958_465 ? CalendarDate(days: days) : nil
    }

    /// The number of a day, from 1900; nil for days before 1900.
    static func number(_ date: CalendarDate) -> Int? {
        guard date.year >= 1900 else { return nil }
        let number = date.days + 25_569
        return number <= 60 ? number - 1 : number
    }

    /// What a number in a format of days or times stands for; nil when it stands for none, and then it is only a number.
    static func value(_ text: String, _ kind: NumberKind, from1904: Bool) -> CellValue? {
        // Such numbers are binary fractions of a day: good to a fraction of a millisecond until the year 9999.
        guard let serial = Double(text), serial.isFinite, abs(serial) < 3_000_000 else { return nil }
        let whole = serial.rounded(.down)
        var (day, millisecond) = (Int(whole), Int(((serial - whole) * 86_400_000).rounded()))
        if millisecond == 86_400_000 { (day, millisecond) = (day + 1, 0) }
        if kind == .time || kind == .dayOrTime && day == 0 { return serial < 0 ? nil : .time(day * 86_400_000 + millisecond) }
        guard let date = date(day, from1904: from1904) else { return nil }
        if kind != .dateTime, millisecond == 0 { return .date(CellDate(date)) }
        return CellDate(date, millisecond: millisecond).map { .date($0) }
    }
}
