public import Database
public import Documents
public import Submissions

/// What a firm's workspace refuses, or could not do.
public enum WorkspaceError: Error, Sendable, StorageFailing, CustomStringConvertible {
    /// The database, its trail or a file failed.
    case storage(StorageError)
    /// What was handed in is not as it should be: with its place and what is wanted.
    case document(DocumentError)
    /// There is no such thing.
    case notFound(String)
    /// Somebody changed it meanwhile, or it is there already.
    case conflict(String)

    /// A package is not as it should be, or its turn has not come.
    case refused(PackageRefusal)

    /// One line for the log.
    public var description: String {
        switch self {
        case .storage(let error): error.description
        case .document(let error): "\(error)"
        case .notFound(let what): "there is no \(what)"
        case .conflict(let what): what
        case .refused(let refusal): refusal.description
        }
    }
}
