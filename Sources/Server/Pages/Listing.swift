internal import Documents
internal import HTML
internal import Reports
internal import Spreadsheets

/// A list that filters, sorts, pages and exports: one description for the page, the CSV, the JSON and the workbook, so that none can say
/// something else.
struct Listing<Row: Sendable> {
    /// A column.
    struct Column {
        /// Its name in addresses and exports.
        var id: String
        /// Its heading.
        var title: String
        var isNumber = false
        /// Whether the page shows it; exports hold it anyhow.
        var isShown = true
        /// What exports hold.
        var value: (Row) -> Node
        /// What the page shows; the value's text when nil.
        var cell: ((Row, inout HTMLWriter) -> Void)?
        /// Whether the left one comes first; nil for a column that cannot be sorted by.
        var isBefore: ((Row, Row) -> Bool)?

        init(
            _ id: String, _ title: String, isNumber: Bool = false, _ value: @escaping (Row) -> Node,
            isBefore: ((Row, Row) -> Bool)? = nil, cell: ((Row, inout HTMLWriter) -> Void)? = nil
        ) {
            (self.id, self.title, self.isNumber, self.value) = (id, title, isNumber, value)
            (self.isBefore, self.cell) = (isBefore, cell)
        }

        /// A column that cannot be sorted by and is shown in its own way.
        init(
            _ id: String, _ title: String, isNumber: Bool = false, _ value: @escaping (Row) -> Node,
            cell: @escaping (Row, inout HTMLWriter) -> Void
        ) {
            self.init(id, title, isNumber: isNumber, value, isBefore: nil, cell: cell)
        }

        /// What only exports hold: the page shows it in another way.
        static func exported(_ id: String, _ title: String, _ value: @escaping (Row) -> Node) -> Column {
            var column = Column(id, title, value, isBefore: nil)
            column.isShown = false
            return column
        }

        /// What can be done with a row; no export holds it.
        static func acts(_ title: String, _ cell: @escaping (Row, inout HTMLWriter) -> Void) -> Column {
            Column("", title, { _ in "" }, cell: cell)
        }
    }

    /// A filter among given values.
    struct Filter {
        var id: String
        var title: String
        var choices: [Form.Choice]
        var matches: (Row, String) -> Bool
    }

    /// Name of exported files.
    var name: String
    var columns: [Column]
    var filters: [Filter] = []
    /// What the free text is looked for in.
    var text: (Row) -> String
    /// Name of the schema of the JSON.
    var schema: String
    var pageSize = 50
    /// Fields of the address that stay as they are.
    var kept: [(String, String)] = []

    /// Most rows of a page.
    static var pageLimit: Int { 500 }

    /// What an address asks of the list.
    struct Question {
        var text: String
        var filters: [String: String]
        var sort: String
        var isDescending: Bool
        var page: Int
        var size: Int
        var format: String

        init(_ query: FormFields, size: Int) {
            text = query.text("q")
            filters = Dictionary(query.all.map { ($0.name, $0.value) }) { first, _ in first }
            let order = query.text("sort")
            isDescending = order.hasPrefix("-")
            sort = isDescending ? String(order.dropFirst()) : order
            page = max(1, Int(query.text("page")) ?? 1)
            self.size = min(max(1, Int(query.text("size")) ?? size), Listing.pageLimit)
            format = query.text("format")
        }
    }

    /// Rows that are left, in the order that was asked for.
    func select(_ rows: [Row], _ question: Question) -> [Row] {
        var rows = rows
        for filter in filters {
            if let value = question.filters[filter.id], !value.isEmpty { rows = rows.filter { filter.matches($0, value) } }
        }
        if !question.text.isEmpty {
            let wanted = question.text.lowercased()
            rows = rows.filter { text($0).lowercased().contains(wanted) }
        }
        guard let isBefore = columns.first(where: { $0.id == question.sort })?.isBefore else { return rows }
        return Self.sorted(rows) { question.isDescending ? isBefore($1, $0) : isBefore($0, $1) }
    }

