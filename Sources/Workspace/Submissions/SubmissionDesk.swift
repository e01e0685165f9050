public import Database
internal import Documents
internal import Glibc
public import Rulebook
public import Submissions

/// What a firm does with its supervisor: prepares, shows, signs and sends submissions, answers questions, keeps keys and receipts.
public struct SubmissionDesk: Sendable {
    let store: FilingStore
    let boards: BoardKeeper
    let composer: SubmissionComposer
    let rulebook: Rulebook
    /// Limits of the exchange.
    public let policy: ExchangePolicy
    /// The way to the supervisor.
    let transport: ExchangeTransport
    let program: String
    /// `keys` of the data directory.
    let folder: String
    let now: @Sendable () -> Int64

    /// The time as packages tell it.
    var instant: Instant { Instant(seconds: now() / 1_000_000) }

    // MARK: What there is

    /// Every version, newest first.
    public func versions() async throws(WorkspaceError) -> [FiledVersion] { try await store.versions() }
    /// One version.
    public func version(_ id: Int64) async throws(WorkspaceError) -> FiledVersion { try await store.version(id) }
    /// What was filed for a quarter, and whose turn it is.
    public func filing(_ quarter: Quarter) async throws(WorkspaceError) -> Filing { try await store.filing(quarter) }
    /// Packages that leave or have left, newest first.
    public func outbox() async throws(WorkspaceError) -> [OutboxEntry] { try await store.outbox() }
    /// Packages that came, newest first.
    public func mail() async throws(WorkspaceError) -> [MailEntry] { try await store.mail() }
    /// The supervisor; nil before anybody said who it is.
    public func partner() async throws(WorkspaceError) -> Partner? { try await store.partners().first }
    /// The firm's keys, newest first.
    public func keys() async throws(WorkspaceError) -> [OwnKey] { try await store.keys() }

    /// Bytes of a package or payload that this firm sent or received.
    ///
    /// - Throws: `.notFound` for any other file of the firm's: evidence has its own permission.
    public func file(_ hash: String) async throws(WorkspaceError) -> [UInt8] {
        guard try await store.isKept(hash) else { throw .notFound("package \(hash.clipped)") }
        return try store.bytes(hash)
    }

    /// The manifest of a version: exactly what leaves, or has left.
    public func manifest(_ version: FiledVersion) throws(WorkspaceError) -> SubmissionManifest {
        guard case .submission(let manifest) = try message(try store.bytes(version.payload), .submission) else {
            throw .notFound("manifest")
        }
        return manifest
    }

    /// What a package says that this firm sent or received, and therefore verified before.
    public func message(package hash: String) async throws(WorkspaceError) -> Message {
        let bytes = try await file(hash)
        let envelope: Envelope
        do throws(PackageRefusal) { envelope = try Envelope.read(bytes, limit: policy.packageBytes) } catch {
            throw .refused(error)
        }
        return try message(envelope.payload, envelope.kind)
    }

    private func message(_ payload: [UInt8], _ kind: PackageKind) throws(WorkspaceError) -> Message {
        let limits = DocumentLimits(bytes: policy.packageBytes, depth: 24, values: policy.payloadValues)
        do throws(PackageRefusal) { return try Message.read(payload, kind, limits: limits) } catch { throw .refused(error) }
    }

    // MARK: The supervisor

