internal import ArgumentParser
internal import CoreFoundation
internal import Glibc
internal import Synchronization
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
                  tail -F app.log | plumbline vault append /srv/logs/trading --source trd-web-03 --indices
                  plumbline vault append /srv/logs/crm --format records reads.jsonl
                """)

        @OptionGroup var place: Place
        @Argument(help: ArgumentHelp("Files to read; standard input when there is none.", valueName: "file"))
        var inputs: [String] = []
        @Option(help: ArgumentHelp("Most records of one batch.", valueName: "records"))
        var batch = 4_096
        @Flag(help: "Print the indices of each batch once it is durable.")
        var indices = false
        @Flag(inversion: .prefixedNo, help: "Index sealed segments for search, while appending and at the end.")
        var index = true
        @Option(
            help: ArgumentHelp(
                "Say of each record that it came from this system: it is counted in the daily seal and can be searched for.",
                valueName: "name"))
        var source: String?
        @Option(
            help: ArgumentHelp(
                "lines: a line is a record as it came. records: a line is a JSON object with source, time, fields, subject, personal, body; personal "
                    + "values are encrypted under the subject's key (DIR.subjects).",
                valueName: "format"))
        var format = Format.lines

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case lines, records
        }

        func validate() throws {
            guard (1...4_096).contains(batch) else { throw ValidationError("--batch: 1 to 4096") }
            guard format == .lines || source == nil else {
                throw ValidationError("--format records: the source stands in each line")
            }
        }

        func run() async throws {
            try await VaultCommand.run {
                let log = try place.open()
                var appending = Appending(log: log, batch: batch, isTold: indices, source: source, indexes: index)
                if format == .records { appending.keys = try place.subjectKeys(log.identity) }
                appending.total = inputs.reduce(0) { $0 + Self.size($1) }
                do {
                    for input in inputs { try await appending.file(input) }
                    if inputs.isEmpty { try await appending.read(0, name: "standard input") }
                    try await appending.finish()
                } catch {
                    // What was acknowledged before the error is kept and signed.
                    try? await appending.finish()
                    appending.line.clear()
                    Terminal.complain("plumbline: \(appending.count) records were appended before this:")
                    if await log.stopped == nil { _ = try await log.checkpoint() }
                    throw error
                }
                appending.line.clear()
                _ = try await log.checkpoint()
                try await log.settle()
                try await appending.finishIndex()
                Terminal.write("appended \(appending.count) records; the log has \(await log.size)\n")
            }
        }

        /// Length of a regular file; 0 for anything else.
        private static func size(_ path: String) -> UInt64 {
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? UInt64(status.st_size) : 0
        }
    }
}

/// Lines on their way into a log: while one batch is made durable the next ones are read, hashed and compressed.
private struct Appending {
    let log: VaultLog
    let batch: Int
    let isTold: Bool
    /// The source every record is told to come from; nil to keep records as they came.
    let source: String?
    let indexes: Bool
    /// Keys of data subjects; nil when lines are records as they came.
    var keys: SubjectKeys?
    let line = ProgressLine()
    var count: UInt64 = 0
    /// Bytes of the files, for the progress line; 0 when they are not known.
    var total: UInt64 = 0
    private var bytes: UInt64 = 0
    private var signed = ContinuousClock.now
    /// Batches on their way, oldest first; each is appended after the one before it.
    private var inFlight: [Task<Range<UInt64>, any Error>] = []
    /// More would only wait: two are compressed on two cores while one is written.
    private static let mostInFlight = 3
    private var next = VaultBatch()
    private var number = 0
    private var indexing: Task<Void, any Error>?
    private var isIndexed = Done()
    /// Segments that were sealed when indexing began last.
    private var segments: UInt64 = 0

    init(log: VaultLog, batch: Int, isTold: Bool, source: String?, indexes: Bool) {
        self.indexes = indexes
        self.log = log
        self.batch = batch
        self.isTold = isTold
        self.source = source
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
        number = 0
        while true {
            let got = Glibc.read(file, &chunk, chunk.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw VaultError(.file, "reading failed", at: name) }
            bytes += UInt64(got)
            var start = 0
            while let end = Self.newline(chunk, start, got) {
                if rest.isEmpty {
                    try await add(chunk, start..<end, name)
                } else {
                    rest += chunk[start..<end]
                    try await add(rest, 0..<rest.count, name)
                    rest = []
                }
                start = end + 1
            }
            rest += chunk[start..<got]
            if got == 0, !rest.isEmpty { try await add(rest, 0..<rest.count, name) }
            guard rest.count <= 65_535 else { throw tooLong(name) }
            // What has come is not kept waiting for more: who sends one line and waits for its index gets it.
            if got == 0 || got < chunk.count && !Self.hasMore(file) {
                try await send()
                try await finish()
            }
            if got == 0 { return }
        }
    }

    private static func newline(_ chunk: [UInt8], _ start: Int, _ end: Int) -> Int? {
        chunk.withUnsafeBytes { bytes in
            guard start < end, let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, end - start) else {
                return nil
            }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Whether something can be read at once.
    private static func hasMore(_ file: Int32) -> Bool {
        var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0 && waiting.revents & Int16(POLLIN) != 0
    }

    private func tooLong(_ name: String) -> VaultError {
        VaultError(.badInput, "the line is longer than 65535 bytes", at: "\(name): line \(number + 1)", remedy: "split it")
    }

    private mutating func add(_ bytes: [UInt8], _ range: Range<Int>, _ name: String) async throws {
        guard range.count <= 65_535 else {
            try await send()
            throw tooLong(name)
        }
        if let keys {
            do throws(VaultError) {
                let now = VaultLog.now()
                try next.add(try VaultRecordLine(Array(bytes[range])).record(keys, received: now), received: now)
            } catch {
                try await send()
                throw VaultError(error.code, error.what, at: "\(name): line \(number + 1)", remedy: error.remedy)
            }
        } else if let source {
            try next.add(VaultRecord(source: source, body: Array(bytes[range])), received: VaultLog.now())
        } else {
            var failure: VaultError?
            bytes.withUnsafeBytes { all in
                do throws(VaultError) { try next.add(UnsafeRawBufferPointer(rebasing: all[range])) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        number += 1
        if next.count == batch || !next.hasRoom(range.count) { try await send() }
    }

    /// Hands the filled batch to the log; waits for the oldest when as many as may be are on their way.
    private mutating func send() async throws {
        guard next.count > 0 else { return }
        var batch = VaultBatch()
        swap(&batch, &next)
        if inFlight.count == Self.mostInFlight { try await acknowledge() }
        let log = log
        inFlight.append(
            Task { [batch, previous = inFlight.last] in
                var batch = batch
                batch.finish()
                // One that failed stops all behind it: what is in the log is a beginning of the input.
                _ = try await previous?.value
                return try await log.append(batch)
            })
    }

    /// Waits for the batches that are on their way.
    mutating func finish() async throws {
        while !inFlight.isEmpty { try await acknowledge() }
    }

    private mutating func acknowledge() async throws {
        let range = try await inFlight.removeFirst().value
        count += UInt64(range.count)
        if isTold { Terminal.write("\(range.lowerBound) \(range.upperBound - 1)\n") }
        line.show("\(count) records durable\(share)")
        if ContinuousClock.now - signed >= .seconds(1) {
            _ = try await log.checkpoint()
            signed = .now
            if let alarm = await log.alarm { Terminal.complain("plumbline: \(alarm)") }
            try await index()
        }
    }

    /// Starts indexing what was sealed meanwhile, unless that is still going on. An index is derived: appending does not wait for it.
    private mutating func index() async throws {
        guard indexes, segments < (await log.snapshot().segments) else { return }
        guard indexing == nil || isIndexed.isSet else { return }
        let reader = await log.snapshot()
        segments = reader.segments
        let isIndexed = Done()
        self.isIndexed = isIndexed
        indexing = Task.detached(priority: .low) {
            defer { isIndexed.set() }
            let indexer = VaultIndexer(reader)
            for segment in try indexer.missing() { try indexer.index(segment) }
        }
    }

    /// Indexes what is left.
    mutating func finishIndex() async throws {
        guard indexes else { return }
        try await indexing?.value
        let indexer = VaultIndexer(await log.snapshot())
        let missing = try indexer.missing()
        for (place, segment) in missing.enumerated() {
            line.show("indexed \(place) of \(missing.count) segments")
            try indexer.index(segment)
        }
        line.clear()
    }

    /// How much of the files was read, as a bar.
    private var share: String {
        guard total > 0 else { return "" }
        let tenths = Int(min(bytes, total) * 20 / total)
        return "  [" + String(repeating: "#", count: tenths) + String(repeating: ".", count: 20 - tenths)
            + "] \(min(bytes, total) * 100 / total) %"
    }
}

/// Set once, from another task.
private final class Done: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func set() { state.withLock { $0 = true } }
}
