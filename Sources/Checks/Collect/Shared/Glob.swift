internal import Documents

/// Wildcard patterns: `*`, `?` and, for file names, `[…]`. Time is at most length × length.
enum Glob {
    /// Whether `text` matches `pattern` as a whole, with `*` and `?` only.
    static func matches(_ text: some StringProtocol, _ pattern: some StringProtocol) -> Bool {
        matches(Array(text.utf8), Array(pattern.utf8), brackets: false)
    }

    /// Whether a file name matches: `[…]` counts, and a leading dot must be written.
    static func matchesName(_ name: String, _ pattern: some StringProtocol) -> Bool {
        if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
        return matches(Array(name.utf8), Array(pattern.utf8), brackets: true)
    }

    private static func matches(_ text: [UInt8], _ pattern: [UInt8], brackets: Bool) -> Bool {
        var (at, place) = (0, 0)
        var retry: (text: Int, pattern: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                retry = (at, place + 1)
                place += 1
            } else if let next = step(text[at], pattern, place, brackets) {
                at += 1
                place = next
            } else if let last = retry {
                // Only the latest star needs to take one more: an earlier one could not do better.
                retry = (last.text + 1, last.pattern)
                (at, place) = (last.text + 1, last.pattern)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on when it takes `byte` at `place`.
    private static func step(_ byte: UInt8, _ pattern: [UInt8], _ place: Int, _ brackets: Bool) -> Int? {
        guard place < pattern.count else { return nil }
        if brackets, pattern[place] == UInt8(ascii: "["), let set = set(pattern, place) {
            return set.holds(byte) ? set.end : nil
        }
        return pattern[place] == UInt8(ascii: "?") || pattern[place] == byte ? place + 1 : nil
    }

    private static func set(_ pattern: [UInt8], _ place: Int) -> (end: Int, holds: (UInt8) -> Bool)? {
        var index = place + 1
        let negated = index < pattern.count && (pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^"))
        if negated { index += 1 }
        let start = index
        while index < pattern.count, pattern[index] != UInt8(ascii: "]") || index == start { index += 1 }
        guard index < pattern.count else { return nil }
        let members = Array(pattern[start..<index])
        return (
            index + 1,
            { byte in
                var found = false
                var at = 0
                while at < members.count {
                    if at + 2 < members.count, members[at + 1] == UInt8(ascii: "-") {
                        found = found || (members[at] <= byte && byte <= members[at + 2])
                        at += 3
                    } else {
                        found = found || members[at] == byte
                        at += 1
                    }
                }
                return found != negated
            }
        )
    }

    /// Paths on the host that match an absolute pattern, sorted; at most 1,000.
    static func paths(_ pattern: String, _ probe: Probe) -> [String] {
        var found = [""]
        for segment in pattern.split(separator: "/") {
            if segment.contains(where: { "*?[".contains($0) }) {
                found = found.flatMap { folder in
                    probe.names(in: folder.isEmpty ? "/" : folder).filter { matchesName($0, segment) }.map { "\(folder)/\($0)" }
                }
            } else {
                found = found.map { "\($0)/\(segment)" }
            }
            if found.count > 1_000 {
                probe.gap(pattern.clipped, "more than 1000 files match; the rest is not read")
                found = Array(found.prefix(1_000))
            }
        }
        return found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
