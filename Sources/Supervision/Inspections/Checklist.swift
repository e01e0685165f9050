internal import Documents
public import Rulebook

/// Makes an inspection's checklist: the duties that bind a firm on a day.
public enum Checklist {
    /// The rows, in the order of the rule packs.
    ///
    /// A duty of systems stands there once: which systems the firm has, it shows at the inspection. A duty of which it cannot be told whether it
    /// binds stands there too, and says so. The packs of the rulebook are taken to be in force, as everywhere.
    ///
    /// - Parameters:
    ///   - firm: the firm.
    ///   - held: what was decided of it, by decision: the supervisor's word, not what the rules would say.
    ///   - clauses: only these; empty for all.
    ///   - rulebook: the rules.
    ///   - day: the day.
    /// - Returns: the rows.
    public static func lines(
        of firm: Firm, held: [String: String], clauses: Set<String> = [], _ rulebook: Rulebook, on day: CivilDate
    ) -> [Inspection.Event.Line] {
        let profile = firm.profile(asOf: day)
        let context = ProfileContext(
            firm: profile.firm, system: [:], decisions: held.mapValues { Node.text($0) },
            parameters: ParametersInForce(rulebook, profile: profile, asOf: day).values)
        let table = ScopeTable(rulebook)
        let (ofFirm, ofSystems) = (table.bindings(context, subject: .firm), table.bindings(context, subject: .system))
        return rulebook.clauses.indices.compactMap { index in
            let clause = rulebook.clauses[index]
            guard clause.isLeafDuty, clauses.isEmpty || clauses.contains(clause.id) else { return nil }
            switch max(ofFirm[index].binds, ofSystems[index].binds) {
            case .no: return nil
            case .unknown: return .init(clause: clause.id, isCertain: false)
            case .yes: return .init(clause: clause.id, isCertain: true)
            }
        }
    }
}
