public import Rulebook
internal import Synchronization

/// A session as a request finds it: who acts, and until when.
public struct Session: Sendable, Hashable {
    /// Who acts and what they may do, as of this request.
    public let principal: Principal
    /// The account.
    public let account: Account
    /// Names the session in lists and in the trail; opens nothing.
    public let reference: String
    /// What forms of this session carry; bound to the session's secret and renewed with it.
    public let formToken: String
    /// When it began.
    public let createdAt: Instant
    /// When it ends although it is used.
    public let endsAt: Instant
    /// When it ends unless it is used before.
    public let idleEndsAt: Instant
    /// Whether a second factor was shown.
    public let hasFactor: Bool
    /// Seconds until the password must be changed, when that is near; nil when not.
    public let passwordEndsIn: Int?
}

/// A session that just began or was renewed: what the browser is given.
public struct NewSession: Sendable, CustomStringConvertible, CustomReflectable {
    /// The session cookie's value: 256 random bits in base64url. Only its SHA-256 is kept.
    public let cookie: String
    /// The device cookie's value.
    public let device: String
    /// For how many seconds the device cookie is valid.
    public let deviceLifetime: Int
    /// Names the session in lists and in the trail.
    public let reference: String
    /// Whose it is.
    public let account: AccountID
    /// Sessions that were ended because there were too many.
    public let displaced: Int

    /// The reference only.
    public var description: String { "session \(reference)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A session in the list of one's own.
public struct SessionSummary: Sendable, Hashable {
    /// Names it.
    public let reference: String
    /// When it began.
    public let createdAt: Instant
    /// When it was last used.
    public let seenAt: Instant
    /// From where it began.
    public let address: String?
    /// What the browser called itself.
    public let agent: String
}

/// When sessions were last used, in memory: writing each click to the database would be a change, and a trail entry, for each click. What is
/// lost in a crash only makes sessions end earlier; an orderly stop saves it (`SessionDesk.saveActivity`).
final class SessionActivity: Sendable {
    private let seen = Mutex<[[UInt8]: Instant]>([:])

    /// Notes a use.
    func touch(_ hash: [UInt8], at now: Instant) {
        seen.withLock { $0[hash] = max($0[hash] ?? now, now) }
    }

    /// The later of what is stored and what was seen.
    func latest(_ hash: [UInt8], stored: Instant) -> Instant { seen.withLock { max($0[hash] ?? stored, stored) } }

    func forget(_ hash: [UInt8]) { seen.withLock { $0[hash] = nil } }

    var all: [[UInt8]: Instant] { seen.withLock { $0 } }
}
