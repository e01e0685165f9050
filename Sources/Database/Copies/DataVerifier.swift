internal import GRDB
internal import Vault

/// What a verification found.
public struct DataReport: Hashable, Sendable {
    /// Whether it is a backup, or else a data directory.
    public var isBackup = false
    /// Everything that is wrong; empty when all is as it was written.
    public var findings: [String] = []
    /// What is not wrong, but whoever reads the report should know.
    public var remarks: [String] = []
    /// Steps of the tables that are applied.
    public var migrations = 0
    /// Files that were compared with the manifest.
    public var files = 0
    /// Files of evidence that hash to their names.
    public var evidence = 0
    /// Records of the trail that were read, in order and without gaps.
    public var trailRecords: Int64 = 0
    /// Records that wait in the database.
    public var waiting: Int64 = 0
    /// Leaves rehashed in all vaults.
    public var rehashed: UInt64 = 0

    /// Whether everything is as it was written.
    public var isSound: Bool { findings.isEmpty }

    /// Nothing yet.
    public init() {}
}

/// Reads everything in a data directory or backup, changes nothing, and says what is not as it was written. A server may run meanwhile.
public struct DataVerifier: Sendable {
    private let directory: DataDirectory
    private let settings: DatabaseSettings
    private let progress: @Sendable (String) -> Void

    /// A verification.
    ///
    /// - Parameters:
    ///   - path: of a data directory or a backup.
    ///   - settings: sizes, and the trail's register where it is kept elsewhere.
    ///   - progress: called with what is being done.
    public init(
        _ path: String, settings: DatabaseSettings = DatabaseSettings(), progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        directory = DataDirectory(unchecked: path)
        (self.settings, self.progress) = (settings, progress)
    }

    /// Verifies everything.
    ///
    /// - Returns: what was found; what is wrong is a finding, not an error.
    /// - Throws: `.notFound`, `.foreign` when there is neither data directory nor backup; `.exposed`; `.file`.
    public func run() throws(StorageError) -> DataReport {
        var report = DataReport()
        report.isBackup = try Posix.status("\(directory.path)/\(BackupManifest.name)") != nil
        if report.isBackup {
            try manifest(&report)
        } else {
            _ = try DataDirectory.open(directory.path)
        }
        progress("database")
        try step(&report) { report throws(StorageError) in try database(&report) }
        progress("trail")
        let before = report.findings.count
        try step(&report) { report throws(StorageError) in try trail(&report) }
        let agrees = report.findings.count == before
        try step(&report) { report throws(StorageError) in try vaults(&report, trailAgrees: agrees) }
        progress("evidence")
        try step(&report) { report throws(StorageError) in try evidence(&report) }
        return report
    }

    /// Verifies the tables and the trail alone, of a directory that others may look into too: how it lies there is told elsewhere.
    ///
    /// - Returns: what was found; what is wrong is a finding, not an error.
    /// - Throws: `.file`.
    func trailOnly() throws(StorageError) -> DataReport {
        var report = DataReport()
        try step(&report) { report throws(StorageError) in try database(&report) }
        let before = report.findings.count
        try step(&report) { report throws(StorageError) in try trail(&report) }
        let agrees = report.findings.count == before
        try step(&report) { report throws(StorageError) in try vault("trail", &report, trailAgrees: agrees) }
        return report
    }

    /// Runs a step; what makes it impossible is a finding, and the next step goes on.
    private func step(_ report: inout DataReport, _ body: (inout DataReport) throws(StorageError) -> Void) throws(StorageError) {
        do throws(StorageError) {
            try body(&report)
        } catch {
            report.findings.append("\(error)")
        }
    }

    // MARK: Manifest and database

    private func manifest(_ report: inout DataReport) throws(StorageError) {
        let (manifest, _) = try BackupManifest.read(directory.path)
        if let status = try Posix.status(directory.path), status.mode & 0o077 != 0 {
            report.remarks.append("others may look into the backup (mode \(String(status.mode, radix: 8))), and it holds keys")
        }
        do throws(StorageError) { try manifest.requireTree(directory.path) } catch { report.findings.append("\(error)") }
        for file in manifest.files {
            progress(file.path)
            do throws(StorageError) {
                if try FileTree.digest(directory.path, file.path) != file {
                    report.findings.append("\(file.path): the file is not as it was written")
                }
            } catch {
                report.findings.append("\(error)")
            }
            report.files += 1
        }
    }

