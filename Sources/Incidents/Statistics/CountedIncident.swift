public import Rulebook

/// An incident as statistics count it. There is none of a drill, a near miss, or what turned out to be no incident: nothing that takes these
/// values can count one.
public struct CountedIncident: Sendable, Hashable {
    /// A value as it was first told, and as it was told last at the end.
    public struct Told: Sendable, Hashable {
        /// As it was first told.
        public var reported: String
        /// As it was told last at the end; nil before.
        public var final: String?

        /// A value.
        public init(reported: String, final: String? = nil) { (self.reported, self.final) = (reported, final) }

        /// By a basis: the final one of an incident that has none yet is what was reported.
        public func value(_ basis: ValueBasis) -> String { basis == .final ? final ?? reported : reported }
    }

    /// Whose it is.
    public var firm: String
    /// The firm's tier then; empty when nobody decided.
    public var tier: String
    /// When the firm came to know.
    public var aware: Instant
    /// When it occurred; nil when nobody said.
    public var occurred: Instant?
    /// When the first notice counts as given; nil when there is none.
    public var notified: Instant?
    /// Whether that was in time; nil when it cannot be said, or the notice was excused.
    public var isInTime: Bool?
    /// Its kind.
    public var category: Told
    /// What it hit.
    public var impact: Told
    /// Minutes of outage; nil when not told.
    public var outage: Int?

    /// An incident that was notified, or ought to have been.
    ///
    /// - Parameters:
    ///   - incident: the case.
    ///   - firm: whose it is.
    ///   - tier: the firm's tier then; empty when nobody decided.
    ///   - regime: whose first notice is counted.
    ///   - asOf: when the statistics are made: a notice that is owed and overdue then was not in time.
    ///   - book: the clocks.
    public init?(_ incident: Incident, firm: String, tier: String, regime: String = "market", asOf: Instant, _ book: ClockBook) {
        guard !incident.isDrill, !incident.isNearMiss, incident.phase != .withdrawn else { return nil }
        (self.firm, self.tier, aware, occurred) = (firm, tier, incident.aware, incident.moments[.occurred])
        func told(_ field: String) -> Told {
            let (reported, final) = incident.told(field)
            return Told(reported: (reported ?? incident.values[field])?.text ?? "", final: final?.text)
        }
        (category, impact) = (told("category"), told("impact"))
        outage = (incident.told("outage_minutes").final ?? incident.values["outage_minutes"])?.number
        let duty = ObligationID(regime, .preliminary)
        guard let obligation = incident.obligations(book).first(where: { $0.id == duty }) else { return }
        switch obligation.state {
        case .met(let filed): (notified, isInTime) = (filed.at, true)
        case .late(let filed, _): (notified, isInTime) = (filed.at, false)
        case .undetermined(let filed): notified = filed.at
        case .running(.at(let due)): isInTime = asOf > due ? false : nil
        case .running, .excused: break
        }
    }

    /// An incident of the past.
    public init(_ past: PastIncident) {
        (firm, tier, aware, occurred, notified) = (past.firm, past.tier, past.aware, past.occurred, past.notified)
        (category, impact, outage, isInTime) = (past.category, past.impact, past.outage, past.isInTime)
    }
}

/// Which of two values counts.
public enum ValueBasis: String, Sendable, Hashable, CaseIterable {
    /// As first told.
    case reported
    /// As told last at the end.
    case final
}