    /// Says where packages go, and who the firm is there.
    ///
    /// - Throws: `.document` when a field is not as it should be.
    public func setPartner(
        address: String, trust: String, firm: String, name: String, _ actor: TrailActor
    ) async throws(WorkspaceError) {
        func refuse(_ key: String, _ reason: String) -> WorkspaceError {
            .document(DocumentError(.badValue, source: "supervisor", key: key, reason: reason))
        }
        guard address.isEmpty || ExchangeTransport.Address.isOrigin(address) else {
            throw refuse("address", "https://host:port is expected, or nothing")
        }
        guard trust.utf8.count <= 32_768, trust.isEmpty || trust.contains("-----BEGIN CERTIFICATE-----") else {
            throw refuse("trust", "certificates in PEM are expected, or nothing")
        }
        guard SystemEntry.isIdentifier(firm) else {
            throw refuse("firm", "1 to 63 lower-case letters, digits, hyphens and dots are expected")
        }
        guard (1...200).contains(name.utf8.count), !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw refuse("name", "1 to 200 bytes without control characters are expected") }
        let before = try await partner()
        let partner = Partner(
            version: (before?.version ?? 0) + 1, address: address, trust: trust, firm: firm, name: name, key: before?.key,
            keyName: before?.keyName ?? "", changed: 0, by: "")
        try await store.save(partner, action: "exchange.partner", actor)
    }

    /// Reads the announcement of a supervisor's key. It proves only that whoever made it holds the key: compare the fingerprint, then pin it.
    ///
    /// - Throws: `.refused`.
    public func announcement(_ bytes: [UInt8]) throws(WorkspaceError) -> KeyRegistration {
        do throws(PackageRefusal) {
            let envelope = try Envelope.read(bytes, limit: policy.packageBytes)
            guard envelope.kind == .registration else { throw PackageRefusal(.unknownKind) }
            guard
                case .registration(let registration) = try Message.read(
                    envelope.payload, .registration, limits: .authored), registration.role == .supervisor
            else { throw PackageRefusal(.unknownKind) }
            guard envelope.isSigned(by: registration.key) else { throw PackageRefusal(.badSignature) }
            return registration
        } catch { throw .refused(error) }
    }

    /// Fetches the announcement from the supervisor's server.
    ///
    /// - Returns: its bytes.
    /// - Throws: `.conflict` when no answer came.
    public func fetchAnnouncement() async throws(WorkspaceError) -> [UInt8] {
        guard let partner = try await partner(), !partner.address.isEmpty else { throw .conflict("no address is set") }
        switch await transport.key(.init(origin: partner.address, trust: partner.trust)) {
        case .answered(let bytes): return bytes
        case .unanswered(let reason): throw .conflict(reason)
        }
    }

    /// Believes a supervisor's key from now on, and no other.
    public func pin(_ registration: KeyRegistration, _ actor: TrailActor) async throws(WorkspaceError) {
        guard var partner = try await partner() else { throw .conflict("say who the supervisor is first") }
        partner.version += 1
        (partner.key, partner.keyName) = (registration.key, registration.name)
        try await store.save(partner, action: "exchange.pin", actor)
    }

    /// The firm as packages name it, and the supervisor's key.
    func ready() async throws(WorkspaceError) -> (partner: Partner, recipient: String) {
        guard let partner = try await partner(), let key = partner.key else {
            throw .conflict("say who the supervisor is, and pin its key, first")
        }
        return (partner, PublicKey.id(key))
    }

    func header(_ partner: Partner, recipient: String?) -> MessageHeader {
        MessageHeader(
            id: Self.word(), created: instant, program: program, firm: .init(id: partner.firm, name: partner.name),
            recipient: recipient)
    }

    /// 32 hexadecimal digits that nobody guesses.
    static func word() -> String {
        var generator = SystemRandomNumberGenerator()
        return HexText.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    // MARK: Keys

    /// Makes a key and puts its registration on its way; the key in use signs it as well.
    ///
    /// - Parameters:
    ///   - contact: who compares the fingerprint, and under which number.
    ///   - actor: who makes it.
    /// - Returns: the key's id.
    /// - Throws: `.conflict` when another one waits, or nobody said who the supervisor is.
    public func makeKey(contact: String, _ actor: TrailActor) async throws(WorkspaceError) -> String {
        guard let partner = try await partner() else { throw .conflict("say who the supervisor is first") }
        let own = try await keys()
        guard !own.contains(where: { $0.state == .made || $0.state == .waiting }) else {
            throw .conflict("another key waits for its registration")
        }
        guard contact.utf8.count <= 200, !contact.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .document(
                DocumentError(.badValue, source: "key", key: "contact", reason: "at most 200 bytes of one line are expected"))
        }
        let key = SigningKey()
        do throws(DocumentError) { try key.store(in: folder) } catch { throw .document(error) }
        let old = try own.first { $0.state == .registered }.map { (own) throws(WorkspaceError) in try secret(own.id) }
        let message = Message.registration(
            KeyRegistration(
                header(partner, recipient: partner.key.map { PublicKey.id($0) }), role: .firm, name: partner.name,
                contact: contact, key: key.publicKey, replaces: old?.id))
        let envelope: Envelope
        do throws(PackageRefusal) {
            if let old {
                envelope = try Envelope(.registration, message.payload, by: key, old)
            } else {
                envelope = try Envelope(.registration, message.payload, by: key)
            }
        } catch { throw .refused(error) }
        try await store.add(key, envelope, package: try store.keep(envelope.bytes), actor)
        return key.id
    }

    /// Takes a key out of use at once, and tells the supervisor where it knows the key.
    public func endKey(_ id: String, reason: String, _ actor: TrailActor) async throws(WorkspaceError) {
        guard (1...200).contains(reason.utf8.count),
            !reason.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw .document(
                DocumentError(.badValue, source: "key", key: "reason", reason: "1 to 200 bytes of one line are expected"))
        }
        guard let own = try await keys().first(where: { $0.id == id && $0.state != .ended }) else {
            throw .notFound("key in use")
        }
        var envelope: Envelope?
        if own.state == .registered, let (partner, recipient) = try? await ready() {
            let message = Message.revocation(KeyRevocation(header(partner, recipient: recipient), key: id, reason: reason))
            envelope = try sign(message, with: try secret(id))
        }
        let package = try envelope.map { (envelope) throws(WorkspaceError) in try store.keep(envelope.bytes) } ?? ""
        try await store.end(id, reason: reason, envelope, package: package, actor)
    }

    func secret(_ id: String) throws(WorkspaceError) -> SigningKey {
        do throws(DocumentError) { return try SigningKey.load(id, from: folder) } catch { throw .document(error) }
    }

    func sign(_ message: Message, with key: SigningKey) throws(WorkspaceError) -> Envelope {
        do throws(PackageRefusal) { return try message.signed(by: key) } catch { throw .refused(error) }
    }

    /// The key that the supervisor takes.
    func signing() async throws(WorkspaceError) -> SigningKey {
        guard let own = try await keys().first(where: { $0.state == .registered }) else {
            throw .conflict("the supervisor has registered no key of the firm yet")
        }
        return try secret(own.id)
    }
}
