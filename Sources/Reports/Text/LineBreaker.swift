/// Breaks a text into lines, for terminals and drawings alike: at spaces, and beside East Asian characters, but not before what closes,
/// after what opens, or beside a number.
enum LineBreaker {
    private static let closing = Set("、。，．：；！？）」』】》〉〕…,.:;!?)]}%％")
    private static let opening = Set("（「『【《〈〔([{")

    /// Lines of at most that width; a character that is wider stands alone.
    ///
    /// - Parameters:
    ///   - text: without line feeds.
    ///   - limit: of the width of a line.
    ///   - width: of a character, in the same unit.
    /// - Returns: the lines, at least one, and whether a word had to be broken.
    static func lines(_ text: some StringProtocol, limit: Int, width: (Character) -> Int) -> (
        lines: [String], isWordBroken: Bool
    ) {
        let characters = Array(text)
        let widths = characters.map(width)
        var lines: [String] = []
        var isWordBroken = false
        var start = 0
        while true {
            var end = start
            var used = 0
            while end < characters.count, used + widths[end] <= limit {
                used += widths[end]
                end += 1
            }
            guard end < characters.count else {
                lines.append(String(characters[start...]))
                return (lines, isWordBroken)
            }
            var place = end
            while place > start, !mayBreak(characters, before: place) { place -= 1 }
            if place == start {
                place = max(end, start + 1)
                isWordBroken = true
            }
            var last = place
            while last > start, characters[last - 1] == " " { last -= 1 }
            lines.append(String(characters[start..<last]))
            start = place
            while start < characters.count, characters[start] == " " { start += 1 }
            if start == characters.count { return (lines, isWordBroken) }
        }
    }

    private static func mayBreak(_ characters: [Character], before index: Int) -> Bool {
        let (left, right) = (characters[index - 1], characters[index])
        if left == " " || right == " " { return true }
        guard isWide(left) || isWide(right) else { return false }
        // A number stays with what is counted: 12月, 第3季.
        if left.isNumber || right.isNumber { return false }
        return !closing.contains(right) && !opening.contains(left)
    }

    private static func isWide(_ character: Character) -> Bool { TextColumns.width(String(character)) >= 2 }
}
