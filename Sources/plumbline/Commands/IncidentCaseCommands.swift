public import ArgumentParser
internal import Documents
public import Incidents
internal import Rulebook
internal import Workspace

extension NoticeKind: ExpressibleByArgument {}
extension FilingChannel: ExpressibleByArgument {}
extension Moment: ExpressibleByArgument {}
extension ValueBasis: ExpressibleByArgument {}

struct StartIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Begin a case; its clocks run.")

    @OptionGroup var place: DataOption
    @Option(help: ArgumentHelp("When the firm came to know; now when not said.", valueName: "time")) var aware: String?
    @Option(help: ArgumentHelp("When it occurred.", valueName: "time")) var occurred: String?
    @Flag(help: "An exercise: it is never counted, and that cannot be changed.") var drill = false
    @Flag(help: "Nothing happened, but nearly did: nobody is told.") var nearMiss = false
    @Option(help: ArgumentHelp("Who must be told beside the market: dora.", valueName: "regime")) var regime: [String] = []
    @Option(help: ArgumentHelp("An earlier case that this one repeats.", valueName: "case")) var repeats: [Int64] = []
    @Option(name: .customLong("set"), help: ArgumentHelp("What is known.", valueName: "field=value")) var settings: [String] = []

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            let values = try IncidentData.values(settings, store.rules.fields)
            let known = try aware.map { try IncidentData.instant($0, "--aware") } ?? store.instant
            let begun = try await store.begin(
                IncidentStart(aware: known, isDrill: drill, isNearMiss: nearMiss, regimes: regime, repeats: repeats), actor)
            var incident = try await store.act(.declare, in: begun.id, actor)
            if let occurred {
                let time = try IncidentData.instant(occurred, "--occurred")
                incident = try await store.act(.mark(.occurred, at: time, reason: ""), in: begun.id, actor)
            }
            if !values.isEmpty { incident = try await store.act(.write(values), in: begun.id, actor) }
            IncidentData.show(incident, store)
        }
    }
}

struct ListIncidents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All cases, newest first, with what is owed.")

    @OptionGroup var place: DataOption

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, _ in
            for incident in try await store.all() {
                let open = incident.obligations(store.rules.clocks).filter(\.isOpen)
                let next = open.compactMap { $0.secondsLeft(at: store.instant) }.min()
                let due = next.map { $0 < 0 ? "OVERDUE \(IncidentData.clock(-$0))" : "\(IncidentData.clock($0)) left" } ?? "-"
                Terminal.write(
                    "\(incident.id)\t\(incident.phase.rawValue)\t\(incident.isDrill ? "drill" : incident.isNearMiss ? "near miss" : "incident")"
                        + "\t\(incident.aware.text(in: .taipei))\t\(open.count) owed\t\(due)\t\(incident.values["title"]?.text ?? "")\n"
                )
            }
        }
    }
}

struct ShowIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "A case: duties, submissions, what is known.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, _ in IncidentData.show(try await store.find(number), store) }
    }
}

struct SetIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Say what is known.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Argument(help: "field=value; lists with commas, records as JSON, nothing after = to empty one.") var settings: [String]

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            let values = try IncidentData.values(settings, store.rules.fields)
            IncidentData.show(try await store.act(.write(values), in: number, actor), store)
        }
    }
}

struct MarkIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mark", abstract: "Say when something was, or correct it.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Argument(help: "occurred, detected, aware, classified or resolved.") var moment: Moment
    @Argument(help: "When.") var time: String
    @Option(help: "Why it is corrected.") var reason = ""

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            let time = try IncidentData.instant(time, "time")
            IncidentData.show(try await store.act(.mark(moment, at: time, reason: reason), in: number, actor), store)
        }
    }
}

struct FileIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "file", abstract: "File a notice in the case; how late it is stands from then on.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Argument(help: "preliminary, formal or closing; nothing with --correct.") var notice: NoticeKind?
    @Option(help: ArgumentHelp("Corrects an earlier submission.", valueName: "submission")) var correct: Int?
    @Option(help: ArgumentHelp("Only for these.", valueName: "regime")) var regime: [String] = []
    @Option(help: "How it leaves: web, api, offline, phone.") var channel = FilingChannel.offline
    @Option(help: ArgumentHelp("When it was given, by phone or offline.", valueName: "time")) var given: String?
    @Option(help: "Why it was given another way, and what proves when.") var note = ""

    func validate() throws {
        guard (notice == nil) != (correct == nil) else { throw ValidationError("a notice, or --correct, is expected") }
    }

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            guard let kind = notice.map(SubmissionKind.notice) ?? correct.map({ .correction(of: $0) }) else { return }
            let request = FilingRequest(
                kind, regimes: regime.isEmpty ? nil : Set(regime), channel: channel,
                given: try given.map { try IncidentData.instant($0, "--given") }, note: note)
            IncidentData.show(try await store.act(.file(request), in: number, actor), store)
        }
    }
}

struct ResolveIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Services are back, or with --reopen not after all.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Option(help: ArgumentHelp("Since when; now when not said.", valueName: "time")) var at: String?
    @Option(help: ArgumentHelp("It is not over after all.", valueName: "reason")) var reopen: String?

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            let action: IncidentAction
            if let reopen {
                action = .reopen(reason: reopen)
            } else {
                action = .resolve(at: try at.map { try IncidentData.instant($0, "--at") } ?? store.instant)
            }
            IncidentData.show(try await store.act(action, in: number, actor), store)
        }
    }
}

struct CloseIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "The review is done; with --withdraw: it was no incident. Refused while anything is owed."
    )

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Option(help: ArgumentHelp("It was no incident.", valueName: "reason")) var withdraw: String?

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            IncidentData.show(try await store.act(withdraw.map { .withdraw(reason: $0) } ?? .close, in: number, actor), store)
        }
    }
}

struct ExcuseIncident: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "excuse", abstract: "Propose that a notice need not be given; somebody else approves.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Argument(help: "The regime: market.") var regime: String
    @Argument(help: "The notice.") var notice: NoticeKind
    @Option(help: "Why it need not be given.") var reason: String?
    @Flag(help: "Approve what somebody else proposed.") var approve = false
    @Option(help: ArgumentHelp("Turn the proposal down.", valueName: "reason")) var reject: String?

    func validate() throws {
        guard [reason != nil, approve, reject != nil].count(where: \.self) == 1 else {
            throw ValidationError("one of --reason, --approve and --reject is expected")
        }
    }

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            let incident = try await store.find(number)
            let round =
                incident.obligations(store.rules.clocks).map(\.id).last { ($0.regime, $0.notice) == (regime, notice) }?.round ?? 0
            let duty = ObligationID(regime, notice, round: round)
            let action: IncidentAction =
                if let reason { .proposeExcuse(duty, reason: reason) } else if let reject {
                    .rejectExcuse(duty, reason: reject)
                } else {
                    .approveExcuse(duty)
                }
            IncidentData.show(try await store.act(action, in: number, actor), store)
        }
    }
}
