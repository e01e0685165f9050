internal import ArgumentParser
internal import Database
internal import Documents
internal import Reports
internal import Rulebook
internal import Server
internal import Supervision

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "The market's yearly report: draft, freeze, write in any form, and verify that every figure can be recomputed.",
        discussion: """
            Works on a supervisor's data directory whose server is stopped; while it runs, use its pages.

            Without --freeze or --verify a report is written. The newest frozen issue of the year is taken when there is one, and written exactly as \
            it was frozen; --draft takes what the register, the answers and the records say now. The full edition names firms and is the \
            supervisor's own; the public edition keeps back small cells and what they could be worked out from.

            --freeze keeps snapshot, texts, figures and files for ever, numbered 2017-1, 2017-2, …; the trail has their hashes.

            --verify holds a frozen issue against its own rows, against what the stores say now, and against the signed documents that its rows \
            rest on, and names every difference. Whoever has the full manifest (--format json) recomputes it without Plumbline:
              plumbline report --year 2017 --format json -o 2017-1.json
              plumbline report --verifier -o verify.py
              python3 verify.py 2017-1.json SHA256

            EXAMPLES
              plumbline report --data var/market --year 2017 -o draft.html
              plumbline report --data var/market --year 2017 --freeze --reason "第一次市場資安會議核定"
              plumbline report --data var/market --year 2017 --verify
              plumbline report --data var/market --year 2017 --edition public --lang en --format pdf -o report-2017.pdf
              plumbline report --data var/market --list

            EXIT STATUS
              0  written, frozen, or the same   1  something differs       64 wrong usage   65 bad input or damaged
              66 no such directory or issue     70 not possible here, or not now            74 file call failed
              75 a server runs on the directory
            """)

    @OptionGroup var place: DataOption

    @Option(help: ArgumentHelp("The year, such as 2017.", valueName: "year"))
    var year: Int?

    @Option(help: ArgumentHelp("Number of a frozen issue; the newest when left out.", valueName: "number"))
    var issue: Int?

    @Flag(help: "What it would be now, not what was frozen.")
    var draft = false

    @Flag(help: "Freeze the year's report as it is now.")
    var freeze = false

    @Option(help: ArgumentHelp("Why it is frozen.", valueName: "text"))
    var reason: String?

    @Flag(help: "Recompute a frozen issue and name every difference.")
    var verify = false

    @Flag(help: "List frozen issues.")
    var list = false

    @Flag(help: "Write the program that recomputes a full manifest without Plumbline.")
    var verifier = false

    @Option(help: ArgumentHelp("full or public.", valueName: "edition"))
    var edition = "full"

    @Option(name: .customLong("lang"), help: ArgumentHelp("zh-TW or en.", valueName: "language"))
    var language = "zh-TW"

    @Option(help: ArgumentHelp("html, pdf, odt, xlsx or json.", valueName: "format"))
    var format = "html"

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to; - for standard output.", valueName: "file"))
    var output = "-"

    func validate() throws {
        guard list || verifier || year != nil else { throw ValidationError("--year is needed, such as --year 2017") }
        if let year, !(1990...9999).contains(year) { throw ValidationError("--year is a year such as 2017") }
        guard ReportEdition(rawValue: edition) != nil else { throw ValidationError("--edition is full or public") }
        guard Language(rawValue: language) != nil else { throw ValidationError("--lang is zh-TW or en") }
        guard YearlyPrint.Format(rawValue: format) != nil else {
            throw ValidationError("--format is html, pdf, odt, xlsx or json")
        }
        guard [list, verifier, freeze, verify, draft].count(where: { $0 }) <= 1 else {
            throw ValidationError("--list, --verifier, --freeze, --verify and --draft exclude one another")
        }
        guard freeze == (reason != nil) else { throw ValidationError("--freeze and --reason go together: say why") }
    }

    func run() async throws {
        if verifier {
            guard let file = ShippedFiles.files(in: "reports").first(where: { $0.name == "reports/verify.py" }) else {
                throw ExitCode(70)
            }
            return try write(file.bytes)
        }
        try await SubmissionData.run(place.data) { room, actor in
            guard case .supervisor(let supervision) = room else {
                throw StorageError(.foreign, "the directory is a firm's", at: place.data, remedy: "name a supervisor's")
            }
            let desk = supervision.yearlyReports
            if list { return try await show(desk) }
            guard let year else { return }
            if freeze {
                let issue = try await desk.freeze(year, reason: reason ?? "", actor, render: YearlyPrint.freeze)
                Terminal.write(
                    "frozen    \(issue.name)\nsha256    \(issue.sha256)\nsnapshot  \(issue.snapshot)\nfiles     \(issue.files.count)\n"
                )
            } else if verify {
                try await check(desk, try await desk.store.issue(year, issue))
            } else {
                try await write(desk, year)
            }
        }
    }

    private func show(_ desk: YearlyReportDesk) async throws {
        for issue in try await desk.store.issues(year) {
            Terminal.write("\(issue.name)  \(TimeText.text(issue.at))  \(issue.snapshot)  \(issue.by)  \(issue.reason)\n")
        }
    }

    // MARK: Writing

    private func write(_ desk: YearlyReportDesk, _ year: Int) async throws {
        guard let edition = ReportEdition(rawValue: edition), let language = Language(rawValue: language),
            let format = YearlyPrint.Format(rawValue: format)
        else { return }
        let print = YearlyPrint(try Wording.shipped(language))
        let found = draft ? nil : try await desk.store.issues(year).first { issue == nil || $0.number == issue }
        if issue != nil, found == nil { throw SupervisionError.notFound("frozen report \(year)-\(issue ?? 0)") }
        var bytes: [UInt8]
        if let found {
            let name = YearlyPrint.name(edition, language, format == .pdf ? .html : format)
            if found.files[name] != nil {
                bytes = try desk.store.file(name, of: found)
            } else {
                bytes = try print.file(try desk.store.content(found).content, edition, format, number: found.name)
            }
        } else {
            bytes = try print.file(try await desk.draft(year), edition, format, number: nil)
        }
        if format == .pdf { bytes = try await PDFPrinter.live.pdf(bytes) }
        try write(bytes)
        Terminal.report("\(found.map { "issue \($0.name)" } ?? "draft of \(year)"), \(edition.rawValue), \(bytes.count) bytes\n")
    }

    private func write(_ bytes: [UInt8]) throws {
        if output == "-" { return Terminal.write(bytes) }
        try DocumentFile.write(bytes, to: output, mode: 0o644)
    }

    // MARK: Verifying

    private func check(_ desk: YearlyReportDesk, _ issue: ReportIssue) async throws {
        let found = try await desk.verify(issue)
        for file in issue.files.keys.sorted() { _ = try desk.store.file(file, of: issue) }
        for figure in found.figures {
            Terminal.write("figure    \(figure.id)  frozen \(figure.frozen)  \(figure.source.rawValue) \(figure.found)\n")
        }
        for row in found.rows {
            let column = row.column.isEmpty ? "" : ".\(row.column)"
            Terminal.write("row       \(row.table)\(column) \(row.row)  frozen \(row.frozen)  now \(row.found)\n")
        }
        for document in found.documents {
            Terminal.write("document  \(document.firm) \(document.quarter) \(document.sha256)  \(document.problem.rawValue)\n")
        }
        Terminal.write(
            """
            issue     \(issue.name), frozen \(TimeText.text(issue.at)) by \(issue.by)
            snapshot  \(issue.snapshot)
            figures   \(found.figureCount) recomputed, \(found.figures.count) differ
            rows      \(found.rowCount) of answers: \(found.signedCount) rest on a signed document, \(found.unsignedCount) on an import; \(found.rows.count) differ now
            documents \(found.signedCount) read again, \(found.documents.count) do not bear their rows
            files     \(issue.files.count) are what was frozen

            """)
        Terminal.write(found.isSame ? "the same\n" : "DIFFERENT\n")
        if !found.isSame { throw ExitCode(1) }
    }
}
