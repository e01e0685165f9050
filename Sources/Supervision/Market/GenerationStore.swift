internal import Database
internal import GRDB

/// How often what the market's tables are counted from was changed: what is remembered of a state can be told from what stands now.
struct Generations: Sendable, Hashable {
    /// Changes of the register.
    var firms: Int64 = 0
    /// Changes of decisions about tiers and classes.
    var tiers: Int64 = 0
    /// Changes of what is known and said of gaps.
    var gaps: Int64 = 0
    /// Changes of what was declared and measured, by index of the quarter.
    var standings: [Int: Int64] = [:]
}

/// Counters of changes, kept by the database itself: whoever writes a row counts, within the same transaction. A counter that was read in a
/// transaction is that of the rows read in it, and one that is rolled back was never there.
enum GenerationStore {
    static let migrations = [
        Migration("generations.0001-counters") { db in
            try db.execute(
                sql: """
                    CREATE TABLE generations (
                        kind TEXT NOT NULL, key INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (kind, key)
                    ) STRICT, WITHOUT ROWID;
                    """)
            // Standings of gaps are only ever added, each with the take it belongs to.
            for (table, key) in [
                ("firms", ""), ("tier_decisions", ""), ("gap_takes", ""), ("followup_words", ""), ("standings", "quarter"),
            ] {
                func count(_ row: String) -> String {
                    """
                    INSERT INTO generations VALUES ('\(table)', \(key.isEmpty ? "0" : "\(row).\(key)"), 1)
                        ON CONFLICT (kind, key) DO UPDATE SET n = n + 1;
                    """
                }
                try db.execute(
                    sql: """
                        CREATE TRIGGER generations_\(table)_insert AFTER INSERT ON \(table) BEGIN \(count("new")) END;
                        CREATE TRIGGER generations_\(table)_delete AFTER DELETE ON \(table) BEGIN \(count("old")) END;
                        CREATE TRIGGER generations_\(table)_update AFTER UPDATE ON \(table) BEGIN
                            \(count("new")) \(key.isEmpty ? "" : count("old"))
                        END;
                        """)
            }
        }
    ]

    /// All counters, as of the transaction.
    static func read(_ db: GRDB.Database) throws -> Generations {
        var generations = Generations()
        for row in try Row.fetchAll(db, sql: "SELECT kind, key, n FROM generations") {
            switch row["kind"] as String {
            case "firms": generations.firms = row["n"]
            case "tier_decisions": generations.tiers = row["n"]
            case "gap_takes", "followup_words": generations.gaps += row["n"]
            default: generations.standings[row["key"]] = row["n"]
            }
        }
        return generations
    }

    /// Changes of the register, as of the transaction.
    static func firms(_ db: GRDB.Database) throws -> Int64 { try one("firms", db) }

    /// Changes of decisions about tiers and classes, as of the transaction.
    static func tiers(_ db: GRDB.Database) throws -> Int64 { try one("tier_decisions", db) }

    private static func one(_ kind: String, _ db: GRDB.Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT n FROM generations WHERE kind = ? AND key = 0", arguments: [kind]) ?? 0
    }
}
