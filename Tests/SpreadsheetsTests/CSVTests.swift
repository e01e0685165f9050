import Testing

@testable import Spreadsheets

@Suite("Text files with separators")
struct CSVTests {
    private func rows(_ text: String, _ options: CSVReader.Options = .init()) throws -> [[String]] {
        try Self.rows(CSVReader.read(Array(text.utf8), options: options).grid)
    }

    private static func rows(_ grid: Grid) -> [[String]] {
        (0..<grid.rowCount).map { row in
            let cells = grid.row(row)?.cells
            return (0..<(cells?.last.map { $0.column + 1 } ?? 0)).map { grid.row(row)?[$0]?.description ?? "" }
        }
    }

    @Test("Cells, quotes, quotes within quotes, separators and lines within quotes")
    func plain() throws {
        #expect(try rows("a,b\r\n1,2\r\n") == [["a", "b"], ["1", "2"]])
        #expect(try rows("\"a,\"\"b\"\"\",\"c\r\nd\"\n\"\",e") == [["a,\"b\"", "c\r\nd"], ["", "e"]])
        #expect(try rows("a\rb\nc\r\nd") == [["a"], ["b"], ["c"], ["d"]])
        #expect(try rows("a\n\n\nb\n") == [["a"], [], [], ["b"]])
        #expect(try rows("5\" disk,x") == [["5\" disk", "x"]])
        #expect(try rows("") == [])
        #expect(try rows("\n\n") == [])
        #expect(try rows(" a , b ") == [[" a ", " b "]])
    }

    @Test("The separator is found by the first record, outside of its quotes, or named by a first line")
    func separators() throws {
        #expect(try rows("a;b;c\n1,5;2;3") == [["a", "b", "c"], ["1,5", "2", "3"]])
        #expect(try rows("a\tb\n1,5\t2") == [["a", "b"], ["1,5", "2"]])
        #expect(try rows("\"x;y;z\",b\n1;2,3") == [["x;y;z", "b"], ["1;2", "3"]])
        #expect(try rows("\n\na;b\n") == [[], [], ["a", "b"]])
        #expect(try rows("sep=;\r\na,b;c") == [["a,b", "c"]])
        #expect(try rows("sep=|\na|b") == [["a", "b"]])
        #expect(try rows("a;b,c", .init(separator: ",")) == [["a;b", "c"]])
        #expect(try CSVReader.read(Array("a;b".utf8)).separator == ";")
        #expect(try CSVReader.read(Array("名稱".utf8)).separator == ",")
    }

    @Test("UTF-8 with and without a mark, UTF-16 of both orders, Big5 as Excel in Taiwan saves it")
    func encodings() throws {
        let text = "名稱,資本額\r\n甲證券,40億😀\r\n"
        let units = Array(text.utf16)
        var (little, big): ([UInt8], [UInt8]) = ([0xFF, 0xFE], [0xFE, 0xFF])
        for unit in units {
            little += [UInt8(unit & 0xFF), UInt8(unit >> 8)]
            big += [UInt8(unit >> 8), UInt8(unit & 0xFF)]
        }
        let expected = [["名稱", "資本額"], ["甲證券", "40億😀"]]
        for (bytes, encoding) in [
            (Array(text.utf8), TextEncoding.utf8), ([0xEF, 0xBB, 0xBF] + Array(text.utf8), .utf8), (little, .utf16),
            (big, .utf16),
        ] {
            let content = try CSVReader.read(bytes)
            #expect(Self.rows(content.grid) == expected)
            #expect(content.encoding == encoding)
        }
        // 名稱,功能 / 許功蓋,"," : the second bytes of 功 許 蓋 are those of ASCII signs (5C, 5C, 5C), which a reader of bytes would trip over.
        let big5: [UInt8] = [
            0xA6, 0x57, 0xBA, 0xD9, 0x2C, 0xA5, 0x5C, 0xAF, 0xE0, 0x0D, 0x0A, 0xB3, 0x5C, 0xA5, 0x5C, 0xBB, 0x5C, 0x2C, 0x22,
            0x2C, 0x22, 0x0D, 0x0A,
        ]
        let content = try CSVReader.read(big5)
        #expect(content.encoding == .big5)
        #expect(Self.rows(content.grid) == [["名稱", "功能"], ["許功蓋", ","]])
    }

    @Test("Bytes that are no text are refused with their place")
    func undecodable() {
        let cases: [([UInt8], Int, Int)] = [
            (Array("a,b\n".utf8) + [0x63, 0xFF, 0x0A], 2, 2), ([0xEF, 0xBB, 0xBF] + Array("ab".utf8) + [0x80], 1, 3),
            (Array("甲\n乙".utf8) + [0xE4], 2, 4), ([0xFF, 0xFE, 0x41], 1, 3), ([0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00], 1, 3),
        ]
        for (bytes, line, column) in cases {
            let error = refusal { try CSVReader.read(bytes) }
            #expect(error?.code == .badEncoding, "\(bytes)")
            #expect(error?.place == TextPlace(line: line, column: column), "\(bytes): \(error?.description ?? "read")")
        }
    }

