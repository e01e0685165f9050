internal import Database
public import Documents
public import Rulebook
internal import Submissions

/// The demonstration market (`Packs/demo/market.yaml`): invented firms in the structure of 2017, with four quarters of answers.
public struct DemoMarket: Sendable {
    /// The schema its file names.
    public static let schema = "plumbline.demo-market/1"

    /// Name of the institution that supervises it.
    public var institution: String
    /// The questionnaire that was answered.
    public var questionnaire: String
    /// Questions that each letter of an answer line is about.
    public var items: [String]
    /// The day as of which tiers are decided.
    public var decided: CivilDate
    /// The quarters, oldest first.
    public var quarters: [Quarter]
    /// The firms, also those that are gone.
    public var firms: [Firm]
    /// For each firm and quarter, raw values of `DeclaredAnswer`.
    public var answers: [String: [Quarter: [UInt8]]]

    /// The market that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped(_ rulebook: Rulebook) throws(DocumentError) -> DemoMarket {
        let name = "demo/market.yaml"
        guard let file = ShippedFiles.files(in: "demo").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes), rulebook) } catch {
            throw error.inSource(name)
        }
    }

    /// Reads a market.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - rulebook: knows the facts of firms.
    /// - Returns: the market.
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node, _ rulebook: Rulebook) throws(DocumentError) -> DemoMarket {
        var fields = try Fields(node, path: "")
        let found = try fields.text("schema")
        guard found == schema else { throw fields.error(at: "schema", "\"\(found.clipped)\" is not \"\(schema)\"") }
        var market = DemoMarket(
            institution: try fields.text("institution"), questionnaire: try fields.text("questionnaire"),
            items: try fields.texts("items"), decided: try day(&fields, "decided"), quarters: [], firms: [], answers: [:])
        for (index, text) in try fields.texts("quarters").enumerated() {
            guard let quarter = Quarter(text) else {
                throw fields.error(at: "quarters[\(index)]", "a quarter (2017-Q4) is expected")
            }
            market.quarters.append(quarter)
        }
        for (index, item) in try fields.list("firms").enumerated() { try market.add(item, "firms[\(index)]", rulebook) }
        for (index, item) in try fields.list("gone").enumerated() { try market.addGone(item, "gone[\(index)]", rulebook) }
        try fields.finish()
        return market
    }

    private static let began = CivilDate(year: 2000, month: 1, day: 1) ?? CivilDate(day: 0)

    private static func day(_ fields: inout Fields, _ key: String) throws(DocumentError) -> CivilDate {
        guard let day = CivilDate(try fields.text(key)) else { throw fields.error(at: key, "a date (2026-11-20) is expected") }
        return day
    }

    private mutating func add(_ node: Node, _ path: String, _ rulebook: Rulebook) throws(DocumentError) {
        var fields = try Fields(node, path: path)
        let id = try fields.text("id")
        var names: [Node] = [
            .object([
                ("from", .text(Self.began.description)), ("legal", try fields.required("legal")),
                ("short", try fields.required("short")),
            ])
        ]
        names += try fields.node["names"] == nil ? [] : fields.list("names")
        var ratios: [Node] = []
        for entry in try fields.entries("ratios") {
            ratios.append(.object([("year", Int(entry.key).map { .integer($0) }), ("share", entry.node)]))
        }
        // The register's own reader judges it, as it does every firm.
        firms.append(
            try FirmReader.read(
                .object([
                    ("schema", .text(Firm.schema)), ("id", .text(id)), ("names", .list(names)),
                    (
                        "facts",
                        .list([
                            .object([("from", .text(Self.began.description)), ("firm", try fields.required("facts"))])
                        ])
                    ),
                    ("ratios", .list(ratios)), ("group", fields.optional("group")),
                ]), rulebook: rulebook))
        for entry in try fields.entries("answers") {
            guard let quarter = Quarter(entry.key), quarters.contains(quarter) else {
                throw fields.error(at: "answers.\(entry.key.clipped)", "one of the market's quarters is expected")
            }
            let letters = Array((entry.node.text ?? "").utf8)
            let known: [UInt8: DeclaredAnswer] = [
                UInt8(ascii: "y"): .yes, UInt8(ascii: "n"): .no, UInt8(ascii: "-"): .notApplicable, UInt8(ascii: "."): .none,
            ]
            let values = letters.compactMap { known[$0]?.rawValue }
            guard values.count == items.count, letters.count == items.count else {
                throw fields.error(at: "answers.\(quarter)", "\(items.count) of the letters y, n, - and . are expected")
            }
            answers[id, default: [:]][quarter] = values
        }
        try fields.finish()
    }

    private mutating func addGone(_ node: Node, _ path: String, _ rulebook: Rulebook) throws(DocumentError) {
        var fields = try Fields(node, path: path)
        let name = Firm.Name(from: Self.began, legal: try fields.text("legal"), short: try fields.text("short"))
        var firm = Firm(id: try fields.text("id"), names: [name])
        let day = try Self.day(&fields, "merged")
        let into = try fields.text("into")
        try fields.finish()
        firm.facts = [.init(from: Self.began, values: ["entity_kinds": .texts(["securities"])])]
        firm.events = [.init(day: day, kind: .merged, other: into)]
        firms.append(firm)
        guard let other = firms.firstIndex(where: { $0.id == into }) else {
            throw fields.error(at: "into", "one of the firms above is expected")
        }
        firms[other].events.append(.init(day: day, kind: .absorbed, other: firm.id))
    }
}

