internal import Database
internal import Documents
internal import HTTPTypes
internal import Submissions
internal import Supervision
internal import Workspace

extension StorageError: FailureConvertible {
    package var failure: Failure {
        switch code {
        case .notFound: Failure.notFound(description)
        case .busy, .trailFull, .full, .closed:
            Failure(.serviceUnavailable, "busy", detail: description, headers: [.retryAfter: "5"])
        default: Failure(.internalServerError, "internal", detail: description)
        }
    }
}

extension DocumentError: FailureConvertible {
    package var failure: Failure { Failure(.badRequest, "document", ["reason": clippedReason], detail: description) }

    private var clippedReason: String { (key.isEmpty ? "" : "\(key): ") + reason.clipped }
}

extension WorkspaceError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .storage(let error): error.failure
        case .document(let error): error.failure
        case .notFound(let what): Failure.notFound(what)
        case .conflict(let what): Failure(.conflict, "conflict", ["reason": what], detail: what)
        case .refused(let refusal):
            Failure(.badRequest, "refused", ["reason": refusal.code.rawValue], detail: refusal.description)
        }
    }
}

extension SupervisionError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .storage(let error): error.failure
        case .document(let error): error.failure
        case .fields: Failure.bad("form", detail: description)
        case .notFound(let what): Failure.notFound(what)
        case .conflict(let what), .refused(let what): Failure(.conflict, "conflict", ["reason": what], detail: what)
        }
    }
}
