public import Database

/// Why something of the platform's accounts was refused.
///
/// What a caller may show depends on who asks: a refused sign-in is never one of these (`SignInAnswer.refused` says nothing), because an
/// error that names its cause would tell a stranger which accounts exist.
public struct IdentityError: Error, Sendable, Hashable {
    /// What kind of refusal.
    public enum Code: String, Sendable, CaseIterable {
        /// Something that was handed in is not acceptable: a name, an address, a password, a period.
        case badInput = "bad-input"
        /// There is no such account, token, request, review.
        case notFound = "not-found"
        /// The state of the thing forbids it: disabled, removed, decided already, out of date.
        case wrongState = "wrong-state"
        /// The person has no such permission.
        case forbidden
        /// The person must prove again who they are (`SessionDesk.stepUp`).
        case notFresh = "not-fresh"
        /// Somebody else must decide: one may not approve one's own request or review one's own account.
        case secondPerson = "second-person"
        /// The change would leave the platform without those who can help it.
        case lastAdministrator = "last-administrator"
        /// Another account has this name, or this person has an account.
        case taken
        /// The proof (token, code, signature, password) is wrong, used or out of date. Deliberately not more exact.
        case notProven = "not-proven"
        /// Too many attempts; `retryAfter` says when.
        case limited
        /// So many passwords are being checked that this one was not taken on.
        case busy
        /// A stored or configured secret cannot be used: wrong key, damaged.
        case unusableKey = "unusable-key"
        /// The machine refused: a file, the database.
        case storage
    }

    /// What kind of refusal.
    public let code: Code
    /// What was wrong, in a sentence without secrets.
    public let reason: String
    /// Seconds after which it may be tried again; only with `.limited`.
    public let retryAfter: Int?

    /// A refusal.
    public init(_ code: Code, _ reason: String, retryAfter: Int? = nil) {
        self.code = code
        self.reason = reason
        self.retryAfter = retryAfter
    }
}

extension IdentityError: CustomStringConvertible {
    /// `reason [code]`
    public var description: String { "\(reason) [\(code.rawValue)]" }
}

extension IdentityError: StorageFailing {
    /// Storage failed in that way.
    public static func storage(_ error: StorageError) -> IdentityError { IdentityError(.storage, "\(error)") }
}
