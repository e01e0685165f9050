public import Rulebook

/// Everything that is known of one item of one firm through the quarters.
public struct GapRecord: Sendable, Hashable {
    /// How a gap ended.
    public enum Closing: String, Sendable, CaseIterable {
        /// The item is answered or measured as kept.
        case kept
        /// The item no longer binds the firm.
        case notApplicable = "not-applicable"
        /// The supervisor saw that it is done.
        case verified
        /// The supervisor asks for it no more.
        case withdrawn
    }

    /// Whether it is a gap at the end of a quarter.
    public enum State: Sendable, Hashable {
        /// It never was one until then.
        case none
        /// It is one, since that quarter.
        case open(since: Quarter)
        /// It was one, until that quarter.
        case closed(Closing, in: Quarter)

        /// Whether it is one.
        public var isOpen: Bool { if case .open = self { true } else { false } }
    }

    /// The firm.
    public var firm: String
    /// The item.
    public var item: String
    /// What the quarters' standings say; a quarter that says nothing is not here.
    public var standings: [Quarter: GapStanding.Finding]
    /// Everything that was said, by quarter and version.
    public var words: [FollowUp]

    /// A record; what was said is put in its order.
    public init(firm: String, item: String, standings: [Quarter: GapStanding.Finding] = [:], words: [FollowUp] = []) {
        (self.firm, self.item, self.standings) = (firm, item, standings)
        self.words = words.sorted { ($0.quarter, $0.version) < ($1.quarter, $1.version) }
    }

    /// The quarters that say something, oldest first.
    public var quarters: [Quarter] { Set(standings.keys).union(words.map(\.quarter)).sorted() }

    /// What counts of a quarter: its newest version; nil when nothing was said.
    public func snapshot(_ quarter: Quarter) -> FollowUp? { words.last { $0.quarter == quarter } }

    /// What was said last until the end of a quarter.
    public func promise(until quarter: Quarter) -> FollowUp? { words.last { $0.quarter <= quarter } }

    /// Whether it is a gap at the end of a quarter.
    ///
    /// A quarter without a standing changes nothing: what was not said is not kept. Within a quarter the standing comes first and what was
    /// said after it. A standing that says kept closes the gap unless the same quarter's word says that the work is not done.
    public func state(at end: Quarter) -> State {
        var state = State.none
        for quarter in quarters where quarter <= end {
            let word = snapshot(quarter)?.content.state
            let finding = standings[quarter]
            if let finding { state = Self.step(state, finding, word, quarter) }
            guard let word else { continue }
            switch word {
            case .verified: state = Self.close(state, .verified, quarter)
            case .withdrawn: state = Self.close(state, .withdrawn, quarter)
            case .open, .planned, .inProgress: if !state.isOpen { state = .open(since: quarter) }
            case .doneClaimed: if finding.map(\.isGap) ?? true, !state.isOpen { state = .open(since: quarter) }
            }
        }
        return state
    }

    /// Whether a quarter's standing says that the item is kept while its word says that the work is not done.
    public func isContradicted(in quarter: Quarter) -> Bool {
        guard let finding = standings[quarter], !finding.isGap, let word = snapshot(quarter) else { return false }
        return [.open, .planned, .inProgress].contains(word.content.state)
    }

    /// What was said of it since it became a gap last.
    public func episode(at end: Quarter) -> [FollowUp] {
        let since: Quarter
        switch state(at: end) {
        case .none: return []
        case .open(let quarter): since = quarter
        case .closed(_, let quarter):
            // The gap that was closed then: the newest one that was open before.
            guard case .open(let opened) = state(at: quarter.previous) else {
                return words.filter { $0.quarter == quarter && $0.quarter <= end }
            }
            since = opened
        }
        return words.filter { $0.quarter >= since && $0.quarter <= end }
    }

    private static func step(
        _ state: State, _ finding: GapStanding.Finding, _ word: FollowUp.State?, _ quarter: Quarter
    ) -> State {
        if finding.isGap { return state.isOpen ? state : .open(since: quarter) }
        if let word, [.open, .planned, .inProgress].contains(word) { return state }
        return close(state, finding == .kept ? .kept : .notApplicable, quarter)
    }

    private static func close(_ state: State, _ closing: Closing, _ quarter: Quarter) -> State {
        state.isOpen ? .closed(closing, in: quarter) : state
    }
}
