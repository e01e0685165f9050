public import Rulebook

/// A package whose signature, sender and recipient are right. Whether its turn has come is another question.
public struct OpenedPackage: Sendable {
    /// The package.
    public var envelope: Envelope
    /// What it says.
    public var message: Message
    /// Who signed it. For a registration, the key it brings: nobody vouched for it yet.
    public var key: KnownKey
    /// SHA-256 of the package's bytes.
    public var hash: String

    /// SHA-256 of the payload.
    public var payloadHash: String { envelope.payloadHash }
    /// The firm it is about; empty for none.
    public var firm: String { message.header.firm?.id ?? "" }
}

/// Who receives packages.
public struct ExchangeSide: Sendable {
    /// Supervisor or firm.
    public enum Role: Sendable, Hashable {
        /// The supervisor takes what firms send.
        case supervisor
        /// The firm of that id takes what its supervisor sends.
        case firm(String)
    }

    /// Which side it is.
    public var role: Role
    /// Ids of the keys that packages may be made out to: those in use, and those whose packages may be under way.
    public var recipients: Set<String>
    /// The keys it knows.
    public var keys: KeyBook
    /// Limits.
    public var policy: ExchangePolicy

    /// A side.
    public init(_ role: Role, recipients: Set<String>, keys: KeyBook, policy: ExchangePolicy) {
        (self.role, self.recipients, self.keys, self.policy) = (role, recipients, keys, policy)
    }
}

/// What a side knows of what came before a package.
public struct ExchangeHistory: Sendable {
    /// Whether a message of its id, or a package of its hash, was taken before.
    public var isKnown: Bool
    /// What was filed for the quarter it is about; nil when it is about none.
    public var filing: Filing?
    /// The rule packs this side has.
    public var rulePacks: Set<SubmissionManifest.PackReference>
    /// Messages made before are no answer and no question any more: when this program started, of which ids it has forgotten.
    public var since: Instant

    /// What is known.
    public init(
        isKnown: Bool, filing: Filing?, rulePacks: Set<SubmissionManifest.PackReference> = [],
        since: Instant = Instant(seconds: 0)
    ) {
        (self.isKnown, self.filing, self.rulePacks, self.since) = (isKnown, filing, rulePacks, since)
    }
}

/// Verifies packages. Functions of their arguments: nothing is read or kept.
public enum PackageVerifier {
    /// Opens a package: form, kind, signature, key, sender, recipient.
    ///
    /// - Parameters:
    ///   - bytes: the package.
    ///   - side: who receives it.
    ///   - now: when it came.
    /// - Returns: the package.
    /// - Throws: `.tooLarge`, `.malformed`, `.unknownKind`, `.unknownKey`, `.badSignature`, `.keyRevoked`, `.unknownFirm`, `.wrongRecipient`,
    ///   `.clock`, in this order: nobody whose signature is not right hears more than that.
    public static func open(_ bytes: [UInt8], at side: ExchangeSide, now: Instant) throws(PackageRefusal) -> OpenedPackage {
        let envelope = try Envelope.read(bytes, limit: side.policy.packageBytes)
        let isTaken = side.role == .supervisor ? envelope.kind.isFromFirm : envelope.kind.isFromSupervisor
        guard isTaken else { throw PackageRefusal(.unknownKind, "this side does not take it") }
        let key: KnownKey
        let message: Message
        if envelope.kind == .registration {
            // Brings its own key.
            message = try Message.read(envelope.payload, envelope.kind, limits: side.policy.payloadLimits)
            key = try registrant(message, envelope, side, now)
        } else {
            key = try signer(envelope, side.keys, now)
            message = try Message.read(envelope.payload, envelope.kind, limits: side.policy.payloadLimits)
        }
        let opened = OpenedPackage(envelope: envelope, message: message, key: key, hash: HexText.sha256(bytes))
        try requireSender(opened, side)
        try requireRecipient(opened, side)
        guard message.header.created <= now.adding(seconds: side.policy.clockSeconds) else {
            throw PackageRefusal(.clock, "it was made in the future")
        }
        return opened
    }

    /// Whether the turn of a package has come.
    ///
    /// - Parameters:
    ///   - opened: the package.
    ///   - history: what came before.
    ///   - side: who receives it.
    ///   - now: when it came.
    /// - Returns: what is filed for its quarter afterwards; nil when it is about none.
    /// - Throws: `.replayed`, `.wrongQuarter`, `.otherRulePack`, `.outOfOrder`, `.clock`.
    public static func admit(
        _ opened: OpenedPackage, after history: ExchangeHistory, at side: ExchangeSide, now: Instant
    ) throws(PackageRefusal) -> Filing? {
        guard !history.isKnown else { throw PackageRefusal(.replayed) }
        switch opened.message {
        case .submission(let manifest):
            try requireQuarter(manifest.quarter, side.policy, now)
            guard Set(manifest.rulePacks).isSubset(of: history.rulePacks) else {
                let missing = manifest.rulePacks.filter { !history.rulePacks.contains($0) }.map { "\($0.id) \($0.version)" }
                throw PackageRefusal(.otherRulePack, missing.joined(separator: ", "))
            }
            guard manifest.origin == .package else { throw PackageRefusal(.malformed, "origin: only the supervisor says so") }
            let event = Filing.Event.submit(
                sha256: opened.payloadHash, version: manifest.version, previous: manifest.previous)
            return try (history.filing ?? Filing(manifest.quarter)).after(event)
        case .questions(let message):
            let event = Filing.Event.ask(
                of: message.submission.sha256, message: opened.payloadHash, questions: Set(message.questions.map(\.id)))
            return try turn(message.submission, history, event)
        case .reply(let message):
            let event = Filing.Event.reply(
                of: message.submission.sha256, to: message.questions, questions: Set(message.entries.map(\.question)))
            return try turn(message.submission, history, event)
        case .acceptance(let message): return try turn(message.submission, history, .accept(of: message.submission.sha256))
        case .poll(let message):
            // Ids of polls are kept in memory only: an older one than the program could be an old one again.
            guard message.header.created >= max(now.adding(seconds: -side.policy.clockSeconds), history.since) else {
                throw PackageRefusal(.clock, "it is too old")
            }
        case .receipt, .refusal, .registration, .revocation, .mail: break
        }
        return nil
    }

