internal import Database
public import Documents
internal import Rulebook
internal import Synchronization

/// What the supervisor of the demonstration market did in its year (`Packs/demo/work.yaml`).
public struct DemoWork: Sendable {
    /// The schema its file names.
    public static let schema = "plumbline.demo-work/1"

    struct Action: Sendable {
        var agreement: AgreedAction.Agreement
        /// When it was done; nil while it is not.
        var done: CivilDate?
    }
    struct MeetingEntry: Sendable {
        var plan: Meeting.Plan
        var minutes: String
        var resolutions: [Action]
    }
    struct Event: Sendable {
        var plan: ProgrammeEvent.Plan
        var attendance: [ProgrammeEvent.Attendance]
    }
    struct Finding: Sendable {
        var clause: String
        var severity: String
        var text: String
        var response: String
        var action: Action
    }
    struct InspectionEntry: Sendable {
        var plan: Inspection.Plan
        var findings: [Finding]
        var conclusion: String
        /// When it was closed; nil while findings are open.
        var closed: CivilDate?
    }
    struct Coaching: Sendable {
        var plan: CoachingCase.Plan
        var minutes: String
        var agreed: Action
    }

    var meetings: [MeetingEntry] = []
    var events: [Event] = []
    var inspections: [InspectionEntry] = []
    var coaching: [Coaching] = []

    /// The work that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> DemoWork {
        let name = "demo/work.yaml"
        guard let file = ShippedFiles.files(in: "demo").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }
}

// MARK: Reading

extension DemoWork {
    /// Reads work.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    static func read(_ node: Node) throws(DocumentError) -> DemoWork {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        var work = DemoWork()
        work.meetings = try each("meetings", &fields, meeting)
        work.events = try each("events", &fields, event)
        work.inspections = try each("inspections", &fields, inspection)
        work.coaching = try each("coaching", &fields, coaching)
        try fields.finish()
        return work
    }

    private static func each<Entry>(
        _ key: String, _ fields: inout Fields, _ read: (inout Fields) throws(DocumentError) -> Entry
    ) throws(DocumentError) -> [Entry] {
        var entries: [Entry] = []
        for (index, node) in try fields.list(key).enumerated() {
            var inner = try Fields(node, path: fields.path.isEmpty ? "\(key)[\(index)]" : "\(fields.path).\(key)[\(index)]")
            entries.append(try read(&inner))
            try inner.finish()
        }
        return entries
    }

    private static func day(_ key: String, _ fields: inout Fields) throws(DocumentError) -> CivilDate {
        guard let day = CivilDate(try fields.text(key)) else { throw fields.error(at: key, "a date (2026-11-20) is expected") }
        return day
    }

    private static func optionalDay(_ key: String, _ fields: inout Fields) throws(DocumentError) -> CivilDate? {
        fields.node[key] == nil ? nil : try day(key, &fields)
    }

    private static func number(_ key: String, _ fields: inout Fields) throws(DocumentError) -> Int {
        guard let number = try fields.optionalInteger(key) else { throw fields.error(at: key, "a whole number is expected") }
        return number
    }

    private static func lines(_ key: String, _ fields: inout Fields) throws(DocumentError) -> String {
        try fields.texts(key).joined(separator: "\n")
    }

    private static func action(_ fields: inout Fields, what: String = "what") throws(DocumentError) -> Action {
        Action(
            agreement: .init(
                what: try fields.text(what), item: try fields.optionalText("item") ?? "",
                word: .init(owner: try fields.text("owner"), due: try day("due", &fields))),
            done: try optionalDay("done", &fields))
    }

    private static func meeting(_ fields: inout Fields) throws(DocumentError) -> MeetingEntry {
        let day = try day("day", &fields)
        return MeetingEntry(
            plan: .init(
                year: day.parts.year, number: try number("number", &fields), title: try fields.text("title"), day: day,
                place: try fields.text("place"), participants: try lines("participants", &fields),
                agenda: try lines("agenda", &fields)),
            minutes: try fields.text("minutes"),
            resolutions: try each("resolutions", &fields) { fields throws(DocumentError) in try action(&fields) })
    }

    private static func event(_ fields: inout Fields) throws(DocumentError) -> Event {
        let plan = ProgrammeEvent.Plan(
            kind: try fields.text("kind"), region: try fields.optionalText("region") ?? "", title: try fields.text("title"),
            day: try day("day", &fields), place: try fields.text("place"), note: "")
        let persons = try number("persons", &fields)
        return Event(plan: plan, attendance: try fields.texts("from").map { .init(firm: $0, persons: persons) })
    }

    private static func inspection(_ fields: inout Fields) throws(DocumentError) -> InspectionEntry {
        let occasion: Inspection.Occasion = try fields.choice("occasion")
        let day = try day("planned", &fields)
        return InspectionEntry(
            plan: .init(
                year: day.parts.year, occasion: occasion, theme: try fields.optionalText("theme") ?? "",
                firm: try fields.text("firm"), day: day, lead: try fields.text("lead"), why: try fields.text("why")),
            findings: try each("findings", &fields) { fields throws(DocumentError) in
                Finding(
                    clause: try fields.text("clause"), severity: try fields.text("severity"), text: try fields.text("text"),
                    response: try fields.text("response"), action: try action(&fields, what: "action"))
            }, conclusion: try fields.text("conclusion"), closed: try optionalDay("closed", &fields))
    }

    private static func coaching(_ fields: inout Fields) throws(DocumentError) -> Coaching {
        let plan = CoachingCase.Plan(
            firm: try fields.text("firm"), items: try fields.texts("items"), reason: try fields.text("reason"),
            day: try day("planned", &fields), participants: try lines("participants", &fields))
        let minutes = try fields.text("minutes")
        var inner = try Fields(try fields.required("agreed"), path: "\(fields.path).agreed")
        let agreed = try action(&inner)
        try inner.finish()
        return Coaching(plan: plan, minutes: minutes, agreed: agreed)
    }
}

