/// A point in time: whole seconds since 1970-01-01T00:00:00Z, without leap seconds (a leap second `:60` reads as the next minute's first).
public struct Instant: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64

    /// The instant that many seconds after the epoch.
    public init(seconds: Int64) { self.seconds = seconds }

    /// Reads RFC 3339 (`2026-11-20T15:33:00Z`, `2026-11-20T23:33:00.5+08:00`); a fraction is cut off. `nil` for anything else, and
    /// for a time without an offset, because it says nothing.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, let date = CivilDate(String(decoding: bytes[0..<10], as: UTF8.self)) else {
            return nil
        }
        guard bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == 0x20, bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":")
        else { return nil }
        func pair(_ at: Int) -> Int? {
            guard at + 1 < bytes.count, (0x30...0x39).contains(bytes[at]), (0x30...0x39).contains(bytes[at + 1]) else {
                return nil
            }
            return Int(bytes[at] - 0x30) * 10 + Int(bytes[at + 1] - 0x30)
        }
        guard let hour = pair(11), let minute = pair(14), let second = pair(17), hour < 24, minute < 60, second <= 60 else {
            return nil
        }
        var index = 19
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start else { return nil }
        }
        guard index < bytes.count else { return nil }
        var offset = 0
        if bytes[index] | 0x20 == UInt8(ascii: "z") {
            guard index + 1 == bytes.count else { return nil }
        } else {
            guard bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-"), index + 6 == bytes.count,
                bytes[index + 3] == UInt8(ascii: ":"), let hours = pair(index + 1), let minutes = pair(index + 4), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
        }
        seconds = Int64(date.day) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
    }

    /// The instant `count` seconds later.
    public func adding(seconds count: Int64) -> Instant { Instant(seconds: seconds + count) }

    /// Whether the left one comes before the right one.
    public static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }

    /// Seconds from `earlier` to this instant.
    public static func - (later: Instant, earlier: Instant) -> Int64 { later.seconds - earlier.seconds }

    /// The day it is in `zone`.
    public func date(in zone: Zone) -> CivilDate {
        let local = seconds + Int64(zone.offset)
        return CivilDate(day: Int(local >= 0 ? local / 86_400 : (local - 86_399) / 86_400))
    }

    /// RFC 3339 with the zone's offset (`Z` for UTC).
    public func text(in zone: Zone) -> String {
        let date = date(in: zone)
        let rest = Int(seconds + Int64(zone.offset) - Int64(date.day) * 86_400)
        return "\(date)T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))\(zone.suffix)"
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC: `2026-11-20T15:33:00Z`.
    public var description: String { text(in: .utc) }
}

extension Instant: Codable {
    /// Reads RFC 3339.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Instant(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a time (2026-11-20T15:33:00Z) is expected")
        }
        self = instant
    }

    /// Writes RFC 3339 in UTC.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A time zone with a fixed offset. Taiwan has kept +08:00 without summer time since 1980, so its windows need no more.
public struct Zone: Sendable, Hashable {
    /// Seconds east of UTC.
    public let offset: Int

    /// A zone by its offset in seconds east of UTC.
    public init(offset: Int) { self.offset = offset }

    /// UTC.
    public static let utc = Zone(offset: 0)
    /// Asia/Taipei, +08:00.
    public static let taipei = Zone(offset: 28_800)

    /// Reads `Asia/Taipei`, `UTC`, `Z` or an offset such as `+08:00`; `nil` for other names.
    public init?(_ name: String) {
        switch name {
        case "Asia/Taipei": self = .taipei
        case "UTC", "Z", "Etc/UTC": self = .utc
        default:
            guard name.utf8.count == 6, let probe = Instant("2000-01-01T00:00:00\(name)") else { return nil }
            self.init(offset: Int(946_684_800 - probe.seconds))
        }
    }

    /// `Z`, or the offset as `+08:00`.
    public var suffix: String {
        if offset == 0 { return "Z" }
        let magnitude = abs(offset) / 60
        return "\(offset < 0 ? "-" : "+")\(padded(magnitude / 60, 2)):\(padded(magnitude % 60, 2))"
    }
}
