public import Documents

/// Writes predicates as the documents that `PredicateReader` reads: reading what was written gives the same predicate again.
public enum PredicateWriter {
    /// The document of a predicate.
    public static func node(_ predicate: Predicate) -> Node {
        switch predicate {
        case .all(let parts): .object([("all", .list(parts.map(node)))])
        case .any(let parts): .object([("any", .list(parts.map(node)))])
        case .none(let parts): .object([("none", .list(parts.map(node)))])
        case .not(let part): .object([("not", node(part))])
        case .each(let quantified): node("each", "must", quantified, standard: 0)
        case .some(let quantified): node("some", "that", quantified, standard: 1)
        case .compare(let comparison):
            .object([
                ("fact", .text(comparison.path.description)),
                (comparison.operation.rawValue, operand(comparison)),
            ])
        }
    }

    private static func node(_ form: String, _ condition: String, _ quantified: Quantified, standard: Int) -> Node {
        .object([
            (form, .text(quantified.path.description)), ("where", quantified.filter.map(node)),
            (condition, quantified.condition.map(node)),
            ("at_least", quantified.atLeast == standard ? nil : .integer(quantified.atLeast)),
        ])
    }

    private static func operand(_ comparison: Comparison) -> Node {
        switch comparison.operand {
        case .literal(let node): node
        // `within` names its parameter alone.
        case .parameter(let id) where comparison.operation == .within: .text(id.description)
        case .parameter(let id): .object([("param", .text(id.description))])
        case .fact(let path): .object([("fact", .text(path.description))])
        case .profile(let path): .object([("profile", .text(path.description))])
        case .seconds(let seconds): .text(length(seconds))
        }
    }

    /// In the largest unit that says it exactly, because the reader takes at most six digits.
    private static func length(_ seconds: Int) -> String {
        let unit = [Unit.day, .hour, .minute].first { $0.seconds.map { seconds % $0 == 0 } ?? false } ?? .second
        return "\(seconds / (unit.seconds ?? 1)) \(unit.rawValue)"
    }
}
