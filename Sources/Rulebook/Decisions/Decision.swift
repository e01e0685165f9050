public import Documents

/// A procedure that computes one output of a firm from its profile (tier, class), as a rule pack writes it.
public struct Decision: Sendable {
    /// A policy switch: a reading of the regulation that is configuration, not code.
    public struct Switch: Sendable, Hashable {
        /// Its name: `P1`.
        public var name: String
        /// What it decides.
        public var title: Text
        /// The reading unless configured.
        public var standard: String
        /// The readings.
        public var values: [FactDefinition.Choice]
    }

    /// What a variable or a result is taken from.
    public indirect enum Expression: Sendable, Hashable {
        case literal(Node)
        case fact(FactPath)
        case parameter(ParameterID)
        case mean([FactPath])
    }

    /// How a decision ends.
    public enum Result: Sendable, Hashable {
        case value(Expression)
        case undetermined
        case notApplicable
    }

    /// The end of a decision, with its reason code.
    public struct Return: Sendable, Hashable {
        /// How it ends.
        public var result: Result
        /// Reason code; its text is in `reasons`.
        public var reason: String
        /// Flags raised with it.
        public var flags: [String]
    }

    /// One step.
    public struct Step: Sendable {
        /// Its name.
        public var id: String
        /// When it is taken; nil always.
        public var when: Predicate?
        /// Variables it sets.
        public var set: [(name: String, value: Expression)]
        /// Flags it raises.
        public var flags: [String]
        /// The end, when it ends the decision.
        public var end: Return?
        /// Where it stands.
        public var position: Position
    }

    /// Its id: `securities-tier`.
    public var id: String
    /// What it decides.
    public var title: Text
    /// Possible values, strictest first.
    public var values: [FactDefinition.Choice]
    /// Which firms it is about; nil all.
    public var applies: Predicate?
    /// Policy switches.
    public var switches: [Switch]
    /// Steps, tried in order.
    public var steps: [Step]
    /// Texts of reason codes.
    public var reasons: [String: Text]
    /// Texts of flags.
    public var flags: [String: Text]
    /// Where it stands in the pack.
    public var position: Position
}
