import Testing

@testable import Supervision

@Suite("What is published tells of no small cell")
struct SuppressionTests {
    let rule = SuppressionRule(answered: 5, part: 3)

    /// Every way to fill the kept-back cells of an item that fits what is published, as whoever reads it could list them.
    static func fillings(_ published: PublishedTable, _ item: Int, most: Int) -> [[MarketCell]] {
        let hidden = published.tiers.indices.filter { published.cells[item][$0] == nil }
        guard let total = published.all[item] else { return [] }
        let known = published.cells[item].compactMap { $0 }.reduce(MarketCell()) { $0 + $1 }
        let (yes, no) = (total.yes - known.yes, total.no - known.no)
        var found: [[MarketCell]] = [[]]
        for _ in hidden {
            found = found.flatMap { filling in
                (0...max(0, yes)).flatMap { y in (0...max(0, no)).map { n in filling + [MarketCell(yes: y, no: n)] } }
            }.filter { $0.reduce(0) { $0 + $1.yes } <= yes && $0.reduce(0) { $0 + $1.no } <= no }
        }
        return found.filter { $0.reduce(0) { $0 + $1.yes } == yes && $0.reduce(0) { $0 + $1.no } == no }
    }

    @Test("no cell that is kept back can be worked out from the others and the total", arguments: 0..<80)
    func attacker(seed: Int) {
        var random = MarketTableTests.Random(state: UInt64(seed) &+ 99)
        let row = (0..<3).map { _ in
            MarketCell(yes: Int.random(in: 0...7, using: &random), no: Int.random(in: 0...7, using: &random))
        }
        let table = MarketTable(items: ["i"], tiers: ["1", "2", "3"], cells: [row])
        let published = PublishedTable(table, rule)
        for (tier, cell) in row.enumerated() where rule.isSmall(cell) {
            #expect(published.cells[0][tier] == nil, "a small cell is published")
        }
        let hidden = row.indices.filter { published.cells[0][$0] == nil }
        guard published.all[0] != nil, !hidden.isEmpty else { return }
        let fillings = Self.fillings(published, 0, most: 14)
        for (place, tier) in hidden.enumerated() where rule.isSmall(row[tier]) {
            #expect(Set(fillings.map { $0[place] }).count > 1, "tier \(tier) can only be \(row[tier]): \(row)")
        }
    }

    @Test("what is large stays, and so does what nobody answered")
    func large() {
        let row = [MarketCell(yes: 20, no: 10), MarketCell(), MarketCell(yes: 30, no: 0)]
        let published = PublishedTable(MarketTable(items: ["i"], tiers: ["1", "2", "3"], cells: [row]), rule)
        #expect(published.cells == [row.map { $0 }] && published.all == [MarketCell(yes: 50, no: 10)])
    }

    @Test("one small cell takes another with it, or the total would give it away")
    func complementary() {
        let row = [MarketCell(yes: 8, no: 1), MarketCell(yes: 11, no: 0), MarketCell(yes: 20, no: 4)]
        let published = PublishedTable(MarketTable(items: ["i"], tiers: ["1", "2", "3"], cells: [row]), rule)
        #expect(published.cells[0][0] == nil)
        #expect(published.cells[0].count { $0 == nil } >= 2)
    }

    @Test("firms without a tier are a part that must not be told either")
    func withoutTier() {
        let rows =
            (0..<12).map { MarketRow(firm: "f\($0)", tier: "1", declared: [UInt8($0 < 6 ? 1 : 2)]) }
            + [MarketRow(firm: "x", tier: nil, declared: [1])]
        let published = PublishedTable(MarketTable(items: ["i"], tiers: ["1", "2"], rows: rows), rule)
        #expect(published.all[0] == nil || published.cells[0][0] == nil)
    }
}
