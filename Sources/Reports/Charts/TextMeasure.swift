/// How much room a text takes in a drawing. Fonts of readers differ, so this is an estimate on the large side: an East Asian character is one
/// em wide, the letters of ASCII as wide as in the widest of three common fonts (DejaVu Sans, Liberation Sans, Noto Sans CJK).
enum TextMeasure {
    /// Widths of the characters from space to `~`, in hundredths of an em.
    private static let latin: [Int] = [
        32, 41, 48, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 37, 32, 40, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84,
        84, 56, 102, 69, 69, 73, 77, 67, 62, 78, 76, 30, 54, 67, 56, 87, 75, 79, 67, 79, 73, 67, 62, 74, 69, 99, 69, 67, 69, 39,
        40, 39, 84, 56, 61, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 29, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60,
        53, 64, 34, 64, 84,
    ]

    /// Width of a character in thousandths of an em.
    static func ofCharacter(_ character: Character) -> Int { character.unicodeScalars.reduce(0) { $0 + thousandths($1) } }

    private static func thousandths(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20...0x7E: return latin[Int(scalar.value) - 0x20] * 10
        case 0x2066...0x2069: return 0
        case 0x2002...0x200A, 0x2010...0x2013: return 600
        // Dashes of two and three em, and scripts whose single signs are wider than any letter.
        case 0x2E3A, 0x2E3B: return 3000
        case 0xFDFA...0xFDFD, 0x12000...0x1254F: return 6000
        // In East Asian fonts quotation marks, arrows and circled numbers fill a square; Arabic joins may be wide.
        case 0x2014...0x2BFF where TextColumns.width(scalar) > 0, 0xFB00...0xFDFF, 0xFE70...0xFEFF, 0xFFFD, 0x10000...:
            return 1000
        default: break
        }
        switch TextColumns.width(scalar) {
        case 0: return 0
        case 1: return 700
        default: return 1000
        }
    }

    /// Width of one line of text with letters of a size, in the drawing's units.
    static func width(_ text: String, _ size: Double) -> Double {
        Double(text.reduce(0) { $0 + ofCharacter($1) }) * size / 1000
    }

    /// A text in lines.
    struct Wrapped: Hashable {
        /// The lines, at least one.
        var lines: [String]
        /// Size of the letters.
        var size: Double
        /// Width of the widest line.
        var width: Double
        /// Whether words had to be broken or left out: another place might suit the text better.
        var isForced: Bool

        /// Height of all lines.
        var height: Double { Double(lines.count - 1) * size * TextMeasure.pitch + size * TextMeasure.box }
    }

    /// From one line to the next, in em.
    static let pitch = 1.26
    /// Height of one line's box, in em: an ideograph and what hangs below the line of Latin letters.
    static let box = 1.2
    /// From the top of the box to the line that letters stand on, in em.
    static let ascent = 0.93

    /// A text in lines of at most `width`, evenly filled. What does not go into `most` lines ends with "…"; the table has all of it.
    static func wrap(_ text: String, _ size: Double, width limit: Double, most: Int) -> Wrapped {
        let room = max(1, Int(limit * 1000 / size))
        let text = text.isEmpty ? " " : text
        var broken = LineBreaker.lines(text, limit: room, width: ofCharacter)
        var isForced = broken.isWordBroken
        if broken.lines.count > most {
            isForced = true
            broken.lines = Array(broken.lines.prefix(most))
            if let last = broken.lines.popLast() { broken.lines.append(cut(last, room)) }
        } else if broken.lines.count > 1, !isForced {
            broken.lines = even(text, room, broken.lines)
        }
        return Wrapped(
            lines: broken.lines, size: size, width: broken.lines.map { Self.width($0, size) }.max() ?? 0, isForced: isForced)
    }

    /// The same number of lines at the smallest width that gives it.
    private static func even(_ text: String, _ room: Int, _ lines: [String]) -> [String] {
        var (low, high, best) = (room / lines.count, room, lines)
        while high - low > 250 {
            let middle = (low + high) / 2
            let tried = LineBreaker.lines(text, limit: middle, width: ofCharacter)
            if tried.lines.count == lines.count, !tried.isWordBroken {
                (high, best) = (middle, tried.lines)
            } else {
                low = middle
            }
        }
        return best
    }

    /// A line with "…" at its end.
    private static func cut(_ line: String, _ room: Int) -> String {
        var used = ofCharacter("…")
        var result = ""
        for character in line {
            used += ofCharacter(character)
            if used > room { break }
            result.append(character)
        }
        return result + "…"
    }
}
