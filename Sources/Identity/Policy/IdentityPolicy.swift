public import Rulebook

/// The numbers by which Plumbline guards its own accounts: those of the regulation from the rule packs, the house's own from
/// `Packs/identity/policy.yaml`, made stricter where a firm wishes so.
public struct IdentityPolicy: Sendable {
    /// The schema a policy file names.
    public static let schema = "plumbline.identity-policy/1"

    /// One number, and where it comes from.
    public struct Value: Sendable, Hashable {
        /// The number in force: seconds for times, KiB for memory, else a count.
        public var number: Int
        /// Which side is stricter.
        public var bound: Parameter.Bound
        /// What it is called.
        public var title: Text
        /// The clause parameter that binds it, if one does.
        public var parameter: ParameterID?
        /// A firm's stricter number is in force.
        public var isOverridden = false

        /// Whether `other` is at least as strict.
        func allows(_ other: Int) -> Bool {
            switch bound {
            case .max: other <= number
            case .min: other >= number
            case .exact: other == number
            }
        }
    }

    /// Every setting.
    public private(set) var values: [PolicySetting: Value]
    /// Account names that belong to nobody in particular, in canonical form.
    public let genericNames: Set<String>

    init(values: [PolicySetting: Value], genericNames: Set<String>) {
        self.values = values
        self.genericNames = genericNames
    }

    /// The number in force: seconds for times, KiB for memory, else a count.
    public subscript(setting: PolicySetting) -> Int {
        // The reader refuses a policy in which a setting is missing, so the other branch is never taken.
        values[setting]?.number ?? 0
    }

    /// The policy with a firm's own numbers.
    ///
    /// - Parameter overrides: numbers in the unit of `subscript(_:)`.
    /// - Returns: that policy.
    /// - Throws: `.badInput` naming the first setting that would become looser, or that is not positive.
    public func stricter(_ overrides: [PolicySetting: Int]) throws(IdentityError) -> IdentityPolicy {
        var policy = self
        for (setting, number) in overrides.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard var value = policy.values[setting], number > 0, value.allows(number) else {
                throw IdentityError(
                    .badInput,
                    "\(setting.rawValue): \(number) is not as strict as \(self[setting]); a firm may only be stricter")
            }
            value.isOverridden = value.number != number
            value.number = number
            policy.values[setting] = value
        }
        return policy
    }
}
