internal import Glibc
internal import Vault

/// Instants as stores write them: UTC, whole seconds since 1970.
package enum StoreTime {
    /// Seconds since 1970, now.
    package static var now: Int64 { Int64(time(nil)) }

    /// `2013-05-24T00:00:00Z`.
    package static func text(_ seconds: Int64) -> String { UTCTime.text(seconds * 1_000_000).prefix(19) + "Z" }

    /// `20130524T000000Z`.
    static func stamp(_ seconds: Int64) -> String { text(seconds).filter { $0 != "-" && $0 != ":" } }

    /// The first instant of a day `2013-05-24`; nil when there is no such day.
    package static func day(_ text: String) -> Int64? { UTCTime.time(text + "T00:00:00.000000Z").map { $0 / 1_000_000 } }
}
