internal import CXLSXWriter
internal import Glibc

/// Writes one sheet of a workbook.
struct SheetWriter {
    var book: XLSXWriter
    let page: UnsafeMutablePointer<lxw_worksheet>
    let sheet: Workbook.Sheet
    let layout: SheetLayout
    private var widths: [Int]

    private var library: cxlsx_functions { book.library }

    /// Columns are no wider than this by their content, in characters; texts break into lines there.
    private static let widest = 60
    private static let narrowest = 8

    init(book: XLSXWriter, page: UnsafeMutablePointer<lxw_worksheet>, sheet: Workbook.Sheet, layout: SheetLayout) {
        (self.book, self.page, self.sheet, self.layout) = (book, page, sheet, layout)
        widths = Array(repeating: 0, count: layout.columns.count)
    }

    mutating func write() throws(SpreadsheetError) {
        for (row, title) in sheet.titles.enumerated() {
            try book.writeText(page, CellAddress(row: row, column: 0), title, row == 0 ? .title : .subtitle)
        }
        try writeHeadings()
        for number in sheet.rows.indices { try writeRow(number) }
        for (row, note) in sheet.notes.enumerated() {
            try book.writeText(page, CellAddress(row: layout.notes + row, column: 0), note, .note)
        }
        try setWidths()
        try setPanes()
        try setChoices()
        if sheet.isProtected {
            var options = lxw_protection()
            (options.format_columns, options.format_rows, options.autofilter, options.sort) = (1, 1, 1, 1)
            library.worksheet_protect(page, nil, &options)
        }
    }

    private mutating func writeHeadings() throws(SpreadsheetError) {
        for heading in layout.headingCells {
            let (first, last) = (heading.range.first, heading.range.last)
            let look: CellFormat = heading.isGroup ? .group : .heading
            if first == last {
                try book.writeText(page, first, heading.text, look)
            } else {
                let format = try book.format(look)
                let text = try ExcelText.checked(heading.text, at: first)
                let status = library.worksheet_merge_range(
                    page, UInt32(first.row), UInt16(first.column), UInt32(last.row), UInt16(last.column), text, format)
                try book.check(status, at: first)
            }
            if first.column == last.column { see(heading.text, first.column) }
        }
    }

    private mutating func see(_ text: String, _ column: Int) { widths[column] = max(widths[column], TextFolding.width(text)) }

    private mutating func writeRow(_ number: Int) throws(SpreadsheetError) {
        let row = layout.rows.lowerBound + number
        let cells = sheet.rows[number]
        for (place, column) in layout.columns.enumerated() {
            let cell = column.index < cells.count ? cells[column.index] : .blank
            let address = CellAddress(row: row, column: place)
            let described = sheet.columns[column.index]
            switch column.part {
            case .whole: try write(cell, Self.value(described.kind), described.isEditable, address)
            case .numerator, .denominator, .percent: try write(part: column.part, of: cell, described.isEditable, address)
            }
        }
    }

    private static func value(_ kind: Workbook.Column.Kind) -> CellFormat.Value {
        switch kind {
        case .text: .text
        case .integer: .integer
        case .decimal(let places): .decimal(places: places)
        case .rate: .percent
        case .date: .date
        case .instant: .instant
        }
    }

    private mutating func write(
        part: SheetLayout.Column.Part, of cell: Workbook.Cell, _ isEditable: Bool, _ address: CellAddress
    ) throws(SpreadsheetError) {
        guard case .rate(let rate) = cell else {
            // Why there is no rate is said where the percentage would be.
            return try write(part == .percent ? cell : .blank, part == .percent ? .text : .integer, isEditable, address)
        }
        switch part {
        case .numerator: try write(.integer(rate.numerator), .integer, isEditable, address)
        case .denominator: try write(.integer(rate.denominator), .integer, isEditable, address)
        case .percent, .whole: try write(rate.ratio.map { .decimal($0) } ?? .text("–"), .percent, isEditable, address)
        }
    }

    private mutating func write(
        _ cell: Workbook.Cell, _ value: CellFormat.Value, _ isEditable: Bool, _ address: CellAddress
    ) throws(SpreadsheetError) {
        switch cell {
        case .blank:
            let format = try book.format(.value(value, isEditable: isEditable))
            try book.check(library.worksheet_write_blank(page, UInt32(address.row), UInt16(address.column), format), at: address)
        case .text(let text): try writeText(text, value, isEditable, address)
        case .integer(let integer):
            guard let exact = ExactDecimal(integer), exact.fitsExcel else {
                return try writeText(String(integer), .text, isEditable, address)
            }
            try writeNumber(exact, value == .text ? .integer : value, isEditable, address)
        case .decimal(let decimal):
            guard decimal.fitsExcel else { return try writeText(decimal.description, .text, isEditable, address) }
            try writeNumber(decimal, value == .text ? .decimal(places: nil) : value, isEditable, address)
        case .date(let date):
            guard let serial = SerialDay.number(date), let number = ExactDecimal(serial) else {
                return try writeText(date.description, .text, isEditable, address)
            }
            try writeNumber(number, .date, isEditable, address)
        case .boolean(let bool):
            let format = try book.format(.value(value, isEditable: isEditable))
            let status = library.worksheet_write_boolean(page, UInt32(address.row), UInt16(address.column), bool ? 1 : 0, format)
            try book.check(status, at: address)
        case .rate:
            throw SpreadsheetError(
                .unwritable, cell: address, reason: "a rate stands in a column that is none", remedy: "make it a column of rates")
        }
    }

