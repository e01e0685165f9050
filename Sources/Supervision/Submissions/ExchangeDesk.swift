public import Database
internal import Documents
public import Rulebook
public import Submissions
internal import Synchronization

/// Where firms' packages come in, and what people of the supervisor do with them.
public final class ExchangeDesk: Sendable {
    let store: InboxStore
    private let institution: InstitutionStore
    private let program: String
    private let folder: String
    private let now: @Sendable () -> Int64
    /// Ids of polls that were answered, and when they were made: kept as long as their clock lets them in.
    private let polls = Mutex<[String: Instant]>([:])
    /// Polls of before are no polls: their ids are forgotten.
    private let since: Instant

    init(
        store: InboxStore, institution: InstitutionStore, program: String, folder: String, now: @escaping @Sendable () -> Int64
    ) {
        (self.store, self.institution, self.program, self.folder, self.now) = (store, institution, program, folder, now)
        since = Instant(seconds: now() / 1_000_000)
    }

    /// Limits of the exchange.
    public var policy: ExchangePolicy { store.policy }
    private var instant: Instant { Instant(seconds: now() / 1_000_000) }

    // MARK: The supervisor's own key

    /// The newest key, made when there is none, and the ids of all.
    private func pen() async throws(SupervisionError) -> (pen: InboxStore.Pen, recipients: Set<String>) {
        var own = try await store.ownKeys()
        if own.isEmpty {
            _ = try await makeKey(after: nil, reason: "first key", .system("exchange"))
            own = try await store.ownKeys()
        }
        guard let newest = own.first else {
            throw .storage(StorageError(.unexpected, "the supervisor has no key"))
        }
        return (InboxStore.Pen(key: try load(newest.id), program: program), Set(own.map(\.id)))
    }

    private func load(_ id: String) throws(SupervisionError) -> SigningKey {
        do throws(DocumentError) { return try SigningKey.load(id, from: folder) } catch { throw .document(error) }
    }

    private func makeKey(after previous: String?, reason: String, _ actor: TrailActor) async throws(SupervisionError) -> Bool {
        let key = SigningKey()
        do throws(DocumentError) { try key.store(in: folder) } catch { throw .document(error) }
        let name = try await institution.current()?.name ?? "Supervisor"
        let header = InboxStore.Pen(key: key, program: program).header(now(), firm: nil, to: nil)
        let message = Message.registration(
            KeyRegistration(header, role: .supervisor, name: name, contact: "", key: key.publicKey, replaces: previous))
        let old = try previous.map { (id) throws(SupervisionError) in try load(id) }
        let envelope: Envelope
        do throws(PackageRefusal) {
            if let old {
                envelope = try Envelope(.registration, message.payload, by: key, old)
            } else {
                envelope = try Envelope(.registration, message.payload, by: key)
            }
        } catch { throw .conflict(error.description) }
        return try await store.add(key, envelope, after: previous, reason: reason, actor)
    }

    /// Makes the supervisor's first key, where there is none.
    public func prepare() async throws(SupervisionError) { _ = try await pen() }

    /// The announcement of the supervisor's newest key: firms compare its fingerprint, then pin it.
    ///
    /// - Throws: `.notFound` before `prepare`.
    public func announcement() async throws(SupervisionError) -> (package: [UInt8], registration: KeyRegistration) {
        guard let newest = try await store.ownKeys().first else { throw .notFound("key") }
        let bytes = try store.bytes(newest.announcement)
        do throws(PackageRefusal) {
            let envelope = try Envelope.read(bytes, limit: policy.packageBytes)
            guard case .registration(let registration) = try Message.read(envelope.payload, .registration, limits: .authored)
            else {
                throw PackageRefusal(.malformed)
            }
            return (bytes, registration)
        } catch { throw .conflict(error.description) }
    }

    /// Makes a new key of the supervisor's; the one before signs its announcement as well. Firms must pin it before they believe its answers.
    public func replaceKey(reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        _ = try await pen()
        let newest = try await store.ownKeys().first?.id
        guard try await makeKey(after: newest, reason: reason, actor) else { throw .conflict("another key was made meanwhile") }
    }

    // MARK: Receiving

    /// Takes a package, from the network or a file.
    ///
    /// - Parameters:
    ///   - bytes: the package.
    ///   - address: where it came from; nil for a file.
    ///   - code: the code under which the log holds more.
    ///   - bearer: who carried the file; nil for the network.
    /// - Returns: the answer, always signed. Nothing is said of a firm but to what a valid key of that firm signed.
    /// - Throws: what the database throws: then nothing was taken.
    public func receive(
        _ bytes: [UInt8], from address: String?, code: String? = nil, bearer: TrailActor? = nil
    ) async throws(SupervisionError) -> ExchangeAnswer {
        let (pen, recipients) = try await pen()
        let side = ExchangeSide(.supervisor, recipients: recipients, keys: try await store.book(), policy: policy)
        let origin = bearer == nil ? "https" : "file"
        let opened: OpenedPackage
        do throws(PackageRefusal) { opened = try PackageVerifier.open(bytes, at: side, now: instant) } catch {
            return try await store.refuse(
                error, package: HexText.sha256(bytes), bytes: bytes.count, nil, address: address ?? "", origin: origin, pen,
                bearer ?? .anonymous(address: address, code: code))
        }
        let isProven = opened.message.kind != .registration
        let sender =
            isProven
            ? TrailActor.agent(id: opened.key.id, name: opened.firm, address: address, code: code)
            : .anonymous(claiming: opened.firm, address: address, code: code)
        guard case .poll(let poll) = opened.message else {
            return try await store.take(opened, at: side, origin: origin, address: address ?? "", pen, bearer ?? sender)
        }
        return try await answer(poll, opened, at: side, origin: origin, address: address ?? "", pen, bearer ?? sender)
    }

