internal import Rulebook

/// How somebody was recognised before something was undone for them (L5, cnfa-6.6): it goes into the trail whole.
public struct IdentityCheck: Sendable, Hashable {
    /// Ways in which a person is recognised.
    public enum Method: String, Sendable, CaseIterable {
        /// Seen in person, with a document.
        case inPerson = "in-person"
        /// Called back at the registered number.
        case callBack = "call-back"
        /// Seen in a video call by somebody who knows them.
        case video
        /// Confirmed by their superior.
        case superior
    }

    /// The way.
    public var method: Method
    /// Who recognised them; may be the one who acts, never the person themselves.
    public var checker: AccountID
    /// Why it is done; 3 to 500 bytes.
    public var reason: String

    /// A check.
    public init(method: Method, checker: AccountID, reason: String) {
        (self.method, self.checker, self.reason) = (method, checker, reason)
    }

    /// Refuses a check that is none.
    ///
    /// - Throws: `.badInput`; `.secondPerson` when somebody acts for, or vouches for, themselves.
    func validate(for account: Account, by principal: Principal, _ db: Connection) throws {
        guard (3...500).contains(reason.utf8.count) else { throw IdentityError(.badInput, "a reason is needed") }
        guard principal.account != account.id, checker != account.id else {
            throw IdentityError(.secondPerson, "somebody else must recognise this person")
        }
        guard try AccountStore.find(db, checker)?.state == .active else {
            throw IdentityError(.badInput, "whoever recognised the person has no account here")
        }
    }

    /// For the trail.
    var details: [String: String] { ["method": method.rawValue, "checker": checker.description] }
}
