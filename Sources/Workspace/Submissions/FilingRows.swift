public import Rulebook
public import Submissions

/// Where a firm's packages go, and whose key it believes.
public struct Partner: Sendable, Hashable {
    /// Counts from 1; each change makes a new one.
    public var version: Int
    /// The supervisor's server; empty when packages are carried as files.
    public var address: String
    /// Certificates of that server to trust, in PEM; empty for those of the system.
    public var trust: String
    /// The firm's id in the supervisor's register.
    public var firm: String
    /// The firm's name, as packages carry it.
    public var name: String
    /// The supervisor's public key that somebody compared and pinned; nil before.
    public var key: [UInt8]?
    /// Whose key that is.
    public var keyName: String
    /// When it was decided, UTC microseconds.
    public var changed: Int64
    /// Who decided it.
    public var by: String
}

/// A key that the firm signs with.
public struct OwnKey: Sendable, Hashable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable {
        /// It was made; the supervisor has not heard of it.
        case made
        /// The supervisor has it, and somebody there must compare the fingerprint.
        case waiting
        /// The supervisor takes what it signs.
        case registered
        /// It is out of use.
        case ended
    }

    /// Its id.
    public var id: String
    /// The public key.
    public var key: [UInt8]
    /// How far it has come.
    public var state: State
    /// When it was made, UTC microseconds.
    public var created: Int64
    /// Who made it.
    public var by: String
    /// SHA-256 of the registration's package.
    public var registration: String
    /// Why it ended; empty while it did not.
    public var reason: String
}

/// A version of a quarter's submission at the firm.
public struct FiledVersion: Sendable, Hashable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable {
        /// It was put together and can be looked at; nothing left.
        case prepared
        /// It is signed and on its way.
        case queued
        /// The supervisor gave a receipt.
        case received
        /// The supervisor refused it.
        case refused
        /// It was thrown away before it was signed.
        case discarded
    }

    /// Counts up.
    public var id: Int64
    /// The quarter.
    public var quarter: Quarter
    /// The version; one that was refused or thrown away gives its number to the next.
    public var version: Int
    /// SHA-256 of the payload of the version before; nil for the first.
    public var previous: String?
    /// SHA-256 of the payload.
    public var payload: String
    /// SHA-256 of the signed package; nil before it is signed.
    public var package: String?
    /// How far it has come.
    public var state: State
    /// When it was put together, UTC microseconds.
    public var prepared: Int64
    /// Who put it together.
    public var preparedBy: String
    /// When it was signed, UTC microseconds.
    public var signed: Int64?
    /// Who had it signed.
    public var signedBy: String
    /// When the supervisor took it, UTC seconds, as its receipt says.
    public var received: Int64?
    /// Why it was refused.
    public var refusal: RefusalCode?
}

/// A package that leaves, or has left.
public struct OutboxEntry: Sendable, Hashable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable {
        /// No answer yet.
        case waiting
        /// The supervisor has it.
        case done
        /// The supervisor refused it.
        case refused
    }

    /// SHA-256 of the package.
    public var package: String
    /// SHA-256 of its payload.
    public var payload: String
    /// What it is.
    public var kind: PackageKind
    /// The quarter it is about; nil for keys.
    public var quarter: Quarter?
    /// How far it has come.
    public var state: State
    /// How often it was sent without an answer.
    public var attempts: Int
    /// When it is sent next, UTC seconds.
    public var next: Int64
    /// What stood in the way last.
    public var trouble: String
    /// When it was signed, UTC microseconds.
    public var created: Int64
    /// Why it was refused.
    public var refusal: RefusalCode?
}

/// A package that came from the supervisor.
public struct MailEntry: Sendable, Hashable {
    /// SHA-256 of the package.
    public var package: String
    /// What it is.
    public var kind: PackageKind
    /// The quarter it is about; nil for none.
    public var quarter: Quarter?
    /// When it came, UTC microseconds.
    public var received: Int64
    /// How it came: https or file.
    public var origin: String
}

/// What became of a package that came in.
public enum TakenPackage: Sendable {
    /// It was kept.
    case kept(Message)
    /// It was there already; nothing changed.
    case known
    /// It was refused, and the trail says so.
    case refused(PackageRefusal)
}
