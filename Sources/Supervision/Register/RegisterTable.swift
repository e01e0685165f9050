internal import Documents
public import Rulebook
public import Spreadsheets

/// The register as a table that people exchange: one row a firm, or the yearly report's lists, in which each column names firms of a tier.
public struct RegisterTable: Sendable {
    /// What was wrong in the table; none of it is taken then.
    public struct Flaw: Sendable, Hashable, CustomStringConvertible {
        /// The cell, such as `C5`; empty for the whole table.
        public var place: String
        /// What is wrong, and what is wanted.
        public var reason: String

        /// One line.
        public var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
    }

    /// The firms of the table, each as it shall stand.
    public private(set) var firms: [Firm] = []
    /// The tier a list says of a firm, by key; empty for a table of rows.
    public private(set) var statedTiers: [String: String] = [:]
    /// What was wrong.
    public private(set) var flaws: [Flaw] = []
    /// Notes of the table, and headings that say another number than was found.
    public private(set) var remarks: [String] = []

    /// Most flaws that are told.
    static let flawLimit = 100
    private let columns: RegisterColumns

    /// Reads a table of any of both kinds.
    ///
    /// - Parameters:
    ///   - grid: the cells.
    ///   - known: the firms that the register holds: those with the same key, number or short name are changed, others are new.
    ///   - rulebook: knows the facts of firms; a fact's title in either language, or its name, is a heading.
    ///   - columns: what the other headings are called.
    ///   - tiers: the tiers and their titles, for lists by tier.
    ///   - day: from which day what differs holds, where the table says none.
    public init(
        _ grid: Grid, known: [Firm], rulebook: Rulebook, columns: RegisterColumns, tiers: [FactDefinition.Choice], day: CivilDate
    ) {
        self.columns = columns
        let facts = rulebook.facts.filter { $0.isOfFirm && !$0.name.hasPrefix("online_ratio_") }
        let expected =
            columns.expected
            + facts.map { ExpectedHeading($0.name, [$0.title.chinese, $0.title.english, $0.name], isRequired: false) }
        do throws(SpreadsheetError) {
            if let list = try? ColumnList(grid), Self.isByTier(list, tiers) {
                read(list, known, tiers, day)
            } else {
                read(try HeadedTable(grid, headings: .named(expected)), known, facts, day)
            }
        } catch {
            flaws.append(
                Flaw(
                    place: error.cell?.description ?? "",
                    reason: error.remedy.isEmpty ? error.reason : "\(error.reason); \(error.remedy)"))
        }
        check(rulebook)
    }

    // MARK: Lists by tier

    private static func tier(_ heading: Heading, _ tiers: [FactDefinition.Choice]) -> String? {
        tiers.first { choice in
            [choice.title.chinese, choice.title.english].contains { TextFolding.key($0) == TextFolding.key(heading.name) }
        }?.value
    }

    private static func isByTier(_ list: ColumnList, _ tiers: [FactDefinition.Choice]) -> Bool {
        list.groups.count { tier($0.heading, tiers) != nil } >= 2
    }

    private mutating func read(_ list: ColumnList, _ known: [Firm], _ tiers: [FactDefinition.Choice], _ day: CivilDate) {
        var next = (known.compactMap { Int($0.id.dropFirst()) }.max() ?? 0) + 1
        for group in list.groups {
            guard let tier = Self.tier(group.heading, tiers) else {
                flaw(group.heading.address.description, "\"\(group.heading.text.clipped)\" is no tier")
                continue
            }
            if let stated = group.heading.statedCount, stated != group.entries.count {
                remarks.append("\(group.heading.text): \(stated) stated, \(group.entries.count) found")
            }
            for entry in group.entries {
                if let firm = known.first(where: { $0.names.last?.short == entry.text }) {
                    firms.append(firm)
                } else {
                    var firm = Firm(id: "f\(String(repeating: "0", count: max(0, 3 - String(next).count)))\(next)", names: [])
                    next += 1
                    firm.names = [.init(from: day, legal: entry.text, short: entry.text)]
                    firm.facts = [.init(from: day, values: ["entity_kinds": .texts(["securities"])])]
                    for mark in entry.marks {
                        firm.events.append(.init(day: day, kind: .founded, note: list.meaning(of: mark) ?? mark))
                    }
                    firms.append(firm)
                }
                statedTiers[firms[firms.count - 1].id] = tier
            }
        }
        for (name, places) in list.duplicates.sorted(by: { $0.key < $1.key }) {
            flaw(places.map(\.description).joined(separator: ", "), "\"\(name.clipped)\" stands here more than once")
        }
        remarks += list.notes.map(\.text)
    }

