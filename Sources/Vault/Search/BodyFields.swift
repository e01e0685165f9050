/// A named value found in the body of a record. The bytes are those of the body, or of the reader until it reads again.
struct BodyField {
    var name: UnsafeRawBufferPointer
    var value: UnsafeRawBufferPointer
    /// Whether the value is not written so in the body, because escapes were resolved.
    var isUnescaped: Bool
}

/// Reads named values from bodies: the members of a JSON object, names of nested objects joined with dots to depth 3; else `key=value` and
/// `key="quoted value"` pairs. Tolerant: what cannot be read ends or is passed over, and nothing is ever refused. One pass, no recursion, and
/// no memory beyond what it was made with: at most 64 values of at most 4,096 bytes with names of 1 to 63 bytes.
struct BodyFieldReader: ~Copyable {
    static let depthLimit = 3
    /// Names and unescaped values; an unescaped text is never longer than it was, so the longest record and its names always fit.
    private let arena = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Entries.recordLimit + 64 * (VaultRecord.nameLimit + 1) + VaultRecord.valueLimit, alignment: 8)
    private let found = UnsafeMutableBufferPointer<BodyField>.allocate(capacity: VaultRecord.fieldLimit)
    /// Names of the objects around, with a dot after each.
    private let path = UnsafeMutableRawBufferPointer.allocate(byteCount: VaultRecord.nameLimit + 1, alignment: 8)
    private var used = 0
    private var count = 0

    deinit {
        arena.deallocate()
        found.deallocate()
        path.deallocate()
    }

    /// The named values of a body, valid until the next call.
    mutating func read(_ body: UnsafeRawBufferPointer) -> UnsafeBufferPointer<BodyField> {
        (used, count) = (0, 0)
        if body.count <= Entries.recordLimit {
            let start = Self.skipSpace(body, 0)
            if start < body.count, body[start] == UInt8(ascii: "{") { json(body, start + 1) } else { pairs(body) }
        }
        return UnsafeBufferPointer(rebasing: found[..<count])
    }

    @inline(__always)
    private mutating func emit(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, isUnescaped: Bool) {
        guard count < found.count, (1...VaultRecord.nameLimit).contains(name.count), value.count <= VaultRecord.valueLimit else {
            return
        }
        found.initializeElement(at: count, to: BodyField(name: name, value: value, isUnescaped: isUnescaped))
        count += 1
    }

    /// Takes room in the arena; nil when there is not that much left.
    @inline(__always)
    private func room(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        guard arena.count - used >= count else { return nil }
        return UnsafeMutableRawBufferPointer(rebasing: arena[used..<used + count])
    }
}

// MARK: - JSON

extension BodyFieldReader {
    /// A string between quotes: its bytes, whether it has escapes, and where the text goes on.
    private struct Quoted {
        var start: Int
        var end: Int
        var isEscaped: Bool
        var next: Int { end + 1 }
    }

    @inline(__always)
    private static func skipSpace(_ body: UnsafeRawBufferPointer, _ from: Int) -> Int {
        var at = from
        while at < body.count, body[at] <= 0x20 { at += 1 }
        return at
    }

