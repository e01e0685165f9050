public import Documents
internal import Rulebook

/// Figures as a source printed them: counts and percentages, to be held against what is computed from the same counts.
public struct PrintedFigures: Sendable, Hashable {
    /// A printed cell.
    public struct Cell: Sendable, Hashable {
        /// The item.
        public var item: String
        /// The tier.
        public var tier: String
        /// Firms that said yes.
        public var yes: Int
        /// Firms that said no.
        public var no: Int
        /// The percentage as printed, in hundredths of a per cent.
        public var hundredths: Int
        /// The oddity's number, where the cell is known to be odd; empty otherwise.
        public var oddity: String
    }

    /// The schema its file names.
    public static let schema = "plumbline.printed/1"

    /// What it was read from: id.
    public var id: String
    /// The year the figures are of.
    public var year: Int
    /// The questionnaire whose items they are.
    public var questionnaire: String
    /// The cells.
    public var cells: [Cell]
    /// Items that address the same firms.
    public var populations: [[String]]

    /// The table of the printed counts.
    public func table(tiers: [String]) -> MarketTable {
        var items: [String] = []
        for cell in cells where !items.contains(cell.item) { items.append(cell.item) }
        return MarketTable(
            items: items, tiers: tiers,
            cells: items.map { item in
                tiers.map { tier in
                    cells.first { $0.item == item && $0.tier == tier }.map { MarketCell(yes: $0.yes, no: $0.no) } ?? MarketCell()
                }
            })
    }

    /// A printed percentage that is not what its own counts make.
    public struct Anomaly: Sendable, Hashable {
        /// The cell as printed.
        public var printed: Cell
        /// What its counts make.
        public var computed: Rate
        /// Whether the printed figure is the share of no: a hint, never a correction.
        public var isShareOfNo: Bool
        /// Whether it was cut off instead of rounded.
        public var isCutOff: Bool
    }

    /// The cells whose percentage is not the half-up rounded share of their counts (D-01, D-02).
    public var anomalies: [Anomaly] {
        cells.compactMap { cell in
            guard let computed = Rate(cell.yes, of: cell.yes + cell.no), computed.hundredths != cell.hundredths else {
                return nil
            }
            return Anomaly(
                printed: cell, computed: computed,
                isShareOfNo: Rate(cell.no, of: cell.yes + cell.no)?.hundredths == cell.hundredths,
                isCutOff: 10_000 * cell.yes / (cell.yes + cell.no) == cell.hundredths)
        }
    }

    /// The figures that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> [PrintedFigures] {
        var all: [PrintedFigures] = []
        for file in ShippedFiles.files(in: "market") where file.name.hasSuffix("-printed.yaml") {
            do throws(DocumentError) { all.append(try read(try YAMLReader.read(file.bytes))) } catch {
                throw error.inSource(file.name)
            }
        }
        return all
    }

    /// Reads printed figures.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> PrintedFigures {
        var fields = try Fields(node, path: "")
        let found = try fields.text("schema")
        guard found == schema else { throw fields.error(at: "schema", "\"\(found.clipped)\" is not \"\(schema)\"") }
        var figures = PrintedFigures(
            id: try fields.text("id"), year: try whole(&fields, "year"), questionnaire: try fields.text("questionnaire"),
            cells: [],
            populations: [])
        for (index, group) in try fields.list("populations").enumerated() {
            guard let items = group.list else {
                throw fields.error(.wrongType, at: "populations[\(index)]", "a list is expected")
            }
            var names: [String] = []
            for (place, item) in items.enumerated() { names.append(try Fields.text(item, "populations[\(index)][\(place)]")) }
            figures.populations.append(names)
        }
        for entry in try fields.entries("cells") {
            for tier in entry.node.entries ?? [] {
                figures.cells.append(try cell(tier.node, item: entry.key, tier: tier.key))
            }
        }
        try fields.finish()
        return figures
    }

    private static func cell(_ node: Node, item: String, tier: String) throws(DocumentError) -> Cell {
        let path = "cells.\(item.clipped).\(tier.clipped)"
        var fields = try Fields(node, path: path)
        let printed = try fields.text("printed")
        guard let hundredths = hundredths(printed) else {
            throw fields.error(at: "printed", "a percentage such as 72.72 is expected")
        }
        let cell = Cell(
            item: item, tier: tier, yes: try whole(&fields, "yes"), no: try whole(&fields, "no"), hundredths: hundredths,
            oddity: try fields.optionalText("oddity") ?? "")
        try fields.finish()
        guard cell.yes >= 0, cell.no >= 0, cell.yes + cell.no > 0 else {
            throw fields.error(at: "yes", "at least one firm is expected")
        }
        return cell
    }

    private static func whole(_ fields: inout Fields, _ key: String) throws(DocumentError) -> Int {
        guard let number = try fields.optionalInteger(key), (0...1_000_000).contains(number) else {
            throw fields.error(at: key, "a whole number is expected")
        }
        return number
    }

    /// `81.82`, `87.5` or `100` in hundredths of a per cent.
    static func hundredths(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int(parts[0]), (0...100).contains(whole) else { return nil }
        guard parts.count == 2 else { return whole * 100 }
        guard (1...2).contains(parts[1].count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let rest = Int(parts[1])
        else { return nil }
        return whole * 100 + (parts[1].count == 1 ? rest * 10 : rest)
    }
}