    /// Opens a package and lets its turn come.
    ///
    /// - Parameters:
    ///   - bytes: the package.
    ///   - side: who receives it.
    ///   - now: when it came.
    ///   - history: what is known of what came before a package.
    /// - Returns: the package, and what is filed for its quarter afterwards.
    /// - Throws: as `open` and `admit`.
    public static func verify(
        _ bytes: [UInt8], at side: ExchangeSide, now: Instant, after history: (OpenedPackage) -> ExchangeHistory
    ) throws(PackageRefusal) -> (package: OpenedPackage, filing: Filing?) {
        let opened = try open(bytes, at: side, now: now)
        return (opened, try admit(opened, after: history(opened), at: side, now: now))
    }

    // MARK: Parts

    private static func signer(_ envelope: Envelope, _ keys: KeyBook, _ now: Instant) throws(PackageRefusal) -> KnownKey {
        guard envelope.signatures.count == 1, let signature = envelope.signatures.first else {
            throw PackageRefusal(.malformed, "one signature is expected")
        }
        guard let key = keys[signature.key] else { throw PackageRefusal(.unknownKey) }
        guard envelope.isSigned(by: key.key) else { throw PackageRefusal(.badSignature) }
        guard key.isValid(at: now) else { throw PackageRefusal(.keyRevoked) }
        return key
    }

    /// A registration is signed by the key it brings, and by the one it takes the place of.
    private static func registrant(
        _ message: Message, _ envelope: Envelope, _ side: ExchangeSide, _ now: Instant
    ) throws(PackageRefusal) -> KnownKey {
        guard case .registration(let registration) = message else { throw PackageRefusal(.malformed) }
        guard envelope.signatures.count == (registration.replaces == nil ? 1 : 2) else {
            throw PackageRefusal(.malformed, "a new key signs, and the one it takes the place of")
        }
        guard envelope.isSigned(by: registration.key) else { throw PackageRefusal(.badSignature) }
        let owner: KnownKey.Owner = registration.header.firm.map { .firm($0.id) } ?? .supervisor
        if let replaced = registration.replaces {
            guard let old = side.keys[replaced], old.owner == owner else { throw PackageRefusal(.unknownKey) }
            guard envelope.isSigned(by: old.key) else { throw PackageRefusal(.badSignature) }
            guard old.isValid(at: now) else { throw PackageRefusal(.keyRevoked) }
        }
        return KnownKey(key: registration.key, owner: owner, from: now)
    }

    private static func requireSender(_ opened: OpenedPackage, _ side: ExchangeSide) throws(PackageRefusal) {
        switch (side.role, opened.key.owner) {
        case (.supervisor, .firm(let firm)):
            guard opened.message.header.firm?.id == firm else { throw PackageRefusal(.unknownFirm, "the key is not this firm's") }
        case (.firm, .supervisor): break
        case (.supervisor, .supervisor), (.firm, .firm):
            throw PackageRefusal(.unknownKey, "the key is of the wrong side")
        }
    }

    private static func requireRecipient(_ opened: OpenedPackage, _ side: ExchangeSide) throws(PackageRefusal) {
        let header = opened.message.header
        // Who registers does not always know the other side's key yet, and who is refused may be nobody known.
        let mayLack = opened.message.kind == .registration || opened.message.kind == .refusal
        guard header.recipient.map({ side.recipients.contains($0) }) ?? mayLack else { throw PackageRefusal(.wrongRecipient) }
        guard case .firm(let own) = side.role, let firm = header.firm else { return }
        guard firm.id == own else { throw PackageRefusal(.wrongRecipient, "it is for another firm") }
    }

    private static func requireQuarter(_ quarter: Quarter, _ policy: ExchangePolicy, _ now: Instant) throws(PackageRefusal) {
        let current = Quarter(containing: now.date(in: .taipei))
        guard quarter <= current else { throw PackageRefusal(.wrongQuarter, "the quarter has not begun") }
        guard quarter.index >= current.index - policy.quartersBack else {
            throw PackageRefusal(.wrongQuarter, "the quarter is too long ago")
        }
    }

    private static func turn(
        _ reference: SubmissionReference, _ history: ExchangeHistory, _ event: Filing.Event
    ) throws(PackageRefusal) -> Filing {
        guard let filing = history.filing else { throw PackageRefusal(.outOfOrder, "nothing was filed for the quarter") }
        guard filing.quarter == reference.quarter else { throw PackageRefusal(.wrongQuarter) }
        let next = try filing.after(event)
        guard filing.version == reference.version else { throw PackageRefusal(.outOfOrder, "it names another version") }
        return next
    }
}
