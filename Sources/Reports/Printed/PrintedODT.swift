internal import HTML
internal import Rulebook

extension PrintedDocument {
    /// The document as an OpenDocument text (`.odt`) that people go on writing in: headings, tables whose headings are repeated, charts as pictures
    /// each followed by its table, page numbers.
    ///
    /// - Parameter wording: the language, and the words of charts.
    /// - Returns: the file; the same document gives the same bytes.
    public func odt(_ wording: Wording) -> [UInt8] {
        let writer = ODTWriter(document: self, wording: wording)
        var archive = StoredArchive()
        // The type comes first and is stored, so that programs find it at a fixed place.
        archive.add("mimetype", Array(ODTWriter.type.utf8))
        archive.add("content.xml", writer.content())
        archive.add("styles.xml", writer.styles())
        for (name, bytes) in writer.pictures { archive.add(name, bytes) }
        archive.add("META-INF/manifest.xml", writer.manifest())
        return archive.finished()
    }
}

/// Writes the parts of an OpenDocument text.
struct ODTWriter {
    static let type = "application/vnd.oasis.opendocument.text"
    /// Width between the margins, in millimetres.
    static let width = 178

    let document: PrintedDocument
    let wording: Wording
    /// Drawings by their names in the archive.
    let pictures: [(name: String, bytes: [UInt8])]
    private let sizes: [String: (width: Double, height: Double)]

    init(document: PrintedDocument, wording: Wording) {
        (self.document, self.wording) = (document, wording)
        var pictures: [(name: String, bytes: [UInt8])] = []
        var sizes: [String: (width: Double, height: Double)] = [:]
        for case .chart(let chart) in document.sections.flatMap(\.blocks) {
            let drawing = ChartWriter(wording, for: .paper).drawing(chart)
            pictures.append((Self.picture(chart), drawing.svg))
            sizes[chart.id] = (drawing.width, drawing.height)
        }
        (self.pictures, self.sizes) = (pictures, sizes)
    }

    private static func picture(_ chart: Chart) -> String { "Pictures/\(chart.id).svg" }

    private static let names: [(StaticString, String?)] = [
        ("xmlns:office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"),
        ("xmlns:style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"),
        ("xmlns:text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
        ("xmlns:table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"),
        ("xmlns:draw", "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"),
        ("xmlns:svg", "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"),
        ("xmlns:fo", "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"),
        ("xmlns:xlink", "http://www.w3.org/1999/xlink"), ("office:version", "1.3"),
    ]

    private func xml(_ body: (inout HTMLWriter) -> Void) -> [UInt8] {
        var page = HTMLWriter()
        body(&page)
        return Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8) + page.bytes
    }

    func manifest() -> [UInt8] {
        xml { page in
            page.element(
                "manifest:manifest", ("xmlns:manifest", "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"),
                ("manifest:version", "1.3")
            ) { page in
                let files = [("/", Self.type), ("content.xml", "text/xml"), ("styles.xml", "text/xml")]
                for (path, type) in files + pictures.map({ ($0.name, "image/svg+xml") }) {
                    page.leaf("manifest:file-entry", ("manifest:full-path", path), ("manifest:media-type", type))
                }
            }
        }
    }

    // MARK: Styles

    func styles() -> [UInt8] {
        xml { page in
            page.element("office:document-styles", Self.names) { page in
                page.element("office:styles") { page in
                    page.element("style:default-style", ("style:family", "paragraph")) { page in
                        text("10.5pt", &page)
                        page.leaf("style:paragraph-properties", ("fo:line-height", "140%"))
                    }
                    paragraph("Standard", "10.5pt", below: "2mm", &page)
                    paragraph("Title", "24pt", isBold: true, above: "70mm", below: "8mm", &page)
                    paragraph("Line", "12pt", below: "1mm", &page)
                    paragraph("Small", "8pt", colour: "#51606f", below: "0.5mm", &page)
                    paragraph("Caption", "10pt", isBold: true, above: "3mm", below: "1mm", keeps: true, &page)
                    paragraph("Heading_20_1", "15pt", isBold: true, above: "6mm", below: "3mm", keeps: true, &page)
                    paragraph("New_20_page", "15pt", isBold: true, below: "3mm", keeps: true, breaks: true, &page)
                    paragraph("Cell", "8pt", &page)
                    paragraph("Number", "8pt", isRight: true, &page)
                    paragraph("Head", "8pt", isBold: true, &page)
                    paragraph("Picture", "8pt", keeps: true, &page)
                }
                page.element("office:automatic-styles") { page in
                    page.element("style:page-layout", ("style:name", "A4")) { page in
                        page.leaf(
                            "style:page-layout-properties", ("fo:page-width", "210mm"), ("fo:page-height", "297mm"),
                            ("fo:margin-top", "18mm"), ("fo:margin-bottom", "14mm"), ("fo:margin-left", "16mm"),
                            ("fo:margin-right", "16mm"))
                        page.element("style:footer-style") { page in
                            page.leaf("style:header-footer-properties", ("fo:min-height", "8mm"), ("fo:margin-top", "4mm"))
                        }
                    }
                }
                page.element("office:master-styles") { page in
                    page.element("style:master-page", ("style:name", "Standard"), ("style:page-layout-name", "A4")) { page in
                        page.element("style:footer") { page in
                            page.element("text:p", ("text:style-name", "Number")) { page in
                                page.text("\(document.title)　")
                                page.element("text:page-number", ("text:select-page", "current"), text: "1")
                                page.text(" / ")
                                page.element("text:page-count", text: "1")
                            }
                        }
                    }
                }
            }
        }
    }

