internal import Documents
public import Rulebook

/// Puts a report together: template, texts and figures become a document.
public struct ReportComposer: Sendable {
    let snapshot: ReportSnapshot
    let figures: ReportFigures
    let template: ReportTemplate
    let texts: [String: ReportTexts]
    let edition: ReportEdition
    let language: Language
    let catalog: TextCatalog

    /// A composer.
    ///
    /// - Parameters:
    ///   - snapshot: what the report rests on.
    ///   - figures: all of its figures.
    ///   - template: its sections.
    ///   - texts: what was written in place of sections' paragraphs, by section.
    ///   - edition: who it is for.
    ///   - language: the language.
    ///   - catalog: the words of headings (`yearly.…`).
    ///   - rule: when a cell is too small to be published.
    public init(
        _ snapshot: ReportSnapshot, _ figures: ReportFigures, _ template: ReportTemplate, texts: [String: ReportTexts],
        _ edition: ReportEdition, _ language: Language, _ catalog: TextCatalog, _ rule: SuppressionRule
    ) {
        (self.snapshot, self.template, self.texts) = (snapshot, template, texts)
        (self.edition, self.language, self.catalog) = (edition, language, catalog)
        // From here on the public edition knows nothing that it keeps back.
        self.figures = edition == .full ? figures : figures.published(snapshot, rule)
    }

    /// The document.
    ///
    /// - Parameters:
    ///   - number: the frozen issue's number; nil for a draft.
    ///   - hash: SHA-256 of its snapshot; nil for a draft.
    /// - Returns: the document.
    public func document(number: String?, hash: String?) -> ReportDocument {
        var sections: [ReportDocument.Section] = []
        for section in template.sections {
            guard let made = make(section, sections.count + 1) else { continue }
            sections.append(made)
        }
        return ReportDocument(
            language: language, edition: edition, title: filled(template.title[language]),
            lines: [
                snapshot.fact("institution"), word("edition-\(edition.rawValue)"),
                word("as-of", ["day": snapshot.fact("as_of"), "roc": roc(snapshot.fact("as_of"))]),
                number.map { word("issue", ["number": $0]) } ?? word("draft"),
            ].filter { !$0.isEmpty },
            imprint: imprint(hash), sections: sections, taken: snapshot.taken / 1_000_000, figures: figures.list)
    }

    private func imprint(_ hash: String?) -> [String] {
        var lines = [word("rounding"), word("signs")]
        if edition == .published { lines.append(word("withheld")) }
        lines.append(word("recompute"))
        if let hash { lines.append(word("hash", ["hash": hash])) }
        return lines
    }

    private func make(_ section: ReportTemplate.Section, _ number: Int) -> ReportDocument.Section? {
        let computed = section.blocks.compactMap(block)
        let wanted = section.blocks.filter { block in
            if case .table(let table) = block { edition == .full || !table.isFullOnly } else { true }
        }
        var blocks: [ReportDocument.Block]
        // A section all of whose tables are for the full edition still has its sentences.
        let isEmpty = !hasData(section.id) || !wanted.isEmpty && computed.isEmpty
        if let empty = section.empty, isEmpty {
            blocks = [.paragraph(filled(empty[language]))]
        } else {
            let paragraphs = texts[section.id]?[language] ?? section.paragraphs.map { $0[language] }
            blocks = paragraphs.map { .paragraph(filled($0)) } + computed
        }
        return ReportDocument.Section(
            id: section.id, title: "\(number)　\(filled(section.title[language]))", blocks: blocks,
            footnotes: isEmpty ? [] : section.footnotes.map { filled($0[language]) })
    }

    /// Whether there is anything to tell in a section about the supervisor's own work.
    private func hasData(_ section: String) -> Bool {
        switch section {
        case "inspections": !snapshot.rows(.inspections).isEmpty
        case "coaching": !snapshot.rows(.coaching).isEmpty
        case "meetings": !snapshot.rows(.meetings).isEmpty
        case "programme": !snapshot.rows(.programme).isEmpty
        case "services": !snapshot.rows(.services).isEmpty
        case "follow-up": !snapshot.rows(.gaps).isEmpty
        case "status": !snapshot.quarters.isEmpty
        case "market": !snapshot.rows(.firms).isEmpty
        default: true
        }
    }

    private func block(_ block: ReportTemplate.Block) -> ReportDocument.Block? {
        switch block {
        case .table(let table):
            guard edition == .full || !table.isFullOnly, let made = self.table(table), !made.rows.isEmpty else { return nil }
            return .table(made)
        case .chart(let chart):
            guard let made = self.chart(chart), !made.categories.isEmpty, !made.series.isEmpty else { return nil }
            return .chart(made)
        case .list(let list):
            let lines = self.list(list)
            return lines.isEmpty ? nil : .list(lines)
        }
    }

    // MARK: Words

    func word(_ name: String, _ values: [String: String] = [:]) -> String { catalog("yearly.\(name)", language, values) }

    /// A text with its figures. What this edition keeps back, or nobody knows, is a sign.
    func filled(_ text: String) -> String {
        var values: [String: String] = [:]
        for name in Placeholders(text).names {
            switch name {
            case "questionnaire": values[name] = snapshot.fact("questionnaire_\(language.rawValue)")
            case "quarter": values[name] = snapshot.quarter.isEmpty ? "—" : snapshot.quarter
            case _ where ReportNames.facts.contains(name): values[name] = snapshot.fact(name)
            default: values[name] = figures[name]?.text ?? "—"
            }
        }
        return Placeholders(text).filled(values)
    }

    /// A day of the Republic: `民國106年12月31日`; empty for what is no day.
    private func roc(_ day: String) -> String { CivilDate(day)?.rocDescription ?? "" }

    func figure(_ id: String) -> ReportDocument.Cell { figures[id].map { .figure($0) } ?? .text("") }

    /// The title of an item, clause or tier in one of the snapshot's tables.
    func title(_ table: ReportSnapshot.Table, _ id: String, chinese column: Int) -> String {
        guard let row = snapshot.rows(table).first(where: { $0[0].text == id }) else { return id }
        return row[language == .chinese ? column : column + 1].text
    }

    func item(_ id: String) -> String { title(.items, id, chinese: 2) }
    func tier(_ id: String) -> String {
        id == ReportFigures.all ? word("all") : id.isEmpty ? word("undecided") : title(.tiers, id, chinese: 1)
    }
    func both(_ row: [ReportSnapshot.Value], _ chinese: Int) -> String { row[language == .chinese ? chinese : chinese + 1].text }
}
