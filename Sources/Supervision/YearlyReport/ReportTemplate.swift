public import Documents
public import Rulebook

/// What a yearly report is made of (`Packs/reports/yearly.yaml`): its sections in order, their texts, and what is computed in each.
public struct ReportTemplate: Sendable, Hashable {
    /// The schema its file names.
    public static let schema = "plumbline.report-template/1"
    static let file = "reports/yearly.yaml"

    /// Tables that can be computed.
    public enum Table: String, Sendable, CaseIterable {
        case tiers, firms, changes, standard, controls, printed, gaps, inspections, coaching, meetings, resolutions, programme
        case services, packs

        /// Whether it names single firms, or what only the supervisor decides to tell: not in the public edition, whatever a template says.
        var isFullOnly: Bool {
            [.firms, .changes, .inspections, .coaching, .resolutions, .services].contains(self)
        }
    }

    /// Charts that can be drawn, each with its table.
    public enum Chart: String, Sendable, CaseIterable {
        case tiers, heat, radar, trend, lowest, gaps
    }

    /// Lists of remarks that can be computed.
    public enum List: String, Sendable, CaseIterable {
        case flags, anomalies, differences
    }

    /// Something computed.
    public enum Block: Sendable, Hashable {
        case table(Table)
        case chart(Chart)
        case list(List)
    }

    /// A section.
    public struct Section: Sendable, Hashable {
        /// Its name: `market`.
        public var id: String
        /// Its heading.
        public var title: Text
        /// Its paragraphs; `{market.firms}` is a figure.
        public var paragraphs: [Text]
        /// What is computed in it, in order.
        public var blocks: [Block]
        /// Its footnotes.
        public var footnotes: [Text]
        /// What it says in place of everything else when there is no data; nil where there always is.
        public var empty: Text?
    }

    /// Its name.
    public var id: String
    /// What the report is called.
    public var title: Text
    /// The sections in order.
    public var sections: [Section]

    /// The template that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> ReportTemplate {
        guard let found = ShippedFiles.files(in: "reports").first(where: { $0.name == file }) else {
            throw DocumentError(.notFound, source: file, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(found.bytes)) } catch { throw error.inSource(file) }
    }

    /// Reads a template.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong, or names a figure that no report has.
    public static func read(_ node: Node) throws(DocumentError) -> ReportTemplate {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        let id = try fields.text("id")
        var template = ReportTemplate(id: id, title: try text(&fields, "title"), sections: [])
        let items = try fields.list("sections")
        guard (1...100).contains(items.count) else { throw fields.error(at: "sections", "1 to 100 sections are expected") }
        for (index, item) in items.enumerated() {
            let section = try section(item, "sections[\(index)]")
            guard !template.sections.contains(where: { $0.id == section.id }) else {
                throw DocumentError(
                    .duplicateKey, position: item.position, key: "sections[\(index)].id",
                    reason: "\(section.id) stands there twice")
            }
            template.sections.append(section)
        }
        try fields.finish()
        return template
    }

    private static func section(_ node: Node, _ path: String) throws(DocumentError) -> Section {
        var fields = try Fields(node, path: path)
        let id = try fields.text("id")
        guard FirmReader.isIdentifier(id), !id.contains(".") else {
            throw fields.error(at: "id", "lower-case letters, digits and hyphens are expected")
        }
        let section = Section(
            id: id, title: try text(&fields, "title"), paragraphs: try texts("paragraphs", &fields), blocks: try blocks(&fields),
            footnotes: try texts("footnotes", &fields),
            empty: fields.node["empty"] == nil ? nil : try text(&fields, "empty"))
        try fields.finish()
        return section
    }

    private static func blocks(_ fields: inout Fields) throws(DocumentError) -> [Block] {
        var blocks: [Block] = []
        for (index, item) in try fields.list("blocks").enumerated() {
            var entry = try Fields(item, path: fields.path("blocks[\(index)]"))
            let block: Block
            if item["table"] != nil {
                block = .table(try entry.choice("table"))
            } else if item["chart"] != nil {
                block = .chart(try entry.choice("chart"))
            } else {
                block = .list(try entry.choice("list"))
            }
            try entry.finish()
            guard !blocks.contains(block) else { throw entry.error(.duplicateKey, at: "", "it stands there twice") }
            blocks.append(block)
        }
        return blocks
    }

    private static func texts(_ key: String, _ fields: inout Fields) throws(DocumentError) -> [Text] {
        guard fields.node[key] != nil else { return [] }
        var texts: [Text] = []
        for (index, item) in try fields.list(key).enumerated() {
            texts.append(
                try checked(try Text(item, path: fields.path("\(key)[\(index)]")), fields, "\(key)[\(index)]", item.position))
        }
        return texts
    }

    private static func text(_ fields: inout Fields, _ key: String) throws(DocumentError) -> Text {
        let node = try fields.required(key)
        return try checked(try Text(node, path: fields.path(key)), fields, key, node.position)
    }

    private static func checked(
        _ text: Text, _ fields: Fields, _ key: String, _ position: Position
    ) throws(DocumentError) -> Text {
        for language in Language.allCases {
            if let name = ReportNames.unknown(in: text[language]) {
                throw DocumentError(
                    .badValue, position: position, key: fields.path(key), reason: "{\(name.clipped)} is no figure of a report")
            }
        }
        return text
    }

    /// Its document, as it is frozen with a report.
    public var node: Node {
        func both(_ text: Text) -> Node { .object([("zh-TW", .text(text.chinese)), ("en", .text(text.english))]) }
        return .object([
            ("schema", .text(Self.schema)), ("id", .text(id)), ("title", both(title)),
            (
                "sections",
                .list(
                    sections.map { section in
                        .object([
                            ("id", .text(section.id)), ("title", both(section.title)),
                            ("paragraphs", .list(section.paragraphs.map(both))),
                            (
                                "blocks",
                                .list(
                                    section.blocks.map { block in
                                        switch block {
                                        case .table(let table): .object([("table", .text(table.rawValue))])
                                        case .chart(let chart): .object([("chart", .text(chart.rawValue))])
                                        case .list(let list): .object([("list", .text(list.rawValue))])
                                        }
                                    })
                            ), ("footnotes", .list(section.footnotes.map(both))), ("empty", section.empty.map(both)),
                        ])
                    })
            ),
        ])
    }
}

/// What a report's texts may name in braces.
public enum ReportNames {
    /// What the snapshot says of itself.
    static let facts = ["year", "roc_year", "institution", "as_of", "quarter", "questionnaire"]
    static let figures: Set<String> = [
        "market.firms", "market.raised", "market.changed", "market.undecided", "status.filed", "status.as-of",
        "status.as-of-first", "printed.cells", "printed.same", "printed.equal", "gaps.opened", "gaps.closed",
        "inspections.count", "inspections.yearly", "inspections.thematic", "inspections.firms", "inspections.findings",
        "inspections.open", "coaching.count", "meetings.count", "meetings.resolutions", "meetings.open", "programme.count",
        "programme.persons", "services.count", "services.firms", "services.share", "services.outages",
    ]

    /// The first name in braces that no report knows; nil when there is none.
    public static func unknown(in text: String) -> String? { Placeholders(text).names.first { !isKnown($0) } }

    private static func isKnown(_ name: String) -> Bool {
        if facts.contains(name) || figures.contains(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "market" && parts[1] == "tier" && !parts[2].isEmpty
            && ["firms", "share", "raised", "changed"].contains(parts[3])
    }
}
