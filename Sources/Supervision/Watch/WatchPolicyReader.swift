internal import Documents
internal import Rulebook

extension WatchPolicy {
    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    static func read(_ node: Node) throws(DocumentError) -> WatchPolicy {
        var fields = try Fields(node, path: "")
        let found = try fields.text("schema")
        guard found == schema else { throw fields.error(at: "schema", "\"\(found.clipped)\" is not \"\(schema)\"") }
        var limits = try Fields(try fields.required("limits"), path: "limits")
        var standard = try Fields(try fields.required("standard"), path: "standard")
        var flapping = try Fields(try fields.required("flapping"), path: "flapping")
        var keep = try Fields(try fields.required("keep"), path: "keep")
        var certificate = try Fields(try fields.required("certificate"), path: "certificate")
        var calendar = try Fields(try fields.required("calendar"), path: "calendar")
        let policy = WatchPolicy(
            targetLimit: try limits.number("targets", 1...10_000),
            targetOfFirmLimit: try limits.number("targets_of_firm", 1...1_000),
            intervals: try limits.range("interval", 1...1_440), timeouts: try limits.range("timeout", 1...60),
            tolerances: try limits.range("tolerance", 0...100_000), approvalDays: try limits.number("approval_days", 1...3_660),
            bodyLimit: try limits.number("body", 1...1_048_576), inFlight: try limits.number("in_flight", 1...1_000),
            perSecond: try limits.number("per_second", 1...1_000), waitingLimit: try limits.number("waiting", 1...1_000_000),
            standard: (
                try standard.number("interval", 1...1_440), try standard.number("timeout", 1...60),
                try standard.number("tolerance", 0...100_000), try standard.text("hours")
            ),
            confirm: try confirm(try fields.required("confirm")),
            flapping: (try flapping.number("outages", 2...1_000), try flapping.number("minutes", 1...100_000)),
            rawDays: try keep.number("raw_days", 1...366), hourDays: try keep.number("hour_days", 1...36_600),
            writeSeconds: try keep.number("write_seconds", 1...3_600),
            certificate: (try certificate.number("warn", 0...1_000), try certificate.number("urgent", 0...1_000)),
            hours: try hours(try fields.list("hours"), fields),
            closedWeekdays: Set(try calendar.numbers("closed_weekdays", 1...7)),
            forbidden: try ranges(try fields.texts("forbidden"), fields),
            refusedPorts: Set(try fields.numbers("refused_ports", 1...65_535)))
        for part in [limits, standard, flapping, keep, certificate, calendar] { try part.finish() }
        guard policy.hours.contains(where: { $0.id == policy.standard.hours }) else {
            throw standard.error(at: "hours", "there are no such hours")
        }
        try fields.finish()
        return policy
    }

    private static func confirm(_ node: Node) throws(DocumentError) -> Confirm {
        var fields = try Fields(node, path: "confirm")
        let most = try fields.number("of", 1...100)
        let rule = Confirm(
            failures: try fields.number("failures", 1...most), of: most, successes: try fields.number("successes", 1...100),
            forget: try fields.number("forget", 1...1_000), rejoin: try fields.number("rejoin", 0...1_440))
        try fields.finish()
        return rule
    }

    private static func hours(_ nodes: [Node], _ parent: Fields) throws(DocumentError) -> [WatchHours] {
        var all: [WatchHours] = []
        for (index, node) in nodes.enumerated() {
            var fields = try Fields(node, path: "hours[\(index)]")
            let id = try fields.text("id")
            guard FirmReader.isIdentifier(id), !all.contains(where: { $0.id == id }) else {
                throw fields.error(at: "id", "a name of its own, of lower-case letters, digits, hyphens and dots, is expected")
            }
            let title = try Text(try fields.required("title"), path: fields.path("title"))
            let days: Days = try fields.choice("days")
            let (from, to) = (try fields.clock("from", 0...1_439), try fields.clock("to", 1...2_880))
            guard from < to else { throw fields.error(at: "to", "the end comes before the beginning") }
            try fields.finish()
            all.append(WatchHours(id: id, title: title, isBusinessOnly: days == .business, from: from, to: to))
        }
        guard !all.isEmpty else { throw parent.error(.missingKey, at: "hours", "there are no hours") }
        return all
    }

    private enum Days: String, CaseIterable { case business, every }

    private static func ranges(_ texts: [String], _ parent: Fields) throws(DocumentError) -> [AddressRange] {
        var all: [AddressRange] = []
        for text in texts {
            guard let range = AddressRange(text) else {
                throw parent.error(at: "forbidden", "\"\(text.clipped)\" is not a range such as 10.0.0.0/8")
            }
            all.append(range)
        }
        return all
    }
}

extension Fields {
    /// A whole number that must be there and lie in a range.
    mutating func number(_ key: String, _ range: ClosedRange<Int>) throws(DocumentError) -> Int {
        guard let number = try optionalInteger(key) else { throw error(.missingKey, at: key, "the key is missing") }
        guard range.contains(number) else {
            throw error(at: key, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// Whole numbers that lie in a range.
    fileprivate mutating func numbers(_ key: String, _ range: ClosedRange<Int>) throws(DocumentError) -> [Int] {
        var all: [Int] = []
        for item in try list(key) {
            guard let number = item.integer, range.contains(number) else {
                throw error(at: key, "whole numbers from \(range.lowerBound) to \(range.upperBound) are expected")
            }
            all.append(number)
        }
        return all
    }

    /// Two whole numbers: the least and the most.
    fileprivate mutating func range(_ key: String, _ bounds: ClosedRange<Int>) throws(DocumentError) -> ClosedRange<Int> {
        let both = try numbers(key, bounds)
        guard both.count == 2, both[0] <= both[1] else { throw error(at: key, "the least and the most are expected") }
        return both[0]...both[1]
    }

    /// A time of the day as `08:30`, in minutes; after 24:00 it lies in the next day.
    fileprivate mutating func clock(_ key: String, _ range: ClosedRange<Int>) throws(DocumentError) -> Int {
        let parts = try text(key).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]), let minute = Int(parts[1]),
            (0...59).contains(minute), range.contains(hour * 60 + minute)
        else { throw error(at: key, "a time such as \"08:30\" is expected") }
        return hour * 60 + minute
    }
}
