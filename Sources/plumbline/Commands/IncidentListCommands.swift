internal import ArgumentParser
internal import Documents
internal import Incidents
internal import Rulebook
internal import Workspace

struct ExportIncident: AsyncParsableCommand {
    /// A form of a submission.
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case json, fire, dora
    }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "A submission as JSON, in the FSB's FIRE format, or as DORA's fields; faults of a report go to standard error.")

    @OptionGroup var place: DataOption
    @Argument(help: "Number of the case.") var number: Int64
    @Option(help: "json, fire or dora.") var form = Form.json
    @Option(help: "Number of the submission; the last one when not said.") var submission: Int?
    @Option(help: ArgumentHelp("To whom it goes.", valueName: "name")) var recipient = "臺灣證券交易所"
    @Option(help: ArgumentHelp("What kind of firm it is.", valueName: "kind")) var kind = "證券商"
    @Option(help: ArgumentHelp("Its Legal Entity Identifier.", valueName: "lei")) var lei: String?
    @Option(help: ArgumentHelp("Who can be asked: name,mail,telephone.", valueName: "contact")) var contact: [String] = []
    @Option(help: ArgumentHelp("Fields that only DORA asks for, by number, as a JSON file.", valueName: "file")) var supplement:
        String?

    func run() async throws {
        try await IncidentData.run(place.data) { store, workspace, _ in
            let incident = try await store.find(number)
            guard
                let found = submission.map({ number in incident.submissions.first { $0.number == number } })
                    ?? incident.submissions.last
            else {
                Terminal.complain("plumbline: nothing of that number was filed in incident \(number)")
                throw ExitCode(66)
            }
            let name = try await workspace.firm.current()?.document["name"]?.text ?? ""
            let party = try party(name)
            let faults: [ReportFault]
            switch form {
            case .json:
                Terminal.write(CanonicalJSON.bytes(of: try NodeEncoder.node(of: found)))
                faults = []
            case .fire:
                let format = try FireFormat.shipped()
                let report = FireExporter(format: format, taxonomy: store.rules.taxonomy).report(found, of: incident, by: party)
                Terminal.write(CanonicalJSON.bytes(of: report))
                faults = format.faults(report, now: store.instant)
            case .dora:
                let format = try DoraFormat.shipped()
                let more = try supplement.map { FieldValue(try DocumentFile.document($0))?.record ?? [:] } ?? [:]
                let phase = DoraExporter.phase(of: found.kind.notice ?? .closing)
                let report = DoraExporter(format: format, taxonomy: store.rules.taxonomy).report(
                    found, of: incident, by: party, phase: phase, supplement: more)
                Terminal.write(CanonicalJSON.bytes(of: report))
                faults = format.faults(report, phase: phase, now: store.instant)
            }
            for fault in faults { Terminal.complain("\(fault.item): \(fault.reason) [\(fault.code.rawValue)]") }
            if !faults.isEmpty { throw ExitCode(1) }
        }
    }

    private func party(_ name: String) throws -> ReportParty {
        let contacts = try contact.map { text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { throw ValidationError("--contact: name,mail,telephone are expected") }
            return ReportParty.Contact(name: parts[0], email: parts[1], phone: parts[2])
        }
        return ReportParty(
            name: name, types: [.init("", kind), .init("DORA", "investment-firm")], recipients: [.init("", recipient)],
            contacts: contacts,
            globalIdentifiers: lei.map { [.init("LEI", $0)] } ?? [])
    }
}

struct IncidentStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count what happened; drills, near misses and what was no incident are never counted.")

    @OptionGroup var place: DataOption
    @Option(help: ArgumentHelp("The first month.", valueName: "2026-01")) var from: String
    @Option(help: ArgumentHelp("The last month.", valueName: "2026-12")) var to: String
    @Option(help: "Values as first told, or as told last at the end: reported, final.") var basis = ValueBasis.reported
    @Flag(help: "As JSON.") var json = false

    func run() async throws {
        guard let first = YearMonth(from), let last = YearMonth(to), first <= last, last.index - first.index < 1_200 else {
            throw ValidationError("--from and --to are months (2026-01), the first one first")
        }
        try await IncidentData.run(place.data) { store, _, _ in
            let statistics = try await store.statistics(first...last, basis)
            Terminal.write(json ? CanonicalJSON.bytes(of: statistics.node) : Array(statistics.text.utf8))
        }
    }
}

