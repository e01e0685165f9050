internal import Rulebook

/// What a time service says of the clock.
struct ClockState: Sendable, Equatable {
    var synchronized: Bool?
    var source: String?
    var offsetMilliseconds: Int?
    var lastUpdate: Instant?
    var pollInterval: Int?

    /// `chronyc -n -c tracking`: reference id, address, stratum, reference time, system offset, last offset, RMS offset, frequency,
    /// residual frequency, skew, root delay, root dispersion, update interval, leap status.
    static func chrony(tracking: String) -> ClockState? {
        let fields = Conf.trim(tracking).split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count >= 14, let stratum = Conf.int(fields[2]) else { return nil }
        var state = ClockState()
        // 7F7F0101 is the "local" reference: the clock follows itself.
        let follows = (1...15).contains(stratum) && fields[0] != "7F7F0101" && fields[0] != "00000000"
        state.synchronized = follows && !fields[13].hasPrefix("Not sync")
        guard state.synchronized == true else { return state }
        state.source = String(fields[1])
        let offsets = [fields[4], fields[5]].compactMap { Conf.scaledUp($0, by: 1000)?.magnitude }
        state.offsetMilliseconds = offsets.max().map { Int(clamping: $0) }
        if let seconds = Int64(fields[3].prefix { $0 != "." }), seconds > 0, seconds < 1 << 40 {
            state.lastUpdate = Instant(seconds: seconds)
        }
        state.pollInterval = Conf.scaledUp(fields[12], by: 1)
        return state
    }

    /// Adds what `chronyc -n -c sources` says of the chosen source: mode, state, name, stratum, poll (as a power of two), reach …
    mutating func add(chronySources text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count >= 5, fields[1] == "*" else { continue }
            source = String(fields[2])
            if let poll = Conf.int(fields[4]), (0...30).contains(poll) { pollInterval = max(pollInterval ?? 0, 1 << poll) }
        }
    }

    /// `timedatectl timesync-status`.
    mutating func add(timesyncStatus text: String) {
        for line in text.split(separator: "\n") {
            guard let (key, value) = Conf.pair(line, separator: ":") else { continue }
            switch key {
            case "Server": source = Conf.words(value).first
            case "Poll interval":
                pollInterval = TimeSpan.seconds(value.prefix { $0 != "(" })
            case "Offset":
                let text = value.drop { $0 == "+" || $0 == "-" }
                offsetMilliseconds = Self.milliseconds(String(text))
            default: continue
            }
        }
    }

    /// `1.234ms`, `2s 5ms`, `123us` as milliseconds, rounded up.
    static func milliseconds(_ text: String) -> Int? {
        var total = 0.0
        let words = Conf.words(text)
        guard !words.isEmpty else { return nil }
        for word in words {
            let digits = word.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let first = digits.utf8.first, Conf.isDigit(first), let number = Double(digits) else { return nil }
            let factors = [
                "us": 0.001, "µs": 0.001, "μs": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
            ]
            guard let factor = factors[String(word.dropFirst(digits.count))] else { return nil }
            total += number * factor
        }
        return Int(exactly: total.rounded(.up))
    }

    /// `ntpq -pn`: the line marked `*` (or `o` for a pulse) is the source; delay, offset and jitter are milliseconds.
    static func ntpq(_ text: String, now: Instant) -> ClockState {
        var state = ClockState(synchronized: false)
        for line in text.split(separator: "\n") where line.hasPrefix("*") || line.hasPrefix("o") {
            let words = Conf.words(line.dropFirst())
            guard words.count >= 10, let poll = Conf.int(words[5]) else { continue }
            state.synchronized = true
            state.source = words[0]
            state.pollInterval = poll
            state.offsetMilliseconds = Conf.scaledUp(words[8], by: 1).map { Int(clamping: $0.magnitude) }
            let unit: Int64 = words[4].hasSuffix("m") ? 60 : words[4].hasSuffix("h") ? 3600 : words[4].hasSuffix("d") ? 86_400 : 1
            if let when = Int64(words[4].filter { $0.isASCII && $0.isNumber }), when < 1 << 32 {
                state.lastUpdate = now.adding(seconds: -when * unit)
            }
        }
        return state
    }
}