    private func database(_ report: inout DataReport) throws(StorageError) {
        let (findings, count) = try DatabaseFile(directory, settings).reading { db in
            var findings = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
            findings += try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row in
                "table \(row[0] as String? ?? "?"): row \(row[1] as Int64? ?? 0) refers to nothing in \(row[2] as String? ?? "?")"
            }
            try TrailOutbox.check(try TrailOutbox.state(db), db)
            return (findings, try Migrator.applied(db).count)
        }
        report.findings += findings.prefix(100).map { "plumbline.sqlite: \($0)" }
        report.migrations = count
    }

    // MARK: The trail

    /// Compares database and trail, while a server may change both: what the database knew before must be in the vault, and what is in the vault
    /// must be known to the database after.
    private func trail(_ report: inout DataReport) throws(StorageError) {
        let file = DatabaseFile(directory, settings)
        let (before, waiting) = try file.reading { db in
            let state = try TrailOutbox.state(db)
            return (state, try TrailOutbox.records(after: state.drained, limit: .max, db))
        }
        report.waiting = before.waiting
        guard before.log != nil else {
            throw StorageError(
                .trailBroken, "the database has no trail yet", at: directory.trail, remedy: "start the server once")
        }
        let view = try TrailVault(directory: directory, settings: settings, files: .live).view()
        var after = try file.reading { db in try TrailOutbox.state(db) }
        (after.drained, after.last) = (before.drained, before.last)
        let outcome = try TrailAgreement(vault: view, place: directory.trail).compare(after) { record throws(StorageError) in
            // What was noted since the first look cannot be compared; that it was allotted is.
            let place = Int(record.sequence - before.drained - 1)
            return place >= waiting.count || waiting[place] == record
        }
        if outcome.strays > 0 { report.remarks.append("\(outcome.strays) records of the trail's vault are not the trail's own") }
        try walk(view, &report, upTo: outcome.state.drained)
    }

    /// Reads every record of the trail: their numbers follow one another.
    private func walk(_ view: VaultReader, _ report: inout DataReport, upTo last: Int64) throws(StorageError) {
        var query = SearchQuery()
        query.source = TrailRecord.source
        var expected: Int64?
        var broken: StorageError?
        do throws(VaultError) {
            let found = try view.search(query) { hit in
                do throws(StorageError) {
                    guard let record = try TrailRecord(hit.record) else { return true }
                    guard record.sequence == expected ?? record.sequence else {
                        throw StorageError(
                            .trailBroken, "record \(record.sequence) follows \((expected ?? 0) - 1)",
                            at: "\(directory.trail): record \(hit.index)")
                    }
                    if expected == nil, record.sequence != 1, view.prunedSegments == 0 {
                        throw StorageError(.trailBroken, "the trail begins at record \(record.sequence)", at: directory.trail)
                    }
                    expected = record.sequence + 1
                    report.trailRecords += 1
                    return true
                } catch {
                    broken = error
                    return false
                }
            }
            let expired = found.expired.reduce(0) { $0 + $1.count }
            if expired > 0 { report.remarks.append("\(expired) leaves of the trail expired and were pruned") }
        } catch {
            throw StorageError(trail: error)
        }
        if let broken { throw broken }
        guard expected.map({ $0 - 1 }) ?? last == last else {
            throw StorageError(
                .trailBroken, "the trail ends at record \((expected ?? 1) - 1), not at \(last)", at: directory.trail)
        }
    }

    private func vaults(_ report: inout DataReport, trailAgrees: Bool) throws(StorageError) {
        for name in try Posix.list(directory.vaults) where try Posix.status("\(directory.vaults)/\(name)/identity") != nil {
            try vault(name, &report, trailAgrees: trailAgrees)
        }
    }

    private func vault(_ name: String, _ report: inout DataReport, trailAgrees: Bool) throws(StorageError) {
        progress("vault \(name)")
        let path = "\(directory.vaults)/\(name)"
        let hasRegister = try Posix.status("\(path).register") != nil
        let beside: CheckpointRegister? = hasRegister ? .file("\(path).register") : nil
        let register = name == "trail" ? settings.register ?? beside : beside
        do throws(VaultError) {
            let found = try VaultVerifier(directory: path, register: register).verify()
            report.rehashed += found.records
            for damage in found.damages {
                // Everything the database knows to be in the trail was found: what is torn behind it was never acknowledged.
                if name == "trail", trailAgrees, damage.kind == .torn {
                    report.remarks.append(
                        "vault trail: a torn write at the end, as a crash leaves it, is cut when the server starts")
                } else {
                    report.findings.append("vault \(name): \(damage)")
                }
            }
            report.remarks += found.remarks.map { "vault \(name): \($0)" }
        } catch {
            throw StorageError(trail: error)
        }
    }

    // MARK: Evidence

    private func evidence(_ report: inout DataReport) throws(StorageError) {
        for path in try FileTree.files(directory.evidence) {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if name.hasSuffix(".tmp") || name.hasSuffix(".part") {
                report.remarks.append("evidence/sha256/\(path): a file that was never finished")
            } else if try FileTree.digest(directory.evidence, path).sha256 != name {
                report.findings.append("evidence/sha256/\(path): the file does not hash to its name")
            } else {
                report.evidence += 1
            }
        }
    }
}
