internal import Documents
public import Reports
public import Rulebook
internal import Spreadsheets
public import Supervision

/// The yearly report as files: what the command line and the pages hand out.
public struct YearlyPrint: Sendable {
    /// A form that a report can be given.
    public enum Format: String, Sendable, CaseIterable {
        /// A page that prints.
        case html
        /// A text that people go on writing in.
        case odt
        /// A workbook of all tables.
        case xlsx
        /// The manifest.
        case json
        /// The page, printed.
        case pdf

        /// Its media type.
        public var type: String {
            switch self {
            case .html: "text/html; charset=utf-8"
            case .odt: "application/vnd.oasis.opendocument.text"
            case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            case .json: "application/json"
            case .pdf: "application/pdf"
            }
        }
    }

    /// Words in a language.
    public let wording: Wording

    /// A printer of a language.
    public init(_ wording: Wording) { self.wording = wording }

    /// The report as a document with charts.
    public func printed(_ document: ReportDocument) throws(ChartError) -> PrintedDocument {
        var sections: [PrintedDocument.Section] = []
        for section in document.sections {
            var blocks: [PrintedDocument.Block] = []
            for block in section.blocks {
                switch block {
                case .paragraph(let text): blocks.append(.paragraph(text))
                case .list(let lines): blocks.append(.list(lines))
                case .table(let table): blocks.append(.table(Self.table(table)))
                case .chart(let chart): blocks.append(.chart(try Self.chart(chart)))
                }
            }
            sections.append(.init(id: section.id, title: section.title, blocks: blocks, footnotes: section.footnotes))
        }
        return PrintedDocument(
            title: document.title, lines: document.lines, imprint: document.imprint, sections: sections,
            contents: wording("yearly.contents"), notes: wording("yearly.footnotes"))
    }

    /// A report in one form; `pdf` gives the page that is to be printed.
    ///
    /// - Parameters:
    ///   - content: the report.
    ///   - edition: who it is for.
    ///   - format: the form.
    ///   - number: the number; nil for a draft.
    /// - Returns: the file.
    /// - Throws: `.conflict` when a figure cannot be drawn, or this host has no library that writes workbooks.
    public func file(
        _ content: ReportContent, _ edition: ReportEdition, _ format: Format, number: String?
    ) throws(SupervisionError) -> [UInt8] {
        if format == .json { return CanonicalJSON.bytes(of: content.manifest(edition, number: number)) }
        let document = content.document(edition, wording.language, wording.catalog, number: number)
        switch format {
        case .html, .pdf, .odt:
            do throws(ChartError) {
                let printed = try printed(document)
                return format == .odt ? printed.odt(wording) : printed.html(wording)
            } catch {
                throw .conflict("a chart cannot be drawn: \(error)")
            }
        case .xlsx:
            do throws(SpreadsheetError) { return try document.workbook { wording($0) }.xlsx() } catch {
                throw .conflict("the workbook cannot be written: \(error)")
            }
        case .json: return []
        }
    }

    /// Names of the files that are made when a report is frozen, and what they are.
    static func frozenFiles() -> [(name: String, edition: ReportEdition, language: Language, format: Format)] {
        var files: [(name: String, edition: ReportEdition, language: Language, format: Format)] = []
        for edition in ReportEdition.allCases {
            files.append((name(edition, .chinese, .json), edition, .chinese, .json))
            for language in Language.allCases {
                for format in [Format.html, .odt, .xlsx] where format != .xlsx || Workbook.canWrite {
                    files.append((name(edition, language, format), edition, language, format))
                }
            }
        }
        return files
    }

    /// Name of a file among those of a frozen report: `public.zh-TW.html`; manifests have no language.
    public static func name(_ edition: ReportEdition, _ language: Language, _ format: Format) -> String {
        format == .json ? "\(edition.rawValue).json" : "\(edition.rawValue).\(language.rawValue).\(format.rawValue)"
    }

    /// Makes the files of a report that is being frozen: every edition and language, as a page, a workbook and a manifest.
    public static func freeze(_ content: ReportContent, _ number: String) throws(SupervisionError) -> [String: [UInt8]] {
        var made: [String: [UInt8]] = [:]
        for file in frozenFiles() {
            let wording: Wording
            do throws(DocumentError) { wording = try Wording.shipped(file.language) } catch { throw .document(error) }
            made[file.name] = try YearlyPrint(wording).file(content, file.edition, file.format, number: number)
        }
        return made
    }

    // MARK: Parts

    private static func table(_ table: ReportDocument.Table) -> PrintedDocument.Table {
        PrintedDocument.Table(
            id: table.id, title: table.title,
            columns: table.columns.map { column in
                if case .text = column { .init(column.title) } else { .init(column.title, isNumber: true) }
            }, rows: table.rows.map { $0.map(\.text) }, notes: table.notes)
    }

    static func chart(_ chart: ReportDocument.Chart) throws(ChartError) -> Chart {
        let kind: Chart.Kind =
            switch chart.kind {
            case .bars: .bars
            case .heatMap: .heatMap
            case .radar: .radar
            case .lines: .lines
            }
        return try Chart(
            kind, id: chart.id, title: chart.title, summary: chart.summary, subject: chart.subject, categories: chart.categories,
            series: chart.series.map { Chart.Series($0.name, $0.figures.map(value)) },
            axis: chart.kind == .heatMap
                ? .init(thresholds: [25, 50, 75, 100], emphasis: .low) : .init(unit: chart.unit),
            asOf: chart.asOf, source: chart.source)
    }

    private static func value(_ figure: ReportFigure) -> Chart.Value {
        switch figure.state {
        case .known: figure.kind == .rate ? .rate(figure.numerator, of: figure.denominator) : .count(figure.numerator)
        case .noAnswer: .missing(.noAnswer)
        case .notApplicable: .missing(.notApplicable)
        case .suppressed: .missing(.suppressed)
        }
    }
}
