public import Rulebook

/// What happened to one gap between two quarters, and how its promise stands on a day.
public struct FollowUpDifference: Sendable, Hashable {
    /// What can be said of it.
    public enum Mark: String, Sendable, CaseIterable {
        /// A gap that was none at the end of the earlier quarter, and never before.
        case new
        /// A gap again.
        case reopened
        /// A gap no longer.
        case closed
        /// The promised day is gone and nobody says that it is done.
        case overdue
        /// The promised day was moved to a later one.
        case dueMoved = "due-moved"
        /// The progress is smaller than it was.
        case progressBack = "progress-back"
        /// Nothing was said of it in the later quarter.
        case silent
        /// Nothing was ever promised.
        case unpromised
        /// The standing says kept, the word says not done.
        case contradicted
        /// The firm says that it is done; the supervisor has not seen it.
        case claimed
    }

    /// The firm.
    public var firm: String
    /// The item.
    public var item: String
    /// The earlier quarter.
    public var from: Quarter
    /// The later quarter.
    public var to: Quarter
    /// Whether it was a gap at the end of the earlier quarter.
    public var before: GapRecord.State
    /// Whether it is one at the end of the later quarter.
    public var after: GapRecord.State
    /// What the standing of the later quarter says; nil when it says nothing.
    public var finding: GapStanding.Finding?
    /// What was said last until the end of the earlier quarter, of this gap.
    public var earlier: FollowUp?
    /// What was said in the later quarter; nil when nothing was.
    public var later: FollowUp?
    /// What holds: what was said last of this gap.
    public var current: FollowUp?
    /// The moves of the promised day since it became a gap.
    public var slips: Slips
    /// Of these, the days by which it was moved since the earlier quarter; negative when it was brought forward.
    public var movedDays: Int
    /// How much the progress grew since the earlier quarter; negative when it went back.
    public var progressed: Int
    /// Days since the promised day; 0 when it is not overdue.
    public var overdueDays: Int
    /// What can be said of it.
    public var marks: Set<Mark>

    /// Compares two quarters of a gap; nil when it was a gap at the end of neither and came up in none between.
    ///
    /// - Parameters:
    ///   - record: everything that is known of the item.
    ///   - from: the earlier quarter.
    ///   - to: the later quarter.
    ///   - day: the day on which promises are looked at.
    public init?(_ record: GapRecord, from: Quarter, to: Quarter, asOf day: CivilDate) {
        (firm, item, self.from, self.to) = (record.firm, record.item, from, to)
        (before, after) = (record.state(at: from), record.state(at: to))
        guard before.isOpen || after.isOpen || Self.cameAndWent(after, later: to, than: from) else { return nil }
        let episode = record.episode(at: to)
        finding = record.standings[to]
        earlier = episode.last { $0.quarter <= from }
        later = record.snapshot(to)
        current = episode.last
        slips = Slips(episode.map(\.content.due))
        let was = episode.last { $0.quarter <= from && $0.content.due != nil }?.content.due
        let now = episode.last { $0.content.due != nil }?.content.due
        movedDays = if let was, let now { now - was } else { 0 }
        progressed = if let earlier, let current { current.content.progress - earlier.content.progress } else { 0 }
        overdueDays = 0
        if after.isOpen, let content = current?.content, content.state != .doneClaimed, let due = content.due, due < day {
            overdueDays = day - due
        }
        marks = []
        marks = found(record)
    }

    /// A gap that began and ended within the later quarter.
    private static func cameAndWent(_ state: GapRecord.State, later: Quarter, than earlier: Quarter) -> Bool {
        if case .closed(_, let quarter) = state { return quarter > earlier && quarter <= later }
        return false
    }

    private func found(_ record: GapRecord) -> Set<Mark> {
        var marks: Set<Mark> = []
        if after.isOpen {
            if !before.isOpen { marks.insert(before == .none ? .new : .reopened) }
            if overdueDays > 0 { marks.insert(.overdue) }
            if later == nil { marks.insert(.silent) }
            if current.map({ $0.content.state == .open }) ?? true { marks.insert(.unpromised) }
            if record.isContradicted(in: to) { marks.insert(.contradicted) }
            if current?.content.state == .doneClaimed { marks.insert(.claimed) }
        } else {
            marks.insert(.closed)
        }
        if movedDays > 0 { marks.insert(.dueMoved) }
        if progressed < 0 { marks.insert(.progressBack) }
        return marks
    }
}

/// The gaps of two quarters beside each other.
public struct FollowUpSight: Sendable {
    struct Key: Hashable, Sendable {
        let from, to: Quarter
        let day: CivilDate
    }

    /// The gaps, slipping promises first.
    public var rows: [FollowUpDifference]
    /// The quarters of which anything is known, oldest first.
    public var quarters: [Quarter]
    /// Gaps that are open at the end of the later quarter.
    public var open: Int
    /// Promises that slip.
    public var slipping: Int
    /// How many gaps have each mark.
    public var marks: [FollowUpDifference.Mark: Int]

    /// Counts gaps.
    init(_ rows: [FollowUpDifference], quarters: [Quarter], policy: FollowUpPolicy) {
        (self.rows, self.quarters) = (rows, quarters)
        open = rows.count(where: \.after.isOpen)
        slipping = rows.count(where: policy.isSlipping)
        marks = rows.reduce(into: [:]) { counts, row in for mark in row.marks { counts[mark, default: 0] += 1 } }
    }
}
