internal import Glibc

/// Bytes to be found, exactly or with ASCII letters in either case.
///
/// Looks for the two neighbouring bytes that should be rarest in logs, eight places a step, and compares the rest only where both stand: with
/// one byte alone a search for hexadecimal digits would stop every few bytes. Measured faster than decompression gives new bytes.
struct Needle: Sendable {
    let bytes: [UInt8]
    private let isFolded: Bool
    /// Where the first of the two bytes lies, and how far the second from it.
    private let place: Int
    private let step: Int
    /// The two bytes eight times, and 0x20 eight times where they are letters to be folded.
    private let wanted: (UInt64, UInt64)
    private let fold: (UInt64, UInt64)

    /// `isFolded`: ASCII letters of the bytes, which must be lower case then, stand for both cases.
    init(_ bytes: [UInt8], isFolded: Bool) {
        self.bytes = bytes
        self.isFolded = isFolded
        step = bytes.count > 1 ? 1 : 0
        var best = (place: 0, rank: -1)
        for place in 0..<max(bytes.count - step, 0) {
            let rank = Self.rank(bytes[place]) + Self.rank(bytes[place + step])
            if rank > best.rank { best = (place, rank) }
        }
        place = best.place
        let pair = bytes.isEmpty ? (0, 0) : (bytes[best.place], bytes[best.place + step])
        let ones: UInt64 = 0x0101_0101_0101_0101
        wanted = (UInt64(pair.0) &* ones, UInt64(pair.1) &* ones)
        fold = (
            isFolded && pair.0 &- 0x61 < 26 ? 0x20 &* ones : 0, isFolded && pair.1 &- 0x61 < 26 ? 0x20 &* ones : 0
        )
    }

    /// How rare a byte is in logs, roughly, by where it stands in this list.
    private static let ranks: [UInt8] = {
        var ranks = [UInt8](repeating: 50, count: 256)
        for (rank, byte) in "\" :,-0123eatsinro.4567l8d9cu=p_mfghb/ywvkxjqz".utf8.enumerated() { ranks[Int(byte)] = UInt8(rank) }
        // The second and third byte of a Chinese character say more than the first.
        for byte in 0x80...0xBF { ranks[byte] = 60 }
        for byte in 0xC0...0xFF { ranks[byte] = 20 }
        return ranks
    }()

    private static func rank(_ byte: UInt8) -> Int { Int(ranks[Int(byte)]) }

    /// The first place at or after an offset where the bytes stand; nothing is found of an empty needle.
    func find(_ text: UnsafeRawBufferPointer, from: Int) -> Int? {
        let last = text.count - bytes.count
        guard !bytes.isEmpty, from <= last else { return nil }
        if bytes.count == 1, !isFolded || fold.0 == 0, let base = text.baseAddress {
            return memchr(base + from, Int32(bytes[0]), text.count - from).map { UnsafeRawPointer($0) - base }
        }
        return bytes.withUnsafeBytes { needle in
            let ones: UInt64 = 0x0101_0101_0101_0101
            // The first byte of the pair lies at `place...last + place`, all before `end`; the second one further at most, for place + step is
            // a place of the needle: so what is loaded from `at` ends at `end`, from `at + step` at `end + step` <= `text.count`.
            var at = from + place
            let end = last + place + 1
            // Whole vectors first, 32 places a step: the compiler's masks are compared as numbers, for asking a mask itself is slow.
            let (first, second) = (
                SIMD16(repeating: UInt8(truncatingIfNeeded: wanted.0)), SIMD16(repeating: UInt8(truncatingIfNeeded: wanted.1))
            )
            let (low, high) = (
                SIMD16(repeating: UInt8(truncatingIfNeeded: fold.0)), SIMD16(repeating: UInt8(truncatingIfNeeded: fold.1))
            )
            while at + 32 <= end {
                let left = Self.marks(text, at, step, first, second, low, high)
                let right = Self.marks(text, at + 16, step, first, second, low, high)
                let both = left | right
                if both[0] | both[1] != 0 {
                    for start in at - place..<at - place + 32 where isEqual(text, start, needle) { return start }
                }
                at += 32
            }
            while at + 8 <= end {
                let first = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                let second = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: at + step, as: UInt64.self))
                let word = ((first | fold.0) ^ wanted.0) | ((second | fold.1) ^ wanted.1)
                var marks = ((word &- ones) & ~word) & 0x8080_8080_8080_8080
                while marks != 0 {
                    let start = at + marks.trailingZeroBitCount >> 3 - place
                    if isEqual(text, start, needle) { return start }
                    marks &= marks &- 1
                }
                at += 8
            }
            while at < end {
                if isEqual(text, at - place, needle) { return at - place }
                at += 1
            }
            return nil
        }
    }

    /// All bits of each of sixteen places where both bytes stand.
    @inline(__always)
    private static func marks(
        _ text: UnsafeRawBufferPointer, _ at: Int, _ step: Int, _ first: SIMD16<UInt8>, _ second: SIMD16<UInt8>,
        _ low: SIMD16<UInt8>,
        _ high: SIMD16<UInt8>
    ) -> SIMD2<UInt64> {
        let here = (text.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self) | low) .== first
        let next = (text.loadUnaligned(fromByteOffset: at + step, as: SIMD16<UInt8>.self) | high) .== second
        return unsafeBitCast(here .& next, to: SIMD2<UInt64>.self)
    }

    @inline(__always)
    private func isEqual(_ text: UnsafeRawBufferPointer, _ start: Int, _ needle: UnsafeRawBufferPointer) -> Bool {
        for place in 0..<needle.count {
            let byte = text[start + place]
            guard (isFolded && byte &- 0x41 < 26 ? byte | 0x20 : byte) == needle[place] else { return false }
        }
        return true
    }
}

/// A text to be found as a phrase: ASCII letters in either case, beginning and ending where words begin and end.
struct Phrase: Sendable {
    let needle: Needle
    /// Whether a letter must not stand right before or behind.
    private let isBoundAtStart: Bool
    private let isBoundAtEnd: Bool

    init(_ text: String) {
        needle = Needle(text.utf8.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, isFolded: true)
        (isBoundAtStart, isBoundAtEnd) = needle.bytes.withUnsafeBytes {
            (Scalars.kind($0, at: 0) == .letter, Scalars.kind($0, before: $0.count) == .letter)
        }
    }

    static func hasWord(_ text: String) -> Bool { text.unicodeScalars.contains { Scalars.kind($0.value) != .separator } }

    /// Whether the phrase stands in a text.
    func occurs(in text: UnsafeRawBufferPointer) -> Bool {
        var from = 0
        while let start = needle.find(text, from: from) {
            if !isBoundAtStart || Scalars.kind(text, before: start) != .letter,
                !isBoundAtEnd || Scalars.kind(text, at: start + needle.bytes.count) != .letter
            {
                return true
            }
            from = start + 1
        }
        return false
    }
}
