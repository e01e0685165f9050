public import Documents
internal import Rulebook

/// What guessers try first: words, keys in a row, sequences, repetitions, years. A password is as long as what remains when each such part
/// counts as one character.
public struct GuessList: Sendable {
    /// Words by their first byte, longest first.
    private let words: [UInt8: [[UInt8]]]
    /// How many words the list has.
    public let count: Int

    /// Reads a list: one word a line in small ASCII letters and digits, three to 32 of them; `#` begins a comment.
    ///
    /// - Throws: `DocumentError` with the line of the first word that is none or stands twice.
    public init(_ bytes: [UInt8]) throws(DocumentError) {
        var words: [UInt8: [[UInt8]]] = [:]
        var seen: Set<[UInt8]> = []
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let word = Array(line.prefix { $0 != UInt8(ascii: "#") }.filter { $0 != 0x20 && $0 != 0x0D })
            guard let first = word.first else { continue }
            func refuse(_ reason: String) -> DocumentError {
                DocumentError(.badValue, position: Position(line: number + 1, column: 1), reason: reason)
            }
            guard (3...32).contains(word.count), word.allSatisfy({ (0x21...0x7E).contains($0) && !(0x41...0x5A).contains($0) })
            else {
                throw refuse("a word of 3 to 32 signs in small letters is expected")
            }
            guard seen.insert(word).inserted else { throw refuse("the word stands here twice") }
            words[first, default: []].append(word)
        }
        self.words = words.mapValues { $0.sorted { $0.count > $1.count } }
        count = seen.count
    }

    /// The list that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file and line.
    public static func shipped() throws(DocumentError) -> GuessList {
        let name = "identity/passwords.txt"
        guard let file = ShippedFiles.files(in: "identity").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try GuessList(file.bytes) } catch { throw error.inSource(name) }
    }

    /// Small letters, as UTF-8.
    static func fold(_ text: String) -> [UInt8] { Array(text.lowercased().utf8) }

    /// Letters that a sign stands for in "leet" spelling.
    private static func letters(_ sign: UInt8) -> [UInt8] {
        switch sign {
        case UInt8(ascii: "0"): [UInt8(ascii: "o")]
        case UInt8(ascii: "1"), UInt8(ascii: "!"), UInt8(ascii: "|"): [UInt8(ascii: "i"), UInt8(ascii: "l")]
        case UInt8(ascii: "2"): [UInt8(ascii: "z")]
        case UInt8(ascii: "3"): [UInt8(ascii: "e")]
        case UInt8(ascii: "4"), UInt8(ascii: "@"): [UInt8(ascii: "a")]
        case UInt8(ascii: "5"), UInt8(ascii: "$"): [UInt8(ascii: "s")]
        case UInt8(ascii: "6"), UInt8(ascii: "9"): [UInt8(ascii: "g")]
        case UInt8(ascii: "7"), UInt8(ascii: "+"): [UInt8(ascii: "t")]
        case UInt8(ascii: "8"): [UInt8(ascii: "b")]
        default: []
        }
    }

    private static func stands(_ sign: UInt8, for letter: UInt8) -> Bool { sign == letter || letters(sign).contains(letter) }

    /// Whether the text contains the word, in plain or leet spelling.
    static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard !word.isEmpty, text.count >= word.count else { return false }
        return (0...text.count - word.count).contains { start in
            word.indices.allSatisfy { stands(text[start + $0], for: word[$0]) }
        }
    }

    /// Characters that remain when every predictable part counts as one.
    func effectiveLength(_ folded: [UInt8]) -> Int {
        let text = Self.withoutRepetition(folded)
        var place = 0
        var length = 0
        while place < text.count {
            let part = max(
                word(text, place), Self.walk(text, place), Self.sequence(text, place), Self.repetition(text, place),
                Self.date(text, place), 1)
            // Continuation bytes of UTF-8 are no characters of their own.
            if text[place] & 0xC0 != 0x80 { length += 1 }
            place += part
        }
        return length
    }

    private func word(_ text: [UInt8], _ place: Int) -> Int {
        for letter in [text[place]] + Self.letters(text[place]) {
            for word in words[letter] ?? [] where word.count <= text.count - place {
                if word.indices.allSatisfy({ Self.stands(text[place + $0], for: word[$0]) }) { return word.count }
            }
        }
        return 0
    }

    /// `abcabcabc` is `abc`: a text that is one block again and again is as good as the block.
    private static func withoutRepetition(_ text: [UInt8]) -> [UInt8] {
        for period in 1..<max(1, text.count / 2 + 1)
        where text.count >= 4 && (period..<text.count).allSatisfy({ text[$0] == text[$0 - period] }) {
            return Array(text[..<period])
        }
        return text
    }

    private static func repetition(_ text: [UInt8], _ place: Int) -> Int {
        let run = text[place...].prefix { $0 == text[place] }.count
        return run >= 3 ? run : 0
    }

    /// `1234`, `fedc`: letters or digits one after the other, four at least.
    private static func sequence(_ text: [UInt8], _ place: Int) -> Int {
        var best = 0
        for step in [1, -1] {
            var end = place
            while end + 1 < text.count, Int(text[end + 1]) == Int(text[end]) + step, isPlain(text[end]), isPlain(text[end + 1]) {
                end += 1
            }
            best = max(best, end - place + 1)
        }
        return best >= 4 ? best : 0
    }

    private static func isPlain(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }

    /// Keys in a row, on the lines of a keyboard and down its columns; also with Shift held on the line of digits.
    private static let lines: [[UInt8]] = [
        "`1234567890-=", "~!@#$%^&*()_+", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "1qaz", "2wsx", "3edc", "4rfv", "5tgb",
        "6yhn",
        "7ujm", "8ik,", "9ol.", "0p;/", "!qaz", "@wsx", "#edc", "$rfv", "%tgb", "^yhn", "&ujm", "789456123", "147258369",
    ].flatMap { line in [Array(line.utf8), Array(line.utf8.reversed())] }

    private static func walk(_ text: [UInt8], _ place: Int) -> Int {
        var best = 0
        for line in lines {
            guard let start = line.firstIndex(of: text[place]) else { continue }
            let run = zip(text[place...], line[start...]).prefix { $0 == $1 }.count
            best = max(best, run)
        }
        return best >= 4 ? best : 0
    }

    /// `1987`, `2026`, `20261120`, `19870203`: a year, with or without month and day.
    private static func date(_ text: [UInt8], _ place: Int) -> Int {
        let digits = text[place...].prefix { (0x30...0x39).contains($0) }.prefix(8).map { Int($0 - 0x30) }
        guard digits.count >= 4 else { return 0 }
        let year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
        guard (1900...2099).contains(year) else { return 0 }
        if digits.count == 8, (1...12).contains(digits[4] * 10 + digits[5]), (1...31).contains(digits[6] * 10 + digits[7]) {
            return 8
        }
        return 4
    }
}
