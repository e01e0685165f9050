/// What changed between two rule packs, such as two versions of one regulation.
public struct RulePackDifference: Sendable {
    /// One change of one clause.
    public struct Change: Sendable, Hashable {
        /// Kinds of change.
        public enum Kind: String, Sendable {
            case added, removed, force, subject, scope, text, stricter, looser, verification, cadence
        }

        /// The clause.
        public var clause: String
        /// Its title.
        public var title: Text
        /// What changed.
        public var kind: Kind
        /// Before and after, in short; empty when it is best read in the packs.
        public var detail: String
    }

    /// The changes, in the order of the new pack, removed clauses last.
    public let changes: [Change]

    /// Compares packs. Clauses are matched by what follows the pack's prefix, so that a pack under a new prefix can be compared too.
    public init(from old: RulePack, to new: RulePack) {
        func key(_ clause: Clause, _ pack: RulePack) -> String { String(clause.id.dropFirst(pack.prefix.count)) }
        let before = Dictionary(old.clauses.map { (key($0, old), $0) }) { first, _ in first }
        let after = Set(new.clauses.map { key($0, new) })
        var changes: [Change] = []
        for clause in new.clauses {
            guard let previous = before[key(clause, new)] else {
                changes.append(Change(clause: clause.id, title: clause.title, kind: .added, detail: clause.force.rawValue))
                continue
            }
            changes += Self.compare(previous, clause)
        }
        for clause in old.clauses where !after.contains(key(clause, old)) {
            changes.append(Change(clause: clause.id, title: clause.title, kind: .removed, detail: clause.force.rawValue))
        }
        self.changes = changes
    }

    private static func compare(_ old: Clause, _ new: Clause) -> [Change] {
        var changes: [Change] = []
        func add(_ kind: Change.Kind, _ detail: String = "") {
            changes.append(Change(clause: new.id, title: new.title, kind: kind, detail: detail))
        }
        if old.force != new.force || old.forceCases != new.forceCases {
            add(.force, "\(old.force.rawValue) → \(new.force.rawValue)")
        }
        if old.subject != new.subject { add(.subject, "\(old.subject.rawValue) → \(new.subject.rawValue)") }
        if old.scope != new.scope || old.exemptions != new.exemptions || old.substitution != new.substitution { add(.scope) }
        if old.requirement != new.requirement || old.aspects != new.aspects { add(.text) }
        if Set(old.verification.map(\.method)) != Set(new.verification.map(\.method)) { add(.verification) }
        if old.cadence?.kind != new.cadence?.kind {
            add(.cadence, "\(old.cadence?.kind.rawValue ?? "—") → \(new.cadence?.kind.rawValue ?? "—")")
        }
        let previous = Dictionary(old.parameters.map { ($0.id.name, $0) }) { first, _ in first }
        for parameter in new.parameters {
            guard let before = previous[parameter.id.name] else {
                add(.stricter, "\(parameter.id.name): — → \(parameter.bound.sign) \(parameter.quantity)")
                continue
            }
            guard before.quantity != parameter.quantity || before.bound != parameter.bound else { continue }
            let converted = parameter.quantity.converted(to: before.quantity.unit)
            let isStricter = before.bound == parameter.bound && converted.map { before.allows($0) } == true
            add(
                isStricter ? .stricter : .looser,
                "\(parameter.id.name): \(before.bound.sign) \(before.quantity) → \(parameter.bound.sign) \(parameter.quantity)")
        }
        for parameter in old.parameters where !new.parameters.contains(where: { $0.id.name == parameter.id.name }) {
            add(.looser, "\(parameter.id.name): \(parameter.bound.sign) \(parameter.quantity) → —")
        }
        return changes
    }
}
