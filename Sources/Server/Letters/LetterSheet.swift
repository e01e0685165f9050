internal import HTML
internal import Rulebook
internal import Supervision

/// A letter as people read it: within our pages, and as a document of its own that prints on A4 and needs nothing else.
enum LetterSheet {
    /// The letter within a page.
    static func write(_ sheet: Letter.Sheet, _ language: Language, _ page: inout HTMLWriter) {
        page.element("article", ("class", "letter"), ("lang", language.rawValue)) { page in
            page.element("h2", text: sheet.institution)
            page.element("h3", text: sheet.title)
            for line in sheet.head { page.element("p", text: line) }
            page.element("p") { $0.element("strong", text: sheet.subject) }
            for paragraph in sheet.paragraphs { page.element("p", text: paragraph) }
            page.element(
                "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", sheet.title)
            ) { table(sheet, &$0) }
            page.element("p", ("class", "closing"), text: sheet.closing)
        }
    }

    private static func table(_ sheet: Letter.Sheet, _ page: inout HTMLWriter) {
        page.element("table") { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for column in sheet.columns { page.element("th", ("scope", "col"), text: column) }
                }
            }
            page.element("tbody") { page in
                for row in sheet.rows {
                    page.element("tr") { page in for cell in row { page.element("td", text: cell) } }
                }
            }
        }
    }

    /// The letter as it is kept: one file, A4.
    @Sendable static func document(_ sheet: Letter.Sheet, _ language: Language) -> [UInt8] {
        HTMLWriter.document(language: language.rawValue, theme: nil) { page in
            page.element("head") { head in
                head.void("meta", ("charset", "utf-8"))
                head.element("title", text: "\(sheet.title) \(sheet.head.last ?? "")")
                head.style(
                    """
                    @page{size:A4;margin:20mm}
                    body{font:12pt/1.7 "Noto Serif CJK TC","Noto Sans CJK TC","PMingLiU",serif;margin:0 auto;max-width:170mm;color:#000}
                    h2{text-align:center;font-size:17pt;margin:0}h3{text-align:center;font-size:15pt;letter-spacing:.2em;margin:0 0 1em}
                    p{margin:.4em 0}table{border-collapse:collapse;width:100%;font-size:10pt;margin:1em 0}tr{break-inside:avoid}
                    th,td{border:1px solid #000;padding:.25em .4em;text-align:start;vertical-align:top;overflow-wrap:anywhere}
                    .closing{text-align:end;margin-top:2em;font-weight:bold}
                    """)
            }
            page.element("body") { write(sheet, language, &$0) }
        }
    }
}
