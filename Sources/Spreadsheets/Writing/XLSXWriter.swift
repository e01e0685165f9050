internal import CXLSXWriter
internal import Glibc

/// Writes workbooks through libxlsxwriter, into a file that is in memory only.
struct XLSXWriter {
    let library: cxlsx_functions
    let book: UnsafeMutablePointer<lxw_workbook>
    private var formats: [CellFormat: UnsafeMutablePointer<lxw_format>] = [:]
    /// Lists of choices that are too long to stand in a cell's rule, each once.
    private var longChoices: [[String]] = []

    static func write(_ workbook: Workbook) throws(SpreadsheetError) -> [UInt8] {
        let library = try XLSXLibrary.functions()
        guard workbook.sheets.contains(where: { !$0.isHidden }) else {
            throw SpreadsheetError(.unwritable, reason: "a workbook needs a sheet that people see", remedy: "give it one")
        }
        let file = cxlsx_memory_file()
        guard file >= 0 else { throw Self.unavailable("no file in memory could be made (error \(errno))") }
        defer { close(file) }
        var options = lxw_workbook_options()
        guard let book = library.workbook_new_opt("/proc/self/fd/\(file)", &options) else {
            throw Self.unavailable("there is no memory for a workbook")
        }
        var writer = XLSXWriter(library: library, book: book)
        do throws(SpreadsheetError) {
            try writer.fill(workbook)
        } catch {
            library.lxw_workbook_free(book)
            throw error
        }
        let status = library.workbook_close(book)
        guard status == LXW_NO_ERROR else {
            throw Self.unavailable(library.lxw_strerror(status).map { String(cString: $0) } ?? "error \(status.rawValue)")
        }
        return try bytes(of: file)
    }

    private init(library: cxlsx_functions, book: UnsafeMutablePointer<lxw_workbook>) {
        (self.library, self.book) = (library, book)
    }

    private static func unavailable(_ reason: String) -> SpreadsheetError {
        SpreadsheetError(
            .unavailable, reason: "the workbook could not be written: \(reason)",
            remedy: "see that /tmp can be written and /proc is there, or export CSV")
    }

