/// Keyed hash of short byte strings for index and bloom: quick and even, no proof of anything. The key is of the log, so that who writes
/// records cannot choose words that fall together.
struct TokenHash {
    let seed: UInt64

    init(logID: [UInt8]) { seed = logID.count >= 8 ? logID.number(UInt64.self, at: 0) | 1 : 1 }

    @inline(__always)
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// The hash of a part of a text. `fold` is or-ed into each byte: 0x20 in all of them makes ASCII letters of both cases equal (and some
    /// other bytes too, which only makes two words one candidate). Eight bytes a step: a word is one or two steps.
    @inline(__always)
    func callAsFunction(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, fold: UInt64, salt: UInt64 = 0) -> UInt64 {
        var hash = seed ^ (UInt64(truncatingIfNeeded: end - start) &+ salt) &* 0x9E37_79B9_7F4A_7C15
        var at = start
        while end - at >= 8 {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            hash = Self.mix(hash ^ (word | fold), 0xE703_7ED1_A0B4_28DB)
            at += 8
        }
        if at < end { hash = Self.mix(hash ^ Self.tail(text, at, end, fold), 0xE703_7ED1_A0B4_28DB) }
        // Never 0, which marks an empty place of a table.
        return max(Self.mix(hash ^ 0x8EBC_6AF0_9C88_C6E3, 0x5895_6599_9C4D_0E4D), 1)
    }

    /// The last one to seven bytes as a number; reads eight bytes at once where eight bytes of the text are there.
    @inline(__always)
    private static func tail(_ text: UnsafeRawBufferPointer, _ at: Int, _ end: Int, _ fold: UInt64) -> UInt64 {
        let bits = UInt64(truncatingIfNeeded: 8 * (end - at))
        let mask = (1 as UInt64) << bits &- 1
        if at + 8 <= text.count {
            return (UInt64(littleEndian: text.loadUnaligned(fromByteOffset: at, as: UInt64.self)) | fold) & mask
        }
        if end >= 8 {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self))
            return (word >> (64 - bits) | fold) & mask
        }
        var word: UInt64 = 0
        for place in (at..<end).reversed() { word = word << 8 | UInt64(text[place]) }
        return (word | fold) & mask
    }

    func callAsFunction(_ bytes: [UInt8], fold: UInt64 = 0, salt: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBytes { self($0, 0, $0.count, fold: fold, salt: salt) }
    }

    /// Two ideographs that stand side by side.
    @inline(__always)
    func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
        max(Self.mix(seed ^ UInt64(first) << 32 ^ UInt64(second), 0xA076_1D64_78BD_642F), 1)
    }
}

/// Cuts text into words (runs of letters and digits) and pairs of ideographs.
enum Words {
    /// ASCII letters in both cases are one.
    static let fold: UInt64 = 0x2020_2020_2020_2020

    /// Calls with every word's bounds, in order, and every pair of ideographs that stand side by side.
    @inline(__always)
    static func forEach(
        _ text: UnsafeRawBufferPointer, word: (_ start: Int, _ end: Int) -> Void,
        pair: (_ first: UInt32, _ second: UInt32) -> Void
    ) {
        if Scalars.isASCII(text) { ascii(text, word) } else { general(text, word, pair) }
    }

    /// A set bit in the top of each byte that is an ASCII letter or digit; the bytes must be below 0x80, so that no sum carries over.
    @inline(__always)
    private static func marks(_ bytes: UInt64) -> UInt64 {
        let lower = bytes | fold
        let letters = (lower &+ 0x1F1F_1F1F_1F1F_1F1F) ^ (lower &+ 0x0505_0505_0505_0505)
        let digits = (bytes &+ 0x5050_5050_5050_5050) ^ (bytes &+ 0x4646_4646_4646_4646)
        return (letters | digits) & 0x8080_8080_8080_8080
    }

    /// One bit for each of up to 64 bytes from an offset: whether it is a letter or digit.
    @inline(__always)
    static func window(_ text: UnsafeRawBufferPointer, _ from: Int, _ count: Int) -> UInt64 {
        var bits: UInt64 = 0
        var done = 0
        while done + 8 <= count {
            let marks = marks(UInt64(littleEndian: text.loadUnaligned(fromByteOffset: from + done, as: UInt64.self)))
            // Gathers the eight marks in one byte.
            bits |= (((marks >> 7) &* 0x0102_0408_1020_4080) >> 56) << UInt64(truncatingIfNeeded: done)
            done += 8
        }
        while done < count {
            bits |= (Scalars.isWord(text[from + done]) ? 1 : 0) << UInt64(truncatingIfNeeded: done)
            done += 1
        }
        return bits
    }

