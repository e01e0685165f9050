package import Checks
package import Database
internal import HTTPTypes
package import Identity
package import Workspace

/// The rooms below, as handlers use them.
package struct Services: Sendable {
    /// Accounts, sessions, roles.
    package var identity: IdentityService
    /// The firm's working data.
    package var workspace: Workspace
    /// The trail and the tables.
    package var database: GovernanceDatabase
    /// Tells open pages that something is new.
    package var hub: EventHub
    /// Looks at this very host.
    package var collect: @Sendable () async throws -> HostFacts

    package init(
        identity: IdentityService, workspace: Workspace, database: GovernanceDatabase, hub: EventHub,
        collect: @escaping @Sendable () async throws -> HostFacts
    ) {
        (self.identity, self.workspace, self.database, self.hub, self.collect) = (identity, workspace, database, hub, collect)
    }
}

extension IdentityError: FailureConvertible {
    package var failure: Failure {
        switch code {
        case .limited:
            Failure(
                .tooManyRequests, "limited", ["seconds": String(retryAfter ?? 60)], detail: description,
                headers: [.retryAfter: String(retryAfter ?? 60)])
        case .busy: Failure(.serviceUnavailable, "busy", detail: description, headers: [.retryAfter: "2"])
        case .notFound: Failure.notFound(description)
        case .forbidden: Failure.forbidden(description)
        case .notFresh: Failure(.forbidden, "not-fresh", detail: description)
        case .badInput, .notProven: Failure(.badRequest, "refused", ["reason": reason], detail: description)
        case .wrongState, .secondPerson, .lastAdministrator, .taken:
            Failure(.conflict, "refused", ["reason": reason], detail: description)
        case .unusableKey, .storage: Failure(.internalServerError, "internal", detail: description)
        }
    }
}
