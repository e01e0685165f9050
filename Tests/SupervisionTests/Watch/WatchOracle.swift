import Rulebook

@testable import Supervision

/// The rules of the watch once more, slowly and plainly: all results are there from the start, and every minute is looked at by itself.
struct WatchOracle {
    struct Arrival {
        var at: Int64
        var isUp: Bool
    }

    struct Span: Equatable {
        var began: Int64
        var ended: Int64?
        var relapses = 0
    }

    let rule: WatchMachine.Rule
    private(set) var states: [WatchStretch.State?] = []
    /// When each result counts as having come: never after a later one.
    private(set) var times: [Int64] = []
    private(set) var isVoid: [Bool] = []
    private(set) var outages: [Span] = []

    static func minute(_ second: Int64) -> Int64 { second >= 0 ? second / 60 : -((59 - second) / 60) }

    init(_ arrivals: [Arrival], _ rule: WatchMachine.Rule) {
        self.rule = rule
        let confirm = rule.confirm
        // The first result that may still be counted together with the present one.
        var since = 0
        var began: Int?
        for (number, arrival) in arrivals.enumerated() {
            let minute = Self.minute(arrival.at)
            if let last = times.last, minute < Self.minute(last) {
                for earlier in times.indices where Self.minute(times[earlier]) >= minute {
                    isVoid[earlier] = true
                    times[earlier] = min(times[earlier], arrival.at)
                }
                for place in outages.indices {
                    outages[place].began = min(outages[place].began, arrival.at)
                    outages[place].ended = outages[place].ended.map { min($0, arrival.at) }
                }
            }
            if let last = times.last, minute - Self.minute(last) > Int64(confirm.forget * rule.interval) {
                for earlier in since..<number where states[earlier] == nil {
                    states[earlier] = began != nil ? .down : arrivals[earlier].isUp ? .up : .unconfirmed
                }
                since = number
            }
            times.append(arrival.at)
            isVoid.append(false)
            states.append(nil)
            if let begin = began {
                let run = (max(since, begin + 1)...number).suffix(confirm.successes)
                guard run.count == confirm.successes, run.allSatisfy({ arrivals[$0].isUp }), let end = run.first else { continue }
                for place in begin..<end { states[place] = .down }
                for place in end...number { states[place] = .up }
                outages[outages.count - 1].ended = max(times[end], outages[outages.count - 1].began)
                (began, since) = (nil, number + 1)
            } else {
                let window = (since...number).suffix(confirm.of)
                let failed = window.filter { !arrivals[$0].isUp }
                guard failed.count >= confirm.failures, let first = failed.first else { continue }
                for place in first...number { states[place] = .down }
                for place in since..<first where states[place] == nil {
                    states[place] = arrivals[place].isUp ? .up : .unconfirmed
                }
                if let last = outages.last, let ended = last.ended, times[first] - ended < Int64(confirm.rejoin) * 60 {
                    outages[outages.count - 1].ended = nil
                    outages[outages.count - 1].relapses += 1
                } else {
                    outages.append(Span(began: times[first]))
                }
                (began, since) = (first, number + 1)
            }
        }
        finish(arrivals, since, began)
    }

    /// What the end leaves open: later results could make an outage of it, or not.
    private mutating func finish(_ arrivals: [Arrival], _ since: Int, _ began: Int?) {
        if let began {
            for place in began..<arrivals.count { states[place] = .down }
            return
        }
        let open = (min(since, arrivals.count)..<arrivals.count).suffix(rule.confirm.of - 1).first { !arrivals[$0].isUp }
        for place in arrivals.indices where states[place] == nil {
            states[place] = open.map { place >= $0 } ?? false ? .unconfirmed : arrivals[place].isUp ? .up : .unconfirmed
        }
    }

    /// What is known of one minute; nil for nothing.
    func state(_ minute: Int64) -> WatchStretch.State? {
        let counting = times.indices.filter { !isVoid[$0] }
        guard let last = counting.map({ Self.minute(times[$0]) }).filter({ $0 <= minute }).max(),
            minute - last < Int64(rule.interval)
        else { return nil }
        return counting.filter { Self.minute(times[$0]) == last }.compactMap { states[$0] }.max()
    }
}

/// Numbers that are the same in every run of the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
