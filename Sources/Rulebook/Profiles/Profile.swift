public import Documents

/// One system of a firm: its facts and the hosts it runs on.
public struct SystemProfile: Sendable, Hashable {
    /// Its id within the firm.
    public var id: String
    /// What it is called.
    public var name: String
    /// Names of its hosts.
    public var hosts: [String]
    /// Its facts, by name without `system.`.
    public var facts: [String: Node]

    /// A system.
    public init(id: String, name: String, hosts: [String], facts: [String: Node]) {
        self.id = id
        self.name = name
        self.hosts = hosts
        self.facts = facts
    }
}

/// A recorded better standard of a foreign group, standing in for a clause (article 2, item 7 of the futures baseline).
public struct Equivalence: Sendable, Hashable {
    /// The clause it stands for.
    public var clause: String
    /// The group's own clause.
    public var groupClause: String
    /// Why it is better.
    public var reason: String
    /// Who approved it.
    public var approver: String
    /// Last day on which it holds.
    public var expires: CivilDate
    /// Systems it is about; empty for all.
    public var systems: [String]
}

/// What a firm decided for itself: readings, zone, how old facts may be.
public struct Policy: Sendable, Hashable {
    /// Policy switches, by decision id and switch name.
    public var switches: [String: [String: String]] = [:]
    /// Facts older than this many seconds are stale: what rests on them is undetermined.
    public var factsMaximumAge = 7 * 86_400
    /// Zone in which days begin and end.
    public var zone = Zone.taipei
    /// Days on which daily duties are due.
    public var calendar = BusinessCalendar.everyDay

    /// The defaults: every switch as the pack says, facts a week at most, Taipei, every calendar day.
    public init() {}
}

/// The firm's facts and decisions: what scope depends on.
public struct Profile: Sendable {
    /// A change of firm facts from a day on.
    public struct Change: Sendable {
        /// First day of the new facts.
        public var from: CivilDate
        /// The facts that change.
        public var firm: [String: Node]
        /// Where it stands.
        public var position: Position
    }

    /// The schema every profile names.
    public static let schema = "plumbline.profile/1"

    /// The firm's name.
    public var name: String
    /// Facts of the firm, by name without `firm.`.
    public var firm: [String: Node]
    /// Later changes, by day.
    public var changes: [Change]
    /// Its systems.
    public var systems: [SystemProfile]
    /// Its decisions.
    public var policy: Policy
    /// Its own, stricter parameters.
    public var overrides: [(id: ParameterID, value: ExactNumber, position: Position)]
    /// Its waivers.
    public var waivers: [(waiver: Waiver, position: Position)]
    /// Its equivalence records.
    public var equivalences: [Equivalence]
    /// Facts that nobody answered and for which the strictest value is assumed.
    public var assumed: Set<String>
    /// File it was read from; empty when it was made.
    public var origin: String

    /// A profile with nothing but a name and facts.
    public init(name: String, firm: [String: Node], systems: [SystemProfile], policy: Policy = Policy()) {
        self.name = name
        self.firm = firm
        self.systems = systems
        self.policy = policy
        changes = []
        overrides = []
        waivers = []
        equivalences = []
        assumed = []
        origin = ""
    }

    /// Gives hosts that no system names a system of their own, judged as strictly as can be, so that nothing collected goes unjudged.
    ///
    /// - Returns: those hosts, sorted.
    public mutating func adopt(_ hosts: some Sequence<String>) -> [String] {
        let known = Set(systems.flatMap(\.hosts))
        let strays = Set(hosts).subtracting(known).sorted()
        for host in strays { systems.append(SystemProfile(id: host, name: host, hosts: [host], facts: [:])) }
        return strays
    }

    /// The profile as it is on a day: the changes up to it are applied.
    public func asOf(_ day: CivilDate) -> Profile {
        var result = self
        for change in changes.sorted(by: { $0.from < $1.from }) where change.from <= day {
            result.firm.merge(change.firm) { $1 }
        }
        result.changes = changes.filter { $0.from > day }
        return result
    }

    /// The strictest profile a rulebook knows: every fact takes its strict value, one core system on the given host.
    public static func strictest(_ rulebook: Rulebook, host: String) -> Profile {
        var profile = Profile(name: "", firm: [:], systems: [SystemProfile(id: host, name: host, hosts: [host], facts: [:])])
        profile.assumeStrict(rulebook)
        return profile
    }

    /// Gives every fact that has a strict value and is not known that value, and remembers which were assumed.
    public mutating func assumeStrict(_ rulebook: Rulebook) {
        for fact in rulebook.facts {
            guard let strict = fact.strict else { continue }
            if fact.isOfFirm {
                if firm[fact.name] == nil {
                    firm[fact.name] = strict
                    assumed.insert(fact.key)
                }
            } else {
                for index in systems.indices where systems[index].facts[fact.name] == nil {
                    systems[index].facts[fact.name] = strict
                    assumed.insert(fact.key)
                }
            }
        }
    }
}
