/// Texts from outside as the trail keeps them: bounded, and without characters that act on whoever shows them.
public enum TrailText {
    /// Longest text of a detail, a reason, a name or an identifier, in bytes as it is kept.
    public static let limit = 512

    /// The text as the trail keeps it: control characters, marks of direction, separators of lines, invisible characters and the backslash are
    /// written as `\u{…}` and `\\`; what is too long is cut and ends in `…`.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - limit: most bytes of the result, at least 3.
    /// - Returns: a text of at most that many bytes.
    public static func escaped(_ text: String, limit: Int = TrailText.limit) -> String {
        var result: [UInt8] = []
        // Where to cut if more comes than there is room for.
        var cut = 0
        for scalar in text.unicodeScalars {
            let piece = piece(scalar)
            guard result.count + piece.utf8.count <= limit else {
                return String(decoding: result[..<cut], as: UTF8.self) + "…"
            }
            result += piece.utf8
            if result.count <= limit - 3 { cut = result.count }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func piece(_ scalar: Unicode.Scalar) -> String {
        if scalar == "\\" { return "\\\\" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            return "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        default: return String(Character(scalar))
        }
    }
}
