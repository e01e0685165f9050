public import GRDB
public import Vault

/// What went wrong with the platform's own data, where, and what to do about it. Two errors are equal when code and place are.
///
/// (The name is not `DatabaseError`, for GRDB has one, and a store imports both.)
public struct StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure; programs decide on this, people read the text.
    public enum Code: String, Sendable, CaseIterable {
        /// The directory or file named does not exist.
        case notFound
        /// Something is already there.
        case exists
        /// It is not ours: another program's directory or database, or of another format.
        case foreign
        /// The directory or a key in it belongs to another user, or others may read it.
        case exposed
        /// Another server runs on the directory.
        case locked
        /// Another process held the database for longer than was waited.
        case busy
        /// No room: on the disk, or in the database.
        case full
        /// Bytes on disk are not what was written.
        case damaged
        /// The database was written by a newer program.
        case newer
        /// The list of migrations is wrong, or one of them failed; the database is as it was.
        case migration
        /// The database knows less than its trail: it was put back to an older state.
        case rolledBack
        /// The trail knows less than the database, has a gap, or says something else.
        case trailBroken
        /// The trail takes no records now, and as many as may wait are waiting.
        case trailFull
        /// A change noted nothing in the trail: an error of the program, and nothing was changed.
        case notNoted
        /// What was to be noted breaks the grammar of the trail: an error of the program, and nothing was changed.
        case badEntry
        /// A rule of the tables (unique, foreign key, check) forbids it; nothing was changed.
        case constraint
        /// A file call failed.
        case file
        /// The task was cancelled; nothing was changed.
        case cancelled
        /// The database was closed before.
        case closed
        /// The body threw something that is neither an error of storage nor of the feature.
        case unexpected
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, in one clause. Never holds a value of a table.
    public let what: String
    /// File, migration or sequence; nil when there is none.
    public let place: String?
    /// What to do next; nil when nothing useful can be said.
    public let remedy: String?

    /// An error of that kind.
    public init(_ code: Code, _ what: String, at place: String? = nil, remedy: String? = nil) {
        self.code = code
        self.what = what
        self.place = place
        self.remedy = remedy
    }

    /// `place: what (remedy)` in one line.
    public var description: String {
        (place.map { "\($0): " } ?? "") + what + (remedy.map { " (\($0))" } ?? "")
    }

    /// Code and place decide; texts may be reworded.
    public static func == (left: StorageError, right: StorageError) -> Bool {
        left.code == right.code && left.place == right.place
    }
}

/// The error of a feature that can also say that storage failed: an enumeration with `case storage(StorageError)` conforms by itself.
/// `change` and `read` throw such errors as themselves.
public protocol StorageFailing: Error {
    /// Storage failed in that way.
    static func storage(_ error: StorageError) -> Self
}

extension StorageError: StorageFailing {
    /// The error itself.
    public static func storage(_ error: StorageError) -> StorageError { error }
}

extension StorageError {
    /// What SQLite said, without SQL and values.
    public init(_ error: GRDB.DatabaseError, at place: String? = nil) {
        let said = error.message ?? "error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy, "another process holds the database", at: place,
                remedy: "try again; find who has it open if it goes on")
        case .SQLITE_FULL:
            self.init(.full, "there is no room for the database", at: place, remedy: "make room on the disk; nothing was changed")
        case .SQLITE_NOTADB:
            self.init(.damaged, "the file is not a database", at: place, remedy: "restore a backup")
        case .SQLITE_CORRUPT:
            self.init(.damaged, "the database is damaged: \(said)", at: place, remedy: "run plumbline verify, restore a backup")
        case .SQLITE_CONSTRAINT:
            self.init(.constraint, said, at: place)
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            self.init(.cancelled, "the work was interrupted", at: place)
        case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self.init(.file, "the database cannot be read or written: \(said)", at: place, remedy: "check disk and permissions")
        default:
            self.init(.unexpected, "SQLite: \(said)", at: place)
        }
    }

    /// What the vault said of the trail.
    public init(trail error: VaultError) {
        let code: Code =
            switch error.code {
            case .notFound: .notFound
            case .exists: .exists
            case .foreign: .foreign
            case .locked: .locked
            case .full: .full
            case .damaged, .notProven, .rootMismatch: .damaged
            case .rolledBack: .trailBroken
            default: .file
            }
        self.init(code, "the trail: \(error.what)", at: error.place, remedy: error.remedy)
    }

    /// Any error of a body that ran on the database.
    init(any error: any Error, at place: String? = nil) {
        switch error {
        case let error as StorageError: self = error
        case let error as GRDB.DatabaseError: self.init(error, at: place)
        case let error as VaultError: self.init(trail: error)
        case is CancellationError: self.init(.cancelled, "the task was cancelled", at: place)
        default: self.init(.unexpected, "\(type(of: error)): \(error)", at: place, remedy: "report this error")
        }
    }
}
