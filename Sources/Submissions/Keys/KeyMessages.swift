internal import Documents
internal import Rulebook

/// Somebody's public key. The package is signed by that very key: whoever sends it holds the secret.
public struct KeyRegistration: MessageBody, Hashable {
    /// Whose key it is.
    public enum Role: String, Sendable, CaseIterable {
        /// A firm's; the header names it.
        case firm
        /// The supervisor's.
        case supervisor
    }

    /// What every message says first.
    public var header: MessageHeader
    /// Whose key it is.
    public var role: Role
    /// Name of the firm or institution, and of the person who answers for the key.
    public var name: String
    /// Who compares the fingerprint by phone, and under which number.
    public var contact: String
    /// The public key's 32 bytes.
    public var key: [UInt8]
    /// Id of the key it takes the place of, which signs as well; nil for a first key, or when the old one is lost.
    public var replaces: String?

    /// A registration.
    public init(_ header: MessageHeader, role: Role, name: String, contact: String, key: [UInt8], replaces: String?) {
        (self.header, self.role, self.name) = (header, role, name)
        (self.contact, self.key, self.replaces) = (contact, key, replaces)
    }

    var pairs: [(String, Node?)] {
        [
            ("role", .text(role.rawValue)), ("name", .text(name)), ("contact", .unlessEmpty(contact)),
            ("public_key", .text(PublicKey.text(key))), ("replaces", replaces.map { .text($0) }),
        ]
    }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        (role, name) = (try fields.choice("role"), try fields.line("name"))
        contact = try fields.optionalLine("contact")
        guard let key = PublicKey.read(try fields.text("public_key")) else {
            throw fields.error(at: "public_key", "an Ed25519 key of 32 bytes in base64url is expected")
        }
        self.key = key
        replaces = try fields.optionalHash("replaces")
        guard (role == .firm) == (header.firm != nil) else {
            throw fields.error(at: "role", "a firm's key names the firm, a supervisor's names none")
        }
    }
}

/// A firm takes a key of its own out of use.
public struct KeyRevocation: MessageBody, Hashable {
    /// What every message says first.
    public var header: MessageHeader
    /// Id of the key.
    public var key: String
    /// Why.
    public var reason: String

    /// A revocation.
    public init(_ header: MessageHeader, key: String, reason: String) {
        (self.header, self.key, self.reason) = (header, key, reason)
    }

    var pairs: [(String, Node?)] { [("key", .text(key)), ("reason", .text(reason))] }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        (key, reason) = (try fields.hash("key"), try fields.line("reason"))
    }
}
