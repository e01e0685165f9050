public import Documents

/// How strongly a clause binds.
public enum Force: String, Sendable, CaseIterable {
    /// 應: must.
    case shall
    /// 宜: advice.
    case should
    /// Partly the one, partly the other.
    case mixed
    /// Defines a word.
    case definition
    /// Tells something; nothing to judge.
    case information

    /// Whether there is something to judge.
    public var isDuty: Bool { self == .shall || self == .should || self == .mixed }
}

/// Whom a clause binds.
public enum SubjectKind: String, Sendable, CaseIterable {
    /// The firm as a whole.
    case firm
    /// Each of its systems.
    case system
    /// The supervisor (exchange, clearing house).
    case supervisor
    /// The trade association.
    case association
}

/// How a clause can be verified.
public enum VerificationMethod: String, Sendable, CaseIterable {
    /// By a check of a host, a log or an endpoint (A).
    case automatic
    /// By reading a tool's report (B).
    case tool
    /// By dated evidence with a sign-off (C).
    case evidence
    /// Only by somebody's word (D).
    case attestation
    /// By a flow of the platform itself (E).
    case platform
}

/// One way of verifying, with what is looked at.
public struct Verification: Sendable, Hashable {
    /// The method.
    public var method: VerificationMethod
    /// By what.
    public var by: Text
}

/// Which force holds when; the first case whose condition is true (or that has none) wins.
public struct ForceCase: Sendable, Hashable {
    /// The condition; nil is always true.
    public var when: Predicate?
    /// The force then.
    public var force: Force
}

/// One atomic requirement of a compound clause.
public struct Aspect: Sendable, Hashable {
    /// Its name within the clause.
    public var name: String
    /// What it is called.
    public var title: Text
    /// Its own force; nil inherits the clause's.
    public var force: Force?
    /// When it binds at all; nil always.
    public var scope: Predicate?
}

/// An exemption with its reason.
public struct Exemption: Sendable, Hashable {
    /// When it applies.
    public var when: Predicate
    /// Why the clause then does not bind.
    public var reason: Text
}

/// How often a duty has to be done.
public struct Cadence: Sendable, Hashable {
    /// The kinds of rhythm.
    public enum Kind: String, Sendable, CaseIterable {
        case continuous, daily, periodic, event, change
    }

    /// A parameter that holds the longest gap, when a condition is true.
    public struct GapCase: Sendable, Hashable {
        /// The condition; nil is always true.
        public var when: Predicate?
        /// Name of the parameter of the same clause.
        public var parameter: String
    }

    /// The kind of rhythm.
    public var kind: Kind
    /// Longest time between two completions, by case.
    public var maximumGap: [GapCase]
    /// Parameter with the number of completions in a calendar year.
    public var minimumPerYear: String?
    /// Explanation.
    public var note: Text?
}

/// A remark on a clause or pack, such as a known oddity of the source.
public struct Note: Sendable, Hashable {
    /// What it refers to (`D-12`); nil when nothing.
    public var reference: String?
    /// The remark.
    public var text: Text
}

/// The smallest duty that can be judged, or a definition, or information.
public struct Clause: Sendable {
    /// Its id: `cnfa-6.5`.
    public var id: String
    /// Where it stands in the regulation.
    public var article: Text
    /// Id of the heading it stands under.
    public var group: String
    /// Its title.
    public var title: Text
    /// What it asks, in our own words.
    public var requirement: Text
    /// How strongly.
    public var force: Force
    /// Which force when, for `mixed` ones that depend on the profile.
    public var forceCases: [ForceCase]
    /// Imperative though the source lacks the word for it.
    public var isImplicit: Bool
    /// Whom it binds.
    public var subject: SubjectKind
    /// The parent duty.
    public var parent: String?
    /// Whether it is only the heading of sub-items.
    public var isParent: Bool
    /// When it binds; nil always.
    public var scope: Predicate?
    /// Exemptions.
    public var exemptions: [Exemption]
    /// When a better group standard may stand instead.
    public var substitution: Predicate?
    /// Its numbers, by name, in order of the pack.
    public var parameters: [Parameter]
    /// Its rhythm.
    public var cadence: Cadence?
    /// Its atomic requirements; empty when it is one.
    public var aspects: [Aspect]
    /// How it can be verified.
    public var verification: [Verification]
    /// Known oddities.
    public var notes: [Note]
    /// Where it stands in the pack file.
    public var position: Position

    /// A duty that is judged by itself: not a parent, not a definition, not information.
    public var isLeafDuty: Bool { force.isDuty && !isParent }

    /// Number of atomic requirements.
    public var atomicCount: Int { isLeafDuty ? max(1, aspects.count) : 0 }

    /// Whether one of the methods can verify it.
    public func canBeVerified(by method: VerificationMethod) -> Bool { verification.contains { $0.method == method } }
}