    private func text(_ size: String, isBold: Bool = false, colour: String? = nil, _ page: inout HTMLWriter) {
        page.leaf(
            "style:text-properties", ("fo:font-size", size), ("style:font-size-asian", size), ("fo:color", colour),
            ("fo:font-weight", isBold ? "bold" : nil), ("style:font-weight-asian", isBold ? "bold" : nil),
            ("fo:font-family", "'Noto Sans', 'Noto Sans CJK TC', sans-serif"),
            ("style:font-family-asian", "'Noto Sans CJK TC', 'Noto Sans TC', 'PingFang TC', 'Microsoft JhengHei'"),
            ("fo:language", "en"), ("fo:country", "US"), ("style:language-asian", "zh"), ("style:country-asian", "TW"))
    }

    private func paragraph(
        _ name: String, _ size: String, isBold: Bool = false, colour: String? = nil, above: String = "0mm", below: String = "0mm",
        keeps: Bool = false, breaks: Bool = false, isRight: Bool = false, _ page: inout HTMLWriter
    ) {
        page.element(
            "style:style", ("style:name", name), ("style:display-name", name.replacing("_20_", with: " ")),
            ("style:family", "paragraph"), ("style:master-page-name", name == "Title" ? "Standard" : nil)
        ) { page in
            page.leaf(
                "style:paragraph-properties", ("fo:margin-top", above), ("fo:margin-bottom", below),
                ("fo:keep-with-next", keeps ? "always" : nil), ("fo:break-before", breaks ? "page" : nil),
                ("fo:text-align", isRight ? "end" : nil))
            text(size, isBold: isBold, colour: colour, &page)
        }
    }

    // MARK: Content

    func content() -> [UInt8] {
        xml { page in
            page.element("office:document-content", Self.names) { page in
                page.element("office:automatic-styles") { writeTableStyles(&$0) }
                page.element("office:body") { page in
                    page.element("office:text") { page in
                        line("Title", document.title, &page)
                        for text in document.lines { line("Line", text, &page) }
                        line("Small", "", &page)
                        for text in document.imprint { line("Small", text, &page) }
                        page.element(
                            "text:h", ("text:style-name", "New_20_page"), ("text:outline-level", "1"), text: document.contents)
                        for section in document.sections {
                            page.element("text:p", ("text:style-name", "Standard")) { page in
                                page.element(
                                    "text:a", ("xlink:type", "simple"), ("xlink:href", "#\(section.id)"), text: section.title)
                            }
                        }
                        for section in document.sections { write(section, &page) }
                    }
                }
            }
        }
    }

    private func line(_ style: String, _ text: String, _ page: inout HTMLWriter) {
        page.element("text:p", ("text:style-name", style), text: text)
    }

    /// Every table of the document in order, those of charts included.
    private var tables: [PrintedDocument.Table] {
        document.sections.flatMap(\.blocks).compactMap { block in
            switch block {
            case .table(let table): table
            case .chart(let chart): ChartWriter(wording, for: .paper).table(chart)
            case .paragraph, .list: nil
            }
        }
    }