    /// Text without a byte beyond ASCII: 64 bytes a step become one number, whose changes from 0 to 1 and back are the words.
    @inline(__always)
    private static func ascii(_ text: UnsafeRawBufferPointer, _ word: (Int, Int) -> Void) {
        var from = 0
        var start = -1
        while from < text.count {
            let count = min(64, text.count - from)
            var bits = window(text, from, count)
            if start >= 0 { bits = ~bits }
            var place = 0
            // While outside of a word the lowest set bit begins one; inside, of the inverted number, it ends one.
            while bits != 0 {
                let step = bits.trailingZeroBitCount
                place = step
                guard place < count else { break }
                if start < 0 {
                    start = from + place
                } else {
                    word(start, from + place)
                    start = -1
                }
                bits = ~bits & (UInt64.max << UInt64(truncatingIfNeeded: place))
            }
            from += count
        }
        if start >= 0 { word(start, text.count) }
    }

    /// Any text.
    @inline(__always)
    private static func general(_ text: UnsafeRawBufferPointer, _ word: (Int, Int) -> Void, _ pair: (UInt32, UInt32) -> Void) {
        var at = 0
        var start = -1
        var ideograph: UInt32 = 0
        while at < text.count {
            let scalar = Scalars.decode(text, at: at)
            let kind = scalar.map { Scalars.kind($0.value) } ?? .separator
            if kind == .letter {
                if start < 0 { start = at }
            } else if start >= 0 {
                word(start, at)
                start = -1
            }
            if kind == .ideograph, let scalar {
                if ideograph != 0 { pair(ideograph, scalar.value) }
                ideograph = scalar.value
            } else {
                ideograph = 0
            }
            at += scalar?.length ?? 1
        }
        if start >= 0 { word(start, text.count) }
    }
}

/// What is put into the index for a word, and what a word that is asked for needs to be there.
///
/// Numbers that count up, times and random identifiers of many parts would fill the index with words that occur once. So of long numbers only
/// the leading digits count, and some words are left out where they stand, for a mark that says so; then the mark makes a block a candidate.
struct WordTokens {
    /// Words that may be left out, by form.
    enum Mark: UInt64 {
        /// Six or nine digits: the fraction of a time.
        case sixDigits = 1
        case nineDigits = 2
        /// Four or eight hexadecimal digits, a letter among them: a part of a UUID.
        case fourHex = 3
        case eightHex = 4
    }

    let hash: TokenHash
    /// Words that begin before this offset are parts of a UUID.
    private var identifierEnd = 0

    init(_ hash: TokenHash) { self.hash = hash }

    /// To be called before each text.
    @inline(__always)
    mutating func begin() { identifierEnd = 0 }

    private func token(_ mark: Mark) -> UInt64 { max(TokenHash.mix(hash.seed ^ mark.rawValue, 0xD6E8_FEB8_6659_FD93), 1) }

