/// From values to places: where an axis begins and ends, and what is written along it.
struct Scale {
    /// Where the axis begins and ends, in the unit or in %.
    let lower: Int
    let upper: Int
    /// What is written along it.
    let ticks: [Int]
    private let isRate: Bool

    /// An axis for values.
    ///
    /// - Parameters:
    ///   - axis: what the caller wants it to span at least.
    ///   - values: all of which must find a place, in the unit or in %.
    ///   - isRate: whether they are in %; nil when there is none, which leaves the axis without ticks.
    ///   - most: steps from tick to tick.
    ///   - fromZero: whether it begins at 0 whatever the caller says: the length of a bar says how much.
    init(_ axis: Chart.Axis, _ values: [Double], isRate: Bool?, steps most: Int, fromZero: Bool) {
        let wanted = axis.range ?? (0...(isRate == true ? 100 : 1))
        let least = min(Double(wanted.lowerBound), values.min() ?? .infinity)
        let greatest = max(Double(wanted.upperBound), values.max() ?? 0)
        let low = fromZero ? 0 : Int(least.rounded(.down))
        // Sums of counts are far below what a whole number holds.
        let high = max(low + 1, Int(greatest.rounded(.up)))
        let step = Self.step(low, high, max(1, most), isRate ?? false)
        lower = low / step * step
        upper = (high + step - 1) / step * step
        ticks = isRate == nil && axis.range == nil ? [] : Array(stride(from: lower, through: upper, by: step))
        self.isRate = isRate ?? false
    }

    /// The smallest round step that needs no more than `most` of them.
    private static func step(_ low: Int, _ high: Int, _ most: Int, _ isRate: Bool) -> Int {
        var power = 1
        while true {
            // Steps of rates divide 100, so that an axis does not end above it.
            let factors = isRate && power == 10 ? [1, 2, 2.5, 5] : isRate && power == 100 ? [1] : [1, 2, 5]
            for factor in factors {
                let step = Int(factor * Double(power))
                if (high + step - 1) / step - low / step <= most { return step }
            }
            power *= 10
        }
    }

    /// Where on the axis, from 0 to 1.
    func part(_ value: Double) -> Double { min(1, max(0, (value - Double(lower)) / Double(upper - lower))) }

    /// What stands at a tick.
    func text(_ tick: Int) -> String { isRate ? "\(tick) %" : String(tick) }

    /// Most steps for which texts of that size fit along a length.
    static func steps(along length: Double, _ axis: Chart.Axis, _ values: [Double], isRate: Bool?, size: Double) -> Int {
        let scale = Scale(axis, values, isRate: isRate, steps: 1, fromZero: true)
        let widest = TextMeasure.width(scale.text(scale.upper), size) + 14
        return max(1, min(5, Int(length / widest)))
    }
}

extension Chart.Value {
    /// The value for placing, in the unit or in %; nil when there is none.
    var magnitude: Double? {
        if missing != nil { return nil }
        switch self {
        case .count(let count): return Double(count)
        case .rate(let part, let whole): return Double(part) * 100 / Double(whole)
        case .missing: return nil
        }
    }

    /// Whether the value is at least `threshold` (in the unit or in %), exactly.
    func reaches(_ threshold: Int) -> Bool {
        switch self {
        case .count(let count): count >= threshold
        // Numerators are at most 10^12: times 100 they fit.
        case .rate(let part, let whole):
            part.multipliedFullWidth(by: 100) >= whole.multipliedFullWidth(by: threshold)
        case .missing: false
        }
    }
}
