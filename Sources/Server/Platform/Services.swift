package import Checks
package import Database
internal import HTTPTypes
package import Identity
internal import Rulebook
package import Supervision
package import Workspace

/// The rooms below that every installation has, as handlers use them.
package struct Services: Sendable {
    /// Accounts, sessions, roles.
    package var identity: IdentityService
    /// The trail and the tables.
    package var database: GovernanceDatabase
    /// Tells open pages that something is new.
    package var hub: EventHub
    /// Whom accounts may be bound to.
    package var parties: Parties

    package init(identity: IdentityService, database: GovernanceDatabase, hub: EventHub, parties: Parties = .none) {
        (self.identity, self.database, self.hub, self.parties) = (identity, database, hub, parties)
    }
}

/// The parties that accounts may act for: `Identity` keeps their keys and does not know what they are.
package struct Parties: Sendable {
    /// Every party there is, by key, with what it is called.
    package var list: @Sendable () async throws -> [(key: String, title: String)]

    package init(list: @escaping @Sendable () async throws -> [(key: String, title: String)]) { self.list = list }

    /// A firm's installation has none.
    package static let none = Parties { [] }

    /// The firms of a supervisor's register.
    package static func firms(of supervision: Supervision, now: @escaping @Sendable () -> Int64) -> Parties {
        Parties {
            let day = Instant(seconds: now() / 1_000_000).date(in: .taipei)
            return try await supervision.register.all().map { (key: $0.id, title: $0.name(asOf: day)?.short ?? $0.id) }
        }
    }

    /// What each is called.
    func names() async throws -> [String: String] {
        Dictionary(try await list().map { ($0.key, $0.title) }) { first, _ in first }
    }
}

/// What a firm's installation has besides. The rooms of every installation are reached through it as if they were its own.
@dynamicMemberLookup
package struct FirmServices: Sendable {
    /// The rooms of every installation.
    package var common: Services
    /// The firm's working data.
    package var workspace: Workspace
    /// Looks at this very host.
    package var collect: @Sendable () async throws -> HostFacts

    package init(_ common: Services, workspace: Workspace, collect: @escaping @Sendable () async throws -> HostFacts) {
        (self.common, self.workspace, self.collect) = (common, workspace, collect)
    }

    package subscript<Value>(dynamicMember path: KeyPath<Services, Value>) -> Value { common[keyPath: path] }
}

/// What a supervisor's installation has besides.
@dynamicMemberLookup
package struct SupervisorServices: Sendable {
    /// The rooms of every installation.
    package var common: Services
    /// The register of firms and all that is known of the market.
    package var supervision: Supervision
    /// Whether the service watch may probe this machine and private networks: for tests, and said on its pages.
    package var watchAllowsLocal: Bool

    package init(_ common: Services, supervision: Supervision, watchAllowsLocal: Bool = false) {
        (self.common, self.supervision, self.watchAllowsLocal) = (common, supervision, watchAllowsLocal)
    }

    package subscript<Value>(dynamicMember path: KeyPath<Services, Value>) -> Value { common[keyPath: path] }
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
