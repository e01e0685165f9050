public import Database
public import Documents
public import Incidents

/// What the desk of incidents refuses, or could not do.
public enum IncidentError: Error, Sendable, StorageFailing, CustomStringConvertible {
    /// The database, its trail or a file failed.
    case storage(StorageError)
    /// A file of rules is not as it should be.
    case document(DocumentError)
    /// It may not happen in the case as it stands.
    case refused(IncidentRefusal)
    /// There is no such case.
    case notFound(Int64)
    /// Something happened in the case meanwhile.
    case meanwhile(Int64)
    /// The list of past incidents has faults; nothing of it was stored.
    case list([PastIncidentReader.Fault])

    /// One line for the log.
    public var description: String {
        switch self {
        case .storage(let error): error.description
        case .document(let error): error.description
        case .refused(let refusal): "refused: \(refusal)"
        case .notFound(let id): "there is no incident \(id)"
        case .meanwhile(let id): "something happened in incident \(id) meanwhile"
        case .list(let faults): "the list has \(faults.count) faults; nothing was stored"
        }
    }
}
