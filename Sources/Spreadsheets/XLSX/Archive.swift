internal import CMinizip

/// The parts of a workbook's ZIP archive, read from memory. Nothing is ever written to a disk, so names are only looked up; names that try
/// to be paths elsewhere are refused all the same.
final class Archive {
    /// Where a part is and how large it says it is.
    private struct Entry {
        var position: unz64_file_pos
        var packed: Int
        var unpacked: Int
    }

    private let file: unzFile
    private let source: ArchiveBytes
    private let limits: SpreadsheetLimits
    private var entries: [String: Entry] = [:]
    private var unpackedBytes = 0

    /// Opens an archive and checks its table of contents.
    init(_ bytes: [UInt8], limits: SpreadsheetLimits) throws(SpreadsheetError) {
        source = ArchiveBytes(bytes)
        self.limits = limits
        var functions = ArchiveBytes.functions(source)
        guard let file = unzOpen2_64("memory", &functions) else {
            throw Self.damaged("the archive has no table of contents; it is cut off or damaged")
        }
        self.file = file
        try readEntries()
    }

    deinit { unzClose(file) }

    private static func damaged(_ reason: String) -> SpreadsheetError {
        SpreadsheetError(.badArchive, reason: reason, remedy: "open the file in a spreadsheet program and save it again as .xlsx")
    }

    private func readEntries() throws(SpreadsheetError) {
        var global = unz_global_info64()
        guard unzGetGlobalInfo64(file, &global) == UNZ_OK else {
            throw Self.damaged("the archive's table of contents is damaged")
        }
        guard global.number_entry <= UInt64(limits.entries) else {
            throw Self.tooLarge("the archive has \(global.number_entry) entries; at most \(limits.entries) are read")
        }
        guard global.number_entry > 0 else { throw Self.damaged("the archive is empty") }
        var status = unzGoToFirstFile(file)
        for _ in 0..<Int(global.number_entry) {
            guard status == UNZ_OK else { throw Self.damaged("the archive's table of contents is damaged") }
            try readEntry()
            status = unzGoToNextFile(file)
        }
    }

    private func readEntry() throws(SpreadsheetError) {
        var information = unz_file_info64()
        var name = [CChar](repeating: 0, count: 512)
        guard unzGetCurrentFileInfo64(file, &information, &name, UInt(name.count), nil, 0, nil, 0) == UNZ_OK else {
            throw Self.damaged("an entry of the archive is damaged")
        }
        guard information.size_filename < name.count else {
            throw Self.damaged("an entry of the archive has a name of 512 bytes or more")
        }
        let raw = name.prefix(Int(information.size_filename)).map { UInt8(bitPattern: $0) }
        guard let key = Self.key(raw) else {
            throw Self.damaged("an entry of the archive has a name that no part of a workbook can have")
        }
        guard !key.isEmpty, !key.hasSuffix("/") else { return }
        guard information.flag & 1 == 0 else {
            throw SpreadsheetError(
                .badArchive, reason: "the archive's entries are encrypted", remedy: "save the workbook without a password")
        }
        guard information.compression_method == 0 || information.compression_method == 8 else {
            throw Self.damaged("an entry is packed by method \(information.compression_method), which workbooks do not use")
        }
        guard let packed = Int(exactly: information.compressed_size), let unpacked = Int(exactly: information.uncompressed_size),
            packed <= source.bytes.count
        else { throw Self.damaged("an entry of the archive says a size it cannot have") }
        var position = unz64_file_pos()
        guard unzGetFilePos64(file, &position) == UNZ_OK else { throw Self.damaged("an entry of the archive is damaged") }
        guard entries.updateValue(Entry(position: position, packed: packed, unpacked: unpacked), forKey: key) == nil else {
            throw Self.damaged("two entries of the archive have one name")
        }
    }