    /// The first quote or backslash at or after an offset; the end when there is none. Eight bytes a step: strings are most of a record.
    @inline(__always)
    private static func stop(_ body: UnsafeRawBufferPointer, _ from: Int) -> Int {
        var at = from
        while at + 8 <= body.count {
            let word = UInt64(littleEndian: body.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let quote = word ^ 0x2222_2222_2222_2222
            let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let ones: UInt64 = 0x0101_0101_0101_0101
            let hits = (((quote &- ones) & ~quote) | ((slash &- ones) & ~slash)) & 0x8080_8080_8080_8080
            // The lowest mark is exact; a higher one may be a carry of it.
            if hits != 0 { return at + hits.trailingZeroBitCount >> 3 }
            at += 8
        }
        while at < body.count, body[at] != 0x22, body[at] != 0x5C { at += 1 }
        return at
    }

    /// The string whose first byte, after the quote, is at an offset; nil when it does not end.
    @inline(__always)
    private static func quoted(_ body: UnsafeRawBufferPointer, _ start: Int) -> Quoted? {
        var at = stop(body, start)
        var isEscaped = false
        while at < body.count, body[at] == 0x5C {
            isEscaped = true
            at = at + 2 <= body.count ? stop(body, at + 2) : body.count
        }
        return at < body.count ? Quoted(start: start, end: at, isEscaped: isEscaped) : nil
    }

    /// Reads from behind the first brace.
    private mutating func json(_ body: UnsafeRawBufferPointer, _ start: Int) {
        var at = start
        var prefixes = (0, 0, 0)
        var depth = 1
        var prefix = 0
        while count < found.count {
            while at < body.count, body[at] <= 0x20 || body[at] == UInt8(ascii: ",") { at += 1 }
            guard at < body.count else { return }
            if body[at] == UInt8(ascii: "}") {
                depth -= 1
                guard depth > 0 else { return }
                prefix = depth == 1 ? prefixes.0 : prefixes.1
                at += 1
                continue
            }
            guard body[at] == 0x22, let key = Self.quoted(body, at + 1) else { return }
            at = Self.skipSpace(body, key.next)
            guard at < body.count, body[at] == UInt8(ascii: ":") else { return }
            at = Self.skipSpace(body, at + 1)
            guard at < body.count else { return }
            let mark = used
            let name = self.name(body, key, prefix)
            if body[at] == UInt8(ascii: "{"), depth < Self.depthLimit, let name, (1..<VaultRecord.nameLimit).contains(name.count)
            {
                path.copyMemory(from: name)
                path[name.count] = UInt8(ascii: ".")
                prefix = name.count + 1
                depth += 1
                if depth == 2 { prefixes.1 = prefix } else { prefixes.2 = prefix }
                used = mark
                at += 1
                continue
            }
            let before = count
            guard let next = value(body, at, name) else { return }
            if count == before { used = mark }
            at = next
        }
    }

    /// Reads a value that is no object to go into, and emits it under the name; gives where the text goes on, nil when it does not.
    @inline(__always)
    private mutating func value(_ body: UnsafeRawBufferPointer, _ at: Int, _ name: UnsafeRawBufferPointer?) -> Int? {
        switch body[at] {
        case 0x22:
            guard let text = Self.quoted(body, at + 1) else { return nil }
            if let name, let value = unescaped(body, text) { emit(name, value, isUnescaped: text.isEscaped) }
            return text.next
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            return Self.skipNested(body, at)
        default:
            let end = Self.literalEnd(body, at)
            guard end > at else { return nil }
            let literal = body.part(at, end)
            if let name, Self.isValue(literal) { emit(name, literal, isUnescaped: false) }
            return end
        }
    }

    /// The name of a member: its key behind the names around; nil when it is too long.
    @inline(__always)
    private mutating func name(_ body: UnsafeRawBufferPointer, _ key: Quoted, _ prefix: Int) -> UnsafeRawBufferPointer? {
        if prefix == 0 { return unescaped(body, key) }
        guard let own = unescaped(body, key), prefix + own.count <= VaultRecord.nameLimit, let room = room(prefix + own.count)
        else {
            return nil
        }
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: path[..<prefix]))
        UnsafeMutableRawBufferPointer(rebasing: room[prefix...]).copyMemory(from: own)
        used += room.count
        return UnsafeRawBufferPointer(room)
    }

    private static func literalEnd(_ body: UnsafeRawBufferPointer, _ from: Int) -> Int {
        var at = from
        while at < body.count, body[at] > 0x20 {
            switch body[at] {
            case 0x22, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["),
                UInt8(ascii: "]"):
                return at
            default: at += 1
            }
        }
        return at
    }

    /// Whether a literal is a number, true or false.
    private static func isValue(_ literal: UnsafeRawBufferPointer) -> Bool {
        let first = literal[0]
        if Scalars.isDigit(first) || first == UInt8(ascii: "-") {
            return literal.allSatisfy {
                Scalars.isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+")
                    || $0 | 0x20 == UInt8(ascii: "e")
            }
        }
        return literal.elementsEqual("true".utf8) || literal.elementsEqual("false".utf8)
    }

    /// Passes over an array or object, however deep; gives what follows it, nil when it does not end.
    private static func skipNested(_ body: UnsafeRawBufferPointer, _ from: Int) -> Int? {
        var depth = 0
        var at = from
        while at < body.count {
            switch body[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return at + 1 }
            case 0x22:
                guard let text = quoted(body, at + 1) else { return nil }
                at = text.end
            default: break
            }
            at += 1
        }
        return nil
    }
}

// MARK: - Escapes

extension BodyFieldReader {
    /// The text of a JSON string: the bytes as they are, or without escapes in the arena.
    @inline(__always)
    private mutating func unescaped(_ body: UnsafeRawBufferPointer, _ text: Quoted) -> UnsafeRawBufferPointer? {
        let raw = body.part(text.start, text.end)
        return text.isEscaped ? resolve(raw) : raw
    }

    /// Resolves the escapes of RFC 8259 section 7. A half of a surrogate pair alone becomes U+FFFD; an escape that is none stays as it is.
    private mutating func resolve(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let room = room(raw.count) else { return nil }
        var (from, to) = (0, 0)
        while from < raw.count {
            guard raw[from] == 0x5C, from + 1 < raw.count else {
                room[to] = raw[from]
                (from, to) = (from + 1, to + 1)
                continue
            }
            if raw[from + 1] == UInt8(ascii: "u"), let (scalar, length) = Self.scalar(raw, from) {
                to += Self.encode(scalar, room, to)
                from += length
                continue
            }
            if let simple = Self.simple(raw[from + 1]) {
                room[to] = simple
                to += 1
            } else {
                (room[to], room[to + 1]) = (0x5C, raw[from + 1])
                to += 2
            }
            from += 2
        }
        used += to
        return UnsafeRawBufferPointer(rebasing: room[..<to])
    }

