public import Documents
public import Rulebook

/// A firm as the register knows it: one legal entity through its names, sizes and mergers.
public struct Firm: Sendable, Hashable {
    /// What it was called from a day on.
    public struct Name: Sendable, Hashable {
        /// The first day of the name.
        public var from: CivilDate
        /// The name of the legal entity.
        public var legal: String
        /// The name people use.
        public var short: String

        /// A name.
        public init(from: CivilDate, legal: String, short: String) { (self.from, self.legal, self.short) = (from, legal, short) }
    }

    /// Facts that became known, or changed, from a day on; those that are not named stay as they were.
    public struct Facts: Sendable, Hashable {
        /// The first day they hold.
        public var from: CivilDate
        /// By name without `firm.`; null for one that is no longer known.
        public var values: [String: Node]

        /// Facts.
        public init(from: CivilDate, values: [String: Node]) { (self.from, self.values) = (from, values) }
    }

    /// Something that happened to the legal entity.
    public struct Event: Sendable, Hashable {
        /// What can happen.
        public enum Kind: String, Sendable, CaseIterable {
            /// It began.
            case founded
            /// It took another firm over; the other is named.
            case absorbed
            /// Another firm took it over; the other is named. It ends with the day before.
            case merged
            /// It gave up its business. It ends with the day before.
            case closed
            /// Its licence rests, or lives again.
            case suspended, resumed
        }

        /// The day.
        public var day: CivilDate
        /// What happened.
        public var kind: Kind
        /// Id of the other firm; empty when there is none.
        public var other: String
        /// More, in words.
        public var note: String

        /// An event.
        public init(day: CivilDate, kind: Kind, other: String = "", note: String = "") {
            (self.day, self.kind, self.other, self.note) = (day, kind, other, note)
        }
    }

    /// The schema of its document.
    public static let schema = "plumbline.firm/1"

    /// Its key in this register: lower-case letters, digits, hyphens and dots, 1 to 63. Never given to another firm.
    public var id: String
    /// Its number with the tax authority, eight digits; empty when it is not known.
    public var number: String
    /// Its names, oldest first; at least one.
    public var names: [Name]
    /// What is known of it, oldest first.
    public var facts: [Facts]
    /// Internet orders' share of its turnover in each year, unrounded: 0 to 1.
    public var ratios: [Int: ExactNumber]
    /// The holding group it belongs to; empty when to none.
    public var group: String
    /// What happened to it, oldest first.
    public var events: [Event]

    /// A firm.
    public init(
        id: String, number: String = "", names: [Name], facts: [Facts] = [], ratios: [Int: ExactNumber] = [:], group: String = "",
        events: [Event] = []
    ) {
        (self.id, self.number, self.names, self.facts) = (id, number, names, facts)
        (self.ratios, self.group, self.events) = (ratios, group, events)
    }

    /// Its name on a day; the first one before that.
    public func name(asOf day: CivilDate) -> Name? { names.last { $0.from <= day } ?? names.first }

    /// Whether it does business on a day: it began, and neither merged nor closed.
    public func isInBusiness(asOf day: CivilDate) -> Bool {
        if let founded = events.first(where: { $0.kind == .founded }), day < founded.day { return false }
        return !events.contains { ($0.kind == .merged || $0.kind == .closed) && $0.day <= day }
    }

    /// What is known of it on a day, by name without `firm.`; the shares of the two years before that day stand beside (domain: tier 4).
    public func facts(asOf day: CivilDate) -> [String: Node] {
        var known: [String: Node] = [:]
        for step in facts where step.from <= day {
            for (name, value) in step.values { known[name] = value.isNull ? nil : value }
        }
        let year = day.parts.year
        known["online_ratio_last_year"] = ratios[year - 1].map { Node(.number($0)) }
        known["online_ratio_year_before"] = ratios[year - 2].map { Node(.number($0)) }
        return known
    }

    /// One of its facts on a day, as `facts(asOf:)` has it; nil when it is not known.
    func fact(_ name: String, asOf day: CivilDate) -> Node? {
        switch name {
        case "online_ratio_last_year": return ratios[day.parts.year - 1].map { Node(.number($0)) }
        case "online_ratio_year_before": return ratios[day.parts.year - 2].map { Node(.number($0)) }
        default:
            for step in facts.reversed() where step.from <= day {
                if let value = step.values[name] { return value.isNull ? nil : value }
            }
            return nil
        }
    }

    /// The firm as rules judge it on a day.
    public func profile(asOf day: CivilDate) -> Profile {
        Profile(name: name(asOf: day)?.legal ?? id, firm: facts(asOf: day), systems: [])
    }

    /// Its document.
    public var node: Node {
        func date(_ day: CivilDate) -> Node { .text(day.description) }
        return .object([
            ("schema", .text(Self.schema)), ("id", .text(id)), ("number", number.isEmpty ? nil : .text(number)),
            (
                "names",
                .list(names.map { .object([("from", date($0.from)), ("legal", .text($0.legal)), ("short", .text($0.short))]) })
            ),
            (
                "facts",
                .list(
                    facts.map { step in
                        .object([
                            ("from", date(step.from)),
                            ("firm", .object(step.values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
                        ])
                    })
            ),
            (
                "ratios",
                .list(
                    ratios.sorted { $0.key < $1.key }.map {
                        .object([("year", .integer($0.key)), ("share", Node(.number($0.value)))])
                    })
            ),
            ("group", group.isEmpty ? nil : .text(group)),
            (
                "events",
                .list(
                    events.map {
                        .object([
                            ("day", date($0.day)), ("kind", .text($0.kind.rawValue)),
                            ("other", $0.other.isEmpty ? nil : .text($0.other)), ("note", $0.note.isEmpty ? nil : .text($0.note)),
                        ])
                    })
            ),
        ])
    }
}
