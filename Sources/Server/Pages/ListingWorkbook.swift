internal import Documents
internal import HTTPTypes
internal import Reports
internal import Rulebook
internal import Spreadsheets

extension Listing {
    /// The rows as a workbook: the heading people see above the name of the column in the other exports, numbers as numbers, days as days. What
    /// is a text stays one, whatever it begins with.
    ///
    /// - Throws: the failure that is shown where this host has no library for workbooks, or no workbook can hold the rows.
    func workbook(_ rows: [Row], _ visit: Visit) throws(Failure) -> Answer {
        let columns = exported
        var sheet = Workbook.Sheet(
            name: name, columns: columns.map { Workbook.Column([$0.title, $0.id]) },
            rows: rows.map { row in columns.map { ListingCell.cell($0.value(row), isNumber: $0.isNumber) } })
        sheet.frozenColumns = min(1, columns.count)
        let workbook = Workbook(
            properties: .init(title: name, created: visit.now / 1_000_000), sheets: [sheet],
            metadata: [.init("schema", schema)])
        do throws(SpreadsheetError) {
            return .download(
                name + ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", try workbook.xlsx())
        } catch {
            if error.code == .unavailable { throw Failure(.notImplemented, "workbook", detail: "\(error)") }
            throw Failure(.unprocessableContent, "workbook-cell", ["reason": error.reason], detail: "\(error)")
        }
    }
}

/// Values of lists as cells of a workbook.
enum ListingCell {
    /// The formats a list can be had in on this host.
    static var formats: [String] { Workbook.canWrite ? ["csv", "xlsx", "json"] : ["csv", "json"] }

    /// A value as a cell.
    ///
    /// - Parameters:
    ///   - value: the value.
    ///   - isNumber: whether its column is one of numbers, so that a text of digits (a percentage with its two places) is meant as one.
    /// - Returns: the cell.
    static func cell(_ value: Node, isNumber: Bool) -> Workbook.Cell {
        if value.isNull { return .blank }
        let text = value.plainText
        if text.isEmpty { return .blank }
        if isNumber || value.number != nil, let decimal = ExactDecimal(text) { return .decimal(decimal) }
        if text.utf8.count == 10, let day = CivilDate(text) {
            let parts = day.parts
            if let date = CalendarDate(year: parts.year, month: parts.month, day: parts.day) { return .date(date) }
        }
        return .text(text)
    }
}
