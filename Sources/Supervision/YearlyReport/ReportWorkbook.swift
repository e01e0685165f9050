internal import Rulebook
public import Spreadsheets

/// The report's tables and figures as a workbook.
extension ReportDocument {
    /// A sheet for each table, those of charts included, and one with every figure: numbers are numbers, rates have their parts.
    ///
    /// - Parameter words: headings of the sheet of figures, by name (`yearly.column.…`).
    /// - Returns: the workbook; the same document gives the same one.
    public func workbook(_ words: (String) -> String) -> Workbook {
        let facts = lines + imprint
        var sheets = tables.map { table in
            var sheet = Workbook.Sheet(
                name: table.title, columns: table.columns.map { Self.column($0, words) },
                rows: table.rows.map { $0.map(Self.cell) })
            sheet.titles = [table.title, title] + lines
            sheet.notes = table.notes
            sheet.print.footer = title
            return sheet
        }
        var all = Workbook.Sheet(
            name: words("yearly.table.figures"),
            columns: [
                .init(words("yearly.column.figure"), width: 36), .init(words("yearly.column.state")),
                .init(words("yearly.column.value")), .init(words("yearly.column.numerator"), .integer),
                .init(words("yearly.column.denominator"), .integer), .init(words("yearly.column.unit")),
                .init(words("yearly.column.as-of")), .init(words("yearly.column.rule")),
                .init(words("yearly.column.of"), width: 48),
            ],
            rows: figures.map { figure in
                let isKnown = figure.state == .known
                return [
                    .text(figure.id), .text(words("yearly.figure.\(figure.state.rawValue)")), .text(figure.value),
                    isKnown && figure.kind != .date ? .integer(figure.numerator) : .blank,
                    isKnown && figure.kind == .rate ? .integer(figure.denominator) : .blank, .text(figure.unit),
                    .text(figure.asOf), .text(figure.rule.rawValue),
                    .text(figure.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")),
                ]
            })
        all.titles = [words("yearly.table.figures"), title] + facts
        sheets.append(all)
        return Workbook(
            properties: .init(title: title, subject: lines.joined(separator: " "), company: lines.first ?? "", created: taken),
            sheets: sheets, metadata: [.init("schema", "plumbline.report-tables/1"), .init("edition", edition.rawValue)])
    }

    private static func column(_ column: Column, _ words: (String) -> String) -> Workbook.Column {
        switch column {
        case .text(let title): .init(title)
        case .number(let title): .init(title, .integer)
        case .rate(let title):
            .init(
                title,
                .rate(
                    numerator: words("yearly.column.numerator"), denominator: words("yearly.column.denominator"), percent: "%"))
        }
    }

    private static func cell(_ cell: Cell) -> Workbook.Cell {
        switch cell {
        case .text(let text): return Int(text).map { .integer($0) } ?? .text(text)
        case .figure(let figure):
            guard figure.state == .known else { return .text(figure.text) }
            switch figure.kind {
            case .count: return .integer(figure.numerator)
            case .rate: return .rate(.init(figure.numerator, of: figure.denominator))
            case .date: return .text(figure.day)
            }
        }
    }
}