    private mutating func writeText(
        _ text: String, _ value: CellFormat.Value, _ isEditable: Bool, _ address: CellAddress
    ) throws(SpreadsheetError) {
        see(text, address.column)
        try book.writeText(page, address, text, .value(value == .instant ? .instant : .text, isEditable: isEditable))
    }

    private mutating func writeNumber(
        _ number: ExactDecimal, _ value: CellFormat.Value, _ isEditable: Bool, _ address: CellAddress
    ) throws(SpreadsheetError) {
        let shown =
            switch value {
            case .date: 10
            case .percent: 7
            default: number.description.utf8.count * 4 / 3 + 1
            }
        widths[address.column] = max(widths[address.column], min(shown, 24))
        let format = try book.format(.value(value, isEditable: isEditable))
        let status = library.worksheet_write_number(
            page, UInt32(address.row), UInt16(address.column), number.approximate, format)
        try book.check(status, at: address)
    }

    private func setWidths() throws(SpreadsheetError) {
        for (place, column) in layout.columns.enumerated() {
            let byContent = Double(min(max(widths[place] + 2, Self.narrowest), Self.widest))
            let width = min(max(sheet.columns[column.index].width ?? byContent, 1), 255)
            try book.check(library.worksheet_set_column(page, UInt16(place), UInt16(place), width, nil), at: nil)
        }
    }

    private func setPanes() throws(SpreadsheetError) {
        let (headings, rows) = (layout.headings, layout.rows)
        if sheet.print.isLandscape { library.worksheet_set_landscape(page) } else { library.worksheet_set_portrait(page) }
        library.worksheet_set_paper(page, 9)  // A4
        library.worksheet_set_margins(page, 0.5, 0.5, 0.6, 0.7)
        library.worksheet_fit_to_pages(page, 1, 0)
        let footer = ExcelText.escaped(String(sheet.print.footer.prefix(120))).replacing("&", with: "&&")
        try book.check(library.worksheet_set_footer(page, "&L\(footer)&R&P / &N"), at: nil)
        if sheet.freezesHeadings || sheet.frozenColumns > 0 {
            let row = sheet.freezesHeadings ? headings.upperBound : 0
            library.worksheet_freeze_panes(page, UInt32(row), UInt16(clamping: min(sheet.frozenColumns, layout.columns.count)))
        }
        guard !headings.isEmpty else { return }
        try book.check(
            library.worksheet_repeat_rows(page, UInt32(headings.lowerBound), UInt32(headings.upperBound - 1)), at: nil)
        if sheet.filters, !rows.isEmpty {
            let status = library.worksheet_autofilter(
                page, UInt32(headings.upperBound - 1), 0, UInt32(rows.upperBound - 1), UInt16(layout.columns.count - 1))
            try book.check(status, at: nil)
        }
    }

    private func setChoices() throws(SpreadsheetError) {
        guard !layout.rows.isEmpty else { return }
        for (place, column) in layout.columns.enumerated() where column.part == .whole {
            let described = sheet.columns[column.index]
            guard !described.choices.isEmpty else { continue }
            try setChoices(described, place)
        }
    }

    private func setChoices(_ column: Workbook.Column, _ place: Int) throws(SpreadsheetError) {
        var rule = lxw_data_validation()
        let hint = strdup(ExcelText.escaped(String(column.choiceHint.prefix(200))))
        defer { free(hint) }
        if !column.choiceHint.isEmpty { rule.error_message = hint }
        let first = CellAddress(row: layout.rows.lowerBound, column: place)
        func apply() throws(SpreadsheetError) {
            let status = library.worksheet_data_validation_range(
                page, UInt32(first.row), UInt16(place), UInt32(layout.rows.upperBound - 1), UInt16(place), &rule)
            try book.check(status, at: first)
        }
        if let list = book.choicesColumn(column.choices) {
            let letters = CellAddress.letters(list)
            let formula = strdup("='\(Workbook.choicesSheet)'!$\(letters)$1:$\(letters)$\(column.choices.count)")
            defer { free(formula) }
            rule.validate = UInt8(LXW_VALIDATION_TYPE_LIST_FORMULA.rawValue)
            rule.value_formula = formula
            try apply()
            return
        }
        let texts = column.choices.map { strdup(ExcelText.escaped($0)) } + [nil]
        defer { texts.forEach { free($0) } }
        let count = texts.count
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count)
        defer { list.deallocate() }
        for (index, text) in texts.enumerated() { list[index] = text }
        rule.validate = UInt8(LXW_VALIDATION_TYPE_LIST.rawValue)
        rule.value_list = list
        try apply()
    }
}