    /// What to put into the index for a word of a text; nil for a word that is never there.
    @inline(__always)
    mutating func indexed(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UInt64? {
        let length = end - start
        if start < identifierEnd, Self.mark(text, start, end) == .fourHex { return token(.fourHex) }
        if length == 8, end + 28 <= text.count, text[end] == UInt8(ascii: "-"), Self.isIdentifier(text, start) {
            identifierEnd = start + 36
            if Self.mark(text, start, end) == .eightHex { return token(.eightHex) }
        }
        guard Scalars.isDigit(text[start]) else { return hash(text, start, end, fold: Words.fold) }
        if length == 6 || length == 9, Self.isFraction(text, start), let mark = Self.mark(text, start, end) { return token(mark) }
        return number(text, start, end)
    }

    /// One of these is in the index where the word is; nil when the index cannot know.
    func needed(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> [UInt64]? {
        guard let full = number(text, start, end) else { return nil }
        guard let mark = Self.mark(text, start, end) else { return [full] }
        return [full, token(mark)]
    }

    /// The token of a word that may begin with a digit; nil for a fraction of a second with a Z behind it.
    @inline(__always)
    private func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UInt64? {
        let length = end - start
        guard length > 3, Scalars.isDigit(text[start]) else { return hash(text, start, end, fold: Words.fold) }
        var digits = start + 1
        while digits < end, Scalars.isDigit(text[digits]) { digits += 1 }
        if digits == end - 1, text[digits] | 0x20 == UInt8(ascii: "z") { return nil }
        guard digits == end, length >= 6 else { return hash(text, start, end, fold: Words.fold) }
        // Seconds, milliseconds, microseconds or nanoseconds since 1970 go by about a quarter of an hour, other numbers by hundreds (of six digits, by tens).
        let isTime = text[start] == UInt8(ascii: "1") && length >= 10 && length <= 19 && (length - 10) % 3 == 0
        return hash(
            text, start, start + (isTime ? 7 : max(length - 2, 5)), fold: 0, salt: UInt64(truncatingIfNeeded: length) << 8)
    }

    /// The form of a word by which it may have been left out.
    private static func mark(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Mark? {
        let length = end - start
        guard length == 4 || length == 6 || length == 8 || length == 9 else { return nil }
        var letters = 0
        for place in start..<end where !Scalars.isDigit(text[place]) {
            guard (text[place] | 0x20) &- 0x61 < 6 else { return nil }
            letters += 1
        }
        switch length {
        case 4: return letters > 0 ? .fourHex : nil
        case 8: return letters > 0 ? .eightHex : nil
        case 6: return letters == 0 ? .sixDigits : nil
        default: return letters == 0 ? .nineDigits : nil
        }
    }

    /// Whether digits stand behind `:SS.` or `:SS,`.
    @inline(__always)
    private static func isFraction(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        start >= 4 && (text[start - 1] == UInt8(ascii: ".") || text[start - 1] == UInt8(ascii: ","))
            && Scalars.isDigit(text[start - 2]) && Scalars.isDigit(text[start - 3]) && text[start - 4] == UInt8(ascii: ":")
    }

    /// Whether 36 bytes have the form of a UUID; the caller has seen that there are so many.
    static func isIdentifier(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        for place in 0..<36 {
            let byte = text[start + place]
            switch place {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
            default: guard Scalars.isDigit(byte) || (byte | 0x20) &- 0x61 < 6 else { return false }
            }
        }
        return true
    }
}

/// When the value of a field with many values gets a token of its own, besides its words.
enum ValueTokens {
    /// Whether it does: values that are one word are found by it, numbers, times and UUIDs by their words.
    @inline(__always)
    static func isNeeded(_ value: UnsafeRawBufferPointer) -> Bool {
        // Most values are one short word: seen in one step.
        if value.count - 1 < 64, value.count > 0, Scalars.isASCII(value),
            Words.window(value, 0, value.count) == UInt64.max >> UInt64(truncatingIfNeeded: 64 - value.count)
        {
            return false
        }
        return isNeededSlowly(value)
    }

    private static func isNeededSlowly(_ value: UnsafeRawBufferPointer) -> Bool {
        var (words, points, others) = (true, 0, false)
        for byte in value where !Scalars.isWord(byte) {
            words = false
            if byte == UInt8(ascii: ".") {
                points += 1
            } else if byte != UInt8(ascii: "-"), byte != UInt8(ascii: "+") {
                others = true
            }
        }
        if words { return value.isEmpty }
        let isNumber =
            !others && points <= 1 && value.allSatisfy { $0 < 0x3A || $0 | 0x20 == UInt8(ascii: "e") }
            && value.contains(where: Scalars.isDigit)
        let isIdentifier = value.count == 36 && WordTokens.isIdentifier(value, 0)
        return !isNumber && !isTime(value) && !isIdentifier
    }

    /// Whether it begins as `2026-11-20T15:` does.
    private static func isTime(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= 14 else { return false }
        for place in [0, 1, 2, 3, 5, 6, 8, 9, 11, 12] where !Scalars.isDigit(value[place]) { return false }
        return (value[4] == UInt8(ascii: "-") || value[4] == UInt8(ascii: "/")) && value[4] == value[7]
            && value[13] == UInt8(ascii: ":")
    }
}
