public import Database
internal import GRDB

/// A connection within a transaction; named here so that desks need not import the database library.
typealias Connection = GRDB.Database

/// The tables of the room.
public enum IdentitySchema {
    /// Migrations for `GovernanceDatabase.open`, in order.
    public static let migrations: [Migration] = [
        Migration("identity.0001-accounts") { db in try db.execute(sql: accounts) },
        Migration("identity.0002-proofs") { db in try db.execute(sql: proofs) },
        Migration("identity.0003-decisions") { db in try db.execute(sql: decisions) },
        // Whoever was there before acts for no party.
        Migration("identity.0004-party") { db in try db.execute(sql: "ALTER TABLE identity_account ADD COLUMN party TEXT") },
    ]

    private static let accounts = """
        CREATE TABLE identity_account (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            likeness TEXT NOT NULL UNIQUE,
            person TEXT UNIQUE,
            display_name TEXT NOT NULL,
            mail TEXT,
            phone TEXT,
            state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'removed')),
            state_reason TEXT NOT NULL DEFAULT '',
            is_break_glass INTEGER NOT NULL CHECK (is_break_glass IN (0, 1)),
            temporary_until INTEGER,
            conditions TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            last_sign_in INTEGER,
            password TEXT,
            password_state TEXT NOT NULL CHECK (password_state IN ('none', 'initial', 'chosen', 'compromised')),
            password_set_at INTEGER,
            initial_until INTEGER,
            device_epoch INTEGER NOT NULL DEFAULT 0,
            CHECK ((password IS NULL) = (password_state = 'none'))
        ) STRICT;
        CREATE TABLE identity_role (
            account INTEGER NOT NULL REFERENCES identity_account (id),
            role TEXT NOT NULL,
            PRIMARY KEY (account, role)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE identity_old_password (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL REFERENCES identity_account (id),
            password TEXT NOT NULL
        ) STRICT;
        CREATE INDEX identity_old_password_account ON identity_old_password (account, id);
        CREATE TABLE identity_lockout (
            account INTEGER NOT NULL REFERENCES identity_account (id),
            bucket TEXT NOT NULL,
            failures INTEGER NOT NULL,
            locked_until INTEGER,
            PRIMARY KEY (account, bucket)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE identity_flag (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
        """

    private static let proofs = """
        CREATE TABLE identity_factor (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL REFERENCES identity_account (id),
            kind TEXT NOT NULL CHECK (kind IN ('totp', 'security-key', 'recovery')),
            label TEXT NOT NULL,
            secret BLOB NOT NULL,
            credential BLOB UNIQUE,
            counter INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            last_used INTEGER,
            flagged_at INTEGER
        ) STRICT;
        CREATE INDEX identity_factor_account ON identity_factor (account);
        CREATE TABLE identity_session (
            hash BLOB NOT NULL PRIMARY KEY,
            reference TEXT NOT NULL UNIQUE,
            account INTEGER NOT NULL REFERENCES identity_account (id),
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            proven_at INTEGER NOT NULL,
            has_factor INTEGER NOT NULL CHECK (has_factor IN (0, 1)),
            device TEXT NOT NULL,
            address TEXT,
            agent TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX identity_session_account ON identity_session (account);
        CREATE TABLE identity_ticket (
            hash BLOB NOT NULL PRIMARY KEY,
            purpose TEXT NOT NULL,
            account INTEGER REFERENCES identity_account (id),
            payload BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX identity_ticket_account ON identity_ticket (account, purpose);
        CREATE TABLE identity_token (
            hash BLOB NOT NULL PRIMARY KEY,
            reference TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL CHECK (kind IN ('person', 'agent')),
            account INTEGER NOT NULL REFERENCES identity_account (id),
            label TEXT NOT NULL,
            host TEXT,
            permissions TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            last_used INTEGER,
            CHECK ((host IS NULL) = (kind = 'person'))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX identity_token_account ON identity_token (account);
        CREATE TABLE identity_message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL REFERENCES identity_account (id),
            kind TEXT NOT NULL,
            sealed BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT;
        """

    private static let decisions = """
        CREATE TABLE identity_request (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            permission TEXT NOT NULL,
            object TEXT NOT NULL,
            subject INTEGER REFERENCES identity_account (id),
            payload TEXT NOT NULL,
            reason TEXT NOT NULL,
            requested_by INTEGER REFERENCES identity_account (id),
            requested_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'refused', 'withdrawn', 'lapsed', 'done')),
            decided_by INTEGER REFERENCES identity_account (id),
            decided_at INTEGER,
            note TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE TABLE identity_review (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            opened_by INTEGER NOT NULL REFERENCES identity_account (id),
            opened_at INTEGER NOT NULL,
            signed_by INTEGER REFERENCES identity_account (id),
            signed_at INTEGER
        ) STRICT;
        CREATE TABLE identity_review_item (
            review INTEGER NOT NULL REFERENCES identity_review (id),
            account INTEGER NOT NULL REFERENCES identity_account (id),
            snapshot TEXT NOT NULL,
            decision TEXT CHECK (decision IN ('keep', 'change', 'disable')),
            reviewer INTEGER REFERENCES identity_account (id),
            decided_at INTEGER,
            note TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (review, account),
            CHECK (reviewer IS NULL OR reviewer <> account)
        ) STRICT, WITHOUT ROWID;
        """
}
