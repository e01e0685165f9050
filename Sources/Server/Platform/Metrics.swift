internal import Synchronization

/// Figures of the running server in Prometheus' text form (exposition format 0.0.4). Small and fixed: nothing a visitor sends becomes a label.
package final class Metrics: Sendable {
    private struct State {
        var answers: [String: UInt64] = [:]
        var buckets = [UInt64](repeating: 0, count: Metrics.bounds.count + 1)
        var seconds = 0.0
        var count: UInt64 = 0
        var streams = 0
        var gauges: [String: (help: String, value: Double)] = [:]
    }

    /// Upper bounds of the histogram, in seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
    private let state = Mutex(State())

    package init() {}

    /// Counts an answer.
    func answered(status: Int, seconds: Double) {
        state.withLock { state in
            state.answers["\(status / 100)xx", default: 0] += 1
            state.buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            state.seconds += seconds
            state.count += 1
        }
    }

    /// Counts streams of events that are open.
    func streams(_ change: Int) { state.withLock { $0.streams += change } }

    /// Sets a figure.
    package func set(_ name: String, _ help: String, _ value: Double) { state.withLock { $0.gauges[name] = (help, value) } }

    /// All figures.
    func text() -> String {
        state.withLock { state in
            var lines = [
                "# HELP plumbline_http_answers_total Answers by class of status.", "# TYPE plumbline_http_answers_total counter",
            ]
            for (name, count) in state.answers.sorted(by: { $0.key < $1.key }) {
                lines.append("plumbline_http_answers_total{class=\"\(name)\"} \(count)")
            }
            lines += ["# HELP plumbline_http_seconds Time until an answer was ready.", "# TYPE plumbline_http_seconds histogram"]
            var sum: UInt64 = 0
            for (bound, count) in zip(Self.bounds, state.buckets) {
                sum += count
                lines.append("plumbline_http_seconds_bucket{le=\"\(bound)\"} \(sum)")
            }
            lines += [
                "plumbline_http_seconds_bucket{le=\"+Inf\"} \(state.count)", "plumbline_http_seconds_sum \(state.seconds)",
                "plumbline_http_seconds_count \(state.count)", "# HELP plumbline_event_streams Streams of events that are open.",
                "# TYPE plumbline_event_streams gauge", "plumbline_event_streams \(state.streams)",
            ]
            for (name, gauge) in state.gauges.sorted(by: { $0.key < $1.key }) {
                lines += ["# HELP \(name) \(gauge.help)", "# TYPE \(name) gauge", "\(name) \(gauge.value)"]
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }
}
