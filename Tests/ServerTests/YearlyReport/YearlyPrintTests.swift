import Database
import Documents
import Glibc
import Reports
import Rulebook
import Spreadsheets
import Supervision
import TestProcesses
import Testing
import Vault

@testable import Server

/// The demonstration market in a supervisor's rooms.
struct YearlyWorld {
    let scratch: Scratch
    let database: GovernanceDatabase
    let supervision: Supervision

    init() async throws {
        scratch = try Scratch()
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: Supervision.migrations, settings: settings)
        let rulebook = try ShippedFiles.rulebook()
        supervision = try Supervision(database, rulebook: rulebook, now: { 1_800_000_000_000_000 })
        try await DemoMarket.shipped(rulebook).load(into: supervision) { _ in }
    }

    func draft() async throws -> ReportContent { try await supervision.yearlyReports.draft(2017) }
}

@Suite("The yearly report as files")
struct YearlyPrintTests {
    private func has(_ bytes: [UInt8], _ text: String) -> Bool { String(decoding: bytes, as: UTF8.self).contains(text) }

    @Test("as a page: one file that loads nothing, every chart with its table, every edition in both languages")
    func html() async throws {
        let world = try await YearlyWorld()
        let content = try await world.draft()
        for language in Language.allCases {
            let print = YearlyPrint(try .shipped(language))
            for edition in ReportEdition.allCases {
                let text = String(decoding: try print.file(content, edition, .html, number: "2017-1"), as: UTF8.self)
                for loader in ["src=", "url(http", "<link", "<script", "@import", "http://", "https://"] {
                    #expect(!text.contains(loader), "\(loader)")
                }
                let charts = text.matches(of: /<figure class="chart"/).count
                #expect(charts >= 5)
                #expect(text.matches(of: /<details class="chart-table"/).count == charts)
                #expect(text.contains("@page") && text.contains("counter(page)") && text.contains("Noto Sans CJK TC"))
                #expect(!text.contains("yearly.") && text.contains("lang=\"\(language.rawValue)\""))
            }
        }
        await world.database.close()
    }

    @Test("the same content gives the same bytes")
    func same() async throws {
        let world = try await YearlyWorld()
        let content = try await world.draft()
        let first = try YearlyPrint.freeze(content, "2017-1")
        let second = try YearlyPrint.freeze(content, "2017-1")
        #expect(first.count == (Workbook.canWrite ? 14 : 10))
        for (name, bytes) in first {
            let isSame = second[name] == bytes
            #expect(isSame, "\(name)")
        }
        await world.database.close()
    }

    @Test("no chart's figures, page or workbook of the public edition hold a figure that is kept back")
    func published() async throws {
        let world = try await YearlyWorld()
        let content = try await world.draft()
        let document = content.document(.published, .english, try Wording.shipped(.english).catalog, number: nil)
        let kept = Set(document.figures.filter { $0.state == .suppressed }.map(\.id))
        #expect(kept.contains("status.isms.1.share") && kept.contains("status.isms.1.yes"))
        for table in document.tables {
            for case .figure(let figure) in table.rows.flatMap({ $0 }) where kept.contains(figure.id) {
                #expect(figure.text == "*" && figure.numerator == 0 && figure.denominator == 0)
            }
        }
        // The heat map's row of an item whose cells are kept back shows signs there.
        let page = try YearlyPrint(.shipped(.english)).file(content, .published, .html, number: nil)
        #expect(has(page, "* suppressed") || has(page, "*"))
        #expect(!has(page, "7/9") && has(page, "12/20"))
        await world.database.close()
    }

    @Test(
        "as a workbook: numbers are numbers, rates have their parts",
        .enabled(if: Workbook.canWrite, "libxlsxwriter is not installed"))
    func workbook() async throws {
        let world = try await YearlyWorld()
        let content = try await world.draft()
        let bytes = try YearlyPrint(.shipped(.english)).file(content, .full, .xlsx, number: "2017-1")
        let book = try XLSXReader.read(bytes)
        let figures = try #require(book.sheets.first { $0.name == "Figures" })
        #expect(book.sheets.count >= 10 && figures.grid.rowCount > content.figures.list.count)
        await world.database.close()
    }

