internal import Crypto
internal import Documents
internal import Rulebook

/// A text file of the host, by lines.
struct TextFile: Sendable {
    /// Its path.
    let path: String
    /// Its lines without their ends; line numbers begin at 1.
    let lines: [Substring]
    /// What the file system says of it.
    let status: HostStatus

    /// Where line number `line` stands, as facts cite it.
    func from(_ line: Int) -> String { "\(path):\(line)" }

    init(path: String, file: HostFile) {
        self.path = path
        status = file.status
        // By bytes: to a String, "\r\n" is one character that is not "\n", and a file with such lines would be a single line.
        lines = String(decoding: file.bytes, as: UTF8.self).utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { Substring($0) }
    }
}

/// What one collector read and could not read of a host, noted as it goes. One probe serves one collector in one task.
final class Probe {
    /// The host.
    let host: Host
    private var files: [(path: String, sha256: String?, bytes: Int, modified: Instant)] = []
    private var commands: [(arguments: [String], result: String)] = []
    private(set) var gaps: [(what: String, why: String)] = []

    /// A probe of a host.
    init(_ host: Host) { self.host = host }

    /// Files whose digest is left out of the facts: whoever holds the facts could try guesses of their content against it.
    private static let secretFiles: Set<String> = ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"]

    /// Largest file a collector reads whole: 16 MiB.
    static let fileLimit = 16 << 20

    /// A text file; nil when it is not there, or, after a gap was noted, when it could not be read. Bytes that are not UTF-8 are replaced.
    func file(_ path: String) -> TextFile? { bytes(path).map { TextFile(path: path, file: $0) } }

    /// A file's bytes; nil as `file`.
    func bytes(_ path: String, limit: Int = Probe.fileLimit) -> HostFile? {
        note(path, host.read(path, limit))
    }

    /// The last bytes of a file; nil as `file`.
    func end(of path: String, limit: Int) -> HostFile? { note(path, host.readEnd(path, limit)) }

    private func note(_ path: String, _ result: Result<HostFile, AccessFailure>) -> HostFile? {
        switch result {
        case .success(let file):
            if !files.contains(where: { $0.path == path }) {
                let digest = Self.secretFiles.contains(path) ? nil : SHA256.hash(data: file.bytes).hex
                files.append((path, digest, file.status.size, file.status.modified))
            }
            return file
        case .failure(.absent): return nil
        case .failure(let failure):
            gap(path, failure.words)
            return nil
        }
    }

    /// Sorted names in a folder; empty when it is not there, or, after a gap was noted, when it could not be listed.
    func names(in path: String) -> [String] {
        switch host.list(path) {
        case .success(let names): return names
        case .failure(.absent): return []
        case .failure(let failure):
            gap(path, failure.words)
            return []
        }
    }

    /// Status of a path; nil when it is not there or cannot be looked at (then a gap is noted).
    func status(_ path: String) -> HostStatus? {
        switch host.status(path) {
        case .success(let status): return status
        case .failure(.absent): return nil
        case .failure(let failure):
            gap(path, failure.words)
            return nil
        }
    }

    /// Whether there is something at a path; no gap is noted.
    func exists(_ path: String) -> Bool { if case .success = host.status(path) { true } else { false } }

    /// Output of a read-only command that ended with one of `accepting`; nil otherwise.
    ///
    /// - Parameters:
    ///   - arguments: program name and arguments.
    ///   - seconds: how long it may take.
    ///   - accepting: exit statuses that count as an answer.
    ///   - notesGap: whether a failure (other than a program that is not installed) is noted as a gap.
    /// - Returns: what it wrote to standard output.
    func output(_ arguments: [String], seconds: Int = 10, accepting: Set<Int32> = [0], gap notesGap: Bool = true) async -> String?
    {
        guard host.isLive else { return nil }
        let outcome = await host.run(arguments, seconds)
        let name = arguments.joined(separator: " ")
        switch outcome {
        case .exited(let status, let output, let error):
            commands.append((arguments, "exit \(status)"))
            if accepting.contains(status) { return String(decoding: output, as: UTF8.self) }
            if notesGap { gap(name, "exit \(status)\(error.isEmpty ? "" : ": \(error.clipped)")") }
        case .notFound: break
        case .timedOut:
            commands.append((arguments, "stopped after \(seconds) s"))
            gap(name, "no answer within \(seconds) s")
        case .failed(let reason):
            commands.append((arguments, reason))
            if notesGap { gap(name, reason) }
        }
        return nil
    }

    /// Notes that something could not be known; the group is then "partial".
    func gap(_ what: String, _ why: String) {
        if !gaps.contains(where: { $0.what == what && $0.why == why }) { gaps.append((what, why)) }
    }

    /// Whether anything was read or run.
    var touchedSomething: Bool { !files.isEmpty || !commands.isEmpty }

    /// The group's entry under `sources` of the facts file.
    func sourceNode(state: SourceState, reason: String?) -> Node {
        .object([
            ("state", .text(state.rawValue)),
            ("reason", reason.map { .text($0) }),
            (
                "files",
                files.isEmpty
                    ? nil
                    : .list(
                        files.map { file in
                            .object([
                                ("path", .text(file.path)), ("sha256", file.sha256.map { .text($0) }),
                                ("bytes", .integer(file.bytes)),
                                ("modified", .text(file.modified.description)),
                            ])
                        })
            ),
            (
                "commands",
                commands.isEmpty
                    ? nil
                    : .list(
                        commands.map { command in
                            .object([("arguments", .texts(command.arguments)), ("result", .text(command.result))])
                        })
            ),
            ("gaps", gaps.isEmpty ? nil : .list(gaps.map { .object([("what", .text($0.what)), ("why", .text($0.why))]) })),
        ])
    }
}

extension Sequence<UInt8> {
    /// Lower-case hexadecimal digits.
    var hex: String {
        var text = ""
        for byte in self {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }
}
