import Testing

@testable import Spreadsheets

@Suite("Values as people write them")
struct ValueTests {
    private func decimal(_ text: String, _ unit: MeasureUnit = .one) -> ValueReading<ExactDecimal> {
        CellValue.text(text).decimal(in: unit)
    }

    @Test("Texts are compared without width, white space and variants")
    func folding() {
        #expect(TextFolding.plain("  Ａ１　Ｂ\u{A0}\n c\u{200B} ") == "A1 B c")
        #expect(TextFolding.plain("<b>33.33%</b>") == "33.33%")
        #expect(TextFolding.plain("a<br>b &lt; <c> 1<2") == "a b &lt; <c> 1<2")
        #expect(TextFolding.plain("（24家）") == "(24家)")
        #expect(TextFolding.plain("") == "")
        #expect(TextFolding.plain("\u{FEFF}名稱") == "名稱")
        #expect(TextFolding.key("公司 名稱\n") == TextFolding.key("公司名稱"))
        #expect(TextFolding.key("资讯安全防护标準") == TextFolding.key("資讯安全防護標準"))
        #expect(TextFolding.key("臺灣") == TextFolding.key("台灣"))
        #expect(TextFolding.key("Firm  NAME") == "firm name")
        #expect(TextFolding.key("Ｆｉｒｍ　名稱") == "firm名稱")
        #expect(TextFolding.width("證券 a\n一") == 6)
        #expect(TextFolding.width("e\u{301}") == 2 || TextFolding.width("e\u{301}") == 1)
    }

    @Test("Folding a second time changes nothing", arguments: [1, 2])
    func idempotent(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<3_000 {
            let text = random.text(12)
            let plain = TextFolding.plain(text)
            #expect(TextFolding.plain(plain) == plain, "\(text.debugDescription)")
            let key = TextFolding.key(text)
            #expect(TextFolding.key(key) == key, "\(text.debugDescription)")
        }
    }

