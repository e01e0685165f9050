/// Text on a terminal: East Asian characters are two columns wide.
public enum TextColumns {
    /// Number of columns a text takes.
    public static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

    /// Number of columns a scalar takes.
    static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    /// The text filled up with spaces to a number of columns.
    public static func padded(_ text: String, _ columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - width(text)))
    }

    /// The text cut to a number of columns, with "…" when something was cut.
    public static func cut(_ text: String, _ columns: Int) -> String {
        guard width(text) > columns, columns > 1 else { return text }
        var used = 0
        var result = ""
        for character in text {
            let next = width(String(character))
            if used + next > columns - 1 { break }
            used += next
            result.append(character)
        }
        return result + "…"
    }

    /// The text in lines of at most that many columns; broken at spaces, or beside East Asian characters.
    public static func wrapped(_ text: String, _ columns: Int) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
            LineBreaker.lines(paragraph, limit: columns) { width(String($0)) }.lines
        }
    }
}

/// Colours of a terminal, or none.
public struct TextStyle: Sendable {
    /// Whether escape sequences are written.
    public let isColoured: Bool
    /// Columns of the terminal.
    public let columns: Int

    /// A style.
    public init(isColoured: Bool, columns: Int) {
        self.isColoured = isColoured
        self.columns = max(60, columns)
    }

    func paint(_ text: String, _ code: String) -> String { isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    func bold(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }
}