    @Test("Quotes that do not match are refused with line and column")
    func badQuotes() {
        let cases: [(String, SpreadsheetError.Code, Int, Int)] = [
            ("a,b\n\"x,y\nz", .badQuoting, 2, 1), ("甲,\"乙\"丙", .badQuoting, 1, 6), ("a\r\n\"b\" ,c", .badQuoting, 2, 4),
            ("\"", .badQuoting, 1, 1),
            ("a,\u{0}", .badCell, 1, 3), ("a\n\"x\u{0}\"", .badCell, 2, 3),
        ]
        for (text, code, line, column) in cases {
            let error = refusal { try CSVReader.read(Array(text.utf8)) }
            #expect(error?.code == code, "\(text.debugDescription)")
            #expect(
                error?.place == TextPlace(line: line, column: column), "\(text.debugDescription): \(error?.description ?? "read")"
            )
        }
        #expect(refusal { try CSVReader.read(Array("PK\u{3}\u{4}".utf8)) }?.code == .unknownFormat)
    }

    @Test("Limits of records, columns, cells and texts")
    func limits() {
        var limits = SpreadsheetLimits.upload
        (limits.rows, limits.columns, limits.cells, limits.textBytes) = (3, 3, 5, 8)
        func code(_ text: String) -> SpreadsheetError.Code? {
            refusal { try CSVReader.read(Array(text.utf8), limits: limits) }?.code
        }
        #expect(code("a\nb\nc\n") == nil)
        #expect(code("a\nb\nc\nd") == .tooLarge)
        #expect(code("a,b,c") == nil)
        #expect(code("a,b,c,d") == .tooLarge)
        #expect(code("a,b,c\nd,e,f") == .tooLarge)
        #expect(code("123456789") == .tooLarge)
        #expect(code("\"123456789\"") == .tooLarge)
    }

    @Test("What looks like a formula is made a text, numbers are left alone")
    func formulas() throws {
        for formula in ["=1+1", "@x", "+5", "-x", "\tx", "\rx", "\nx", "＝1", "-", "=cmd|'/c calc'!A1", "'=1", "－"] {
            let cell = CSVWriter.cell(formula)
            #expect(cell.hasPrefix("'") || cell.hasPrefix("\"'"), "\(formula.debugDescription)")
        }
        for plain in ["-5", "-0.5", "a=b", "'quoted", "5", "甲", "-1e3", ""] { #expect(CSVWriter.cell(plain) == plain) }
        #expect(CSVWriter.cell("a\"b,c") == "\"a\"\"b,c\"")
        #expect(CSVWriter.cell("sep=;") == "\"sep=;\"")
        #expect(CSVWriter.cell(" a") == "\" a\"")
        #expect(CSVWriter.cell("a;b", separator: ";") == "\"a;b\"")
        #expect(CSVWriter.cell("a\r\nb") == "\"a\r\nb\"")
        var writer = CSVWriter()
        writer.write(["名稱", "=1"])
        #expect(writer.bytes == Array("\u{FEFF}名稱,'=1\r\n".utf8))
    }

    @Test("What is written is read again, with and without guards", arguments: [1, 2, 3, 4])
    func roundTrip(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<400 {
            let table = (0..<random.below(5) + 1).map { _ in
                (0..<random.below(4) + 1).map { _ in random.text(10).filter { $0 != "\u{0}" } }
            }
            let separator = random.pick([",", ";", "\t"] as [Character])
            var writer = CSVWriter(marked: random.below(2) == 0, separator: separator)
            for row in table { writer.write(row) }
            let content = try CSVReader.read(writer.bytes, options: .init(separator: separator, removesGuards: true))
            // Empty cells hold nothing, so ends of rows may go.
            let expected = Grid(table)
            #expect(content.grid == expected, "\(table)")
        }
    }

    @Test("Agrees with a simple reader of characters", arguments: [1, 2, 3, 4])
    func oracle(_ seed: UInt64) {
        var random = Seeded(seed)
        let letters: [Character] = ["a", "甲", ",", "\"", "\n", "\r", "\r\n", " ", "\"", ","]
        for _ in 0..<6_000 {
            let text = String((0..<random.below(14)).map { _ in random.pick(letters) })
            let read = try? CSVReader.read(Array(text.utf8), options: .init(separator: ",")).grid
            #expect(read == Oracle.read(text).map { Grid($0) }, "\(text.debugDescription)")
        }
    }

    /// A reader with one state and one character at a time; nil for quotes that do not match.
    private enum Oracle {
        enum State { case start, plain, quoted, closed }

        static func read(_ text: String) -> [[String]]? {
            var (rows, row, cell, state): ([[String]], [String], String, State) = ([], [], "", .start)
            for scalar in String(text.replacing("\r\n", with: "\u{1}")).unicodeScalars {
                // Within quotes both characters of a line's end come back.
                if state == .quoted {
                    if scalar == "\"" { state = .closed } else { cell += scalar == "\u{1}" ? "\r\n" : String(scalar) }
                    continue
                }
                switch scalar {
                case ",":
                    row.append(cell)
                    (cell, state) = ("", .start)
                case "\n", "\r", "\u{1}":
                    rows.append(row + [cell])
                    (row, cell, state) = ([], "", .start)
                case "\"":
                    switch state {
                    case .start: state = .quoted
                    case .closed:
                        cell += "\""
                        state = .quoted
                    default: cell += "\""
                    }
                default:
                    if state == .closed { return nil }
                    cell += String(scalar)
                    state = .plain
                }
            }
            return state == .quoted ? nil : rows + [row + [cell]]
        }
    }
}
