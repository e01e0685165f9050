internal import Rulebook

/// The values of one decision through time for all firms, and nothing else of it: what the market's tables need.
struct TierColumn: Sendable {
    /// The firms, by key, each once.
    private(set) var firms: [String] = []
    /// Where each firm's steps begin.
    private var starts: [Int] = []
    private var days: [CivilDate] = []
    private var values: [String?] = []

    /// Adds a step; firms come by key, the steps of each by day, and of those of one day the one that holds last.
    mutating func append(_ firm: String, from day: CivilDate, value: String?) {
        if firms.last != firm {
            firms.append(firm)
            starts.append(days.count)
        }
        days.append(day)
        values.append(value)
    }

    /// What holds of each firm, which come by key and each once, on a day; nil where nothing was decided, or without a value.
    func values(of firms: [Firm], on day: CivilDate) -> [String?] {
        var place = 0
        return firms.map { firm in
            while place < self.firms.count, self.firms[place] < firm.id { place += 1 }
            guard place < self.firms.count, self.firms[place] == firm.id else { return nil }
            let end = place + 1 < starts.count ? starts[place + 1] : days.count
            let step = (starts[place]..<end).last { days[$0] <= day }
            return step.flatMap { values[$0] }
        }
    }
}
