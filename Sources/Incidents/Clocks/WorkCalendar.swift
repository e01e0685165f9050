public import Documents
public import Rulebook

/// Working days between two days (`Packs/incidents/calendar-tw.yaml`). What lies outside is unknown, not a working day.
public struct WorkCalendar: Sendable, Hashable {
    /// The schema its file names.
    public static let schema = "plumbline.work-calendar/1"
    /// Most days that a file may span: a hundred years.
    static let spanLimit = 36_525

    /// Its name, as clocks refer to it.
    public var id: String
    /// What it is called.
    public var title: Text
    /// Where its days come from.
    public var source: Text
    /// Whose days they are.
    public var zone: Zone
    /// The first and the last day it knows.
    public var range: ClosedRange<CivilDate>
    /// Days off and make-up work days.
    public var days: BusinessCalendar

    /// Whether people work on a day; nil outside of the range.
    public func isOpen(_ day: CivilDate) -> Bool? { range.contains(day) ? days.isDue(on: day) : nil }

    /// The first working day from a day on; nil when the range ends before.
    public func firstOpen(from day: CivilDate) -> CivilDate? {
        var day = day
        while let isOpen = isOpen(day) {
            if isOpen { return day }
            day = day.adding(days: 1)
        }
        return nil
    }

    /// Taiwan's, as it comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> WorkCalendar { try ShippedIncidentFiles.read("calendar-tw.yaml", read) }

    /// Reads a calendar.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong; days outside of the range, days off on a weekend and
    ///   make-up work days on a weekday are wrong, because then the file says something else than its author means.
    public static func read(_ node: Node) throws(DocumentError) -> WorkCalendar {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        let (id, title, source) = (
            try fields.identifier("id"), try fields.bilingual("title"), try fields.bilingual("source")
        )
        guard let zone = Zone(try fields.text("zone")) else { throw fields.error(at: "zone", "a time zone is expected") }
        let (first, last) = (try fields.date("first"), try fields.date("last"))
        guard first <= last, last - first <= spanLimit else {
            throw fields.error(at: "last", "a day from the first one on, at most a hundred years later, is expected")
        }
        var weekend: Set<Int> = []
        for item in try fields.list("weekend") {
            guard let day = item.integer, (1...7).contains(day), weekend.insert(day).inserted else {
                throw fields.error(at: "weekend", "different weekdays (1 = Monday to 7 = Sunday) are expected")
            }
        }
        let (closed, open) = (try fields.dates("closed"), try fields.dates("open"))
        for (key, days, onWeekend) in [("closed", closed, false), ("open", open, true)] {
            if let day = days.sorted().first(where: {
                !(first...last).contains($0) || weekend.contains($0.weekday) != onWeekend
            }) {
                throw fields.error(
                    at: key, "\(day) is outside of the range or \(onWeekend ? "no day of a weekend" : "a day of a weekend")")
            }
        }
        try fields.finish()
        return WorkCalendar(
            id: id, title: title, source: source, zone: zone, range: first...last,
            days: BusinessCalendar(closedWeekdays: weekend, closed: closed, open: open))
    }
}
