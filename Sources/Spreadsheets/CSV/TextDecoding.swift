internal import Glibc

/// In what encoding a text file was.
public enum TextEncoding: String, Sendable {
    /// UTF-8, with or without a mark.
    case utf8 = "utf-8"
    /// UTF-16, which starts with a mark.
    case utf16 = "utf-16"
    /// Big5 as Windows in Taiwan has it (code page 950).
    case big5
}

/// Turns the bytes of a text file into UTF-8, or says where they are none.
enum TextDecoding {
    /// The text as UTF-8 without a mark.
    ///
    /// A mark decides. Without one it is UTF-8 if it is valid UTF-8, else Big5 if all of it is valid Big5, else it is refused.
    static func decode(_ bytes: [UInt8]) throws(SpreadsheetError) -> (bytes: [UInt8], encoding: TextEncoding) {
        if bytes.starts(with: [0xFF, 0xFE]) { return (try utf16(bytes, isBig: false), .utf16) }
        if bytes.starts(with: [0xFE, 0xFF]) { return (try utf16(bytes, isBig: true), .utf16) }
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let bytes = isMarked ? Array(bytes.dropFirst(3)) : bytes
        let wrong: Int
        do {
            _ = try UTF8Span(validating: bytes.span)
            return (bytes, .utf8)
        } catch {
            wrong = error.byteOffsets.lowerBound
        }
        if isMarked { throw refusal(bytes, at: wrong, "is not valid UTF-8, although the file's mark says it is") }
        switch big5(bytes) {
        case .success(let text): return (text, .big5)
        case .failure(.noTable):
            throw SpreadsheetError(
                .unavailable, reason: "the file is not UTF-8, and this system cannot read Big5", remedy: "save the file as UTF-8")
        case .failure(.wrong(let offset)):
            throw refusal(bytes, at: max(wrong, offset), "is neither valid UTF-8 nor valid Big5")
        }
    }

    private static func refusal(_ bytes: [UInt8], at offset: Int, _ reason: String) -> SpreadsheetError {
        var (line, start) = (1, 0)
        for index in 0..<min(offset, bytes.count) where bytes[index] == 0x0A {
            line += 1
            start = index + 1
        }
        return SpreadsheetError(
            .badEncoding, place: TextPlace(line: line, column: offset - start + 1), reason: "the byte here \(reason)",
            remedy: "save the file as UTF-8")
    }

    private static func utf16(_ bytes: [UInt8], isBig: Bool) throws(SpreadsheetError) -> [UInt8] {
        guard bytes.count % 2 == 0 else { throw refusal(bytes, at: bytes.count - 1, "is half a character of UTF-16") }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 2
        func unit(_ at: Int) -> UInt32 {
            isBig ? UInt32(bytes[at]) << 8 | UInt32(bytes[at + 1]) : UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at])
        }
        while index < bytes.count {
            var scalar = unit(index)
            if scalar >= 0xD800, scalar < 0xDC00, index + 3 < bytes.count {
                let trail = unit(index + 2)
                if trail >= 0xDC00, trail < 0xE000 {
                    scalar = 0x10000 + ((scalar & 0x3FF) << 10 | trail & 0x3FF)
                    index += 2
                }
            }
            guard let valid = Unicode.Scalar(scalar) else { throw refusal(bytes, at: index, "is half a character of UTF-16") }
            out.append(contentsOf: UTF8.encode(valid) ?? UTF8.encodedReplacementCharacter)
            index += 2
        }
        return out
    }

    private enum Big5Failure: Error {
        case noTable
        case wrong(Int)
    }

    private static func big5(_ bytes: [UInt8]) -> Result<[UInt8], Big5Failure> {
        let converter = iconv_open("UTF-8", "CP950")
        guard let converter, Int(bitPattern: converter) != -1 else { return .failure(.noTable) }
        defer { iconv_close(converter) }
        var input = bytes.map { CChar(bitPattern: $0) }
        // Two bytes become three at most, one becomes one.
        var output = [CChar](repeating: 0, count: bytes.count * 3 / 2 + 16)
        let capacity = output.count
        return input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var (from, fromLeft) = (input.baseAddress, input.count)
                var (to, toLeft) = (output.baseAddress, capacity)
                let status = iconv(converter, &from, &fromLeft, &to, &toLeft)
                guard status != -1, fromLeft == 0 else { return .failure(.wrong(input.count - fromLeft)) }
                return .success(output[..<(capacity - toLeft)].map { UInt8(bitPattern: $0) })
            }
        }
    }
}
