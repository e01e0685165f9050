public import Database
public import Rulebook

/// Who acts, and what they may do: made from a session, a token, the machine's console, or by the program for its own work.
public struct Principal: Sendable, Hashable {
    /// How somebody comes to act.
    public enum Kind: Sendable, Hashable {
        /// A person with a session.
        case person
        /// A program with a token.
        case token
        /// A person at the machine's command line, who could also change the files.
        case console
        /// The program itself.
        case system
    }

    /// How they come to act.
    public let kind: Kind
    /// Their account; nil for console and system.
    public let account: AccountID?
    /// What they may do now.
    public let permissions: Set<Permission>
    /// The party they act for; nil for whoever acts for this installation itself.
    public let party: String?
    /// When they last proved who they are; nil when they never do.
    public let provenAt: Instant?
    /// How the trail names them.
    public let trailActor: TrailActor

    init(
        kind: Kind, account: AccountID?, permissions: Set<Permission>, party: String? = nil, provenAt: Instant?,
        trailActor: TrailActor
    ) {
        (self.kind, self.account, self.permissions, self.party) = (kind, account, permissions, party)
        (self.provenAt, self.trailActor) = (provenAt, trailActor)
    }

    /// Whether they may do something (a proof may still be too old, a second person may still have to agree).
    public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }

    /// A person at the machine's command line.
    static func console(uid: UInt32, name: String, permissions: Set<Permission>, at now: Instant) -> Principal {
        Principal(
            kind: .console, account: nil, permissions: permissions, provenAt: now, trailActor: .console(uid: uid, name: name))
    }
}

/// Who asks before anybody is known: address, browser, device cookie.
public struct Client: Sendable, Hashable {
    /// Where the request comes from, as the connection says; nil when it is not known.
    public var address: SourceAddress?
    /// The device cookie the browser sent.
    public var device: String?
    /// What the browser calls itself; shown in the list of sessions, at most 200 bytes are kept.
    public var agent: String
    /// The code under which the log holds more of this request.
    public var code: String?
    /// The solution of a puzzle (`IdentityService.puzzle`), when the browser computed one.
    public var solution: String?

    /// A client.
    public init(
        address: SourceAddress?, device: String? = nil, agent: String = "", code: String? = nil, solution: String? = nil
    ) {
        (self.address, self.device, self.agent, self.code) = (address, device, agent, code)
        self.solution = solution
    }

    /// How the trail names somebody who is not signed in.
    func actor(claiming name: String = "") -> TrailActor {
        .anonymous(claiming: name, address: address?.description, code: code)
    }
}
