public import Database
public import Documents

/// What a supervisor's rooms refuse, or could not do.
public enum SupervisionError: Error, Sendable, StorageFailing, CustomStringConvertible {
    /// The database, its trail or a file failed.
    case storage(StorageError)
    /// What was handed in is not as it should be: with its place and what is wanted.
    case document(DocumentError)
    /// What somebody filled in is not as it should be: what is wrong, by field.
    case fields([String: FieldProblem])
    /// There is no such thing.
    case notFound(String)
    /// Somebody changed it meanwhile, or it is there already.
    case conflict(String)
    /// It is not for this person to do: a second one is needed, or another party's affair.
    case refused(String)

    /// One line for the log.
    public var description: String {
        switch self {
        case .storage(let error): error.description
        case .document(let error): "\(error)"
        case .fields(let problems):
            "wrong fields: "
                + problems.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rawValue)" }.joined(separator: ", ")
        case .notFound(let what): "there is no \(what)"
        case .conflict(let what), .refused(let what): what
        }
    }
}