    // MARK: Rows

    private mutating func read(_ table: HeadedTable, _ known: [Firm], _ facts: [FactDefinition], _ day: CivilDate) {
        var next = (known.compactMap { Int($0.id.dropFirst()) }.max() ?? 0) + 1
        let years = years(table)
        for record in table.records {
            func text(_ name: String) -> String { record[name]?.value.plainText ?? "" }
            let short = text("short")
            guard !short.isEmpty else {
                flaw("\(CellAddress.letters(0))\(record.row + 1)", "the short name is missing")
                continue
            }
            let before = known.first {
                text("id").isEmpty
                    ? (!text("number").isEmpty && $0.number == text("number")) || $0.names.last?.short == short
                    : $0.id == text("id")
            }
            var firm = before ?? Firm(id: text("id"), names: [])
            if firm.id.isEmpty {
                firm.id = "f\(String(repeating: "0", count: max(0, 3 - String(next).count)))\(next)"
                next += 1
            }
            var from = day
            if let field = record["from"] {
                guard let date = field.value.date().value, let parsed = CivilDate(date.description) else {
                    flaw(field.address.description, "a date is expected")
                    continue
                }
                from = parsed
            }
            name(&firm, short, text("legal"), from)
            if !text("number").isEmpty { firm.number = text("number") }
            if !text("group").isEmpty { firm.group = text("group") }
            values(&firm, record, facts, from)
            for (year, position) in years { ratio(&firm, record, year, position) }
            firms.append(firm)
        }
    }

    private func name(_ firm: inout Firm, _ short: String, _ legal: String, _ from: CivilDate) {
        let current = firm.name(asOf: from)
        let wanted = Firm.Name(from: from, legal: legal.isEmpty ? current?.legal ?? short : legal, short: short)
        guard current?.legal != wanted.legal || current?.short != wanted.short else { return }
        firm.names.removeAll { $0.from == from }
        firm.names.append(wanted)
        firm.names.sort { $0.from < $1.from }
    }

    private mutating func values(_ firm: inout Firm, _ record: HeadedTable.Record, _ facts: [FactDefinition], _ from: CivilDate) {
        var step: [String: Node] = [:]
        let known = firm.facts(asOf: from)
        for fact in facts {
            guard let field = record[fact.name], !field.value.isBlank else { continue }
            guard let node = node(field.value, fact) else {
                flaw(
                    field.address.description, "\"\(field.value.plainText.clipped)\" is no \(fact.kind.rawValue) for \(fact.name)"
                )
                continue
            }
            if known[fact.name] != node { step[fact.name] = node }
        }
        guard !step.isEmpty else { return }
        if let index = firm.facts.firstIndex(where: { $0.from == from }) {
            firm.facts[index].values.merge(step) { $1 }
        } else {
            firm.facts.append(.init(from: from, values: step))
            firm.facts.sort { $0.from < $1.from }
        }
    }

    private func node(_ value: CellValue, _ fact: FactDefinition) -> Node? {
        func choice(_ text: String) -> String? {
            fact.choices.first { choice in
                choice.value == text
                    || [choice.title.chinese, choice.title.english].contains { TextFolding.key($0) == TextFolding.key(text) }
            }?.value
        }
        switch fact.kind {
        case .bool: return value.tick(words: columns.truths).value.map { Node(.bool($0)) }
        case .integer, .number:
            return value.decimal().value.flatMap { ExactNumber($0.description) }.map { Node(.number($0)) }
        case .date: return value.date().value.map { .text($0.description) }
        case .enum: return choice(value.plainText).map { .text($0) }
        case .text: return .text(value.plainText)
        case .enumList, .textList:
            let parts = value.plainText.split(whereSeparator: { "、,;/ ".contains($0) }).map(String.init)
            // Names of more than one word stand between the other separators.
            let names = value.plainText.split(whereSeparator: { "、,;/".contains($0) }).map { choice(String($0)) }
            if fact.kind == .enumList, !names.isEmpty, !names.contains(nil) { return .texts(names.compactMap { $0 }) }
            if parts == [columns.none.chinese] || parts == [columns.none.english] { return .list([]) }
            guard fact.kind == .enumList else { return .texts(parts) }
            let values = parts.compactMap(choice)
            return values.count == parts.count ? .texts(values) : nil
        }
    }

