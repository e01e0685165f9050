/// What a character is to the search.
enum TextClass {
    /// Neither letter nor digit: words end here.
    case separator
    /// A letter or digit of a script that parts words.
    case letter
    /// A character of a script that does not part words (Chinese, Japanese, Korean): found anywhere in a run.
    case ideograph
}

/// UTF-8 as it comes in records: well-formed or not. Every well-formed scalar is found at its place whatever stands before it, for its first
/// byte is never a later byte of another one; so reading forward and reading backward see the same scalars, and everything else separates.
enum Scalars {
    /// The scalar that begins at an offset inside the text, and its length; nil when there is none.
    @inline(__always)
    static func decode(_ text: UnsafeRawBufferPointer, at offset: Int) -> (value: UInt32, length: Int)? {
        let first = text[offset]
        if first < 0x80 { return (UInt32(first), 1) }
        let rest = text.count - offset
        guard first >= 0xC2, first <= 0xF4, rest >= 2 else { return nil }
        let second = text[offset + 1]
        guard second & 0xC0 == 0x80 else { return nil }
        var value = UInt32(second & 0x3F)
        if first < 0xE0 { return (UInt32(first & 0x1F) << 6 | value, 2) }
        guard rest >= 3, text[offset + 2] & 0xC0 == 0x80 else { return nil }
        value = value << 6 | UInt32(text[offset + 2] & 0x3F)
        if first < 0xF0 {
            value |= UInt32(first & 0x0F) << 12
            guard value >= 0x800, value & 0xF800 != 0xD800 else { return nil }
            return (value, 3)
        }
        guard rest >= 4, text[offset + 3] & 0xC0 == 0x80 else { return nil }
        value = UInt32(first & 0x07) << 18 | value << 6 | UInt32(text[offset + 3] & 0x3F)
        guard (0x1_0000...0x10_FFFF).contains(value) else { return nil }
        return (value, 4)
    }

    /// The scalar that ends right before an offset; nil when there is none.
    static func decode(_ text: UnsafeRawBufferPointer, before offset: Int) -> UInt32? {
        for length in 1...4 where offset >= length {
            let byte = text[offset - length]
            if byte & 0xC0 == 0x80 { continue }
            guard let scalar = decode(text, at: offset - length), scalar.length == length else { return nil }
            return scalar.value
        }
        return nil
    }

    /// Whether everything is well-formed, as `String(validating:)` has it.
    static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset < text.count {
            guard let scalar = decode(text, at: offset) else { return false }
            offset += scalar.length
        }
        return true
    }

    /// Whether no byte is beyond ASCII.
    @inline(__always)
    static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        var seen: UInt64 = 0
        while offset + 8 <= text.count {
            seen |= text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < text.count {
            seen |= UInt64(text[offset])
            offset += 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    /// Whether a byte is an ASCII letter or digit.
    @inline(__always)
    static func isWord(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 }

    /// Whether a byte is an ASCII digit.
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// What a scalar is to the search.
    static func kind(_ value: UInt32) -> TextClass {
        switch value {
        case 0..<0x80: isWord(UInt8(value)) ? .letter : .separator
        // Latin-1 signs, general punctuation to miscellaneous symbols, supplemental punctuation.
        case 0x80..<0xC0, 0xD7, 0xF7, 0x2000..<0x2C00, 0x2E00..<0x2E80: .separator
        case 0x3005...0x3007: .ideograph
        // CJK punctuation, vertical and small forms, fullwidth signs, byte order mark and specials, private use, pictographs.
        case 0x3000..<0x3040, 0xE000..<0xF900, 0xFE10..<0xFE70, 0xFEFF, 0xFF00..<0xFF10, 0xFF1A..<0xFF21, 0xFF3B..<0xFF41,
            0xFF5B..<0xFF66, 0xFFE0...0xFFFF, 0x1_F000..<0x2_0000, 0xE_0000...0x10_FFFF:
            .separator
        case 0x1100..<0x1200, 0x2E80..<0x3000, 0x3040..<0xA000, 0xA960..<0xA980, 0xAC00..<0xD800, 0xF900..<0xFB00,
            0xFF66..<0xFFE0,
            0x2_0000..<0x4_0000:
            .ideograph
        default: .letter
        }
    }

    /// What stands right before an offset; a separator at the beginning.
    static func kind(_ text: UnsafeRawBufferPointer, before offset: Int) -> TextClass {
        guard offset > 0 else { return .separator }
        let byte = text[offset - 1]
        if byte < 0x80 { return isWord(byte) ? .letter : .separator }
        return decode(text, before: offset).map { kind($0) } ?? .separator
    }

    /// What stands at an offset; a separator at the end.
    static func kind(_ text: UnsafeRawBufferPointer, at offset: Int) -> TextClass {
        guard offset < text.count else { return .separator }
        return decode(text, at: offset).map { kind($0.value) } ?? .separator
    }
}

extension UnsafeRawBufferPointer {
    /// A part of the buffer, with offsets of its own; the caller has checked the bounds.
    @inline(__always)
    func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[start..<end]) }
}
