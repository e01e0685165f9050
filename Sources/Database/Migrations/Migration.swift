public import GRDB

/// One step of a feature's tables. Features hand theirs in; they run in one transaction, all or none, with a trail record for each.
public struct Migration: Sendable {
    /// `feature.0001-what-it-does`. Numbers of a feature follow one another from 0001, and a step that was ever released is never changed.
    public let id: String
    /// Changes the tables. Foreign keys are checked when it is done, so that a table can be made anew.
    public let run: @Sendable (GRDB.Database) throws -> Void

    /// A step.
    public init(_ id: String, _ run: @escaping @Sendable (GRDB.Database) throws -> Void) {
        self.id = id
        self.run = run
    }

    /// The feature and the number within it; nil when the identifier is not of the form above.
    static func parse(_ id: String) -> (feature: Substring, number: Int)? {
        func isWord(_ word: Substring) -> Bool {
            word.utf8.first.map { (0x61...0x7A).contains($0) } == true
                && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
        let halves = id.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 2, isWord(halves[0]), id.utf8.count <= 120 else { return nil }
        let digits = halves[1].prefix(4)
        let rest = halves[1].dropFirst(4)
        guard digits.utf8.count == 4, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
            rest.first == "-", isWord(rest.dropFirst())
        else { return nil }
        return (halves[0], number)
    }

    /// Checks the list a program hands in.
    ///
    /// - Throws: `.migration` naming the identifier that is not of the form, comes twice, or leaves a number out.
    static func validate(_ migrations: [Migration]) throws(StorageError) {
        var last: [Substring: Int] = [:]
        for migration in migrations {
            guard let (feature, number) = parse(migration.id) else {
                throw StorageError(.migration, "the identifier is not feature.0001-words", at: TrailText.escaped(migration.id))
            }
            guard number == last[feature, default: 0] + 1 else {
                throw StorageError(.migration, "number \(number) follows \(last[feature, default: 0])", at: migration.id)
            }
            last[feature] = number
        }
    }
}