    /// Columns with shares of internet orders: the year in a heading that speaks of them.
    private func years(_ table: HeadedTable) -> [(year: Int, position: Int)] {
        table.columns.enumerated().compactMap { position, column in
            let words = column.path.map(\.text).joined(separator: " ").lowercased()
            guard columns.isRatio(words) else { return nil }
            let digits = words.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
            // A year of the Republic has two or three digits.
            return digits.first { (1990...2200).contains($0) || (80...300).contains($0) }.map {
                (($0 < 1000 ? $0 + 1911 : $0), position)
            }
        }
    }

    private mutating func ratio(_ firm: inout Firm, _ record: HeadedTable.Record, _ year: Int, _ position: Int) {
        guard let field = record.fields.first(where: { $0.position == position }), !field.value.isBlank else { return }
        guard let decimal = field.value.decimal().value, let share = ExactNumber(decimal.description) else {
            flaw(field.address.description, "a share from 0 to 1, or a percentage, is expected")
            return
        }
        firm.ratios[year] = share
    }

    // MARK: All of it

    private mutating func check(_ rulebook: Rulebook) {
        var seen: Set<String> = []
        for firm in firms {
            if !seen.insert(firm.id).inserted { flaw("", "\(firm.id.clipped): two rows are about this firm") }
            do throws(DocumentError) { _ = try FirmReader.read(firm.node, rulebook: rulebook) } catch {
                flaw("", "\(firm.names.last?.short ?? firm.id): \(error.key): \(error.reason)")
            }
        }
        if firms.isEmpty, flaws.isEmpty { flaw("", "no firm was found") }
    }

    private mutating func flaw(_ place: String, _ reason: String) {
        if flaws.count < Self.flawLimit { flaws.append(Flaw(place: place, reason: reason)) }
    }

    // MARK: Out

    /// The register as a sheet that `RegisterTable` reads again.
    ///
    /// - Parameters:
    ///   - firms: the firms.
    ///   - rulebook: knows the facts.
    ///   - names: what the other headings are called.
    ///   - language: in which language headings and values are written; both are read.
    ///   - day: as of which day.
    ///   - title: what the sheet is called.
    /// - Returns: the sheet.
    public static func sheet(
        _ firms: [Firm], rulebook: Rulebook, columns names: RegisterColumns, in language: Language, asOf day: CivilDate,
        title: String
    ) -> Workbook.Sheet {
        let facts = rulebook.facts.filter { $0.isOfFirm && !$0.name.hasPrefix("online_ratio_") }
        let years = Set(firms.flatMap(\.ratios.keys)).sorted()
        var columns = RegisterColumns.names.filter { $0 != "from" }.map { Workbook.Column(names.title($0, language)) }
        columns += facts.map { Workbook.Column($0.title[language]) }
        columns += years.map { Workbook.Column(names.title(ofRatio: $0, language)) }
        let rows = firms.map { firm -> [Workbook.Cell] in
            let name = firm.name(asOf: day)
            let known = firm.facts(asOf: day)
            let texts = [firm.id, name?.legal ?? "", name?.short ?? "", firm.number, firm.group]
            return texts.map { .text($0) } + facts.map { .text(text(known[$0.name], $0, names, language)) }
                + years.map { .text(firm.ratios[$0]?.description ?? "") }
        }
        var sheet = Workbook.Sheet(name: title, columns: columns, rows: rows)
        sheet.titles = ["\(title) \(day) (\(day.rocDescription))"]
        return sheet
    }

    private static func text(
        _ node: Node?, _ fact: FactDefinition, _ names: RegisterColumns, _ language: Language
    ) -> String {
        guard let node else { return "" }
        func title(_ value: String) -> String { fact.choices.first { $0.value == value }?.title[language] ?? value }
        if let flag = truth(node) { return (flag ? names.yes : names.no)[language] }
        if let items = node.list {
            return items.isEmpty ? names.none[language] : items.compactMap(\.text).map(title).joined(separator: "、")
        }
        if let number = node.number { return number.description }
        return node.text.map(title) ?? ""
    }

    /// Not inlined: the optimiser of Swift 6.3.1 stops where the look into a node lands in a closure.
    @inline(never)
    private static func truth(_ node: Node) -> Bool? { node.bool }
}