extension DemoMarket {
    /// Puts the market into an empty register, through the same stores and with the same trail as a supervisor's own work.
    ///
    /// - Parameters:
    ///   - supervision: of a supervisor whose register is empty.
    ///   - progress: told what is being done.
    /// - Throws: `.conflict` when the register holds firms.
    public func load(into supervision: Supervision, progress: (String) -> Void) async throws(SupervisionError) {
        guard try await supervision.register.all().isEmpty else {
            throw .conflict("the register holds firms; the demonstration market needs an empty one")
        }
        let (first, second) = (TrailActor.system("demo"), TrailActor.system("demo-second"))
        progress("institution")
        try await supervision.institution.decide(name: institution, first)
        progress("register")
        try await supervision.register.save(firms, after: [:], reason: "demonstration market", first)
        progress("tiers")
        _ = try await supervision.tiers.decide(asOf: decided, first)
        for waiting in try await supervision.tiers.waiting() {
            try await supervision.tiers.confirm(waiting.id, note: "demonstration market", second)
        }
        let promises: DemoPromises
        let work: DemoWork
        do throws(DocumentError) {
            promises = try DemoPromises.shipped()
            work = try DemoWork.shipped()
        } catch { throw .document(error) }
        guard let asked = supervision.questionnaires.first(where: { $0.id == questionnaire }) else {
            throw .notFound("questionnaire \(questionnaire)")
        }
        for quarter in quarters {
            progress(quarter.description)
            let rows = firms.compactMap { firm in
                answers[firm.id]?[quarter].map { values in
                    Standing(
                        firm: firm.id, quarter: quarter, layout: 0, declared: values, measured: [], state: .accepted,
                        submission: "demo-\(firm.id)-\(quarter)", asOf: quarter.lastDay)
                }
            }
            try await supervision.standings.put(
                source: MarketDesk.source(asked), items: items, rows, reason: "demonstration market", first)
            _ = try await supervision.followUps.gather(from: MarketGaps(supervision.market, asked), quarter, first)
            for (firm, quarters) in promises.claims.sorted(by: { $0.key < $1.key }) {
                guard let claims = quarters[quarter] else { continue }
                let left = try await supervision.followUps.receive(
                    claims, firm: firm, quarter: quarter, by: "demo-\(firm)", origin: "demo", on: quarter.lastDay, first)
                guard left.isEmpty else { throw .conflict("\(firm) \(quarter): a promise of the demonstration is not one") }
            }
        }
        progress("work of the year")
        try await work.happen(in: supervision, first)
    }
}