    private func answer(
        _ poll: MailboxPoll, _ opened: OpenedPackage, at side: ExchangeSide, origin: String, address: String,
        _ pen: InboxStore.Pen,
        _ actor: TrailActor
    ) async throws(SupervisionError) -> ExchangeAnswer {
        let (time, oldest) = (instant, instant.adding(seconds: -2 * policy.clockSeconds))
        let isKnown = polls.withLock { polls in
            polls = polls.filter { $0.value >= oldest }
            return polls.updateValue(poll.header.created, forKey: "\(opened.firm) \(poll.header.id)") != nil
        }
        do throws(PackageRefusal) {
            _ = try PackageVerifier.admit(
                opened, after: ExchangeHistory(isKnown: isKnown, filing: nil, since: since), at: side, now: time)
        } catch {
            return try await store.refuse(
                error, package: opened.hash, bytes: opened.envelope.bytes.count, opened, address: address, origin: origin, pen,
                actor)
        }
        let (packages, last, hasMore) = try await store.mail(for: opened.firm, after: poll.after, actor)
        let mail = Message.mail(
            Mail(
                pen.header(now(), firm: poll.header.firm, to: opened.key.id), of: opened.payloadHash, last: last,
                hasMore: hasMore,
                packages: packages))
        do throws(PackageRefusal) {
            return ExchangeAnswer(bytes: try mail.signed(by: pen.key).bytes, refusal: nil, submission: nil)
        } catch { throw .conflict(error.description) }
    }

    // MARK: What there is

    /// What waits for the supervisor: keys to compare, filings whose newest version nobody has looked at, filings all of whose questions are
    /// answered.
    ///
    /// - Throws: `.storage`.
    public func waiting() async throws(SupervisionError) -> (keys: Int, submitted: Int, answered: Int) {
        try await store.waiting()
    }

    /// Versions, newest quarter first; of one firm when it is named.
    public func versions(firm: String? = nil) async throws(SupervisionError) -> [ReceivedVersion] {
        try await store.versions(firm: firm)
    }
    /// One version by the hash of its payload.
    public func version(_ payload: String) async throws(SupervisionError) -> ReceivedVersion { try await store.version(payload) }
    /// What a version says.
    public func manifest(_ payload: String) async throws(SupervisionError) -> SubmissionManifest {
        try await store.manifest(payload)
    }
    /// Questions about a version, oldest first.
    public func questions(_ payload: String) async throws(SupervisionError) -> [AskedQuestion] {
        try await store.questions(payload)
    }
    /// What a firm filed for a quarter, and whose turn it is.
    public func filing(_ firm: String, _ quarter: Quarter) async throws(SupervisionError) -> Filing {
        try await store.filing(firm, quarter)
    }
    /// Packages that were refused, newest first.
    public func refusals() async throws(SupervisionError) -> [RefusedPackage] { try await store.refusals() }
    /// Packages for firms, newest first; of one firm when it is named.
    public func outgoing(firm: String? = nil) async throws(SupervisionError) -> [OutgoingPackage] {
        try await store.outgoing(firm: firm)
    }
    /// Keys of firms, newest first; of one firm when it is named.
    public func keys(firm: String? = nil) async throws(SupervisionError) -> [RegisteredKey] { try await store.keys(firm: firm) }
    /// One key.
    public func key(_ id: String) async throws(SupervisionError) -> RegisteredKey { try await store.key(id) }

    /// Bytes of a package that came or went.
    ///
    /// - Throws: `.notFound` for any other file.
    public func file(_ hash: String) async throws(SupervisionError) -> [UInt8] {
        guard try await store.isKept(hash) else { throw .notFound("package \(hash.clipped)") }
        return try store.bytes(hash)
    }

    // MARK: Deciding

