public import Database
internal import Documents
public import Rulebook
public import Submissions

/// Preparing, signing, answering; and what comes back.
extension SubmissionDesk {
    /// Puts together the next version of a quarter from what stands now. Nothing leaves.
    ///
    /// - Parameters:
    ///   - quarter: a quarter that has begun.
    ///   - signer: who puts a name to it.
    ///   - answers: answers to a questionnaire that go along; nil for none.
    ///   - followUps: promises that go along.
    ///   - actor: who prepares it.
    /// - Returns: the version.
    /// - Throws: `.conflict` when a version is on its way or accepted, there is nothing to file, or the supervisor is not set; `.document`.
    public func prepare(
        _ quarter: Quarter, signer: SubmissionManifest.Signer, answers: Answers? = nil,
        followUps: [SubmissionManifest.FollowUp] = [], _ actor: TrailActor
    ) async throws(WorkspaceError) -> FiledVersion {
        let (partner, recipient) = try await ready()
        let current = Quarter(containing: instant.date(in: .taipei))
        guard quarter <= current, quarter.index >= current.index - policy.quartersBack else {
            throw .document(
                DocumentError(.badValue, source: "submission", key: "quarter", reason: "the quarter cannot be filed now"))
        }
        let (number, previous) = try await store.turn(quarter)
        // What stands must be of now, not of the last change.
        guard let board = try await boards.assess(cause: "submission of \(quarter)", actor), let scene = try await boards.scene()
        else { throw .conflict("the firm has no profile yet") }
        var manifest = SubmissionManifest(
            header(partner, recipient: recipient), quarter: quarter, version: number, previous: previous, signer: signer)
        do throws(DocumentError) { manifest.rulePacks = try SubmissionManifest.PackReference.all(of: rulebook) } catch {
            throw .document(error)
        }
        (manifest.answers, manifest.followUps) = (answers, followUps)
        try await composer.fill(&manifest, board, scene)
        let message = Message.submission(manifest)
        let payload = message.payload
        // What the supervisor's reader would refuse is not prepared.
        let limits = DocumentLimits(bytes: policy.packageBytes, depth: 24, values: policy.payloadValues)
        do throws(PackageRefusal) { _ = try Message.read(payload, .submission, limits: limits) } catch { throw .refused(error) }
        let id = try await store.prepare(manifest, payload: try store.keep(payload), actor)
        return try await store.version(id)
    }

    /// Throws away a version that was not signed.
    public func discard(_ id: Int64, _ actor: TrailActor) async throws(WorkspaceError) { try await store.discard(id, actor) }

    /// Signs a version exactly as it was shown, and puts it on its way.
    ///
    /// - Throws: `.conflict` when it is not a prepared one, `payload` is not its hash, or no key is registered.
    public func sign(_ id: Int64, payload: String, _ actor: TrailActor) async throws(WorkspaceError) {
        let version = try await store.version(id)
        guard version.state == .prepared, version.payload == payload else { throw .conflict("it was changed meanwhile") }
        let (_, recipient) = try await ready()
        let manifest = try manifest(version)
        guard manifest.header.recipient == recipient else {
            throw .conflict("the supervisor's key is another one now; prepare it again")
        }
        let (payload, key) = (try store.bytes(version.payload), try await signing())
        let envelope: Envelope
        do throws(PackageRefusal) { envelope = try Envelope(.submission, payload, by: key) } catch { throw .refused(error) }
        try await store.sign(id, envelope, package: try store.keep(envelope.bytes), actor)
    }

    /// Answers questions of a quarter, and puts the answers on their way.
    ///
    /// - Parameters:
    ///   - quarter: the quarter that was returned.
    ///   - entries: answers to open questions.
    ///   - by: who answers for the firm.
    ///   - actor: who sends them.
    /// - Throws: `.conflict` when it is not the firm's turn; `.document` when an answer is not as it should be.
    public func reply(
        _ quarter: Quarter, _ entries: [Reply.Entry], by: String, _ actor: TrailActor
    ) async throws(WorkspaceError) {
        let filing = try await store.filing(quarter)
        let isUnderWay = try await store.waiting().contains { $0.kind == .reply && $0.quarter == quarter }
        guard filing.state == .returned, !isUnderWay else { throw .conflict("no questions of \(quarter) are open") }
        let questions = Set(entries.map(\.question))
        guard !entries.isEmpty, questions.isSubset(of: filing.open) else {
            throw .document(DocumentError(.badValue, source: "reply", key: "answers", reason: "an open question is expected"))
        }
        let (partner, recipient) = try await ready()
        let message = Message.reply(
            Reply(
                header(partner, recipient: recipient),
                SubmissionReference(sha256: filing.head, quarter: quarter, version: filing.version), to: filing.asked, entries,
                by: by))
        do throws(PackageRefusal) { _ = try Message.read(message.payload, .reply, limits: .authored) } catch {
            throw .document(
                DocumentError(.badValue, source: "reply", key: "answers", reason: "an answer is empty, too long, or has no name"))
        }
        let envelope = try sign(message, with: try await signing())
        try await store.reply(envelope, package: try store.keep(envelope.bytes), quarter, actor)
    }

    // MARK: What comes

    /// The firm as it receives.
    func side() async throws(WorkspaceError) -> ExchangeSide {
        let partners = try await store.partners()
        guard let partner = partners.first else { throw .conflict("say who the supervisor is first") }
        return ExchangeSide(
            .firm(partner.firm), recipients: Set(try await keys().map(\.id)), keys: FilingStore.book(partners), policy: policy)
    }

    /// Takes a package of the supervisor's: a receipt, a refusal, questions, an acceptance.
    ///
    /// - Parameters:
    ///   - bytes: the package.
    ///   - origin: https or file.
    ///   - actor: who brought it.
    /// - Returns: what became of it. What is refused is in the trail.
    /// - Throws: `.conflict` before anybody said who the supervisor is; `.storage`.
    public func take(_ bytes: [UInt8], origin: String, _ actor: TrailActor) async throws(WorkspaceError) -> TakenPackage {
        let side = try await side()
        let opened: OpenedPackage
        do throws(PackageRefusal) {
            opened = try PackageVerifier.open(bytes, at: side, now: instant)
            // Mail is an answer to a question that was asked just now, and a key is pinned by a person.
            guard opened.message.kind != .mail, opened.message.kind != .registration else {
                throw PackageRefusal(.unknownKind, "it is not taken here")
            }
        } catch {
            try await store.refuse(error, package: HexText.sha256(bytes), origin: origin, actor)
            return .refused(error)
        }
        return try await store.take(opened, at: side, origin: origin, actor)
    }

    /// Takes the answer to a question for mail.
    ///
    /// - Returns: whether more waits; nil when the answer was no mail.
    func takeMail(_ bytes: [UInt8], of poll: String, after last: Int, _ actor: TrailActor) async throws(WorkspaceError) -> Bool? {
        let side = try await side()
        let opened: OpenedPackage
        do throws(PackageRefusal) {
            opened = try PackageVerifier.open(bytes, at: side, now: instant)
        } catch {
            try await store.refuse(error, package: HexText.sha256(bytes), origin: "https", actor)
            return nil
        }
        guard case .mail(let mail) = opened.message else { return nil }
        guard mail.of == poll, mail.last >= last else {
            let refusal = PackageRefusal(.replayed, "it answers another question")
            try await store.refuse(refusal, package: opened.hash, origin: "https", actor)
            return nil
        }
        for package in mail.packages { _ = try await take(package, origin: "https", actor) }
        if mail.last > last { try await store.advance(to: mail.last, actor) }
        return mail.hasMore
    }
}