    /// A part's name as it is compared: without a leading slash, in lower case (ECMA-376 part 2 compares names without case). Some programs
    /// write backslashes. Nil for names that climb out, start with a drive, or are no text.
    private static func key(_ raw: [UInt8]) -> String? {
        guard raw.allSatisfy({ $0 >= 0x20 && $0 != 0x3A && $0 != 0x7F }), var name = String(validating: raw, as: UTF8.self) else {
            return nil
        }
        name = name.replacing("\\", with: "/").lowercased()
        guard !name.hasPrefix("/") else { return nil }
        guard !name.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == ".." || $0 == "." }) else {
            return nil
        }
        return name
    }

    private static func tooLarge(_ reason: String) -> SpreadsheetError {
        SpreadsheetError(.tooLarge, reason: reason, remedy: "split the workbook, or remove what is not needed for the import")
    }

    /// Whether there is such a part.
    func has(_ name: String) -> Bool { entries[name.lowercased()] != nil }

    /// Unpacks a part in pieces.
    ///
    /// - Parameters:
    ///   - name: the part's name, without a leading slash.
    ///   - sink: takes each piece.
    /// - Returns: false when there is no such part.
    /// - Throws: `SpreadsheetError` when it is damaged or beyond a limit, and what the sink throws.
    func read(_ name: String, into sink: any ArchiveSink) throws(SpreadsheetError) -> Bool {
        guard var entry = entries[name.lowercased()] else { return false }
        try check(entry, name)
        guard unzGoToFilePos64(file, &entry.position) == UNZ_OK, unzOpenCurrentFile(file) == UNZ_OK else {
            throw Self.damaged("\(name) cannot be opened")
        }
        var isOpen = true
        defer { if isOpen { unzCloseCurrentFile(file) } }
        var total = 0
        while true {
            let room = try sink.room(Self.piece)
            let count = Int(unzReadCurrentFile(file, room, UInt32(Self.piece)))
            guard count >= 0 else { throw Self.damaged("\(name) is damaged") }
            total += count
            guard total <= entry.unpacked else { throw Self.damaged("\(name) is larger than the archive says") }
            try sink.took(count, isLast: count == 0)
            if count == 0 { break }
        }
        guard total == entry.unpacked else { throw Self.damaged("\(name) is smaller than the archive says") }
        isOpen = false
        guard unzCloseCurrentFile(file) == UNZ_OK else { throw Self.damaged("\(name) is damaged (its checksum differs)") }
        return true
    }

    private static let piece = 1 << 18

    private func check(_ entry: Entry, _ name: String) throws(SpreadsheetError) {
        guard entry.unpacked <= limits.partBytes else {
            throw Self.tooLarge("\(name) unpacks to \(entry.unpacked) bytes; at most \(limits.partBytes) are read")
        }
        guard entry.unpacked <= 1 << 20 || entry.unpacked / max(1, entry.packed) <= limits.growth else {
            throw Self.tooLarge("\(name) grows to more than \(limits.growth) times its size")
        }
        unpackedBytes += entry.unpacked
        guard unpackedBytes <= limits.unpackedBytes else {
            throw Self.tooLarge("the workbook unpacks to more than \(limits.unpackedBytes) bytes")
        }
    }
}

/// What takes an unpacked part, piece by piece, without a copy between.
protocol ArchiveSink: AnyObject {
    /// Room for so many bytes.
    func room(_ count: Int) throws(SpreadsheetError) -> UnsafeMutableRawPointer
    /// So many were written there.
    func took(_ count: Int, isLast: Bool) throws(SpreadsheetError)
}

/// The bytes of an archive as minizip reads a file.
private final class ArchiveBytes {
    let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// minizip calls these with the object as its opaque pointer; the archive keeps the object for as long as the file is open.
    static func functions(_ object: ArchiveBytes) -> zlib_filefunc64_def {
        var functions = zlib_filefunc64_def()
        functions.opaque = Unmanaged.passUnretained(object).toOpaque()
        functions.zopen64_file = { opaque, _, _ in opaque }
        functions.zread_file = { _, stream, buffer, size in ArchiveBytes.of(stream).read(buffer, size) }
        functions.zwrite_file = { _, _, _, _ in 0 }
        functions.ztell64_file = { _, stream in UInt64(ArchiveBytes.of(stream).offset) }
        functions.zseek64_file = { _, stream, offset, origin in ArchiveBytes.of(stream).seek(offset, origin) }
        functions.zclose_file = { _, _ in 0 }
        functions.zerror_file = { _, _ in 0 }
        return functions
    }

    private static func of(_ stream: UnsafeMutableRawPointer?) -> ArchiveBytes {
        guard let stream else { return ArchiveBytes([]) }
        return Unmanaged<ArchiveBytes>.fromOpaque(stream).takeUnretainedValue()
    }

    private func read(_ buffer: UnsafeMutableRawPointer?, _ size: UInt) -> UInt {
        guard let buffer else { return 0 }
        let count = min(Int(clamping: size), bytes.count - offset)
        guard count > 0 else { return 0 }
        bytes.withUnsafeBytes { all in
            UnsafeMutableRawBufferPointer(start: buffer, count: count).copyMemory(
                from: .init(rebasing: all[offset..<offset + count]))
        }
        offset += count
        return UInt(count)
    }

    private func seek(_ distance: UInt64, _ origin: Int32) -> Int {
        let base =
            switch origin {
            case ZLIB_FILEFUNC_SEEK_CUR: offset
            case ZLIB_FILEFUNC_SEEK_END: bytes.count
            default: 0
            }
        // Distances are unsigned in minizip's interface, also those that go back.
        let (target, overflow) = base.addingReportingOverflow(Int(truncatingIfNeeded: distance))
        guard !overflow, target >= 0, target <= bytes.count else { return -1 }
        offset = target
        return 0
    }
}
