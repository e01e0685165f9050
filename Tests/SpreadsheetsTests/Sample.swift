@testable import Spreadsheets

/// Workbooks made from a seed.
enum Sample {
    static func workbook(seed: UInt64, sheets: Int = 2, rows: Int = 12) -> Workbook {
        var random = Seeded(seed)
        let pages = (0..<sheets).map { number in
            var sheet = Workbook.Sheet(name: "表 \(number)", columns: columns(&random), rows: [])
            sheet.rows = (0..<random.below(rows) + 1).map { _ in
                sheet.columns.map { cell($0.kind, &random) }
            }
            sheet.titles = (0..<random.below(3)).map { "標題 \($0) " + random.text(8) }
            sheet.notes = (0..<random.below(3)).map { "註 \($0) " + random.text(20) }
            sheet.isProtected = random.below(2) == 0
            sheet.freezesHeadings = random.below(2) == 0
            sheet.filters = random.below(2) == 0
            return sheet
        }
        return Workbook(
            properties: Workbook.Properties(title: "年度報告 \(seed)", created: 1_514_678_400), sheets: pages,
            metadata: [Workbook.Metadata("questionnaire", "q-2017"), Workbook.Metadata("firm", random.text(10))])
    }

    /// The same without characters that other programs do not keep.
    static func tame(seed: UInt64) -> Workbook {
        let wild = workbook(seed: seed)
        var tame = wild
        func calm(_ text: String) -> String {
            let kept = String(
                String.UnicodeScalarView(
                    text.unicodeScalars.filter { $0.value >= 0x20 && !"_\u{FFFE}\u{FFFF}\u{FEFF}".unicodeScalars.contains($0) }))
            return kept.filter { $0 != " " && $0 != "'" }
        }
        for (place, sheet) in wild.sheets.enumerated() {
            tame.sheets[place].titles = sheet.titles.map(calm)
            tame.sheets[place].notes = sheet.notes.map(calm)
            tame.sheets[place].rows = sheet.rows.map {
                $0.map { cell in if case .text(let text) = cell { .text(calm(text)) } else { cell } }
            }
        }
        tame.metadata = wild.metadata.map { Workbook.Metadata($0.name, calm($0.value)) }
        return tame
    }

    static func columns(_ random: inout Seeded) -> [Workbook.Column] {
        let kinds: [Workbook.Column.Kind] = [
            .text, .integer, .decimal(places: 2), .decimal(places: nil), .rate(numerator: "符合", denominator: "應辦", percent: "比率"),
            .date, .instant,
        ]
        let groups = ["甲組", "乙組", ""]
        return (0..<random.below(7) + 1).map { number in
            let group = random.pick(groups)
            var column = Workbook.Column((group.isEmpty ? [] : [group]) + ["欄 \(number)"], random.pick(kinds))
            column.isEditable = random.below(2) == 0
            if column.kind == .text, random.below(2) == 0 { column.choices = ["是", "否", "不適用"] }
            return column
        }
    }

    static func cell(_ kind: Workbook.Column.Kind, _ random: inout Seeded) -> Workbook.Cell {
        if random.below(8) == 0 { return .blank }
        if random.below(12) == 0 { return .text("無法判定" + random.text(4)) }
        switch kind {
        case .text, .instant: return .text(random.text(24))
        case .integer: return .integer(random.below(2_000_000_000_000) - 1_000_000_000_000)
        case .decimal:
            let digits = random.below(15) + 1
            let significand =
                Int128(random.next() % 1_000_000_000_000_000) / (0..<15 - digits).reduce(Int128(1)) { power, _ in power * 10 }
            let number = ExactDecimal(random.below(2) == 0 ? significand : -significand, exponent: random.below(18) - 14)
            return .decimal(number ?? .zero)
        case .rate: return .rate(Workbook.Rate(random.below(100), of: random.below(100)))
        case .date:
            let day = CalendarDate(days: random.below(80_000) - 30_000)
            return day.map { .date($0) } ?? .blank
        }
    }
}