    @Test("Numbers: thousands, full width, units, accounting, percent")
    func numbers() {
        let good: [(String, String)] = [
            ("1,234,567.89", "1234567.89"), ("１２３", "123"), ("１,２３４．５", "1234.5"), ("40億元", "4000000000"), ("40億", "4000000000"),
            ("3,500萬", "35000000"),
            ("12.5萬元", "125000"), ("1億2,000萬元", "120000000"), ("5 千元", "5000"), ("500元", "500"), ("81.82%", "0.8182"),
            ("81.82％", "0.8182"),
            ("<b>33.33%</b>", "0.3333"), ("(1,234)", "-1234"), ("-5", "-5"), ("－5", "-5"), ("−5", "-5"), ("+5", "5"),
            ("NT$ 5,000", "5000"), ("新臺幣3億元", "300000000"),
            ("1.5e3", "1500"), ("1E+3", "1000"), ("0", "0"), ("百分", ""), ("0.00", "0"), ("2兆", "2000000000000"),
            ("10百萬元", "10000000"), ("3‰", "0.003"),
        ]
        for (text, number) in good where !number.isEmpty { #expect(decimal(text).value?.description == number, "\(text)") }
        for blank in ["", " ", "-", "－", "—", "N/A", "n/a", "　"] { #expect(decimal(blank) == .blank, "\(blank)") }
        for wrong in [
            "約30", "1,23", "1,2345", "12,34,567", "1.2.3", "1億2", "2,000萬1億", "1%2%", "5億3元4", "十二", "1 2", "30家", "()", "1.",
            "1,234.5,6", "億", "1e", "%",
        ] {
            #expect(decimal(wrong).isRefused, "\(wrong): \(decimal(wrong))")
        }
    }

    @Test("A heading's unit counts where the cell has none of its own")
    func units() throws {
        let unit = try #require(MeasureUnit("億元"))
        #expect(decimal("40", unit).value?.description == "4000000000")
        #expect(decimal("40.25", unit).value?.description == "4025000000")
        #expect(decimal("3,500萬", unit).value?.description == "35000000")
        let percent = try #require(MeasureUnit("%"))
        #expect(CellValue.text("81.82").decimal(in: percent).value?.description == "0.8182")
        #expect(CellValue.text("81.82%").decimal(in: percent).value?.description == "0.8182")
        #expect(try CellValue.number(#require(CellNumber("81.82"))).decimal(in: percent).value?.description == "0.8182")
        // A cell that shows % holds the ratio already.
        #expect(
            try CellValue.number(#require(CellNumber("0.8182", isPercent: true))).decimal(in: percent).value?.description
                == "0.8182")
        #expect(MeasureUnit("新臺幣 千元")?.power == 3)
        #expect(MeasureUnit("單位：萬元")?.power == 4)
        #expect(MeasureUnit("百萬元")?.power == 6)
        for none in ["", "家", "年", "元元", "%元", "億萬"] { #expect(MeasureUnit(none) == nil, "\(none)") }
    }

    @Test("Days: ISO, Taiwan's calendar, with and without signs, with times")
    func dates() {
        let good: [(String, String)] = [
            ("2017-12-31", "2017-12-31"), ("2017/12/31", "2017-12-31"), ("2017.12.31", "2017-12-31"), ("2017/1/2", "2017-01-02"),
            ("20171231", "2017-12-31"),
            ("106/12/31", "2017-12-31"), ("106.12.31", "2017-12-31"), ("106-12-31", "2017-12-31"), ("1061231", "2017-12-31"),
            ("106年12月31日", "2017-12-31"),
            ("民國106年12月31日", "2017-12-31"), ("中華民國 106 年 12 月 31 日", "2017-12-31"), ("民國元年1月1日", "1912-01-01"),
            ("99/1/5", "2010-01-05"), ("990105", "2010-01-05"),
            ("１０６／１２／３１", "2017-12-31"), ("2017年12月31日", "2017-12-31"), ("106年12月31", "2017-12-31"), ("113/2/29", "2024-02-29"),
            ("2017/12/31 14:05", "2017-12-31T14:05:00"), ("106/12/31 下午 02:05", "2017-12-31T14:05:00"),
            ("106/12/31 上午 12:05:09", "2017-12-31T00:05:09"),
            ("2017-12-31T14:05:09.25Z", "2017-12-31T14:05:09.250"), ("2017/12/31 2:05 PM", "2017-12-31T14:05:00"),
            ("106年12月31日14時05分", "2017-12-31T14:05:00"),
            ("106年12月31日(星期日)", "2017-12-31"), ("106/12/31 (日) 09:00", "2017-12-31T09:00:00"),
        ]
        for (text, day) in good { #expect(CellValue.text(text).dateTime().value?.description == day, "\(text)") }
        for wrong in [
            "106/13/1", "106/2/29", "112/2/29", "12/31/2017", "31-12-2017", "2017", "106", "民國2017年1月1日", "106年12月", "106//12",
            "0/1/1", "106/12/31 25:00", "106/12/31 14:61",
            "元年1月1日", "2017-12-31+08:00", "2017-12-31T", "abc", "106/12/31x", "106/123/1", "106/12/31 下午 14:00", "12345",
            "123456789",
        ] {
            #expect(CellValue.text(wrong).dateTime().isRefused, "\(wrong): \(CellValue.text(wrong).dateTime())")
        }
        #expect(CellValue.text("-").date() == .blank)
        #expect(CellNumber("1061231").map { CellValue.number($0).date().value?.description } == "2017-12-31")
        #expect(CellNumber("43100").map { CellValue.number($0).date().isRefused } == true)
    }

    @Test("Ticks: each glyph, words, boxes; an empty cell is no no")
    func ticks() {
        for yes in ["V", "v", "Ｖ", "√", "✓", "✔", "○", "●", "◯", "〇", "是", "有", "Yes", "Y", "■", " √ ", "☑"] {
            #expect(CellValue.text(yes).tick() == .value(true), "\(yes)")
        }
        for no in ["否", "無", "×", "✗", "No", "N", "□"] { #expect(CellValue.text(no).tick() == .value(false), "\(no)") }
        for blank in ["", "-", " ", "N/A"] { #expect(CellValue.text(blank).tick() == .blank, "\(blank)") }
        for wrong in ["每年", "每2年", "maybe", "X?", "是否", "■是■否", "□是□否", "■甲□乙"] {
            #expect(CellValue.text(wrong).tick().isRefused, "\(wrong)")
        }
        #expect(CellValue.text("■是 □否").tick() == .value(true))
        #expect(CellValue.text("□是　■否").tick() == .value(false))
        #expect(CellValue.text("建置中").tick(words: ["建置中": false]) == .value(false))
        #expect(CellValue.boolean(true).tick() == .value(true))
        #expect(CellNumber("1").map { CellValue.number($0).tick() } == .value(true))
        #expect(CellNumber("2").map { CellValue.number($0).tick().isRefused } == true)
    }

    @Test("Marks stand before or behind a name")
    func marks() {
        #expect(Marks.split("*甲證券") == (["*"], "甲證券"))
        #expect(Marks.split("\\*低於門檻") == (["*"], "低於門檻"))
        #expect(Marks.split("甲證券※") == (["※"], "甲證券"))
        #expect(Marks.split("** 甲 #") == (["*", "*", "#"], "甲"))
        #expect(Marks.split("甲*乙") == ([], "甲*乙"))
        #expect(Marks.split("*") == (["*"], ""))
        #expect(Marks.split("") == ([], ""))
    }

    @Test("No text makes a reader stop", arguments: [1, 2, 3])
    func anything(_ seed: UInt64) {
        var random = Seeded(seed)
        let letters = Array("0123456789,.-+/年月日時分億萬元%()民國上午下午元 eE:#*\\<b>VX■□是否")
        for _ in 0..<20_000 {
            let text = String((0..<random.below(14)).map { _ in random.pick(letters) })
            let value = CellValue.text(text)
            _ = (
                value.decimal(), value.dateTime(), value.tick(), Marks.split(text),
                Heading(text, at: CellAddress(row: 0, column: 0))
            )
            if let number = value.decimal().value { #expect(ExactDecimal(number.description) == number) }
        }
    }
}
