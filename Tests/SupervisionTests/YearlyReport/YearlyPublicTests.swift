import Database
import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("The public edition of the yearly report")
struct YearlyPublicTests {
    private let rule = SuppressionRule(answered: 5, part: 3)

    /// The same market in which two firms of kept-back cells of one item have changed places: nobody who reads what is published can tell.
    static func swapped(_ snapshot: ReportSnapshot, _ rule: SuppressionRule) throws -> (ReportSnapshot, String) {
        let figures = ReportFigures(snapshot)
        let table = try #require(figures.tables[snapshot.quarter])
        let published = PublishedTable(table, rule)
        for (index, item) in table.items.enumerated() {
            let hidden = table.tiers.indices.filter { published.cells[index][$0] == nil }
            for (a, b) in zip(hidden, hidden.dropFirst()) {
                var result = snapshot
                var rows = snapshot.rows(.answers)
                func find(_ tier: Int, _ answer: UInt8) -> Int? {
                    rows.firstIndex {
                        $0[0].text == snapshot.quarter && $0[2].text == table.tiers[tier]
                            && Array($0[3].text.utf8)[index] == answer
                    }
                }
                guard let yes = find(a, 0x31), let no = find(b, 0x32) else { continue }
                for (row, answer) in [(yes, UInt8(0x32)), (no, 0x31)] {
                    var digits = Array(rows[row][3].text.utf8)
                    digits[index] = answer
                    rows[row][3] = .text(String(decoding: digits, as: UTF8.self))
                }
                result.tables[.answers] = rows
                // Which cells are small is seen by every reader: it must stay.
                let other = try #require(ReportFigures(result).tables[snapshot.quarter])
                if PublishedTable(other, rule) == published, other != table { return (result, item) }
            }
        }
        throw Missing()
    }

    struct Missing: Error {}

    @Test("two markets that differ only in what is kept back have the same public edition, in every form")
    func sameToReaders() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        let (snapshot, item) = try Self.swapped(content.snapshot, rule)
        let other = ReportContent(snapshot: snapshot, template: content.template, texts: [:], rule: rule)
        // They are different markets.
        let changed = content.figures.list.filter { other.figures[$0.id] != $0 }.map(\.id)
        #expect(changed.contains { $0.hasPrefix("status.\(item).") })
        func published(_ content: ReportContent) -> String {
            Hash.sha256(
                CanonicalJSON.bytes(of: content.manifest(.published, number: nil).changing(["snapshot_sha256"]) { _ in "" }))
        }
        #expect(published(other) == published(content))
        for language in Language.allCases {
            let catalog = try world.catalog()
            let left = content.document(.published, language, catalog, number: nil)
            let right = other.document(.published, language, catalog, number: nil)
            let isSame = left.sections == right.sections && left.lines == right.lines && left.figures == right.figures
            #expect(isSame)
        }
        await world.database.close()
    }

    @Test("whoever reads the public manifest finds more than one filling for every small cell")
    func fillings() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        let shown = content.figures.published(content.snapshot, rule)
        let table = try #require(content.figures.tables[content.snapshot.quarter])
        var small = 0
        for (index, item) in table.items.enumerated() {
            func cell(_ tier: String) -> MarketCell? {
                guard let yes = shown["status.\(item).\(tier).yes"], let no = shown["status.\(item).\(tier).no"],
                    yes.state == .known, no.state == .known
                else { return nil }
                return MarketCell(yes: yes.numerator, no: no.numerator)
            }
            for (column, tier) in table.tiers.enumerated() where rule.isSmall(table.cells[index][column]) {
                small += 1
                #expect(cell(tier) == nil, "\(item) \(tier) is published")
                guard let total = cell("all") else { continue }
                let hidden = table.tiers.filter { cell($0) == nil }
                let known = table.tiers.compactMap(cell).reduce(MarketCell()) { $0 + $1 }
                let place = try #require(hidden.firstIndex(of: tier))
                // Cells of `hidden` that add up to what is left of the total: at least two of them differ in this one.
                let (yes, no) = (total.yes - known.yes, total.no - known.no)
                #expect(hidden.count > 1 && yes + no > 0, "\(item) \(tier): place \(place) can be worked out")
                #expect(!rule.isSmall(MarketCell(yes: yes, no: no)), "\(item) \(tier)")
            }
        }
        #expect(small > 0)
        // What is kept back is named and holds nothing.
        let manifest = content.manifest(.published, number: nil)
        for figure in manifest["figures"]?.list ?? [] where figure["state"]?.text == "suppressed" {
            #expect(figure["value"] == nil && figure["numerator"] == nil && figure["denominator"] == nil)
        }
        #expect(manifest["snapshot"] == nil)
        await world.database.close()
    }

    @Test("no firm is named, and no row is in it")
    func names() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        let texts = content.document(.published, .chinese, try world.catalog(), number: nil).texts
        let names = content.snapshot.rows(.firms).flatMap { [$0[0].text, $0[1].text] }
        for name in names { #expect(!texts.contains { $0.contains(name) }, "\(name)") }
        let manifest = String(decoding: CanonicalJSON.bytes(of: content.manifest(.published, number: nil)), as: UTF8.self)
        for name in names { #expect(!manifest.contains("\"\(name)\""), "\(name)") }
        // A template cannot change that.
        var template = content.template
        template.sections[0].blocks = ReportTemplate.Table.allCases.map { .table($0) }
        let other = ReportContent(snapshot: content.snapshot, template: template, texts: [:], rule: rule)
        let tables = other.document(.published, .english, try world.catalog(), number: nil).tables
        #expect(!tables.contains { ["table-firms", "table-changes", "table-inspections"].contains($0.id) })
        await world.database.close()
    }

    @Test("follow-up figures that are too small take the others with them")
    func followUp() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        var snapshot = content.snapshot
        // One gap is opened in the last quarter: somebody could ask whose.
        let place = try #require(snapshot.rows(.gaps).firstIndex { $0[0].text == "2017-Q4" && $0[4].number == 1 })
        snapshot.tables[.gaps]?[place][3] = .number(0)
        let figures = ReportFigures(snapshot)
        #expect(figures["gaps.2017-Q4.opened"]?.numerator == 1)
        let shown = figures.published(snapshot, rule)
        for figure in shown.list where figure.id.hasPrefix("gaps.") { #expect(figure.state == .suppressed, "\(figure.id)") }
        await world.database.close()
    }
}
