internal import Database
public import Rulebook

/// A message to a person that waits to be sent. Its texts are the sender's; here is what they need.
public struct Message: Sendable, Identifiable, CustomStringConvertible, CustomReflectable {
    /// What it tells.
    public enum Kind: String, Sendable, CaseIterable {
        /// A link to choose a new password.
        case reset
        /// A link to end a lock.
        case unlock
        /// The account is locked until `detail`.
        case locked
        /// The password was changed.
        case passwordChanged = "password-changed"
        /// Second factors were changed.
        case factorsChanged = "factors-changed"
        /// Another address replaced this one.
        case addressChanged = "address-changed"
        /// The account for emergencies named by `detail` signed in.
        case emergencySignIn = "emergency-sign-in"
    }

    /// Its number.
    public let id: Int64
    /// Whose it is.
    public let account: AccountID
    /// What it tells.
    public let kind: Kind
    /// Where it goes.
    public let address: String
    /// The person's name.
    public let name: String
    /// A link that opens something; a secret.
    public let link: String?
    /// A name or a time.
    public let detail: String?
    /// After that it is not sent any more.
    public let expires: Instant

    /// Kind and number, without address and link.
    public var description: String { "message \(id): \(kind.rawValue)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The outbox, for whoever sends. Asking for a message never waits for its sending (T2).
public struct MessageDesk: Sendable {
    let context: IdentityContext

    /// Messages that wait, oldest first.
    ///
    /// - Throws: `.storage`; `.unusableKey`.
    public func waiting(limit: Int = 100) async throws(IdentityError) -> [Message] {
        let context = context
        return try await context.read { db in try MessageStore.waiting(db, limit: limit, context) }
    }

    /// Forgets a message that was handed to the mail server.
    ///
    /// - Throws: `.notFound`; `.storage`.
    public func sent(_ message: Message) async throws(IdentityError) {
        try await context.change(.system("mail")) { db, trail in
            guard let account = try MessageStore.remove(db, message.id) else {
                throw IdentityError(.notFound, "there is no such message")
            }
            trail.note(
                TrailEntry("message.send", .init("account", account.description), details: ["kind": message.kind.rawValue]))
        }
    }
}
