public import Assessment
public import Rulebook

/// What stands of one clause for one subject since an instant.
public struct Standing: Sendable, Hashable {
    /// The clause.
    public var clause: String
    /// The system; empty for the firm as a whole.
    public var system: String
    /// The verdict.
    public var verdict: Verdict
    /// Why.
    public var reason: Reason
    /// shall or should.
    public var force: Force
    /// What was declared, measured, signed and accepted.
    public var says: Says
    /// Since when, UTC seconds.
    public var since: Int64

    /// Whether nothing about it changed but the time.
    func saysTheSame(as other: Standing) -> Bool {
        verdict == other.verdict && reason == other.reason && force == other.force && says == other.says
    }

    /// The four kinds of knowledge.
    public struct Says: Sendable, Hashable {
        /// What somebody said.
        public var declared: Say
        /// What checks saw.
        public var measured: Say
        /// What a responsible person signed.
        public var signed: Say
        /// What the supervisor accepted.
        public var accepted: Say

        /// Four of them.
        public init(declared: Say, measured: Say, signed: Say, accepted: Say) {
            (self.declared, self.measured, self.signed, self.accepted) = (declared, measured, signed, accepted)
        }

        /// Whether two contradict each other.
        public var isDisputed: Bool {
            let says = [declared, measured, signed, accepted]
            return says.contains(.no) && (says.contains(.yes) || says.contains(.part))
        }
    }
}

/// One change of a verdict.
public struct VerdictChange: Sendable, Hashable {
    /// The clause.
    public var clause: String
    /// The system; empty for the firm as a whole.
    public var system: String
    /// What it was; nil when the subject or clause is new.
    public var before: Verdict?
    /// What it became.
    public var after: Verdict
    /// When, UTC seconds.
    public var at: Int64
}

/// All that stands, as one value that pages read from: made after each assessment, and from the database at the start.
public struct Board: Sendable {
    /// When it was assessed, UTC seconds; nil while nothing was.
    public let at: Int64?
    /// The profile's version it was judged by.
    public let version: Int
    /// Clause by clause in the order of the rulebook, the firm first, then systems by id.
    public let standings: [Standing]
    /// Number of the first standing of each clause, and how many there are.
    public let ranges: [String: Range<Int>]

    /// Counts under each heading of each pack, in their order.
    public let headings: [Heading]
    /// Why clauses are undetermined, and how many for each reason; most first.
    public let unknowns: [(reason: Reason, count: Int)]
    /// Clauses that are not kept somewhere, worst first.
    public let broken: [(clause: String, count: Int, force: Force)]

    /// What stands under one heading of a pack.
    public struct Heading: Sendable, Hashable {
        /// The pack.
        public var pack: String
        /// The heading.
        public var group: String
        /// How many there are of each verdict.
        public var counts: [Verdict: Int]

        /// All but "not applicable".
        public var applicable: Int { counts.reduce(0) { $1.key == .notApplicable ? $0 : $0 + $1.value } }
        /// Compliant or equivalent.
        public var fulfilled: Int { counts[.compliant, default: 0] + counts[.equivalent, default: 0] }
    }

    /// An empty board.
    public static let empty = Board(at: nil, version: 0, standings: [], rulebook: nil)

    init(at: Int64?, version: Int, standings: [Standing], rulebook: Rulebook?) {
        (self.at, self.version) = (at, version)
        let order = rulebook.map { book in
            Dictionary(book.clauses.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
        }
        // A clause that no pack has any more stands at the end.
        let sorted = standings.sorted {
            (order?[$0.clause] ?? .max, $0.clause, $0.system) < (order?[$1.clause] ?? .max, $1.clause, $1.system)
        }
        var ranges: [String: Range<Int>] = [:]
        var start = 0
        while start < sorted.count {
            let clause = sorted[start].clause
            let end = sorted[start...].firstIndex { $0.clause != clause } ?? sorted.count
            ranges[clause] = start..<end
            start = end
        }
        (self.standings, self.ranges) = (sorted, ranges)
        headings = rulebook.map { Self.headings(of: $0, sorted) } ?? []
        var reasons: [Reason: Int] = [:]
        for standing in sorted where standing.verdict == .undetermined { reasons[standing.reason, default: 0] += 1 }
        unknowns = reasons.map { (reason: $0.key, count: $0.value) }.sorted {
            ($1.count, $0.reason.rawValue) < ($0.count, $1.reason.rawValue)
        }
        broken = Self.broken(sorted)
    }

    /// Pages are drawn far more often than boards are made, so what they count is counted once.
    private static func headings(of rulebook: Rulebook, _ standings: [Standing]) -> [Heading] {
        var counts: [String: [Verdict: Int]] = [:]
        var groups: [String: String] = [:]
        for (index, clause) in rulebook.clauses.enumerated() {
            groups[clause.id] = "\(rulebook.pack(ofClause: index).id)/\(clause.group)"
        }
        for standing in standings {
            if let group = groups[standing.clause] { counts[group, default: [:]][standing.verdict, default: 0] += 1 }
        }
        return rulebook.packs.flatMap { pack in
            pack.groups.compactMap { group in
                counts["\(pack.id)/\(group.id)"].map { Heading(pack: pack.id, group: group.id, counts: $0) }
            }
        }
    }

    private static func broken(_ standings: [Standing]) -> [(clause: String, count: Int, force: Force)] {
        var result: [(clause: String, count: Int, force: Force)] = []
        for standing in standings where standing.verdict == .nonCompliant || standing.verdict == .partly {
            if result.last?.clause == standing.clause {
                result[result.count - 1].count += 1
            } else {
                result.append((standing.clause, 1, standing.force))
            }
        }
        func rank(_ force: Force) -> Int { force == .shall ? 0 : 1 }
        return result.enumerated().sorted {
            (rank($0.element.force), -$0.element.count, $0.offset) < (rank($1.element.force), -$1.element.count, $1.offset)
        }.map(\.element)
    }

    /// What stands of a clause.
    public func standings(of clause: String) -> ArraySlice<Standing> { ranges[clause].map { standings[$0] } ?? [] }
}
