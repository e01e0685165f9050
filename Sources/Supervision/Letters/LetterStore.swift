public import Database
internal import Documents
internal import GRDB
public import Rulebook

/// Letters as they were issued: numbered, never changed, each with its hash in the trail.
public struct LetterStore: Sendable {
    static let migrations = [
        Migration("letters.0001-letters") { db in
            try db.execute(
                sql: """
                    CREATE TABLE letters (
                        year INTEGER NOT NULL, serial INTEGER NOT NULL, kind TEXT NOT NULL, firm TEXT NOT NULL REFERENCES firms (id),
                        quarter INTEGER NOT NULL, day INTEGER NOT NULL, until INTEGER NOT NULL, document TEXT NOT NULL,
                        sha256 TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (year, serial)
                    ) STRICT;
                    CREATE INDEX letters_firm ON letters (firm, quarter);
                    CREATE TABLE letter_pages (
                        year INTEGER NOT NULL, serial INTEGER NOT NULL, language TEXT NOT NULL, html TEXT NOT NULL,
                        sha256 TEXT NOT NULL, PRIMARY KEY (year, serial, language),
                        FOREIGN KEY (year, serial) REFERENCES letters (year, serial)
                    ) STRICT;
                    """)
        }
    ]

    /// What is to be written.
    public struct Order: Sendable {
        /// The kind of letter.
        public var kind: String
        /// The firms; nil for every firm that has such gaps.
        public var firms: Set<String>?
        /// The quarter; it is compared with the one before it.
        public var quarter: Quarter
        /// The day of the letters.
        public var day: CivilDate
        /// The day by which an answer is asked for.
        public var until: CivilDate
        /// Whether a firm that has a letter of the kind and quarter gets another one.
        public var isAgain: Bool

        /// An order.
        public init(
            kind: String, firms: Set<String>?, quarter: Quarter, day: CivilDate, until: CivilDate, isAgain: Bool = false
        ) {
            (self.kind, self.firms, self.quarter, self.day) = (kind, firms, quarter, day)
            (self.until, self.isAgain) = (until, isAgain)
        }

        /// What is wrong with it, by field.
        public func problems(_ templates: LetterTemplates) -> [String: FieldProblem] {
            var check = FieldCheck()
            check.demand(templates.kind(kind) != nil, "kind", .unknown)
            check.demand(until > day, "until", .tooEarly)
            return check.problems
        }
    }

    /// A letter that has not been issued: nothing is kept of it.
    public struct Draft: Sendable {
        /// The firm, by its key.
        public var firm: String
        /// What it would say.
        public var sheets: [Language: Letter.Sheet]
        /// Whether the firm has a letter of the kind and quarter.
        public var isAgain: Bool
    }

    let database: GovernanceDatabase
    let register: RegisterStore
    /// How letters are written.
    public let writer: LetterWriter
    let now: @Sendable () -> Int64

    /// What an order would write, firm by firm; also letters that firms have already.
    ///
    /// - Throws: `.fields`; `.conflict` when the institution has no name yet.
    public func drafts(_ order: Order) async throws(SupervisionError) -> [Draft] {
        try await database.read(throwing: SupervisionError.self) { db in
            let institution = try Self.institution(db)
            return try gaps(order, db).map { firm, kind, gaps in
                let occasion = occasion(firm, institution, order, number: nil)
                return Draft(
                    firm: firm.id, sheets: sheets(kind, gaps, occasion),
                    isAgain: try Self.has(firm.id, order.kind, order.quarter, db))
            }
        }
    }

