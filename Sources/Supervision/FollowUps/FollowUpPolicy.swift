public import Documents
internal import Rulebook

/// How a quarter's gaps are put in order (`Packs/supervision/follow-up.yaml`).
public struct FollowUpPolicy: Sendable, Hashable {
    /// What gaps are compared by; the worse one comes first.
    public enum Criterion: String, Sendable, CaseIterable {
        /// Whether it has one of the marks of a slipping promise.
        case slipping
        /// Days since the promised day.
        case overdueDays = "overdue-days"
        /// How often the promised day was moved.
        case slips
        /// By how many days in all.
        case slippedDays = "slipped-days"
        /// By how much the progress went back since the earlier quarter.
        case progressBack = "progress-back"
        /// Whether nothing was said in the later quarter.
        case silent
        /// Whether nothing was ever promised.
        case unpromised
        /// Whether it is still a gap.
        case open
        /// How many quarters it has been a gap.
        case age
    }

    /// The schema its file names.
    public static let schema = "plumbline.follow-up/1"
    static let file = "supervision/follow-up.yaml"

    /// Marks that make a promise a slipping one.
    public var slipping: Set<FollowUpDifference.Mark>
    /// What is looked at first, second and so on.
    public var order: [Criterion]

    /// The policy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> FollowUpPolicy { try ShippedPolicy.read(file, read) }

    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> FollowUpPolicy {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        let policy = FollowUpPolicy(
            slipping: Set(try ShippedPolicy.choices("slipping", &fields)), order: try ShippedPolicy.choices("order", &fields))
        try fields.finish()
        return policy
    }

    /// Whether a gap's promise slips.
    public func isSlipping(_ difference: FollowUpDifference) -> Bool {
        difference.after.isOpen && !difference.marks.isDisjoint(with: slipping)
    }

    /// The gaps, slipping promises first; what the order does not decide, firm and item do.
    public func sorted(_ differences: [FollowUpDifference]) -> [FollowUpDifference] {
        let weighed = differences.map { difference in
            (difference: difference, weights: order.map { weight($0, difference) })
        }
        return weighed.sorted { left, right in
            for (a, b) in zip(left.weights, right.weights) where a != b { return a > b }
            return (left.difference.firm, left.difference.item) < (right.difference.firm, right.difference.item)
        }.map(\.difference)
    }

    /// How bad a gap is by one criterion; 0 is best.
    public func weight(_ criterion: Criterion, _ difference: FollowUpDifference) -> Int {
        switch criterion {
        case .slipping: isSlipping(difference) ? 1 : 0
        case .overdueDays: difference.overdueDays
        case .slips: difference.slips.count
        case .slippedDays: difference.slips.days
        case .progressBack: max(0, -difference.progressed)
        case .silent: difference.marks.contains(.silent) ? 1 : 0
        case .unpromised: difference.marks.contains(.unpromised) ? 1 : 0
        case .open: difference.after.isOpen ? 1 : 0
        case .age: if case .open(let since) = difference.after { difference.to.index - since.index } else { 0 }
        }
    }
}

/// Reading of the small files that say how a supervisor works.
enum ShippedPolicy {
    /// Reads an embedded file.
    static func read<Value>(
        _ name: String, _ body: (Node) throws(DocumentError) -> Value
    ) throws(DocumentError) -> Value {
        guard let file = ShippedFiles.files(in: "supervision").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try body(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }

    /// Demands that the file names its schema.
    static func expect(_ schema: String, _ fields: inout Fields) throws(DocumentError) {
        let found = try fields.text("schema")
        guard found == schema else { throw fields.error(at: "schema", "\"\(found.clipped)\" is not \"\(schema)\"") }
    }

    /// A list of cases of an enumeration, at least one, none twice.
    static func choices<Choice>(_ key: String, _ fields: inout Fields) throws(DocumentError) -> [Choice]
    where Choice: RawRepresentable & CaseIterable & Hashable, Choice.RawValue == String {
        var found: [Choice] = []
        for name in try fields.texts(key) {
            guard let choice = Choice(rawValue: name), !found.contains(choice) else {
                let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.error(at: key, "\"\(name.clipped)\" stands there twice or is not one of: \(allowed)")
            }
            found.append(choice)
        }
        guard !found.isEmpty else { throw fields.error(.missingKey, at: key, "at least one is expected") }
        return found
    }

    /// A whole number of a range that must be there.
    static func integer(
        _ key: String, _ range: ClosedRange<Int>, _ fields: inout Fields
    ) throws(DocumentError) -> Int {
        guard let number = try fields.optionalInteger(key), range.contains(number) else {
            throw fields.error(at: key, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }
}
