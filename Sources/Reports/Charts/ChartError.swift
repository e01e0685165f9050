/// Why values cannot be drawn truthfully.
public struct ChartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Sendable, CaseIterable {
        /// The name is not a small letter followed by at most 63 small letters, digits and `-`.
        case badID = "the id is not a small letter followed by at most 63 small letters, digits and hyphens"
        /// More categories or series than can be told apart.
        case tooMany = "more than can be told apart"
        /// A series or the totals have not one value for each category.
        case unequalLength = "not one value for each category"
        /// A count is negative or too large, or a numerator exceeds its denominator.
        case badValue = "a negative or too large count, or a part that exceeds its whole"
        /// Counts and rates on one axis.
        case mixedUnits = "counts and rates on one axis"
        /// Rates that are parts of one bar or ring have different denominators.
        case unequalWholes = "parts of one whole have different denominators"
        /// The parts of a bar or ring exceed its whole, or differ from it though none is missing.
        case wrongTotal = "the parts do not make up the whole that is given"
        /// The range or the thresholds of the axis are not in order.
        case badAxis = "the range or the thresholds of the axis are negative, empty or not in order"
    }

    /// What is wrong.
    public let reason: Reason
    /// Where: a series, a category, or a part of the chart.
    public let place: String

    /// An error.
    public init(_ reason: Reason, at place: String) {
        self.reason = reason
        self.place = place
    }

    /// One line for the log.
    public var description: String { "\(place): \(reason.rawValue)" }
}

extension Chart {
    /// Everything that must hold before anything is drawn.
    func check() throws(ChartError) {
        try checkShape()
        try checkAxis()
        for series in series {
            for (value, category) in zip(series.values, categories) {
                guard Self.isSound(value) else { throw ChartError(.badValue, at: "\(series.name), \(category)") }
            }
        }
        guard totals.allSatisfy(Self.isSound) else { throw ChartError(.badValue, at: "totals") }
        let isRate = isRate ?? false
        for series in series {
            for (value, category) in zip(series.values, categories) {
                switch value {
                case .count where isRate, .rate where !isRate:
                    throw ChartError(.mixedUnits, at: "\(series.name), \(category)")
                default: continue
                }
            }
        }
        switch kind {
        case .stacked:
            for index in categories.indices {
                let total = totals.isEmpty ? nil : totals[index]
                try checkWhole(series.map { $0.values[index] }, total: total, at: categories[index])
            }
        case .donut:
            for series in series { try checkWhole(series.values, total: totals.first, at: series.name) }
        default: break
        }
    }

    private func checkShape() throws(ChartError) {
        let letters = Array(id.utf8)
        guard let first = letters.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first), letters.count <= 64,
            letters.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") })
        else { throw ChartError(.badID, at: "id") }
        guard categories.count <= kind.mostCategories else { throw ChartError(.tooMany, at: "categories") }
        guard series.count <= kind.mostSeries else { throw ChartError(.tooMany, at: "series") }
        for series in series where series.values.count != categories.count {
            throw ChartError(.unequalLength, at: series.name)
        }
        guard !totals.isEmpty else { return }
        switch kind {
        case .stacked where totals.count == categories.count, .donut where totals.count == 1: return
        default: throw ChartError(.unequalLength, at: "totals")
        }
    }

    private func checkAxis() throws(ChartError) {
        if let range = axis.range {
            guard range.lowerBound >= 0, range.lowerBound < range.upperBound, range.upperBound <= Value.most else {
                throw ChartError(.badAxis, at: "range")
            }
        }
        let thresholds = axis.thresholds
        guard thresholds.count <= 4, thresholds.allSatisfy({ (1...Value.most).contains($0) }),
            zip(thresholds, thresholds.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw ChartError(.badAxis, at: "thresholds") }
    }

    private static func isSound(_ value: Value) -> Bool {
        switch value {
        case .missing: true
        case .count(let count): (0...Value.most).contains(count)
        case .rate(let part, let whole): (0...Value.most).contains(whole) && (0...whole).contains(part)
        }
    }

    /// Parts of one bar or ring against each other and against their whole. Values are small enough that sums do not overflow.
    private func checkWhole(_ parts: [Value], total: Value?, at place: String) throws(ChartError) {
        var sum = 0
        var wholes: Set<Int> = []
        var isComplete = true
        for part in parts {
            switch part {
            case .count(let count): sum += count
            case .rate(_, of: 0), .missing: isComplete = false
            case .rate(let part, let whole):
                sum += part
                wholes.insert(whole)
            }
        }
        guard wholes.count <= 1 else { throw ChartError(.unequalWholes, at: place) }
        var given: Set<Int> = []
        if case .count(let total)? = total { given.insert(total) }
        guard given.union(wholes).allSatisfy({ sum <= $0 }) else { throw ChartError(.wrongTotal, at: place) }
        // What is not missing anything must add up: a ring always, a bar of counts to the total printed beside it.
        guard isComplete else { return }
        let exact = kind == .donut ? given.union(wholes) : wholes.isEmpty ? given : []
        guard exact.allSatisfy({ sum == $0 }) else { throw ChartError(.wrongTotal, at: place) }
    }
}
