public import Documents

/// A number of a clause: its value, unit, and which side of it is the strict one.
public struct Parameter: Sendable, Hashable {
    /// Which values keep the parameter.
    public enum Bound: String, Sendable, CaseIterable {
        /// The firm's value may not exceed it.
        case max
        /// The firm's value may not fall below it.
        case min
        /// The firm's value must be this one.
        case exact

        /// `≤`, `≥`, `=`.
        public var sign: String {
            switch self {
            case .max: "≤"
            case .min: "≥"
            case .exact: "="
            }
        }
    }

    /// Whether the regulation gives the number.
    public enum Origin: String, Sendable, CaseIterable {
        /// The regulation says it.
        case regulation
        /// The regulation leaves it open; the pack proposes it.
        case proposed
    }

    /// Its name.
    public var id: ParameterID
    /// Value and unit.
    public var quantity: Quantity
    /// Direction of the bound.
    public var bound: Bound
    /// Who says so.
    public var origin: Origin
    /// What it is called.
    public var title: Text
    /// The firm's own stricter value is in force.
    public var isOverridden = false
    /// The waiver by which a looser value is in force.
    public var waiver: Waiver?

    /// Whether `number` (in this parameter's unit) is at least as strict as the value in force.
    public func allows(_ number: ExactNumber) -> Bool {
        switch bound {
        case .max: number <= quantity.number
        case .min: number >= quantity.number
        case .exact: number == quantity.number
        }
    }
}

/// A recorded permission to stay on the loose side of a parameter for a while.
public struct Waiver: Sendable, Hashable {
    /// Which parameter.
    public var parameter: ParameterID
    /// The looser value.
    public var value: ExactNumber
    /// Who answers for it.
    public var owner: String
    /// Who allowed it.
    public var approver: String
    /// Why.
    public var reason: String
    /// Last day on which it holds.
    public var expires: CivilDate
}
