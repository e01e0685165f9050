public import HTML
internal import Rulebook

extension PrintedDocument {
    /// The document as one HTML file that needs nothing else and prints on A4, with page numbers; tables that go on to another page repeat their
    /// headings.
    ///
    /// - Parameter wording: the language, and the words of charts.
    /// - Returns: the file; the same document gives the same bytes.
    public func html(_ wording: Wording) -> [UInt8] {
        HTMLWriter.document(language: wording.language.rawValue) { page in
            page.element("head") { head in
                head.void("meta", ("charset", "utf-8"))
                head.void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"))
                head.element("title", text: title)
                head.style(sheet: Self.sheet)
            }
            page.element("body") { page in
                page.element("header", ("class", "title")) { page in
                    page.element("h1", text: title)
                    for line in lines { page.element("p", text: line) }
                    page.element("div", ("class", "imprint")) { page in
                        for line in imprint { page.element("p", text: line) }
                    }
                }
                writeContents(&page)
                page.element("main") { page in
                    for (index, section) in sections.enumerated() { write(section, index, wording, &page) }
                }
            }
        }
    }

    private static let sheet = ShippedFiles.files(in: "web").first { $0.name == "web/report.css" }?.bytes ?? []

    private func writeContents(_ page: inout HTMLWriter) {
        page.element("nav", ("class", "contents"), ("aria-label", contents)) { page in
            page.element("h2", text: contents)
            page.element("ol") { page in
                for section in sections {
                    page.element("li") { $0.element("a", ("href", "#\(section.id)"), text: section.title) }
                }
            }
        }
    }

    private func write(_ section: Section, _ index: Int, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("section", ("id", section.id), ("class", section.isLong || index == 0 ? "part" : "part follows")) { page in
            page.element("h2", text: section.title)
            section.write(wording, .paper, notes, &page)
        }
    }
}

extension PrintedDocument.Section {
    /// Whether it begins a page: it has a chart or a long table. Short sections follow one another.
    var isLong: Bool {
        blocks.contains { block in
            switch block {
            case .chart: true
            case .table(let table): table.rows.count > 6
            case .paragraph, .list: false
            }
        }
    }

    /// Writes what the section holds into a page of the server: charts for a screen, without the heading.
    public func writeScreen(_ wording: Wording, _ page: inout HTMLWriter) { write(wording, .screen, "", &page) }

    fileprivate func write(_ wording: Wording, _ medium: ChartWriter.Medium, _ notes: String, _ page: inout HTMLWriter) {
        for block in blocks {
            switch block {
            case .paragraph(let text): page.element("p", text: text)
            case .list(let lines):
                page.element("ul") { page in
                    for line in lines { page.element("li", text: line) }
                }
            case .chart(let chart): ChartWriter(wording, for: medium).write(chart, &page)
            case .table(let table):
                guard medium == .screen else {
                    Self.write(table, &page)
                    continue
                }
                page.element(
                    "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", table.title)
                ) { Self.write(table, &$0) }
            }
        }
        guard !footnotes.isEmpty else { return }
        page.element("div", ("class", "notes")) { page in
            if !notes.isEmpty { page.element("p", text: notes) }
            page.element("ol") { page in
                for note in footnotes { page.element("li", text: note) }
            }
        }
    }

    private static func write(_ table: PrintedDocument.Table, _ page: inout HTMLWriter) {
        page.element("figure") { page in
            page.element("table", ("id", table.id)) { page in
                page.element("caption", text: table.title)
                page.element("thead") { page in
                    page.element("tr") { page in
                        for column in table.columns {
                            page.element("th", ("scope", "col"), ("class", column.isNumber ? "number" : nil), text: column.title)
                        }
                    }
                }
                page.element("tbody") { page in
                    for row in table.rows {
                        page.element("tr") { page in
                            for (column, text) in zip(table.columns, row) {
                                page.element("td", ("class", column.isNumber ? "number" : nil), text: text)
                            }
                        }
                    }
                }
            }
            for note in table.notes { page.element("p", ("class", "remark"), text: note) }
        }
    }
}