    private static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case 0x22, 0x5C, UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        default: nil
        }
    }

    /// The scalar of `\uXXXX`, or of two that are a surrogate pair, and the length of what it is written with: 6 or 12.
    private static func scalar(_ raw: UnsafeRawBufferPointer, _ at: Int) -> (UInt32, Int)? {
        guard let unit = hex(raw, at + 2) else { return nil }
        guard unit & 0xF800 == 0xD800 else { return (unit, 6) }
        if unit < 0xDC00, at + 12 <= raw.count, raw[at + 6] == 0x5C, raw[at + 7] == UInt8(ascii: "u"),
            let low = hex(raw, at + 8), low & 0xFC00 == 0xDC00
        {
            return (0x1_0000 + (unit & 0x3FF) << 10 + low & 0x3FF, 12)
        }
        return (0xFFFD, 6)
    }

    private static func hex(_ raw: UnsafeRawBufferPointer, _ at: Int) -> UInt32? {
        guard at + 4 <= raw.count else { return nil }
        var value: UInt32 = 0
        for place in at..<at + 4 {
            let lower = raw[place] | 0x20
            if Scalars.isDigit(raw[place]) {
                value = value << 4 | UInt32(raw[place] - 0x30)
            } else if lower &- 0x61 < 6 {
                value = value << 4 | UInt32(lower - 0x57)
            } else {
                return nil
            }
        }
        return value
    }

    /// Writes UTF-8: at most 3 bytes for 6, at most 4 for 12, so it never outruns what it is read from.
    private static func encode(_ scalar: UInt32, _ room: UnsafeMutableRawBufferPointer, _ to: Int) -> Int {
        guard scalar >= 0x80 else {
            room[to] = UInt8(scalar)
            return 1
        }
        let length = scalar < 0x800 ? 2 : scalar < 0x1_0000 ? 3 : 4
        var rest = scalar
        for place in (1..<length).reversed() {
            room[to + place] = UInt8(0x80 | rest & 0x3F)
            rest >>= 6
        }
        room[to] = UInt8(truncatingIfNeeded: 0xFF00 >> UInt32(length)) | UInt8(rest)
        return length
    }
}

// MARK: - key=value

extension BodyFieldReader {
    private static func isName(_ byte: UInt8) -> Bool {
        Scalars.isWord(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    /// Reads the pairs of a line as auditd, logfmt and many firewalls write. A single quote separates, so that auditd's `msg='a=b c="d"'`
    /// gives what is inside.
    private mutating func pairs(_ body: UnsafeRawBufferPointer) {
        var at = 0
        while count < found.count {
            while at < body.count, body[at] != UInt8(ascii: "=") { at += 1 }
            guard at < body.count else { return }
            var start = at
            while start > 0, at - start <= VaultRecord.nameLimit, Self.isName(body[start - 1]) { start -= 1 }
            let name = body.part(start, at)
            at += 1
            guard !name.isEmpty, at < body.count, body[at] != UInt8(ascii: "'") else { continue }
            if body[at] == 0x22 {
                guard let text = Self.quoted(body, at + 1) else { continue }
                let raw = body.part(text.start, text.end)
                if let value = text.isEscaped ? unquoted(raw) : raw { emit(name, value, isUnescaped: text.isEscaped) }
                at = text.next
            } else {
                let end = Self.valueEnd(body, at)
                emit(name, body.part(at, end), isUnescaped: false)
                at = end
            }
        }
    }

    /// A value without quotes ends at a space or quote; at a comma or semicolon only when a space, the end or another name follows.
    private static func valueEnd(_ body: UnsafeRawBufferPointer, _ from: Int) -> Int {
        var at = from
        while at < body.count, body[at] > 0x20, body[at] != 0x22, body[at] != UInt8(ascii: "'") {
            if body[at] == UInt8(ascii: ",") || body[at] == UInt8(ascii: ";") {
                var next = at + 1
                while next < body.count, isName(body[next]) { next += 1 }
                if next == body.count ? next == at + 1 : body[next] == UInt8(ascii: "=") || next == at + 1 && body[next] <= 0x20 {
                    return at
                }
            }
            at += 1
        }
        return at
    }

    /// Takes the backslash from `\"` and `\\`; others stay, for paths are written with them.
    private mutating func unquoted(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let room = room(raw.count) else { return nil }
        var (from, to) = (0, 0)
        while from < raw.count {
            if raw[from] == 0x5C, from + 1 < raw.count, raw[from + 1] == 0x22 || raw[from + 1] == 0x5C { from += 1 }
            room[to] = raw[from]
            (from, to) = (from + 1, to + 1)
        }
        used += to
        return UnsafeRawBufferPointer(rebasing: room[..<to])
    }
}
