public import Documents

/// A path to a fact: keys from a root, or, when relative, from the item of the nearest `each` or `some`.
public struct FactPath: Sendable, Hashable, CustomStringConvertible {
    /// The keys; empty for the item itself (`.`).
    public let keys: [String]
    /// Whether the path begins at the item at hand.
    public let isRelative: Bool

    /// A path by its keys.
    public init(keys: [String], isRelative: Bool = false) {
        self.keys = keys
        self.isRelative = isRelative
    }

    /// Reads `pam.services` or `.lockout.deny` or `.`; nil for anything else.
    public init?(_ text: String) {
        let relative = text.hasPrefix(".")
        let rest = relative ? text.dropFirst() : text[...]
        let keys = rest.isEmpty ? [] : rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard relative || !keys.isEmpty, keys.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(keys: keys, isRelative: relative)
    }

    /// The name as it is written.
    public var description: String { (isRelative ? "." : "") + keys.joined(separator: ".") }

    /// This path with further keys behind it.
    public func appending(_ more: [String]) -> FactPath { FactPath(keys: keys + more, isRelative: isRelative) }
}

/// The name of a clause parameter: `cnfa-6.5.lock_duration`.
public struct ParameterID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The clause.
    public let clause: String
    /// The parameter within it.
    public let name: String

    /// A parameter of a clause.
    public init(clause: String, name: String) {
        self.clause = clause
        self.name = name
    }

    /// Reads `CLAUSE.NAME`; the name is what follows the last dot.
    public init?(_ text: String) {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex else { return nil }
        let name = text[text.index(after: dot)...]
        guard !name.isEmpty else { return nil }
        self.init(clause: String(text[..<dot]), name: String(name))
    }

    /// The name as it is written.
    public var description: String { "\(clause).\(name)" }

    /// Whether the left one comes before the right one.
    public static func < (left: ParameterID, right: ParameterID) -> Bool { left.description < right.description }
}

/// How a fact is compared.
public enum Operator: String, Sendable, CaseIterable {
    case eq, ne, lt, le, gt, ge, within
    case isIn = "in"
    case notIn = "not_in"
    case contains, lacks, intersects, matches
    case subsetOf = "subset_of"
    case disjointFrom = "disjoint_from"
    case supersetOf = "superset_of"
    case countEq = "count_eq"
    case countLe = "count_le"
    case countGe = "count_ge"
    case modeWithin = "mode_within"
    case ageLe = "age_le"
    case ageGe = "age_ge"
    case exists, known

    /// Sign or word for people; `within` takes its sign from the parameter's bound.
    public var sign: String {
        switch self {
        case .eq, .countEq: "="
        case .ne: "≠"
        case .lt: "<"
        case .le, .within, .ageLe, .countLe: "≤"
        case .gt: ">"
        case .ge, .ageGe, .countGe: "≥"
        case .isIn, .subsetOf: "∈"
        case .notIn: "∉"
        case .contains: "∋"
        case .lacks: "∌"
        case .intersects: "∩"
        case .disjointFrom: "∩ = ∅"
        case .supersetOf: "⊇"
        case .matches: "~"
        case .modeWithin: "⊆"
        case .exists, .known: "?"
        }
    }
}

/// What a fact is compared with.
public enum Operand: Sendable, Hashable {
    /// A value written in the predicate.
    case literal(Node)
    /// A clause parameter.
    case parameter(ParameterID)
    /// Another fact.
    case fact(FactPath)
    /// A fact of the firm or of the system at hand.
    case profile(FactPath)
    /// A length of time in seconds, written in the predicate.
    case seconds(Int)
}

/// One comparison.
public struct Comparison: Sendable, Hashable {
    /// The fact.
    public let path: FactPath
    /// How.
    public let operation: Operator
    /// With what.
    public let operand: Operand
    /// Where it is written.
    public let position: Position
    /// The compiled expression of `matches`.
    let pattern: Pattern?

    /// Whether both say the same.
    public static func == (left: Comparison, right: Comparison) -> Bool {
        left.path == right.path && left.operation == right.operation && left.operand == right.operand
    }

    /// Feeds what equality looks at to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(operation)
        hasher.combine(operand)
    }
}

/// A condition over the items of a list.
public struct Quantified: Sendable, Hashable {
    /// The list.
    public let path: FactPath
    /// Which items are meant; nil for all.
    public let filter: Predicate?
    /// What they must fulfil; nil only for `some`, where being there is enough.
    public let condition: Predicate?
    /// How many items at least.
    public let atLeast: Int
    /// Where it is written.
    public let position: Position

    /// Whether both say the same.
    public static func == (left: Quantified, right: Quantified) -> Bool {
        left.path == right.path && left.filter == right.filter && left.condition == right.condition
            && left.atLeast == right.atLeast
    }

    /// Feeds what equality looks at to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(filter)
        hasher.combine(condition)
        hasher.combine(atLeast)
    }
}

/// A condition over facts, in the language of `Documentation/predicates.md`.
public indirect enum Predicate: Sendable, Hashable {
    case all([Predicate])
    case any([Predicate])
    case none([Predicate])
    case not(Predicate)
    case each(Quantified)
    case some(Quantified)
    case compare(Comparison)
}

extension Predicate {
    /// First keys of all whole paths: the groups of facts (or roots of a profile) that the predicate looks at.
    public var roots: Set<String> {
        func root(_ path: FactPath) -> Set<String> { path.isRelative ? [] : Set(path.keys.prefix(1)) }
        switch self {
        case .all(let parts), .any(let parts), .none(let parts): return parts.reduce(into: []) { $0.formUnion($1.roots) }
        case .not(let part): return part.roots
        case .each(let quantified), .some(let quantified):
            return root(quantified.path).union(quantified.filter?.roots ?? []).union(quantified.condition?.roots ?? [])
        case .compare(let comparison):
            if case .fact(let other) = comparison.operand { return root(comparison.path).union(root(other)) }
            return root(comparison.path)
        }
    }
}

extension Predicate {
    /// All whole paths that the predicate looks at: its outcome depends on nothing else of the facts.
    public var paths: Set<FactPath> {
        func whole(_ path: FactPath) -> Set<FactPath> { path.isRelative ? [] : [path] }
        switch self {
        case .all(let parts), .any(let parts), .none(let parts): return parts.reduce(into: []) { $0.formUnion($1.paths) }
        case .not(let part): return part.paths
        case .each(let quantified), .some(let quantified):
            return whole(quantified.path).union(quantified.filter?.paths ?? []).union(quantified.condition?.paths ?? [])
        case .compare(let comparison):
            switch comparison.operand {
            case .fact(let other), .profile(let other): return whole(comparison.path).union(whole(other))
            case .literal, .parameter, .seconds: return whole(comparison.path)
            }
        }
    }
}
