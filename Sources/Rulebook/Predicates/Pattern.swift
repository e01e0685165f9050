internal import _StringProcessing

/// A compiled regular expression. Compiled when a pack is read, so that a wrong one is refused there.
struct Pattern: Sendable {
    let text: String
    // Regex is a value that is never changed after it was made; the standard library has not marked it Sendable.
    private nonisolated(unsafe) let regex: Regex<AnyRegexOutput>

    /// Longest text that is searched, in characters: with nested repetition refused, the worst expression then takes milliseconds.
    static let longestSubject = 512

    /// Nil when the expression cannot be compiled, is longer than 500 characters, refers back to a group, or repeats what already repeats
    /// (`(a+)+`, `(a|b*)*`): matching backtracks, and such expressions can take longer than anybody waits.
    init?(_ text: String) {
        guard text.utf8.count <= 500, !Self.repeatsNested(text), let regex = try? Regex(text) else { return nil }
        self.text = text
        self.regex = regex
    }

    /// Whether the text contains a match. Longer texts are cut, which bounds the work.
    func matches(_ subject: String) -> Bool {
        (try? regex.firstMatch(in: String(subject.prefix(Self.longestSubject)))) != nil
    }

    /// Whether a group that holds an unbounded repetition, or an alternation, is itself repeated without bound, or a group is referred back to.
    private static func repeatsNested(_ text: String) -> Bool {
        var risky = [false]
        var closed = false
        var inClass = false
        var characters = Array(text)[...]
        while let character = characters.popFirst() {
            var wasClosed = false
            switch character {
            case "\\":
                if let next = characters.popFirst(), next.isNumber || next == "k" { return true }
            case "[" where !inClass: inClass = true
            case "]" where inClass: inClass = false
            case _ where inClass: break
            case "(": risky.append(false)
            case ")":
                let inner = risky.count > 1 ? risky.removeLast() : false
                closed = inner
                wasClosed = true
                if inner { risky[risky.count - 1] = true }
            case "|": risky[risky.count - 1] = true
            case "*", "+", "?":
                if closed, character != "?" { return true }
                risky[risky.count - 1] = true
            case "{":
                let bounds = characters.prefix { $0 != "}" }
                characters = characters.dropFirst(bounds.count + 1)
                if closed { return true }
                // A fixed or bounded number of repetitions has one way, or few, to match.
                if bounds.last == "," || bounds.count > 5 { risky[risky.count - 1] = true }
            default: break
            }
            if !wasClosed { closed = false }
        }
        return false
    }
}
