public import Database
public import Documents
internal import GRDB
internal import Rulebook

/// What was written in place of a section's paragraphs, once.
public struct ReportTextVersion: Sendable {
    /// The section.
    public var section: String
    /// Counts from 1 for each year and section.
    public var version: Int
    /// What was written; nil where the template's own text was taken up again.
    public var texts: ReportTexts?
    /// When, UTC microseconds.
    public var at: Int64
    /// By whom.
    public var by: String
    /// Why.
    public var reason: String
}

/// A report that was frozen: nothing of it is ever changed.
public struct ReportIssue: Sendable, Hashable {
    /// The year.
    public var year: Int
    /// Counts from 1 for each year.
    public var number: Int
    /// SHA-256 of what was frozen, in lower-case hex; the trail has it, too.
    public var sha256: String
    /// SHA-256 of its snapshot.
    public var snapshot: String
    /// When, UTC microseconds.
    public var at: Int64
    /// By whom.
    public var by: String
    /// Why.
    public var reason: String
    /// Files that were made when it was frozen, by name: their SHA-256.
    public var files: [String: String]

    /// Its name: `2017-1`.
    public var name: String { "\(year)-\(number)" }
}

/// Texts of yearly reports, and reports as they were frozen.
public struct YearlyReportStore: Sendable {
    static let migrations = [
        Migration("yearly.0001-reports") { db in
            try db.execute(
                sql: """
                    CREATE TABLE yearly_texts (
                        year INTEGER NOT NULL, section TEXT NOT NULL, version INTEGER NOT NULL, document TEXT, at INTEGER NOT NULL,
                        by TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (year, section, version)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE yearly_issues (
                        year INTEGER NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL, snapshot TEXT NOT NULL,
                        at INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (year, number)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE yearly_files (
                        year INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
                        PRIMARY KEY (year, number, name), FOREIGN KEY (year, number) REFERENCES yearly_issues (year, number)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
    ]
    /// Longest reason in bytes.
    static let reasonLimit = 500

    let database: GovernanceDatabase
    let files: EvidenceFiles
    let now: @Sendable () -> Int64

    // MARK: Texts

    /// What stands in a year's report in place of the template's paragraphs, by section.
    public func texts(_ year: Int) async throws(SupervisionError) -> [String: ReportTexts] {
        let versions = try await database.read(throwing: SupervisionError.self) { db in
            try Self.versions(db, "WHERE year = ? ORDER BY section, version", [year])
        }
        var texts: [String: ReportTexts] = [:]
        for version in versions { texts[version.section] = version.texts }
        return texts
    }

    /// Every version of a section's text, newest first.
    public func history(_ year: Int, _ section: String) async throws(SupervisionError) -> [ReportTextVersion] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Self.versions(db, "WHERE year = ? AND section = ? ORDER BY version DESC", [year, section])
        }
    }

    /// Years in which a text was written or a report frozen, oldest first.
    public func years() async throws(SupervisionError) -> [Int] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Int.fetchAll(db, sql: "SELECT year FROM yearly_texts UNION SELECT year FROM yearly_issues ORDER BY 1")
        }
    }

    /// Writes a section's text, or takes the template's up again.
    ///
    /// - Parameters:
    ///   - texts: the paragraphs; nil takes the template's.
    ///   - section: the section.
    ///   - year: the year.
    ///   - version: the newest version that was seen; 0 when there was none.
    ///   - reason: why, 1 to 500 bytes.
    ///   - actor: who writes.
    /// - Throws: `.fields` with what is wrong; `.conflict` when somebody wrote meanwhile.
    public func write(
        _ texts: ReportTexts?, section: String, year: Int, after version: Int, reason: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        var problems = texts?.problems ?? [:]
        if !Self.isReason(reason) { problems["reason"] = .reason }
        guard problems.isEmpty else { throw .fields(problems) }
        let bytes = texts.map { CanonicalJSON.line(of: $0.node) }
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let newest =
                try Int.fetchOne(
                    db, sql: "SELECT max(version) FROM yearly_texts WHERE year = ? AND section = ?", arguments: [year, section])
                ?? 0
            guard newest == version else {
                throw SupervisionError.conflict("the text of \(section.clipped) was changed meanwhile")
            }
            try db.execute(
                sql: "INSERT INTO yearly_texts VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    year, section, version + 1, bytes.map { String(decoding: $0, as: UTF8.self) }, time, actor.who, reason,
                ])
            trail.note(
                TrailEntry(
                    "report.write", .init("report", "\(year)"), reason: reason,
                    details: [
                        "section": section, "version": "\(version + 1)", "sha256": bytes.map { Hash.sha256($0) } ?? "template",
                    ]))
        }
    }

    static func isReason(_ reason: String) -> Bool {
        reason.contains { !$0.isWhitespace } && reason.utf8.count <= reasonLimit
    }

    private static func versions(
        _ db: GRDB.Database, _ rest: String, _ arguments: StatementArguments
    ) throws -> [ReportTextVersion] {
        try Row.fetchAll(db, sql: "SELECT * FROM yearly_texts \(rest)", arguments: arguments).map { row in
            let document: String? = row["document"]
            return ReportTextVersion(
                section: row["section"], version: row["version"],
                texts: try document.map { try ReportTexts.read(try JSONReader.read(Array($0.utf8)), path: "") }, at: row["at"],
                by: row["by"], reason: row["reason"])
        }
    }

    // MARK: Frozen reports

    /// Reports that were frozen, newest first; only of a year when one is named.
    public func issues(_ year: Int? = nil) async throws(SupervisionError) -> [ReportIssue] {
        try await database.read(throwing: SupervisionError.self) { db in
            var files: [String: [String: String]] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT * FROM yearly_files WHERE ?1 IS NULL OR year = ?1", arguments: [year]) {
                files["\(row["year"] as Int)-\(row["number"] as Int)", default: [:]][row["name"]] = row["sha256"]
            }
            return try Row.fetchAll(
                db, sql: "SELECT * FROM yearly_issues WHERE ?1 IS NULL OR year = ?1 ORDER BY year DESC, number DESC",
                arguments: [year]
            ).map { row in
                var issue = ReportIssue(
                    year: row["year"], number: row["number"], sha256: row["sha256"], snapshot: row["snapshot"], at: row["at"],
                    by: row["by"], reason: row["reason"], files: [:])
                issue.files = files[issue.name] ?? [:]
                return issue
            }
        }
    }

    /// One frozen report; the newest of its year when no number is named.
    ///
    /// - Throws: `.notFound`.
    public func issue(_ year: Int, _ number: Int? = nil) async throws(SupervisionError) -> ReportIssue {
        guard let issue = try await issues(year).first(where: { number == nil || $0.number == number }) else {
            throw .notFound("frozen report \(year)\(number.map { "-\($0)" } ?? "")")
        }
        return issue
    }

    /// What was frozen, and the figures as they were, by name.
    ///
    /// - Throws: `.storage` when the file is missing, or is not what was frozen.
    public func content(_ issue: ReportIssue) throws(SupervisionError) -> (content: ReportContent, frozen: [String: Node]) {
        let bytes = try read(issue.sha256)
        do throws(DocumentError) {
            return try ReportContent.read(
                try JSONReader.read(bytes, limits: DocumentLimits(bytes: .max, depth: 24, values: .max)))
        } catch { throw .document(error.inSource("report \(issue.name)")) }
    }

    /// A file that was made when a report was frozen.
    ///
    /// - Throws: `.notFound` when none of that name was; `.storage`.
    public func file(_ name: String, of issue: ReportIssue) throws(SupervisionError) -> [UInt8] {
        guard let hash = issue.files[name] else { throw .notFound("file \(name.clipped) of report \(issue.name)") }
        return try read(hash)
    }

    private func read(_ hash: String) throws(SupervisionError) -> [UInt8] {
        do throws(StorageError) { return try files.read(hash, limit: .max) } catch { throw .storage(error) }
    }

    /// Freezes a report: what it rests on, its texts, and the files made of it stand from then on.
    ///
    /// - Parameters:
    ///   - content: the report.
    ///   - reason: why, 1 to 500 bytes.
    ///   - actor: who freezes.
    ///   - render: makes the files of the issue of that number, by name.
    /// - Returns: the frozen report.
    /// - Throws: `.fields` without a reason; `.conflict` when another one was frozen meanwhile; what `render` throws.
    public func freeze(
        _ content: ReportContent, reason: String, _ actor: TrailActor,
        render: @Sendable (ReportContent, String) throws(SupervisionError) -> [String: [UInt8]]
    ) async throws(SupervisionError) -> ReportIssue {
        guard Self.isReason(reason) else { throw .fields(["reason": .reason]) }
        let year = content.snapshot.year
        let number = (try await issues(year).first?.number ?? 0) + 1
        let (document, snapshot) = (CanonicalJSON.line(of: content.node), content.hash)
        // Files are durable before the transaction that names them.
        var hashes: [String: String] = [:]
        let sha256: String
        let made = try render(content, "\(year)-\(number)")
        do throws(StorageError) {
            sha256 = try files.store(document)
            for (name, bytes) in made { hashes[name] = try files.store(bytes) }
        } catch { throw .storage(error) }
        let issue = ReportIssue(
            year: year, number: number, sha256: sha256, snapshot: snapshot, at: now(), by: actor.who, reason: reason,
            files: hashes)
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let newest = try Int.fetchOne(db, sql: "SELECT max(number) FROM yearly_issues WHERE year = ?", arguments: [year]) ?? 0
            guard newest + 1 == issue.number else { throw SupervisionError.conflict("another report was frozen meanwhile") }
            try db.execute(
                sql: "INSERT INTO yearly_issues VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [year, issue.number, issue.sha256, issue.snapshot, issue.at, issue.by, issue.reason])
            for (name, hash) in issue.files.sorted(by: { $0.key < $1.key }) {
                try db.execute(
                    sql: "INSERT INTO yearly_files VALUES (?, ?, ?, ?)", arguments: [year, issue.number, name, hash])
            }
            trail.note(
                TrailEntry(
                    "report.freeze", .init("report", issue.name), reason: reason,
                    details: ["sha256": issue.sha256, "snapshot": issue.snapshot, "files": "\(issue.files.count)"]))
        }
        return issue
    }
}
