internal import ArgumentParser
internal import Glibc
internal import Vault

extension VaultCommand {
    struct Append: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Append lines as records, from files or standard input; each is acknowledged once it is durable.",
            discussion: """
                A record is a line without its newline, at most 65,535 bytes. A checkpoint is signed each second while the log grows, and at the \
                end. With --indices each batch's first and last index is printed as soon as it is durable.

                EXAMPLES
                  plumbline vault append /srv/logs/trading audit.log
                  tail -F app.log | plumbline vault append /srv/logs/trading --indices
                """)

        @OptionGroup var place: Place
        @Argument(help: ArgumentHelp("Files to read; standard input when there is none.", valueName: "file"))
        var inputs: [String] = []
        @Option(help: ArgumentHelp("Most records of one batch.", valueName: "records"))
        var batch = 4_096
        @Flag(help: "Print the indices of each batch once it is durable.")
        var indices = false

        func validate() throws {
            guard (1...4_096).contains(batch) else { throw ValidationError("--batch: 1 to 4096") }
        }

        func run() async throws {
            try await VaultCommand.run {
                let log = try place.open()
                var appending = Appending(log: log, batch: batch, isTold: indices)
                do {
                    for input in inputs { try await appending.file(input) }
                    if inputs.isEmpty { try await appending.read(0, name: "standard input") }
                } catch {
                    // What was acknowledged before the error is kept and signed.
                    appending.line.clear()
                    Terminal.complain("plumbline: \(appending.count) records were appended before this:")
                    if await log.stopped == nil { _ = try await log.checkpoint() }
                    throw error
                }
                appending.line.clear()
                _ = try await log.checkpoint()
                Terminal.write("appended \(appending.count) records; the log has \(await log.size)\n")
            }
        }
    }
}

/// Lines on their way into a log.
private struct Appending {
    let log: VaultLog
    let batch: Int
    let isTold: Bool
    let line = ProgressLine()
    var count: UInt64 = 0
    private var signed = ContinuousClock.now

    init(log: VaultLog, batch: Int, isTold: Bool) {
        self.log = log
        self.batch = batch
        self.isTold = isTold
    }

    mutating func file(_ path: String) async throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw VaultError(
                errno == ENOENT ? .notFound : .file, "cannot be read: \(strerror(errno).map { String(cString: $0) } ?? "")",
                at: path)
        }
        defer { close(file) }
        try await read(file, name: path)
    }

    /// Reads to the end; a last line without a newline is a record too.
    mutating func read(_ file: Int32, name: String) async throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var rest: [UInt8] = []
        var number = 0
        while true {
            let got = Glibc.read(file, &chunk, chunk.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw VaultError(.file, "reading failed", at: name) }
            var records: [[UInt8]] = []
            var start = 0
            while let end = chunk[start..<got].firstIndex(of: UInt8(ascii: "\n")) {
                records.append(rest + chunk[start..<end])
                rest = []
                start = end + 1
            }
            rest += chunk[start..<got]
            if got == 0, !rest.isEmpty {
                records.append(rest)
                rest = []
            }
            let isLong = records.firstIndex { $0.count > 65_535 }
            try await append(records[..<(isLong ?? records.count)])
            number += isLong ?? records.count
            guard isLong == nil, rest.count <= 65_535 else {
                throw VaultError(
                    .badInput, "the line is longer than 65535 bytes", at: "\(name): line \(number + 1)", remedy: "split it")
            }
            if got == 0 { return }
        }
    }

    private mutating func append(_ records: ArraySlice<[UInt8]>) async throws {
        for start in stride(from: records.startIndex, to: records.endIndex, by: batch) {
            let range = try await log.append(Array(records[start..<min(start + batch, records.endIndex)]))
            count += UInt64(range.count)
            if isTold { Terminal.write("\(range.lowerBound) \(range.upperBound - 1)\n") }
            line.show("\(count) records durable")
            if ContinuousClock.now - signed >= .seconds(1) {
                _ = try await log.checkpoint()
                signed = .now
            }
        }
    }
}
