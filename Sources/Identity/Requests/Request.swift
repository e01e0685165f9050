public import Documents
public import Rulebook

/// Something that a second person must agree to before it is done (A2): what, by whom, and how it stands.
public struct Request: Sendable, Hashable, Identifiable {
    /// How it stands.
    public enum State: String, Sendable, CaseIterable {
        /// Nobody decided yet.
        case open
        /// A second person agreed; it can be carried out.
        case approved
        /// A second person refused.
        case refused
        /// Whoever asked took it back.
        case withdrawn
        /// Nobody decided, or carried it out, in time.
        case lapsed
        /// It was carried out.
        case done
    }

    /// Its number.
    public let id: Int64
    /// What is to be done.
    public let change: RequestedChange
    /// Why.
    public let reason: String
    /// Who asked; nil at the machine's console.
    public let requestedBy: AccountID?
    /// When.
    public let requestedAt: Instant
    /// Until when it can be decided and carried out.
    public let expiresAt: Instant
    /// How it stands.
    public let state: State
    /// Who decided.
    public let decidedBy: AccountID?
    /// When.
    public let decidedAt: Instant?
    /// What they said.
    public let note: String
}

/// What is to be done once a second person agreed.
public enum RequestedChange: Sendable, Hashable {
    /// A new account.
    case create(NewAccount)
    /// Other roles for an account, and the party it then acts for.
    case setRoles(AccountID, Set<RoleName>, party: String? = nil)
    /// An account is to be removed.
    case remove(AccountID)
    /// Something of another room: the permission it takes, what it is done to, and its details, which that room reads again when it is carried
    /// out.
    case other(Permission, object: String, payload: Node)

    /// The permission that carrying it out takes.
    public var permission: Permission {
        switch self {
        case .create: .accountsCreate
        case .setRoles: .rolesGrant
        case .remove: .accountsRemove
        case .other(let permission, _, _): permission
        }
    }

    /// The account it is about, when there is one already.
    public var subject: AccountID? {
        switch self {
        case .setRoles(let id, _, _), .remove(let id): id
        case .create, .other: nil
        }
    }

    /// What it is done to, for lists and the trail.
    public var object: String {
        switch self {
        case .create(let new): new.name.text
        case .setRoles(let id, _, _), .remove(let id): id.description
        case .other(_, let object, _): object
        }
    }

    /// The details as a document.
    var payload: Node {
        switch self {
        case .create(let new):
            .object([
                ("break_glass", .bool(new.isBreakGlass)), ("conditions", new.conditions.node),
                ("display_name", .text(new.displayName)),
                ("mail", new.mail.map { .text($0) }), ("name", .text(new.name.text)), ("person", .text(new.person)),
                ("party", new.party.map { .text($0) }), ("phone", new.phone.map { .text($0) }),
                ("roles", .texts(new.roles.sorted().map(\.rawValue))),
                ("temporary_until", new.temporaryUntil.map { .integer($0.seconds) }),
            ])
        case .setRoles(_, let roles, let party):
            .object([("party", party.map { .text($0) }), ("roles", .texts(roles.sorted().map(\.rawValue)))])
        case .remove: .object([])
        case .other(_, _, let payload): payload
        }
    }

    /// Reads what `payload` wrote.
    init(permission: Permission, object: String, subject: AccountID?, payload: Node) throws(DocumentError) {
        switch (permission, subject) {
        case (.rolesGrant, let subject?):
            var fields = try Fields(payload, path: "")
            self = .setRoles(
                subject, Set(try fields.texts("roles").map { RoleName(rawValue: $0) }), party: try fields.optionalText("party"))
            try fields.finish()
        case (.accountsRemove, let subject?): self = .remove(subject)
        case (.accountsCreate, nil): self = .create(try Self.newAccount(payload))
        default: self = .other(permission, object: object, payload: payload)
        }
    }

    private static func newAccount(_ payload: Node) throws(DocumentError) -> NewAccount {
        var fields = try Fields(payload, path: "")
        guard let name = AccountName(try fields.text("name")) else { throw fields.error(at: "name", "is no account name") }
        let new = NewAccount(
            name: name, person: try fields.text("person"), displayName: try fields.text("display_name"),
            mail: try fields.optionalText("mail"), phone: try fields.optionalText("phone"),
            roles: Set(try fields.texts("roles").map { RoleName(rawValue: $0) }), party: try fields.optionalText("party"),
            isBreakGlass: try fields.optionalBool("break_glass") ?? false,
            temporaryUntil: try fields.optionalInteger("temporary_until").map { Instant(seconds: Int64($0)) },
            conditions: try UseConditions(try fields.required("conditions"), path: "conditions"))
        try fields.finish()
        return new
    }
}