    private static func bytes(of file: Int32) throws(SpreadsheetError) -> [UInt8] {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw unavailable("error \(errno)") }
        let size = Int(status.st_size)
        var offset = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while offset < size, let base = buffer.baseAddress {
                let read = pread(file, base + offset, size - offset, off_t(offset))
                if read < 0, errno == EINTR { continue }
                guard read > 0 else { break }
                offset += read
            }
            count = offset
        }
        guard bytes.count == size, size > 0 else { throw unavailable("what was written cannot be read again") }
        return bytes
    }

    private mutating func fill(_ workbook: Workbook) throws(SpreadsheetError) {
        try set(workbook.properties)
        let hasMetadata = !workbook.metadata.isEmpty
        longChoices = Self.longChoices(workbook.sheets)
        // The names of our own sheets come first, so that no other gets them.
        let own = [Workbook.metadataSheet, Workbook.choicesSheet]
        let names = SheetNames.valid(own + workbook.sheets.map(\.name)).dropFirst(own.count)
        var isActive = false
        for (sheet, name) in zip(workbook.sheets, names) {
            do throws(SpreadsheetError) {
                let page = try addSheet(name)
                var writer = SheetWriter(book: self, page: page, sheet: sheet, layout: try SheetLayout(sheet))
                try writer.write()
                self = writer.book
                if sheet.isHidden {
                    library.worksheet_hide(page)
                } else if !isActive {
                    library.worksheet_activate(page)
                    library.worksheet_set_first_sheet(page)
                    isActive = true
                }
            } catch {
                throw error.inSheet(name)
            }
        }
        if hasMetadata { try addHidden(Workbook.metadataSheet, workbook.metadata.map { [$0.name, $0.value] }) }
        if !longChoices.isEmpty {
            let longest = longChoices.map(\.count).max() ?? 0
            try addHidden(
                Workbook.choicesSheet, (0..<longest).map { row in longChoices.map { row < $0.count ? $0[row] : "" } })
        }
    }

    private func set(_ properties: Workbook.Properties) throws(SpreadsheetError) {
        let texts = [properties.title, properties.subject, properties.author, properties.company, properties.comments]
        let copies = texts.map { strdup(ExcelText.escaped($0)) }
        defer { copies.forEach { free($0) } }
        var values = lxw_doc_properties()
        (values.title, values.subject, values.author, values.company, values.comments) =
            (copies[0], copies[1], copies[2], copies[3], copies[4])
        values.created = time_t(properties.created)
        try check(library.workbook_set_properties(book, &values), at: nil)
    }

    private func addSheet(_ name: String) throws(SpreadsheetError) -> UnsafeMutablePointer<lxw_worksheet> {
        guard let page = library.workbook_add_worksheet(book, name) else {
            throw SpreadsheetError(
                .unwritable, sheet: name, reason: "the sheet's name is refused", remedy: "give it another name")
        }
        return page
    }

    private mutating func addHidden(_ name: String, _ rows: [[String]]) throws(SpreadsheetError) {
        let page = try addSheet(name)
        for (row, texts) in rows.enumerated() {
            for (column, text) in texts.enumerated() where !text.isEmpty {
                let address = CellAddress(row: row, column: column)
                do throws(SpreadsheetError) {
                    try writeText(page, address, text, .plain)
                } catch {
                    throw error.inSheet(name)
                }
            }
        }
        var options = lxw_protection()
        library.worksheet_protect(page, nil, &options)
        library.worksheet_hide(page)
    }

    func check(_ status: lxw_error, at cell: CellAddress?) throws(SpreadsheetError) {
        guard status != LXW_NO_ERROR else { return }
        let reason = library.lxw_strerror(status).map { String(cString: $0) } ?? "error \(status.rawValue)"
        throw SpreadsheetError(.unwritable, cell: cell, reason: reason, remedy: "shorten or change what is to be written there")
    }

    mutating func format(_ wanted: CellFormat) throws(SpreadsheetError) -> UnsafeMutablePointer<lxw_format> {
        if let made = formats[wanted] { return made }
        guard let made = library.workbook_add_format(book) else { throw Self.unavailable("there is no memory for a format") }
        wanted.apply(to: made, library)
        formats[wanted] = made
        return made
    }

    mutating func writeText(
        _ page: UnsafeMutablePointer<lxw_worksheet>, _ cell: CellAddress, _ text: String, _ look: CellFormat
    ) throws(SpreadsheetError) {
        let format = try format(look)
        let escaped = try ExcelText.checked(text, at: cell)
        try check(library.worksheet_write_string(page, UInt32(cell.row), UInt16(cell.column), escaped, format), at: cell)
    }

    /// The column of the hidden sheet that a list of choices is in; nil when it may stand in the rule itself.
    func choicesColumn(_ choices: [String]) -> Int? { longChoices.firstIndex(of: choices) }

    /// Excel takes 255 characters of choices with commas between, so none of them may hold one.
    private static func longChoices(_ sheets: [Workbook.Sheet]) -> [[String]] {
        var found: [[String]] = []
        for choices in sheets.flatMap(\.columns).map(\.choices) where !choices.isEmpty && !found.contains(choices) {
            let isShort = choices.joined(separator: ",").utf16.count <= 255
            if !isShort
                || choices.contains(where: { $0.contains(",") || $0.contains("\"") || $0.hasPrefix("=") || $0.hasPrefix(" ") })
            {
                found.append(choices)
            }
        }
        return found
    }
}

/// Texts as a workbook holds them.
enum ExcelText {
    /// Excel's longest text of a cell.
    static let longest = 32_767

    /// Characters that XML cannot hold, or would change, as `_x0007_`, and texts that look like that already with their underscore so written.
    static func escaped(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(where: { $0 < 0x20 || $0 == 0x5F || $0 == 0xEF }) else { return text }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 16)
        for (index, byte) in bytes.enumerated() {
            if byte < 0x20, byte != 0x09, byte != 0x0A {
                out += Array("_x00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16, uppercase: true))_".utf8)
            } else if byte == 0x5F, escape(bytes, at: index) != nil {
                out += Array("_x005F_".utf8)
            } else if byte == 0xEF, index + 2 < bytes.count, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE {
                // U+FFFE and U+FFFF: their other two bytes are passed over below.
                out += Array(bytes[index + 2] == 0xBE ? "_xFFFE_".utf8 : "_xFFFF_".utf8)
            } else if index >= 1, bytes[index - 1] == 0xEF, byte == 0xBF, index + 1 < bytes.count, bytes[index + 1] >= 0xBE {
                continue
            } else if index >= 2, bytes[index - 2] == 0xEF, bytes[index - 1] == 0xBF, byte >= 0xBE {
                continue
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    static func checked(_ text: String, at cell: CellAddress) throws(SpreadsheetError) -> String {
        let escaped = escaped(text)
        guard escaped.utf16.count <= longest else {
            throw SpreadsheetError(
                .unwritable, cell: cell, reason: "the text has more than \(longest) characters, which no cell can hold",
                remedy: "shorten it, or export CSV")
        }
        return escaped
    }
}
