public import Database
internal import Documents
internal import Rulebook
internal import Submissions

/// The yearly report: drafts from what the stores say now, frozen issues, and holding one against the other.
public struct YearlyReportDesk: Sendable {
    /// Texts and frozen reports.
    public let store: YearlyReportStore
    /// The sections.
    public let template: ReportTemplate
    let snapshots: ReportSnapshotStore
    let documents: ReportDocumentStore
    let rule: SuppressionRule
    let now: @Sendable () -> Int64
    /// Random text for a snapshot.
    var salt: @Sendable () -> String = {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max, using: &generator), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// A year's report as it would be now.
    ///
    /// - Parameter year: the year.
    /// - Returns: its content; a year of which nothing is known is a report that says so.
    /// - Throws: `.storage`, `.document`.
    public func draft(_ year: Int) async throws(SupervisionError) -> ReportContent {
        ReportContent(
            snapshot: try await snapshots.snapshot(of: year, at: now(), salt: salt()), template: template,
            texts: try await store.texts(year), rule: rule)
    }

    /// Freezes a year's report as it is now.
    ///
    /// - Parameters:
    ///   - year: the year.
    ///   - reason: why, 1 to 500 bytes.
    ///   - actor: who freezes.
    ///   - render: makes the files of the issue of that number, by name; they are kept with it.
    /// - Returns: the frozen report.
    /// - Throws: as `YearlyReportStore.freeze`.
    public func freeze(
        _ year: Int, reason: String, _ actor: TrailActor,
        render: @Sendable (ReportContent, String) throws(SupervisionError) -> [String: [UInt8]]
    ) async throws(SupervisionError) -> ReportIssue {
        try await store.freeze(try await draft(year), reason: reason, actor, render: render)
    }

    /// Holds a frozen report against its own rows, against what the stores say now, and against the signed documents.
    ///
    /// - Throws: `.storage` when what was frozen is missing or damaged.
    public func verify(_ issue: ReportIssue) async throws(SupervisionError) -> ReportVerification {
        let (content, frozen) = try store.content(issue)
        var verification = ReportVerification(issue)
        var figures: [String: ReportFigure] = [:]
        for (id, node) in frozen {
            do throws(DocumentError) { figures[id] = try ReportFigure.read(node, path: "figures") } catch {
                throw .document(error.inSource("report \(issue.name)"))
            }
        }
        verification.figureCount = figures.count
        verification.compare(figures, content.figures, .frozen)
        let live = try await snapshots.snapshot(of: issue.year, at: now(), salt: content.snapshot.salt)
        verification.rows = content.snapshot.differences(from: live)
        verification.compare(figures, ReportFigures(live), .live)
        let (signed, problems) = try await documents.check(content.snapshot)
        verification.documents = problems
        verification.signedCount = signed
        verification.rowCount = content.snapshot.rows(.answers).count
        verification.unsignedCount = content.snapshot.rows(.answers).count { $0[8].text == "import" }
        return verification
    }
}

extension ReportFigure {
    static func read(_ node: Node, path: String) throws(DocumentError) -> ReportFigure {
        var fields = try Fields(node, path: path)
        let value = try fields.optionalText("value") ?? ""
        var arguments: [String: String] = [:]
        for entry in try fields.entries("of") { arguments[entry.key] = entry.node.text ?? "" }
        let kind: Kind = try fields.choice("kind")
        let figure = ReportFigure(
            id: try fields.text("id"), kind: kind, state: try fields.choice("state"),
            numerator: try fields.optionalInteger("numerator") ?? 0, denominator: try fields.optionalInteger("denominator") ?? 0,
            day: kind == .date ? value : "", unit: try fields.text("unit"), asOf: try fields.text("as_of"),
            rule: try fields.choice("rule"), arguments: arguments)
        try fields.finish()
        return figure
    }
}