    /// Returns the newest version of a submission with questions.
    ///
    /// - Parameters:
    ///   - payload: hash of the version's payload.
    ///   - questions: clause or question (empty for the whole) and text of each; at least one.
    ///   - actor: who returns it.
    /// - Throws: `.conflict` when it is not its turn, `.document` when a question is not as it should be.
    public func ask(
        _ payload: String, _ questions: [(item: String, text: String)], _ actor: TrailActor
    ) async throws(SupervisionError) {
        let numbered = questions.enumerated().map {
            Questions.Question(id: "q\($0.offset + 1)", item: $0.element.item, text: $0.element.text)
        }
        let (pen, _) = try await pen()
        let trial = Questions(
            pen.header(now(), firm: nil, to: nil),
            SubmissionReference(sha256: payload, quarter: Quarter(index: 8_000), version: 1),
            numbered)
        guard (try? Message.read(Message.questions(trial).payload, .questions, limits: .authored)) != nil else {
            throw .document(
                DocumentError(
                    .badValue, source: "questions", key: "questions",
                    reason: "at least one question is expected, each of at most 4000 bytes, about a clause or the whole"))
        }
        try await store.ask(payload, numbered, pen, actor)
    }

    /// Accepts the newest version of a submission.
    ///
    /// - Throws: `.conflict` when it is not its turn, `.document` when the note is not as it should be.
    public func accept(_ payload: String, note: String, _ actor: TrailActor) async throws(SupervisionError) {
        guard note.utf8.count <= 4_000,
            !note.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F })
        else {
            throw .document(
                DocumentError(.badValue, source: "acceptance", key: "note", reason: "at most 4000 bytes are expected"))
        }
        try await store.accept(payload, note: note, try await pen().pen, actor)
    }

    /// Registers a key that waits. Whoever does it has compared the fingerprint with the firm.
    public func confirmKey(_ id: String, reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        try Self.requireReason(reason)
        try await store.confirm(id, reason: reason, try await pen().pen, actor)
    }

    /// Rejects a key that waits.
    public func rejectKey(_ id: String, reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        try Self.requireReason(reason)
        try await store.reject(id, reason: reason, actor)
    }

    /// Takes a firm's key out of use at once.
    public func revokeKey(_ id: String, reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        try Self.requireReason(reason)
        try await store.revoke(id, reason: reason, actor)
    }

    private static func requireReason(_ reason: String) throws(SupervisionError) {
        guard (1...200).contains(reason.utf8.count), !reason.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw .document(
                DocumentError(.badValue, source: "key", key: "reason", reason: "1 to 200 bytes of one line are expected"))
        }
    }

    // MARK: On behalf of respondents

    /// Enters a submission that a named respondent gave on pages or as a workbook; the supervisor's key signs on their behalf.
    ///
    /// - Parameters:
    ///   - firm: its id and name in the register.
    ///   - quarter: the quarter.
    ///   - origin: browser or workbook.
    ///   - signer: the respondent who put a name to it.
    ///   - actor: who entered it.
    ///   - fill: gives it its content.
    /// - Returns: hash of its payload.
    /// - Throws: `.notFound` when there is no such firm, `.conflict` when it is not its turn, `.document` when the content is not as it should
    ///   be.
    public func enter(
        for firm: MessageHeader.Party, _ quarter: Quarter, origin: SubmissionManifest.Origin, signer: SubmissionManifest.Signer,
        _ actor: TrailActor, fill: @Sendable (inout SubmissionManifest) -> Void
    ) async throws(SupervisionError) -> String {
        let (pen, _) = try await pen()
        let filing = try await store.filing(firm.id, quarter)
        var manifest = SubmissionManifest(
            pen.header(now(), firm: firm, to: pen.key.id), origin: origin, quarter: quarter, version: filing.version + 1,
            previous: filing.version == 0 ? nil : filing.head, signer: signer)
        fill(&manifest)
        let message = Message.submission(manifest)
        let envelope: Envelope
        do throws(PackageRefusal) {
            let limits = DocumentLimits(bytes: policy.packageBytes, depth: 24, values: policy.payloadValues)
            _ = try Message.read(message.payload, .submission, limits: limits)
            envelope = try message.signed(by: pen.key)
        } catch { throw .document(DocumentError(.badValue, source: "submission", key: error.detail, reason: error.description)) }
        return try await store.enter(manifest, envelope, key: pen.key.id, actor)
    }

    /// Enters answers to questions that a named respondent gave on pages.
    ///
    /// - Throws: `.conflict` when it is not the firm's turn.
    public func enterReply(
        for firm: MessageHeader.Party, _ quarter: Quarter, _ entries: [Reply.Entry], by: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let (pen, _) = try await pen()
        let filing = try await store.filing(firm.id, quarter)
        let reply = Reply(
            pen.header(now(), firm: firm, to: pen.key.id),
            SubmissionReference(sha256: filing.head, quarter: quarter, version: max(1, filing.version)), to: filing.asked,
            entries,
            by: by)
        let message = Message.reply(reply)
        let envelope: Envelope
        do throws(PackageRefusal) {
            guard filing.state == .returned else { throw PackageRefusal(.outOfOrder, "no questions are open") }
            _ = try Message.read(message.payload, .reply, limits: .authored)
            envelope = try message.signed(by: pen.key)
        } catch { throw .conflict(error.description) }
        try await store.enter(reply, envelope, firm: firm.id, key: pen.key.id, actor)
    }
}