    /// Writes and numbers letters, all of them or none.
    ///
    /// - Parameters:
    ///   - order: what is to be written.
    ///   - render: makes the page of a sheet that is kept beside its words.
    ///   - actor: who issues them.
    /// - Returns: the letters; none where no firm has such gaps.
    /// - Throws: `.fields`; `.conflict` when the institution has no name yet.
    public func issue(
        _ order: Order, render: @escaping @Sendable (Letter.Sheet, Language) -> [UInt8], _ actor: TrailActor
    ) async throws(SupervisionError) -> [Letter] {
        let time = now()
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let institution = try Self.institution(db)
            let year = order.day.parts.year
            var serial =
                try Int.fetchOne(db, sql: "SELECT max(serial) FROM letters WHERE year = ?", arguments: [year]) ?? 0
            var letters: [Letter] = []
            for (firm, kind, gaps) in try gaps(order, db) {
                if !order.isAgain, try Self.has(firm.id, order.kind, order.quarter, db) { continue }
                serial += 1
                var letter = Letter(
                    year: year, serial: serial, kind: kind.id, firm: firm.id, quarter: order.quarter, day: order.day,
                    until: order.until,
                    sheets: sheets(kind, gaps, occasion(firm, institution, order, number: (year, serial))), issuedAt: time,
                    issuedBy: actor.who, sha256: "")
                let bytes = CanonicalJSON.bytes(of: letter.document)
                letter.sha256 = Hash.sha256(bytes)
                try Self.keep(letter, bytes, render, db, &trail)
                letters.append(letter)
            }
            if letters.isEmpty {
                trail.note(
                    TrailEntry(
                        "letter.issue", .init("letter"), reason: "no-firm",
                        details: ["kind": order.kind, "quarter": order.quarter.description]))
            }
            return letters
        }
    }

    private static func keep(
        _ letter: Letter, _ bytes: [UInt8], _ render: (Letter.Sheet, Language) -> [UInt8], _ db: GRDB.Database,
        _ trail: inout TrailBook
    ) throws {
        try db.execute(
            sql: "INSERT INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                letter.year, letter.serial, letter.kind, letter.firm, letter.quarter.index, letter.day.day, letter.until.day,
                String(decoding: bytes, as: UTF8.self), letter.sha256, letter.issuedAt, letter.issuedBy,
            ])
        var details = [
            "kind": letter.kind, "firm": letter.firm, "quarter": letter.quarter.description, "sha256": letter.sha256,
        ]
        for (language, sheet) in letter.sheets.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let page = render(sheet, language)
            let hash = Hash.sha256(page)
            try db.execute(
                sql: "INSERT INTO letter_pages VALUES (?, ?, ?, ?, ?)",
                arguments: [letter.year, letter.serial, language.rawValue, String(decoding: page, as: UTF8.self), hash])
            details["page-\(language == .chinese ? "zh-tw" : "en")"] = hash
        }
        trail.note(TrailEntry("letter.issue", .init("letter", letter.id), details: details))
    }

    // MARK: Reading

    /// Letters, newest first; only those to a firm when one is named.
    public func all(firm: String? = nil) async throws(SupervisionError) -> [Letter] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM letters WHERE ?1 IS NULL OR firm = ?1 ORDER BY year DESC, serial DESC", arguments: [firm]
            ).map(Self.letter)
        }
    }

    /// A letter.
    ///
    /// - Throws: `.notFound`.
    public func find(year: Int, serial: Int) async throws(SupervisionError) -> Letter {
        try await database.read(throwing: SupervisionError.self) { db in
            let row = try Row.fetchOne(db, sql: "SELECT * FROM letters WHERE year = ? AND serial = ?", arguments: [year, serial])
            guard let row else { throw SupervisionError.notFound("letter \(year)-\(serial)") }
            return try Self.letter(row)
        }
    }

    /// The page of a letter as it was issued, and its SHA-256.
    ///
    /// - Throws: `.notFound`; `.storage(.damaged)` when it is not what was issued.
    public func page(
        year: Int, serial: Int, _ language: Language
    ) async throws(SupervisionError) -> (html: [UInt8], sha256: String) {
        try await database.read(throwing: SupervisionError.self) { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT html, sha256 FROM letter_pages WHERE year = ? AND serial = ? AND language = ?",
                arguments: [year, serial, language.rawValue])
            guard let row else { throw SupervisionError.notFound("letter \(year)-\(serial)") }
            let (html, hash) = (Array((row["html"] as String).utf8), row["sha256"] as String)
            guard Hash.sha256(html) == hash else {
                throw SupervisionError.storage(
                    StorageError(.damaged, "a letter is not what was issued", at: "letter_pages \(year)-\(serial)"))
            }
            return (html, hash)
        }
    }

    private static func letter(_ row: Row) throws -> Letter {
        let (text, hash): (String, String) = (row["document"], row["sha256"])
        let (year, serial): (Int, Int) = (row["year"], row["serial"])
        let damaged = SupervisionError.storage(
            StorageError(.damaged, "a letter is not what was issued", at: "letters \(year)-\(serial)"))
        guard Hash.sha256(Array(text.utf8)) == hash else { throw damaged }
        var sheets: [Language: Letter.Sheet] = [:]
        for entry in try JSONReader.read(Array(text.utf8))["sheets"]?.entries ?? [] {
            guard let language = Language(rawValue: entry.key) else { throw damaged }
            sheets[language] = try Letter.Sheet(entry.node, path: "sheets.\(entry.key)")
        }
        return Letter(
            year: year, serial: serial, kind: row["kind"], firm: row["firm"], quarter: Quarter(index: row["quarter"]),
            day: CivilDate(day: row["day"]), until: CivilDate(day: row["until"]), sheets: sheets, issuedAt: row["at"],
            issuedBy: row["by"], sha256: hash)
    }

    // MARK: What to write

    private func gaps(
        _ order: Order, _ db: GRDB.Database
    ) throws -> [(firm: Firm, kind: LetterTemplates.Kind, gaps: [FollowUpDifference])] {
        let problems = order.problems(writer.templates)
        guard let kind = writer.templates.kind(order.kind), problems.isEmpty else { throw SupervisionError.fields(problems) }
        var gaps: [String: [FollowUpDifference]] = [:]
        for record in try FollowUpStore.records(db, firm: nil, item: nil) where order.firms?.contains(record.firm) ?? true {
            let difference = FollowUpDifference(record, from: order.quarter.previous, to: order.quarter, asOf: order.day)
            if let difference { gaps[record.firm, default: []].append(difference) }
        }
        return try register.all(db).compactMap { firm in
            guard firm.isInBusiness(asOf: order.day), let found = gaps[firm.id] else { return nil }
            let chosen = writer.gaps(kind, found)
            return chosen.isEmpty ? nil : (firm, kind, chosen)
        }
    }

    private func occasion(
        _ firm: Firm, _ institution: String, _ order: Order, number: (year: Int, serial: Int)?
    ) -> LetterWriter.Occasion {
        LetterWriter.Occasion(
            institution: institution, firm: firm.name(asOf: order.day)?.legal ?? firm.id, quarter: order.quarter, day: order.day,
            until: order.until, number: number)
    }

    private func sheets(
        _ kind: LetterTemplates.Kind, _ gaps: [FollowUpDifference], _ occasion: LetterWriter.Occasion
    ) -> [Language: Letter.Sheet] {
        Dictionary(
            uniqueKeysWithValues: Language.allCases.map { ($0, writer.sheet(kind, gaps, occasion, $0)) })
    }

    private static func has(_ firm: String, _ kind: String, _ quarter: Quarter, _ db: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM letters WHERE firm = ? AND kind = ? AND quarter = ?)",
            arguments: [firm, kind, quarter.index]) ?? false
    }

    private static func institution(_ db: GRDB.Database) throws -> String {
        guard let name = try String.fetchOne(db, sql: "SELECT name FROM institution_versions ORDER BY version DESC LIMIT 1")
        else {
            throw SupervisionError.conflict("the institution has no name yet")
        }
        return name
    }
}
