/// Who reports, and to whom: what a firm's profile says beside the incident.
public struct ReportParty: Sendable, Hashable {
    /// A name within a scheme, `LEI` for instance; the scheme is empty for a free text.
    public struct Identifier: Sendable, Hashable {
        /// The scheme.
        public var scheme: String
        /// The name.
        public var value: String

        /// A name within a scheme.
        public init(_ scheme: String, _ value: String) { (self.scheme, self.value) = (scheme, value) }
    }

    /// Someone who can be asked.
    public struct Contact: Sendable, Hashable {
        /// Name and surname.
        public var name: String
        /// Address of mail.
        public var email: String
        /// With country code: `+886212345678`.
        public var phone: String
        /// What they do; empty when not said.
        public var role: String

        /// Someone who can be asked.
        public init(name: String, email: String, phone: String, role: String = "") {
            (self.name, self.email, self.phone, self.role) = (name, email, phone, role)
        }
    }

    /// The firm's name.
    public var name: String
    /// Its names in global schemes.
    public var globalIdentifiers: [Identifier]
    /// Its names in local schemes: `統一編號`.
    public var localIdentifiers: [Identifier]
    /// The name of its ultimate parent; empty when it has none.
    public var parent: String
    /// What kind of firm it is, by scheme; of DORA's list under the scheme `DORA`.
    public var types: [Identifier]
    /// Two letters.
    public var country: String
    /// Language of the report, two letters.
    public var language: String
    /// Currency of its amounts, three letters.
    public var currency: String
    /// To whom it goes.
    public var recipients: [Identifier]
    /// Who can be asked; the first one first.
    public var contacts: [Contact]

    /// A firm in Taiwan that reports in Chinese and New Taiwan dollars.
    public init(
        name: String, types: [Identifier], recipients: [Identifier], contacts: [Contact], globalIdentifiers: [Identifier] = [],
        localIdentifiers: [Identifier] = [], parent: String = "", country: String = "TW", language: String = "zh",
        currency: String = "TWD"
    ) {
        (self.name, self.types, self.recipients, self.contacts) = (name, types, recipients, contacts)
        (self.globalIdentifiers, self.localIdentifiers, self.parent) = (globalIdentifiers, localIdentifiers, parent)
        (self.country, self.language, self.currency) = (country, language, currency)
    }

    /// Its Legal Entity Identifier, when it has one.
    public var lei: String? { globalIdentifiers.first { $0.scheme == "LEI" }?.value }
}

/// A Legal Entity Identifier: 20 capital letters and digits whose check digits agree (ISO 17442, ISO 7064 MOD 97-10).
enum LegalEntityIdentifier {
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count == 20 else { return false }
        var rest = 0
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39: rest = (rest * 10 + Int(byte - 0x30)) % 97
            case 0x41...0x5A: rest = (rest * 100 + Int(byte - 0x41) + 10) % 97
            default: return false
            }
        }
        return rest == 1
    }
}
