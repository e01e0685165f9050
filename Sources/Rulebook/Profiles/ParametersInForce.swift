internal import Documents

/// The parameters that hold for a firm on a day: the packs' values, the firm's stricter ones, and looser ones under a waiver in force.
public struct ParametersInForce: Sendable {
    /// The parameters by name.
    public let values: [ParameterID: Parameter]
    /// Waivers that have run out and are ignored.
    public let expired: [Waiver]

    /// Works out what holds.
    ///
    /// - Parameters:
    ///   - rulebook: the packs.
    ///   - profile: overrides and waivers.
    ///   - day: the day they must hold on.
    public init(_ rulebook: Rulebook, profile: Profile, asOf day: CivilDate) {
        var values = rulebook.parameters
        for (id, value, _) in profile.overrides {
            // The reader refuses looser values; a profile made in code is held to the same.
            guard var parameter = values[id], parameter.allows(value) else { continue }
            parameter.isOverridden = parameter.quantity.number != value
            parameter.quantity = Quantity(value, parameter.quantity.unit, days: Self.days(value, parameter.quantity))
            values[id] = parameter
        }
        var expired: [Waiver] = []
        for (waiver, _) in profile.waivers {
            guard waiver.expires >= day else {
                expired.append(waiver)
                continue
            }
            guard var parameter = values[waiver.parameter] else { continue }
            parameter.quantity = Quantity(
                waiver.value, parameter.quantity.unit, days: Self.days(waiver.value, parameter.quantity))
            parameter.waiver = waiver
            values[waiver.parameter] = parameter
        }
        self.values = values
        self.expired = expired
    }

    /// Days of another number of months or years, in proportion to what the pack says, rounded toward the smaller number of days.
    private static func days(_ value: ExactNumber, _ quantity: Quantity) -> Int? {
        guard let days = quantity.days, let base = quantity.number.integer, base > 0, let factor = value.integer else {
            return quantity.days
        }
        return days * factor / base
    }
}
