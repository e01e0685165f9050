internal import Documents
internal import Glibc
internal import Rulebook

/// The program's own log: one JSON object a line. It says what happened to visits and to the program, never what was in a form.
package struct ServerLog: Sendable {
    /// How grave a line is.
    package enum Level: String, Sendable {
        case info, warning, error
    }

    private let write: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Int64

    /// A log.
    ///
    /// - Parameters:
    ///   - now: UTC microseconds.
    ///   - write: takes whole lines.
    package init(now: @escaping @Sendable () -> Int64, write: @escaping @Sendable ([UInt8]) -> Void) {
        (self.now, self.write) = (now, write)
    }

    /// To standard error, where a service manager collects it.
    package static func standardError(now: @escaping @Sendable () -> Int64) -> ServerLog {
        ServerLog(now: now) { line in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Glibc.write(2, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if written < 0, errno == EINTR { continue }
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
            }
        }
    }

    /// Writes a line.
    package func callAsFunction(_ level: Level, _ event: String, _ fields: [(String, String)] = []) {
        let microseconds = now()
        var pairs: [(String, Node?)] = [
            ("time", .text(Instant(seconds: microseconds / 1_000_000).description)), ("level", .text(level.rawValue)),
            ("event", .text(event)),
        ]
        for (name, value) in fields where !value.isEmpty { pairs.append((name, .text(Self.bounded(value)))) }
        write(CanonicalJSON.line(of: .object(pairs)))
    }

    private static func bounded(_ text: String) -> String { text.utf8.count <= 2_000 ? text : String(text.prefix(500)) + "…" }
}
