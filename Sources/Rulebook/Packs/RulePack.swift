/// One regulation at one version, as data.
public struct RulePack: Sendable {
    /// A heading.
    public struct Group: Sendable, Hashable {
        /// Its id.
        public var id: String
        /// What it is called.
        public var title: Text
    }

    /// The schema every rule pack names.
    public static let schema = "plumbline.rulepack/1"

    /// Its id: `cnfa-2022`.
    public var id: String
    /// Its version.
    public var version: String
    /// First day on which it applies.
    public var effective: CivilDate
    /// Day it was adopted.
    public var adopted: CivilDate?
    /// What every clause id begins with.
    public var prefix: String
    /// Its title.
    public var title: Text
    /// Who issued it.
    public var issuer: Text
    /// What was read for it, and of what age.
    public var source: Text
    /// Which firms it binds; nil all.
    public var applies: Predicate?
    /// Remarks.
    public var notes: [Note]
    /// Profile facts it needs.
    public var facts: [FactDefinition]
    /// Headings in order.
    public var groups: [Group]
    /// Tier and class procedures.
    public var decisions: [Decision]
    /// Clauses in order.
    public var clauses: [Clause]
    /// File or name it was read from.
    public var origin: String

    /// Leaf duties: what can be judged.
    public var leafDuties: [Clause] { clauses.filter(\.isLeafDuty) }
}
