/// Days as people write them in tables of Taiwan.
enum DateText {
    static func read(_ plain: String) -> ValueReading<CellDate> {
        if plain.isEmpty || CellValue.text(plain).isBlank { return .blank }
        guard let found = parse(plain) else { return .refused("\(plain.prefix(40)) is no date") }
        return .value(found)
    }

    private static func parse(_ plain: String) -> CellDate? {
        if let iso = CellDate(iso: plain) { return iso }
        var text = Substring(plain)
        var isRepublic = false
        for name in ["中華民國", "民國", "民"] where text.hasPrefix(name) {
            text = text.dropFirst(name.count).drop { $0 == " " }
            isRepublic = true
            break
        }
        let day: CalendarDate?
        if text.hasPrefix("元年") {
            guard isRepublic else { return nil }
            text = "1年" + text.dropFirst(2)
        }
        let first = text.prefix(while: isDigit)
        text = text[first.endIndex...]
        if text.isEmpty || !(isSeparator(text.first) || spaced(text).hasPrefix("年")) {
            day = packed(first, isRepublic)
        } else {
            guard let year = year(first, isRepublic), let month = step(&text, "年"), let number = step(&text, "月") else {
                return nil
            }
            // Chinese signs go to the end: `12月31` is no date that somebody meant, `106.12.31` is.
            let rest = spaced(text)
            if rest.hasPrefix("日") { text = rest.dropFirst() }
            day = CalendarDate(year: year, month: month, day: number)
        }
        guard let day else { return nil }
        let time = spaced(withoutWeekday(spaced(text)))
        if time.isEmpty { return CellDate(day) }
        return millisecond(time).flatMap { CellDate(day, millisecond: $0) }
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
    private static func isSeparator(_ character: Character?) -> Bool { character.map { "/-.".contains($0) } ?? false }
    private static func spaced(_ text: Substring) -> Substring { text.drop { $0 == " " } }

    /// The next number behind a sign; the Chinese one may have spaces around it.
    private static func step(_ text: inout Substring, _ sign: String) -> Int? {
        var rest = spaced(text)
        guard rest.hasPrefix(sign) || isSeparator(rest.first) else { return nil }
        rest = spaced(rest.dropFirst())
        let digits = rest.prefix(while: isDigit)
        guard (1...2).contains(digits.count) else { return nil }
        text = rest[digits.endIndex...]
        return Int(digits)
    }

    private static func year(_ digits: Substring, _ isRepublic: Bool) -> Int? {
        guard let year = Int(digits), year > 0 else { return nil }
        switch digits.count {
        case 1...3: return year + 1911
        case 4: return isRepublic ? nil : year
        default: return nil
        }
    }

    /// `20171231`, `1061231`, `991231`.
    private static func packed(_ digits: Substring, _ isRepublic: Bool) -> CalendarDate? {
        guard (6...8).contains(digits.count), let number = Int(digits) else { return nil }
        guard let year = year(digits.prefix(digits.count - 4), isRepublic) else { return nil }
        return CalendarDate(year: year, month: number / 100 % 100, day: number % 100)
    }

    private static func withoutWeekday(_ text: Substring) -> Substring {
        guard text.hasPrefix("("), let end = text.firstIndex(of: ")") else { return text }
        let inside = text[text.index(after: text.startIndex)..<end]
        guard inside.count <= 3, inside.allSatisfy({ "星期週周一二三四五六日".contains($0) }) else { return text }
        return text[text.index(after: end)...]
    }

    /// `14:05`, `14:05:09`, `下午 02:05`, `02:05 PM`, `14時05分`, `14時05分09秒`.
    private static func millisecond(_ text: Substring) -> Int? {
        var text = text
        var isAfternoon: Bool?
        for (word, says) in [("上午", false), ("下午", true), ("AM", false), ("PM", true)] {
            if text.uppercased().hasPrefix(word) {
                (isAfternoon, text) = (says, spaced(text.dropFirst(word.count)))
            } else if text.uppercased().hasSuffix(word) {
                (isAfternoon, text) = (says, text.dropLast(word.count))
            }
        }
        let signs = text.replacing("時", with: ":").replacing("點", with: ":").replacing("分", with: ":").replacing("秒", with: "")
        let parts = signs.split(separator: ":").map { spaced($0).filter { $0 != " " } }
        guard (2...3).contains(parts.count), parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(isDigit) }) else {
            return nil
        }
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count, var hour = numbers.first, hour < 24, numbers.dropFirst().allSatisfy({ $0 < 60 })
        else {
            return nil
        }
        if let isAfternoon {
            guard hour <= 12 else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        return ((hour * 60 + numbers[1]) * 60 + (numbers.count > 2 ? numbers[2] : 0)) * 1_000
    }
}

extension CellDate {
    /// Reads `2017-12-31` and `2017-12-31T14:05[:09[.25]]`, with a `Z` or without; nil for anything else, offsets included.
    init?(iso text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var number = 0
            for byte in bytes[range] {
                guard byte &- 0x30 < 10 else { return nil }
                number = number * 10 + Int(byte - 0x30)
            }
            return number
        }
        guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D, let year = number(0..<4), let month = number(5..<7),
            let day = number(8..<10), let date = CalendarDate(year: year, month: month, day: day)
        else { return nil }
        guard bytes.count > 10 else {
            self.init(date)
            return
        }
        guard bytes[10] == 0x54 || bytes[10] == 0x20, bytes.count >= 16, bytes[13] == 0x3A, let hour = number(11..<13), hour < 24,
            let minute = number(14..<16), minute < 60
        else { return nil }
        var (second, fraction, index) = (0, 0, 16)
        if index < bytes.count, bytes[index] == 0x3A {
            guard let found = number(17..<19), found < 60 else { return nil }
            (second, index) = (found, 19)
            if index < bytes.count, bytes[index] == 0x2E {
                index += 1
                var places = 0
                while index < bytes.count, bytes[index] &- 0x30 < 10 {
                    if places < 3 { fraction = fraction * 10 + Int(bytes[index] - 0x30) }
                    places += 1
                    index += 1
                }
                guard places > 0 else { return nil }
                for _ in min(places, 3)..<3 { fraction *= 10 }
            }
        }
        if index < bytes.count, bytes[index] == 0x5A { index += 1 }
        guard index == bytes.count else { return nil }
        self.init(date, millisecond: ((hour * 60 + minute) * 60 + second) * 1_000 + fraction)
    }
}
