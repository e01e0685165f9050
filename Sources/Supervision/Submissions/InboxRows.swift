public import Rulebook
public import Submissions

/// A firm's key, as the supervisor knows it.
public struct RegisteredKey: Sendable, Hashable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable {
        /// Somebody must compare its fingerprint.
        case waiting
        /// What it signs is taken.
        case registered
        /// It was revoked or replaced.
        case ended
        /// It never came into use.
        case rejected
    }

    /// Its id.
    public var id: String
    /// The public key.
    public var key: [UInt8]
    /// The firm, as the registration claims; the register may have none of that id while it waits.
    public var firm: String
    /// The firm's name, as the registration claims.
    public var name: String
    /// Who compares the fingerprint, as the registration claims.
    public var contact: String
    /// How far it has come.
    public var state: State
    /// Id of the key it takes the place of; empty for none.
    public var replaces: String
    /// When the registration came, UTC microseconds.
    public var received: Int64
    /// How it came.
    public var origin: String
    /// SHA-256 of the registration's package.
    public var package: String
    /// From when it is taken, UTC seconds; nil while it waits.
    public var from: Int64?
    /// From when it is taken no more, UTC seconds.
    public var until: Int64?
    /// Who registered, revoked or rejected it last.
    public var by: String
    /// Why.
    public var reason: String
}

/// A version of a firm's submission.
public struct ReceivedVersion: Sendable, Hashable {
    /// SHA-256 of its payload.
    public var payload: String
    /// SHA-256 of the package.
    public var package: String
    /// The firm.
    public var firm: String
    /// The quarter.
    public var quarter: Quarter
    /// The version.
    public var version: Int
    /// How far it has come.
    public var state: FilingState
    /// Whether no newer version came.
    public var isNewest: Bool
    /// When it came, UTC microseconds.
    public var received: Int64
    /// Id of the key that signed it.
    public var key: String
    /// How it came: https, file, browser, workbook.
    public var origin: String
}

/// A question about a submission, and its answer.
public struct AskedQuestion: Sendable, Hashable {
    /// SHA-256 of the payload that asked.
    public var message: String
    /// The question's id in it.
    public var id: String
    /// The clause or question it is about; empty for the submission as a whole.
    public var item: String
    /// What is asked.
    public var text: String
    /// When, UTC microseconds.
    public var asked: Int64
    /// Who asked.
    public var by: String
    /// The answer; empty while there is none.
    public var answer: String
    /// SHA-256 of files the answer names.
    public var evidence: [String]
    /// Who answered.
    public var answeredBy: String
    /// When, UTC microseconds.
    public var answered: Int64?
}

/// A package that was refused.
public struct RefusedPackage: Sendable, Hashable {
    /// Counts up.
    public var id: Int64
    /// When, UTC microseconds.
    public var at: Int64
    /// Why.
    public var code: RefusalCode
    /// More.
    public var detail: String
    /// SHA-256 of its bytes.
    public var package: String
    /// How many bytes it had.
    public var bytes: Int
    /// Where it came from; empty for a file.
    public var address: String
    /// The firm whose key signed it; empty when no signature was right.
    public var firm: String
}

/// A package for a firm.
public struct OutgoingPackage: Sendable, Hashable {
    /// Its number in the mailboxes.
    public var number: Int
    /// The firm.
    public var firm: String
    /// SHA-256 of the package.
    public var package: String
    /// What it is.
    public var kind: PackageKind
    /// The quarter it is about; nil for keys.
    public var quarter: Quarter?
    /// When it was signed, UTC microseconds.
    public var created: Int64
    /// When the firm said that it has it, UTC microseconds; nil before.
    public var fetched: Int64?
}

/// What a sender gets back: always a package, signed by the supervisor.
public struct ExchangeAnswer: Sendable, Hashable {
    /// The package: a receipt, a refusal, or mail.
    public var bytes: [UInt8]
    /// Why the package was refused; nil when it was taken.
    public var refusal: RefusalCode?
    /// SHA-256 of the submission's payload, where one was taken.
    public var submission: String?
}
