public import Documents
public import Rulebook

/// How inspections are planned (`Packs/supervision/inspections.yaml`): themes, severities, and how firms are ranked.
public struct InspectionPolicy: Sendable, Hashable {
    /// A theme.
    public struct Theme: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// What it is called.
        public var title: Text
        /// The clauses it is about; empty for all.
        public var clauses: [String]
    }

    /// A word with its title.
    public struct Named: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// What it is called.
        public var title: Text
    }

    /// Points for something that is counted, up to a most.
    public struct Points: Sendable, Hashable {
        /// For each.
        public var each: Int
        /// At most.
        public var most: Int

        /// The points for so many.
        public func of(_ count: Int) -> Int { min(most, each * max(0, count)) }
    }

    /// The schema its file names.
    public static let schema = "plumbline.inspections/1"
    static let file = "supervision/inspections.yaml"

    /// Themes, in the order of the file.
    public var themes: [Theme]
    /// Severities of findings, the worst first.
    public var severities: [Named]
    /// The decision whose value counts as the tier.
    public var decision: String
    /// Points by the value of that decision.
    public var tiers: [String: Int]
    /// Points of a firm without a value.
    public var undecided: Int
    /// Points for open gaps.
    public var gaps: Points
    /// Points for slipping promises.
    public var slipping: Points
    /// Points for each whole month since the last inspection.
    public var months: Points
    /// Points of a firm that was never inspected.
    public var never: Int

    /// The policy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> InspectionPolicy { try ShippedPolicy.read(file, read) }

    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> InspectionPolicy {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        var themes: [Theme] = []
        for item in try fields.entries("themes") {
            var entry = try Fields(item.node, path: "themes.\(item.key.clipped)")
            themes.append(
                Theme(
                    id: item.key, title: try Text(try entry.required("title"), path: entry.path("title")),
                    clauses: try entry.texts("clauses")))
            try entry.finish()
        }
        let severities = try ShippedPolicy.named("severities", &fields)
        var score = try Fields(try fields.required("score"), path: "score")
        var tier = try Fields(try score.required("tier"), path: "score.tier")
        let decision = try tier.text("decision")
        let undecided = try ShippedPolicy.integer("undecided", 0...1_000, &tier)
        var tiers: [String: Int] = [:]
        for item in try tier.entries("values") {
            guard let points = item.node.integer, (0...1_000).contains(points) else {
                throw tier.error(at: "values", "\"\(item.key.clipped)\": 0 to 1000 is expected")
            }
            tiers[item.key] = points
        }
        try tier.finish()
        let never = try ShippedPolicy.integer("never", 0...1_000, &score)
        let policy = InspectionPolicy(
            themes: themes, severities: severities, decision: decision, tiers: tiers, undecided: undecided,
            gaps: try points("gaps", &score), slipping: try points("slipping", &score), months: try points("months", &score),
            never: never)
        try score.finish()
        try fields.finish()
        return policy
    }

    private static func points(_ key: String, _ fields: inout Fields) throws(DocumentError) -> Points {
        var entry = try Fields(try fields.required(key), path: fields.path(key))
        let points = Points(
            each: try ShippedPolicy.integer("each", 0...1_000, &entry), most: try ShippedPolicy.integer("most", 0...1_000, &entry)
        )
        try entry.finish()
        return points
    }
}

extension ShippedPolicy {
    /// Names with their titles, in the order of the file; at least one.
    static func named(_ key: String, _ fields: inout Fields) throws(DocumentError) -> [InspectionPolicy.Named] {
        var found: [InspectionPolicy.Named] = []
        for item in try fields.entries(key) {
            guard FirmReader.isIdentifier(item.key) else { throw fields.error(at: key, "\"\(item.key.clipped)\" is no name") }
            found.append(.init(id: item.key, title: try Text(item.node, path: "\(fields.path(key)).\(item.key)")))
        }
        guard !found.isEmpty else { throw fields.error(.missingKey, at: key, "at least one is expected") }
        return found
    }
}

/// Who should be inspected, and why: points for what is known of a firm.
public struct InspectionScore: Sendable, Hashable {
    /// What is known of a firm.
    public struct Knowledge: Sendable, Hashable {
        /// The firm.
        public var firm: String
        /// The value of the policy's decision; nil for none.
        public var tier: String?
        /// Open gaps.
        public var gaps: Int
        /// Of these, those whose promise slips.
        public var slipping: Int
        /// The day of the last inspection that was carried out; nil when there was none.
        public var last: CivilDate?

        /// What is known.
        public init(firm: String, tier: String?, gaps: Int, slipping: Int, last: CivilDate?) {
            (self.firm, self.tier, self.gaps, self.slipping, self.last) = (firm, tier, gaps, slipping, last)
        }
    }

    /// What is known of the firm.
    public var known: Knowledge
    /// Points for its tier.
    public var tier: Int
    /// Points for open gaps.
    public var gaps: Int
    /// Points for slipping promises.
    public var slipping: Int
    /// Points for the time since the last inspection.
    public var since: Int
    /// Whole months since then; nil when there was none.
    public var months: Int?

    /// All points.
    public var total: Int { tier + gaps + slipping + since }

    /// The points of a firm on a day.
    public init(_ known: Knowledge, _ policy: InspectionPolicy, on day: CivilDate) {
        self.known = known
        tier = known.tier.flatMap { policy.tiers[$0] } ?? policy.undecided
        gaps = policy.gaps.of(known.gaps)
        slipping = policy.slipping.of(known.slipping)
        months = known.last.map { Self.months(from: $0, to: day) }
        since = months.map(policy.months.of) ?? policy.never
    }

    /// Firms with the most points first; the key decides among equals.
    public static func ranked(
        _ firms: some Sequence<Knowledge>, _ policy: InspectionPolicy, on day: CivilDate
    ) -> [InspectionScore] {
        firms.map { InspectionScore($0, policy, on: day) }.sorted { ($1.total, $0.known.firm) < ($0.total, $1.known.firm) }
    }

    /// Whole months from a day to a later one.
    static func months(from earlier: CivilDate, to later: CivilDate) -> Int {
        guard earlier <= later else { return 0 }
        let (a, b) = (earlier.parts, later.parts)
        var count = (b.year - a.year) * 12 + b.month - a.month
        if earlier.adding(months: count) > later { count -= 1 }
        return count
    }
}
