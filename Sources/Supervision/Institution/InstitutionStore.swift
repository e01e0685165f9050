public import Database
internal import Documents
internal import GRDB

/// What the supervising institution says of itself.
public struct Institution: Sendable, Hashable {
    /// Its name, as letters and reports carry it.
    public var name: String
    /// When it was said, UTC microseconds.
    public var changed: Int64
}

/// The institution's own particulars: every version is kept.
public struct InstitutionStore: Sendable {
    static let migrations = [
        Migration("institution.0001-versions") { db in
            try db.execute(
                sql: """
                    CREATE TABLE institution_versions (
                        version INTEGER PRIMARY KEY, name TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
                    ) STRICT
                    """)
        }
    ]
    /// Longest name in bytes.
    static let nameLimit = 200

    let database: GovernanceDatabase
    let now: @Sendable () -> Int64

    /// The newest version; nil before the first run has asked.
    public func current() async throws(SupervisionError) -> Institution? {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchOne(db, sql: "SELECT name, changed FROM institution_versions ORDER BY version DESC LIMIT 1").map {
                Institution(name: $0["name"], changed: $0["changed"])
            }
        }
    }

    /// Says anew who the institution is.
    ///
    /// - Throws: `.document` when the name is empty, too long or holds control characters.
    public func decide(name: String, _ actor: TrailActor) async throws(SupervisionError) {
        guard Self.isName(name) else {
            throw .document(
                DocumentError(
                    .badValue, source: "institution", key: "name",
                    reason: "1 to \(Self.nameLimit) bytes without control characters are expected"))
        }
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            try db.execute(
                sql: "INSERT INTO institution_versions (name, changed, changed_by) VALUES (?, ?, ?)",
                arguments: [name, time, actor.who])
            trail.note(TrailEntry("institution.change", .init("institution"), details: ["name": name]))
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...nameLimit).contains(text.utf8.count) && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
}
