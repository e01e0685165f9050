/// Who makes a change, and from where. Never holds a token, a password or anything else that lets one act as someone.
public struct TrailActor: Hashable, Sendable {
    /// What kind of actor it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A person who is signed in.
        case account
        /// Someone who is not known, or not signed in yet.
        case anonymous
        /// A program on another host that has a token.
        case agent
        /// This program by itself: a schedule, a start.
        case system
        /// A person at the machine's command line.
        case console
    }

    /// What kind of actor it is.
    public let kind: Kind
    /// The identifier of the account or agent; the part of the program; the user id at the console. Empty for anonymous.
    public let id: String
    /// The name as it was then: of the account, the agent, the system's user. For anonymous the name that was claimed, or empty.
    public let name: String
    /// The network address it came from; nil for what came over no network.
    public var address: String?
    /// A reference to the session, from which its token cannot be found.
    public var session: String?
    /// The code under which the log holds more, and which the person was shown.
    public var code: String?

    init(kind: Kind, id: String, name: String, address: String? = nil, session: String? = nil, code: String? = nil) {
        (self.kind, self.id, self.name) = (kind, id, name)
        (self.address, self.session, self.code) = (address, session, code)
    }

    /// A person who is signed in.
    public static func account(
        id: String, name: String, address: String? = nil, session: String? = nil, code: String? = nil
    ) -> TrailActor { TrailActor(kind: .account, id: id, name: name, address: address, session: session, code: code) }

    /// Someone who is not known, or not signed in yet.
    public static func anonymous(claiming name: String = "", address: String? = nil, code: String? = nil) -> TrailActor {
        TrailActor(kind: .anonymous, id: "", name: name, address: address, code: code)
    }

    /// A program on another host that has a token.
    public static func agent(id: String, name: String, address: String? = nil, code: String? = nil) -> TrailActor {
        TrailActor(kind: .agent, id: id, name: name, address: address, code: code)
    }

    /// This program by itself; the part of it that acts, such as `schedule` or `start`.
    public static func system(_ part: String, code: String? = nil) -> TrailActor {
        TrailActor(kind: .system, id: part, name: part, code: code)
    }

    /// A person at the machine's command line: user id and name.
    public static func console(uid: UInt32, name: String) -> TrailActor {
        TrailActor(kind: .console, id: String(uid), name: name)
    }

    /// What `who` holds in the trail: the name, with the kind before it unless it is an account: `console:root`, `anonymous:alice`.
    public var who: String { kind == .account ? name : name.isEmpty ? kind.rawValue : "\(kind.rawValue):\(name)" }
}
