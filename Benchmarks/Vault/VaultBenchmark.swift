internal import Glibc
internal import Vault

/// What the vault does, as `name value` lines that Scripts/bench-vault.sh compares with the reference in C.
///
///     vault-benchmark append EVENTS DIR       bulk: lines of a file, batches of 4,096, until everything is sealed
///     vault-benchmark commits DIR N           one client, one record of 266 bytes at a time, each durable before the next
///     vault-benchmark clients DIR TASKS N     so many clients at once, N appends of 16 records each
///     vault-benchmark open DIR                a view of the log
///     vault-benchmark verify DIR              everything rehashed
///     vault-benchmark recover DIR             a writer's opening, until it could sign
///     vault-benchmark scan DIR NEEDLE         a string looked for in every record, without index
///     vault-benchmark needle DIR FIELD VALUE  indexes what is not indexed, then looks for one value
@main
struct VaultBenchmark {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch (arguments.first, arguments.count) {
            case ("append", 3): try await append(arguments[1], arguments[2])
            case ("commits", 3): try await commits(arguments[1], Int(arguments[2]) ?? 0)
            case ("clients", 4): try await clients(arguments[1], Int(arguments[2]) ?? 0, Int(arguments[3]) ?? 0)
            case ("open", 2): try open(arguments[1])
            case ("verify", 2): try verify(arguments[1])
            case ("recover", 2): try await recover(arguments[1])
            case ("scan", 3): try scan(arguments[1], arguments[2])
            case ("needle", 4): try needle(arguments[1], arguments[2], arguments[3])
            default:
                fail(
                    "usage: vault-benchmark append EVENTS DIR | commits DIR N | clients DIR TASKS N | open DIR | verify DIR | "
                        + "recover DIR | scan DIR NEEDLE | needle DIR FIELD VALUE")
            }
        } catch {
            fail("\(error)")
        }
    }

    static func fail(_ what: String) -> Never {
        let line = Array((what + "\n").utf8)
        _ = write(2, line, line.count)
        exit(1)
    }

    static func tell(_ name: String, _ value: Double) { print(name, value) }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// Opens the log of a directory, making it when there is none.
    static func log(_ directory: String) throws -> VaultLog {
        let signer: NoteSigner
        if access(directory + ".key", F_OK) == 0 {
            signer = try KeyFile.read(directory + ".key")
        } else {
            signer = try KeyFile.create(directory + ".key", name: "bench.example/log")
            try VaultLog.create(directory: directory, signer: signer, register: .file(directory + ".register"))
        }
        return try VaultLog(directory: directory, signer: signer, register: .file(directory + ".register"))
    }

    static func append(_ events: String, _ directory: String) async throws {
        let log = try log(directory)
        let file = Glibc.open(events, O_RDONLY)
        let size = Int(lseek(file, 0, SEEK_END))
        guard file >= 0, let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), mapped != MAP_FAILED else {
            fail("\(events) cannot be read")
        }
        let bytes = UnsafeRawBufferPointer(start: mapped, count: size)
        let clock = ContinuousClock()
        let start = clock.now
        var inFlight: [Task<Range<UInt64>, any Error>] = []
        var at = 0
        var count = 0
        while at < size {
            var batch = VaultBatch()
            while at < size {
                guard let end = memchr(mapped + at, 0x0A, size - at) else { break }
                let length = UnsafeRawPointer(end) - UnsafeRawPointer(mapped + at)
                guard batch.hasRoom(length) else { break }
                try batch.add(UnsafeRawBufferPointer(rebasing: bytes[at..<at + length]))
                at += length + 1
            }
            count += batch.count
            // Hashing and compressing goes on while the batches before are made durable; three at most are on their way, as in `vault append`.
            if inFlight.count == 3 { _ = try await inFlight.removeFirst().value }
            inFlight.append(
                Task { [batch, previous = inFlight.last] in
                    var batch = batch
                    batch.finish()
                    _ = try await previous?.value
                    return try await log.append(batch)
                })
        }
        for task in inFlight { _ = try await task.value }
        let durable = clock.now
        try await log.settle()
        let sealed = clock.now
        _ = try await log.checkpoint()
        let reader = await log.snapshot()
        tell("append", Double(count) / seconds(durable - start))
        tell("seal", Double(count) / seconds(sealed - start))
        tell("sealed_bytes", Double(try reader.bytesOnDisk().sealed))
        tell("sealed_records", Double(reader.sealedSize))
    }

    static func commits(_ directory: String, _ times: Int) async throws {
        let log = try log(directory)
        let record = [UInt8](repeating: 0x61, count: 266)
        for _ in 0..<100 { _ = try await log.append([record]) }
        let clock = ContinuousClock()
        var took: [Double] = []
        let start = clock.now
        for _ in 0..<times {
            let before = clock.now
            _ = try await log.append([record])
            took.append(seconds(clock.now - before))
        }
        tell("commits", Double(times) / seconds(clock.now - start))
        tell("commit_p99_ms", took.sorted()[times * 99 / 100] * 1e3)
    }

    static func clients(_ directory: String, _ tasks: Int, _ times: Int) async throws {
        let log = try log(directory)
        let records = (0..<16).map { [UInt8](repeating: UInt8(0x61 + $0), count: 266) }
        let clock = ContinuousClock()
        let start = clock.now
        let took = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    var took: [Double] = []
                    for _ in 0..<times {
                        let before = clock.now
                        _ = try await log.append(records)
                        took.append(seconds(clock.now - before))
                    }
                    return took
                }
            }
            var all: [Double] = []
            for try await some in group { all += some }
            return all.sorted()
        }
        tell("clients", Double(tasks * times * 16) / seconds(clock.now - start))
        tell("clients_p99_ms", took[took.count * 99 / 100] * 1e3)
    }

    static func open(_ directory: String) throws {
        let start = ContinuousClock.now
        let reader = try VaultReader(directory: directory)
        tell("open_ms", seconds(ContinuousClock.now - start) * 1e3)
        tell("open_records", Double(reader.size - reader.sealedSize))
    }

    static func verify(_ directory: String) throws {
        let start = ContinuousClock.now
        let report = try VaultVerifier(directory: directory, register: .file(directory + ".register")).verify()
        guard report.isSound else { fail("\(report.damages)") }
        tell("verify", Double(report.records) / seconds(ContinuousClock.now - start))
    }

    static func recover(_ directory: String) async throws {
        let start = ContinuousClock.now
        let log = try log(directory)
        _ = try await log.checkpoint()
        tell("recover_ms", seconds(ContinuousClock.now - start) * 1e3)
        tell("recover_records", Double(await log.size))
    }

    static func scan(_ directory: String, _ needle: String) throws {
        let searcher = VaultSearcher(try VaultReader(directory: directory), threads: 1, usesIndex: false)
        var query = SearchQuery()
        query.contains = [Array(needle.utf8)]
        let start = ContinuousClock.now
        let report = try searcher.search(query) { _ in true }
        tell("scan", Double(report.recordsExamined) / seconds(ContinuousClock.now - start))
        tell("scan_hits", Double(report.hits))
    }

    static func needle(_ directory: String, _ field: String, _ value: String) throws {
        let reader = try VaultReader(directory: directory)
        let indexer = VaultIndexer(reader)
        let missing = try indexer.missing()
        let start = ContinuousClock.now
        var records = 0
        for segment in missing { records += try indexer.index(segment).records }
        if records > 0 { tell("index", Double(records) / seconds(ContinuousClock.now - start)) }
        let searcher = VaultSearcher(reader)
        var query = SearchQuery()
        query.fields = [.init(field, value)]
        var took: [Double] = []
        var hits: UInt64 = 0
        for _ in 0..<21 {
            let before = ContinuousClock.now
            hits = UInt64(try searcher.search(query) { _ in true }.hits)
            took.append(seconds(ContinuousClock.now - before) * 1e3)
        }
        tell("needle_first_ms", took[0])
        tell("needle_ms", took.sorted()[took.count / 2])
        tell("needle_hits", Double(hits))
        tell("index_bytes", Double(try reader.bytesOnDisk().index))
    }
}