struct ImportIncidents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take a list of past incidents (CSV, or JSON by its ending); all of it, or nothing.",
        discussion: "Columns: \(PastIncidentReader.columns.joined(separator: ", ")).")

    @OptionGroup var place: DataOption
    @Argument(help: "The list.") var file: String
    @Flag(help: "Only say what is wrong.") var dryRun = false

    func run() async throws {
        try await IncidentData.run(place.data) { store, _, actor in
            let reader = PastIncidentReader(taxonomy: store.rules.taxonomy, clocks: store.rules.clocks)
            let bytes = try DocumentFile.read(file, limit: PastIncidentReader.byteLimit)
            let outcome =
                file.hasSuffix(".json")
                ? reader.read(try JSONReader.read(bytes), now: store.instant) : reader.read(csv: bytes, now: store.instant)
            guard !dryRun else {
                for fault in outcome.faults { Terminal.write(IncidentData.text(fault) + "\n") }
                Terminal.write("\(outcome.incidents.count) can be read, \(outcome.faults.count) faults; nothing was stored\n")
                if !outcome.faults.isEmpty { throw ExitCode(65) }
                return
            }
            let added = try await store.importPast(outcome, actor)
            Terminal.write("\(outcome.incidents.count) read, \(added) new\n")
        }
    }
}

extension IncidentStatistics {
    fileprivate var node: Node {
        func counts(_ dimension: Dimension) -> Node {
            let found = self.counts(by: [dimension])
            return .object(words(dimension).map { ($0.isEmpty ? "unknown" : $0, .integer(found[[$0]]?.incidents ?? 0)) })
        }
        func spread(_ spread: TimeSpread) -> Node {
            .object([
                ("known", .integer(spread.count)), ("median_seconds", spread.median.map { .integer($0) }),
                ("p95_seconds", spread.p95.map { .integer($0) }),
            ])
        }
        return .object([
            ("from", .text("\(months.lowerBound)")), ("to", .text("\(months.upperBound)")), ("basis", .text(basis.rawValue)),
            ("as_of", .text("\(asOf)")), ("incidents", .integer(incidents.count)), ("provisional", .integer(provisional)),
            ("by_month", counts(.month)), ("by_class", counts(.class)), ("by_category", counts(.category)),
            ("by_impact", counts(.impact)),
            (
                "in_time",
                .object([
                    ("numerator", .integer(inTime.numerator)), ("denominator", .integer(inTime.denominator)),
                    ("undetermined", .integer(inTime.undetermined)),
                ])
            ),
            ("from_aware", spread(fromAware)), ("from_occurrence", spread(fromOccurrence)),
            ("outage", .object([("incidents", .integer(outage.incidents)), ("minutes", .integer(outage.minutes))])),
        ])
    }

    fileprivate var text: String {
        func line(_ dimension: Dimension) -> String {
            let found = counts(by: [dimension])
            return words(dimension).map { "\($0.isEmpty ? "unknown" : $0) \(found[[$0]]?.incidents ?? 0)" }.joined(
                separator: "   ")
        }
        func spread(_ spread: TimeSpread) -> String {
            guard let median = spread.median, let p95 = spread.p95 else { return "unknown" }
            return "median \(TimeSpread.minutes(median)) min, 95th percentile \(TimeSpread.minutes(p95)) min, of \(spread.count)"
        }
        let share = inTime.permille.map { "\($0 / 10).\($0 % 10) %" } ?? "-"
        return """
            \(months.lowerBound) to \(months.upperBound), values \(basis.rawValue), as of \(asOf.text(in: .taipei))
            incidents        \(incidents.count)\(basis == .final ? " (\(provisional) without final values yet)" : "")
            month            \(line(.month))
            class            \(line(.class))
            category         \(line(.category))
            impact           \(line(.impact))
            in time          \(inTime.numerator) of \(inTime.denominator) (\(share)), \(inTime.undetermined) undetermined
            from knowing     \(spread(fromAware))
            from occurrence  \(spread(fromOccurrence))
            outage           \(outage.minutes) min in \(outage.incidents)

            """
    }
}