    @Test(
        "as a text document: a real office reads it, with its headings, tables and charts",
        .enabled(if: access("/usr/lib/libreoffice/program/libswlo.so", R_OK) == 0, "LibreOffice Writer is not installed"))
    func text() async throws {
        let world = try await YearlyWorld()
        let content = try await world.draft()
        let bytes = try YearlyPrint(.shipped(.chinese)).file(content, .published, .odt, number: "2017-1")
        #expect(bytes.starts(with: Array("PK".utf8)) && has(Array(bytes.prefix(100)), "application/vnd.oasis.opendocument.text"))
        let (file, out) = (world.scratch.path + "/report.odt", world.scratch.path + "/out")
        try DocumentFile.write(bytes, to: file)
        let soffice = try #require(PDFPrinter.live.find("soffice"))
        let home = "-env:UserInstallation=file://\(world.scratch.path)/office"
        let run = try await Running(soffice, [home, "--headless", "--convert-to", "pdf", "--outdir", out, file]).finish()
        #expect(run.status == 0, "\(run.output)")
        let pdf = try DocumentFile.read(out + "/report.pdf", limit: 64 << 20)
        #expect(pdf.starts(with: Array("%PDF-".utf8)) && pdf.count > 100_000)
        await world.database.close()
    }

    @Test("without a program that prints, what to do is said; one that fails or writes something else is told")
    func printer() async throws {
        let none = PDFPrinter(find: { _ in nil }, run: { _, _, _ in nil })
        #expect(!none.isHere)
        await #expect(throws: SupervisionError.self) { try await none.pdf([]) }
        let failing = PDFPrinter(find: { "/usr/bin/\($0)" }, run: { program, _, _ in program == "/bin/rm" ? nil : "exit 1" })
        await #expect(throws: SupervisionError.self) { try await failing.pdf([]) }
        let silent = PDFPrinter(find: { "/usr/bin/\($0)" }, run: { _, _, _ in nil })
        await #expect(throws: SupervisionError.self) { try await silent.pdf([]) }
    }

    @Test("a real program prints it, and leaves nothing behind", .enabled(if: PDFPrinter.live.isHere, "no program that prints"))
    func pdf() async throws {
        let world = try await YearlyWorld()
        let page = try YearlyPrint(.shipped(.chinese)).file(try await world.draft(), .published, .pdf, number: "2017-1")
        let pdf = try await PDFPrinter.live.pdf(page)
        #expect(pdf.starts(with: Array("%PDF-".utf8)) && pdf.count > 50_000)
        await world.database.close()
    }
}

@Suite("The yearly report on the command line")
struct YearlyCommandTests {
    @Test("draft, freeze, list, write again, verify, and the verifier without Plumbline")
    func commands() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        #expect(try await Running(Plumbline.path, ["demo", "market", "--data", data]).finish().status == 0)
        func run(_ arguments: String..., status: Int32 = 0) async throws -> String {
            let run = try await Running(Plumbline.path, ["report"] + arguments).finish()
            #expect(run.status == status, "\(arguments): \(run.output.prefix(400))")
            return run.output
        }
        #expect(try await run("--help").contains("--verify"))
        _ = try await run("--data", data, status: 64)
        _ = try await run("--data", data, "--year", "2017", "--freeze", status: 64)
        _ = try await run("--data", data, "--year", "2017", "--verify", status: 66)
        #expect(try await run("--data", data, "--year", "2017").contains("<!DOCTYPE html>"))
        let frozen = try await run("--data", data, "--year", "2017", "--freeze", "--reason", "核定")
        #expect(frozen.contains("frozen    2017-1"))
        #expect(try await run("--data", data, "--list").contains("核定"))
        let file = scratch.path + "/report"
        for _ in 0..<2 {
            _ = try await run("--data", data, "--year", "2017", "--edition", "public", "--lang", "en", "-o", file + ".html")
        }
        let verified = try await run("--data", data, "--year", "2017", "--verify")
        #expect(verified.hasSuffix("the same\n") && verified.contains("0 differ"))
        _ = try await run("--data", data, "--year", "2017", "--format", "json", "-o", file + ".json")
        _ = try await run("--verifier", "-o", file + ".py")
        let hash = try #require(frozen.firstMatch(of: /snapshot  ([0-9a-f]{64})/)).1
        let check = try await Running("/usr/bin/env", ["python3", file + ".py", file + ".json", String(hash)]).finish()
        #expect(check.status == 0 && check.output.contains("all the same"), "\(check.output)")
    }
}