// MARK: Doing

/// A clock that shows the day of what is told; the trail's own times are of now.
private final class ToldClock: Sendable {
    private let moment = Mutex<Int64>(0)

    /// Nine in the morning of a day in Taipei.
    func show(_ day: CivilDate) { moment.withLock { $0 = Int64(day.day) * 86_400_000_000 + 3_600_000_000 } }
    func callAsFunction() -> Int64 { moment.withLock { $0 } }
}

extension DemoWork {
    /// Lets it happen, through the same cases and with the same trail as a supervisor's own work.
    ///
    /// - Throws: what the cases throw.
    func happen(in supervision: Supervision, _ actor: TrailActor) async throws(SupervisionError) {
        let clock = ToldClock()
        func store<Case>(_ store: CaseStore<Case>) -> CaseStore<Case> { CaseStore(database: store.database, now: { clock() }) }
        let meetings = store(supervision.meetings)
        for entry in self.meetings {
            clock.show(entry.plan.day)
            let id = try await meetings.begin(.plan(entry.plan), actor)
            try await meetings.apply(.minutes(entry.minutes), to: id, actor)
            for (index, resolution) in entry.resolutions.enumerated() {
                clock.show(entry.plan.day)
                try await meetings.apply(.resolve(resolution.agreement), to: id, actor)
                guard let done = Self.done(resolution, clock) else { continue }
                try await meetings.apply(.say(action: index + 1, done), to: id, actor)
            }
        }
        let events = store(supervision.programme.events)
        for entry in self.events {
            clock.show(entry.plan.day)
            let problems = entry.plan.problems(supervision.programme.policy)
            guard problems.isEmpty else { throw .fields(problems) }
            let id = try await events.begin(.plan(entry.plan), actor)
            try await events.apply(.attend(entry.attendance), to: id, actor)
        }
        for entry in inspections { try await happen(entry, in: supervision, store(supervision.inspections.cases), clock, actor) }
        let visits = store(supervision.coaching.cases)
        for entry in coaching {
            clock.show(entry.plan.day)
            let id = try await visits.begin(.plan(entry.plan), actor)
            try await visits.apply(
                .visit(day: entry.plan.day, participants: entry.plan.participants, minutes: entry.minutes), to: id, actor)
            try await visits.apply(.agree(entry.agreed.agreement), to: id, actor)
        }
    }

    private func happen(
        _ entry: InspectionEntry, in supervision: Supervision, _ cases: CaseStore<Inspection>, _ clock: ToldClock,
        _ actor: TrailActor
    ) async throws(SupervisionError) {
        let own = supervision.inspections
        let store = InspectionStore(
            database: own.database, register: own.register, tiers: own.tiers, followUps: own.followUps, rulebook: own.rulebook,
            policy: own.policy, cases: cases)
        clock.show(entry.plan.day)
        let id = try await store.plan(entry.plan, actor)
        try await store.begin(id, on: entry.plan.day, actor)
        let found = Set(entry.findings.map(\.clause))
        for row in try await cases.find(id).rows {
            let answer: Inspection.Answer = found.contains(row.clause) ? .finding : .conforming
            try await cases.apply(.answer(clause: row.clause, answer: answer, note: "", evidence: ""), to: id, actor)
        }
        for finding in entry.findings {
            try await store.find(id, clause: finding.clause, severity: finding.severity, text: finding.text, actor)
        }
        try await store.sign(id, conclusion: entry.conclusion, actor)
        for (index, finding) in entry.findings.enumerated() {
            clock.show(entry.plan.day)
            try await cases.apply(.respond(finding: index + 1, text: finding.response), to: id, party: .firm, actor)
            try await cases.apply(.agree(finding: index + 1, finding.action.agreement), to: id, actor)
            guard let done = Self.done(finding.action, clock) else { continue }
            try await cases.apply(.say(action: index + 1, done), to: id, actor)
            try await cases.apply(.settle(finding: index + 1, as: .closed, reason: finding.action.agreement.what), to: id, actor)
        }
        guard let closed = entry.closed else { return }
        clock.show(closed)
        try await cases.apply(.close(note: ""), to: id, actor)
    }

    /// What is said of an action once it is done; nil for one that is not. The clock shows that day.
    private static func done(_ action: Action, _ clock: ToldClock) -> AgreedAction.Word? {
        guard let day = action.done else { return nil }
        clock.show(day)
        var word = action.agreement.word
        (word.state, word.progress) = (.done, 100)
        return word
    }
}
