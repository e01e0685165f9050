internal import _StringProcessing

/// A compiled regular expression. Compiled when a pack is read, so that a wrong one is refused there.
struct Pattern: Sendable {
    let text: String
    // Regex is a value that is never changed after it was made; the standard library has not marked it Sendable.
    private nonisolated(unsafe) let regex: Regex<AnyRegexOutput>

    /// Nil when the expression cannot be compiled.
    init?(_ text: String) {
        guard let regex = try? Regex(text) else { return nil }
        self.text = text
        self.regex = regex
    }

    /// Whether the text contains a match. Longer texts than 4,096 characters are cut, which bounds the work.
    func matches(_ subject: String) -> Bool {
        (try? regex.firstMatch(in: String(subject.prefix(4096)))) != nil
    }
}
