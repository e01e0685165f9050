/// Why a package was refused, for programs and people: the text of each stands in the catalogue under `exchange.refusal.CODE`.
public enum RefusalCode: String, Error, Sendable, CaseIterable {
    /// It is not a package in its one canonical form, or a field of it is missing, unknown or wrong.
    case malformed
    /// It is longer than packages may be.
    case tooLarge = "too-large"
    /// It is of a kind that this side does not take.
    case unknownKind = "unknown-kind"
    /// The register has no such firm, or the key is another firm's.
    case unknownFirm = "unknown-firm"
    /// Nobody registered the key that signed it.
    case unknownKey = "unknown-key"
    /// The key was valid once: it was revoked, replaced, or its time is over or has not come.
    case keyRevoked = "key-revoked"
    /// The signature does not fit key and content.
    case badSignature = "bad-signature"
    /// It was made for somebody else.
    case wrongRecipient = "wrong-recipient"
    /// It came before.
    case replayed
    /// It does not follow what came before: a version is missing, its predecessor is another, or its turn is past.
    case outOfOrder = "out-of-order"
    /// Its quarter has not begun, is too long ago, or is not the one it refers to.
    case wrongQuarter = "wrong-quarter"
    /// It was judged by rules that this side does not have.
    case otherRulePack = "other-rule-pack"
    /// It was made in the future, or is too old to be answered.
    case clock
    /// There is no room for it now.
    case busy
}

/// A refusal: nothing of the package is used.
public struct PackageRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which.
    public var code: RefusalCode
    /// More, for whoever looks for the cause; may name a key of the document, never a value of it.
    public var detail: String

    /// A refusal.
    public init(_ code: RefusalCode, _ detail: String = "") { (self.code, self.detail) = (code, detail) }

    /// `code: detail`
    public var description: String { detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)" }
}