    private func writeTableStyles(_ page: inout HTMLWriter) {
        for table in tables {
            page.element("style:style", ("style:name", table.id), ("style:family", "table")) { page in
                page.leaf("style:table-properties", ("style:width", "\(Self.width)mm"), ("table:align", "margins"))
            }
            for (index, column) in table.columns.enumerated() {
                // As wide as the longest text, within bounds: a column of numbers is narrow, one of sentences is not everything.
                let texts = table.rows.map { index < $0.count ? $0[index] : "" } + [column.title]
                let longest = texts.map { TextMeasure.width($0, 1) }.max() ?? 1
                let weight = Int((min(max(longest, 3), 20) * 100).rounded())
                page.element("style:style", ("style:name", "\(table.id).\(index)"), ("style:family", "table-column")) { page in
                    page.leaf("style:table-column-properties", ("style:rel-column-width", "\(weight)*"))
                }
            }
        }
        for (name, colour) in [("cell", nil as String?), ("head", "#eef2f5")] {
            page.element("style:style", ("style:name", name), ("style:family", "table-cell")) { page in
                page.leaf(
                    "style:table-cell-properties", ("fo:border", "0.5pt solid #c3ccd5"), ("fo:padding", "0.8mm"),
                    ("fo:background-color", colour))
            }
        }
        page.element("style:style", ("style:name", "row"), ("style:family", "table-row")) { page in
            page.leaf("style:table-row-properties", ("fo:keep-together", "always"))
        }
    }

    private func write(_ section: PrintedDocument.Section, _ page: inout HTMLWriter) {
        page.element("text:h", ("text:style-name", section.isLong ? "New_20_page" : "Heading_20_1"), ("text:outline-level", "1"))
        {
            page in
            page.leaf("text:bookmark", ("text:name", section.id))
            page.text(section.title)
        }
        for block in section.blocks {
            switch block {
            case .paragraph(let text): line("Standard", text, &page)
            case .list(let lines):
                page.element("text:list") { page in
                    for text in lines { page.element("text:list-item") { line("Standard", text, &$0) } }
                }
            case .table(let table): write(table, &page)
            case .chart(let chart): write(chart, &page)
            }
        }
        guard !section.footnotes.isEmpty else { return }
        line("Small", document.notes, &page)
        for (index, note) in section.footnotes.enumerated() { line("Small", "\(index + 1)　\(note)", &page) }
    }

    private func write(_ chart: Chart, _ page: inout HTMLWriter) {
        line("Caption", chart.title, &page)
        if !chart.summary.isEmpty { line("Picture", chart.summary, &page) }
        let size = sizes[chart.id] ?? (1, 1)
        let width = Double(Self.width) * 0.9
        page.element("text:p", ("text:style-name", "Picture")) { page in
            page.element(
                "draw:frame", ("draw:name", chart.id), ("text:anchor-type", "as-char"),
                ("svg:width", "\(DrawingSVG.number(width))mm"),
                ("svg:height", "\(DrawingSVG.number(width * size.height / max(size.width, 1)))mm")
            ) { page in
                page.leaf(
                    "draw:image", ("xlink:href", Self.picture(chart)), ("xlink:type", "simple"), ("xlink:show", "embed"),
                    ("xlink:actuate", "onLoad"), ("draw:mime-type", "image/svg+xml"))
                page.element("svg:desc", text: chart.title)
            }
        }
        write(ChartWriter(wording, for: .paper).table(chart), isTitled: false, &page)
        if !chart.source.isEmpty { line("Small", wording("chart.source", ["source": chart.source]), &page) }
    }

    private func write(_ table: PrintedDocument.Table, isTitled: Bool = true, _ page: inout HTMLWriter) {
        if isTitled { line("Caption", table.title, &page) }
        page.element("table:table", ("table:name", table.id), ("table:style-name", table.id)) { page in
            for index in table.columns.indices { page.leaf("table:table-column", ("table:style-name", "\(table.id).\(index)")) }
            page.element("table:table-header-rows") { page in
                row(table.columns.map { ($0.title, "Head") }, "head", &page)
            }
            for texts in table.rows {
                row(zip(table.columns, texts).map { ($1, $0.isNumber ? "Number" : "Cell") }, "cell", &page)
            }
        }
        for note in table.notes { line("Small", note, &page) }
        line("Small", "", &page)
    }

    private func row(_ cells: [(text: String, style: String)], _ style: String, _ page: inout HTMLWriter) {
        page.element("table:table-row", ("table:style-name", "row")) { page in
            for cell in cells {
                page.element("table:table-cell", ("table:style-name", style), ("office:value-type", "string")) { page in
                    line(cell.style, cell.text, &page)
                }
            }
        }
    }
}