    /// The rows in an order, by merging: equals stay as they were, so the list's own order decides among them.
    static func sorted(_ rows: [Row], _ isBefore: (Row, Row) -> Bool) -> [Row] {
        var (order, other) = (Array(rows.indices), Array(rows.indices))
        var width = 1
        // Rows are looked at where they lie: copying one costs more than comparing two.
        rows.withUnsafeBufferPointer { rows in
            while width < order.count {
                for start in stride(from: 0, to: order.count, by: width * 2) {
                    let (middle, end) = (min(start + width, order.count), min(start + width * 2, order.count))
                    var (left, right) = (start, middle)
                    for place in start..<end {
                        let takesRight = right < end && (left == middle || isBefore(rows[order[right]], rows[order[left]]))
                        other[place] = order[takesRight ? right : left]
                        if takesRight { right += 1 } else { left += 1 }
                    }
                }
                swap(&order, &other)
                width *= 2
            }
        }
        return order.map { rows[$0] }
    }

    /// The export that the address asks for; nil when it wants the page.
    ///
    /// - Throws: the failure that is shown where a workbook was asked for and cannot be written.
    func export(_ rows: [Row], _ visit: Visit) throws(Failure) -> Answer? {
        let question = Question(visit.query, size: pageSize)
        switch question.format {
        case "csv": return .download(name + ".csv", "text/csv; charset=utf-8", csv(select(rows, question)))
        case "json":
            return .download(
                name + ".json", "application/json",
                CanonicalJSON.bytes(
                    of: .object([
                        ("schema", .text(schema)), ("rows", .list(select(rows, question).map(node))),
                    ])))
        case "xlsx": return try workbook(select(rows, question), visit)
        default: return nil
        }
    }

    /// A row for programs.
    func node(_ row: Row) -> Node { .object(exported.map { ($0.id, $0.value(row)) }) }

    var exported: [Column] { columns.filter { !$0.id.isEmpty } }

    private func csv(_ rows: [Row]) -> [UInt8] {
        var file = CSVWriter()
        file.write(exported.map(\.id))
        for row in rows { file.write(exported.map { $0.value(row).plainText }) }
        return file.bytes
    }

    /// Filters, table, pages and exports.
    func write(_ rows: [Row], _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let question = Question(visit.query, size: pageSize)
        let found = select(rows, question)
        let pages = max(1, (found.count + question.size - 1) / question.size)
        let number = min(question.page, pages)
        filters(question, visit, &page)
        guard !found.isEmpty else {
            page.element("p", ("class", "lead"), text: wording(rows.isEmpty ? "web.empty" : "web.none-found"))
            return
        }
        table(
            Array(found.dropFirst((number - 1) * question.size).prefix(question.size)), wording("web.table"), question, visit,
            &page)
        foot(question, found.count, number, pages, visit, &page)
    }

    /// Only the table: a few rows within another page.
    func table(_ rows: [Row], _ label: String, _ visit: Visit, _ page: inout HTMLWriter) {
        guard !rows.isEmpty else { return page.element("p", ("class", "lead"), text: visit.wording("web.empty")) }
        table(rows, label, Question(FormFields(), size: pageSize), visit, &page)
    }

