/// Rows of fields between commas, with quotes where a field needs them (RFC 4180). This room stands below the one that reads spreadsheets.
enum CommaSeparated {
    /// The rows, without empty ones; nil when it is no UTF-8, a quote does not end, something follows one, or there are more rows.
    static func rows(_ bytes: [UInt8], limit: Int) -> [[String]]? {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var (rows, row, field): ([[String]], [String], [UInt8]) = ([], [], [])
        var (isQuoted, wasQuoted) = (false, false)
        func finishField() -> Bool {
            guard let text = String(validating: field, as: UTF8.self) else { return false }
            row.append(text)
            (field, wasQuoted) = ([], false)
            return true
        }
        func finishRow() -> Bool {
            let isEmpty = row.isEmpty && field.isEmpty && !wasQuoted
            guard isEmpty || finishField() else { return false }
            if !isEmpty { rows.append(row) }
            row = []
            return rows.count <= limit
        }
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isQuoted {
                guard byte == UInt8(ascii: "\"") else {
                    field.append(byte)
                    continue
                }
                if index < bytes.count, bytes[index] == byte {
                    field.append(byte)
                    index += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: ","): guard finishField() else { return nil }
            case UInt8(ascii: "\n"): guard finishRow() else { return nil }
            case UInt8(ascii: "\r"): guard index == bytes.count || bytes[index] == UInt8(ascii: "\n") else { return nil }
            case UInt8(ascii: "\""):
                guard field.isEmpty, !wasQuoted else { return nil }
                (isQuoted, wasQuoted) = (true, true)
            default:
                guard !wasQuoted else { return nil }
                field.append(byte)
            }
        }
        guard !isQuoted, finishRow() else { return nil }
        return rows
    }
}