    private func table(_ rows: [Row], _ label: String, _ question: Question, _ visit: Visit, _ page: inout HTMLWriter) {
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", label)) { page in
            page.element("table", ("class", "stack")) { page in
                page.element("thead") { $0.element("tr") { head(question, visit, &$0) } }
                page.element("tbody") { page in for row in rows { self.row(row, &page) } }
            }
        }
    }

    private func row(_ row: Row, _ page: inout HTMLWriter) {
        page.element("tr") { page in
            for (place, column) in columns.lazy.filter(\.isShown).enumerated() {
                let fill: (inout HTMLWriter) -> Void = { page in
                    guard let cell = column.cell else { return page.text(column.value(row).plainText) }
                    // In one piece beside its heading where the screen is narrow.
                    page.element("div") { cell(row, &$0) }
                }
                if place == 0 {
                    page.element("th", ("scope", "row"), ("data-label", column.title), body: fill)
                } else {
                    page.element("td", ("class", column.isNumber ? "number" : nil), ("data-label", column.title), body: fill)
                }
            }
        }
    }

    private func filters(_ question: Question, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("form", ("method", "get"), ("action", visit.path), ("class", "filters"), ("role", "search")) { page in
            for (name, value) in kept { page.void("input", ("type", "hidden"), ("name", name), ("value", value)) }
            page.element("label", ("class", "grow")) { page in
                page.text(wording("web.search"))
                page.void("input", ("type", "search"), ("name", "q"), ("value", question.text), ("maxlength", "200"))
            }
            for filter in filters {
                page.element("label") { page in
                    page.text(filter.title)
                    page.element("select", ("name", filter.id), ("data-send", "")) { page in
                        page.element("option", ("value", ""), text: wording("web.all"))
                        for choice in filter.choices {
                            page.element(
                                "option", ("value", choice.value),
                                ("selected", question.filters[filter.id] == choice.value ? "" : nil), text: choice.title)
                        }
                    }
                }
            }
            page.element("button", text: wording("web.show"))
        }
    }

    private func head(_ question: Question, _ visit: Visit, _ page: inout HTMLWriter) {
        for column in columns where column.isShown {
            let isSorted = column.id == question.sort
            let direction = isSorted ? (question.isDescending ? "descending" : "ascending") : nil
            page.element("th", ("scope", "col"), ("class", column.isNumber ? "number" : nil), ("aria-sort", direction)) { page in
                guard column.isBefore != nil else { return page.text(column.title) }
                let order = isSorted && !question.isDescending ? "-" + column.id : column.id
                page.element("a", ("href", address(visit, ["sort": order, "page": ""]))) { page in
                    page.text(column.title + (isSorted ? (question.isDescending ? " ▾" : " ▴") : ""))
                }
            }
        }
    }

    private func foot(
        _ question: Question, _ count: Int, _ number: Int, _ pages: Int, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        page.element("nav", ("class", "pager"), ("aria-label", wording("web.pages"))) { page in
            page.element("span", text: wording("web.rows", ["count": String(count)]))
            if pages > 1 {
                if number > 1 {
                    page.element(
                        "a", ("href", address(visit, ["page": String(number - 1)])), ("rel", "prev"),
                        text: wording("web.previous"))
                }
                page.element("span", text: "\(number) / \(pages)")
                if number < pages {
                    page.element(
                        "a", ("href", address(visit, ["page": String(number + 1)])), ("rel", "next"), text: wording("web.next"))
                }
            }
            page.element("span", ("class", "exports")) { page in
                for format in ListingCell.formats {
                    page.element("a", ("href", address(visit, ["format": format])), ("download", ""), text: format.uppercased())
                }
                page.element(
                    "button", ("class", "quiet"), ("type", "button"), ("data-print", ""), ("hidden", ""),
                    text: wording("web.print"))
            }
        }
    }

    /// The address of this list with some fields changed; an empty value removes one.
    private func address(_ visit: Visit, _ changes: [String: String]) -> String {
        var fields = visit.query.all.filter { changes[$0.name] == nil && $0.name != "format" && !$0.value.isEmpty }.map {
            ($0.name, $0.value)
        }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) where !value.isEmpty { fields.append((name, value)) }
        return fields.isEmpty ? visit.path : visit.path + "?" + FormFields.query(fields)
    }
}

extension String {
    /// Whether it comes before another one by its characters' numbers, which for long lists is much faster than by what they mean.
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension Node {
    /// The value as people read it in a table: texts as they are, lists with spaces between.
    var plainText: String {
        switch value {
        case .null: ""
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): number.description
        case .text(let text): text
        case .list(let items): items.map(\.plainText).joined(separator: " ")
        case .object(let entries): entries.map { "\($0.key)=\($0.node.plainText)" }.joined(separator: " ")
        }
    }
}
