import Database
import Documents
import Rulebook
import Submissions
import Supervision
import Synchronization
import Testing
import Workspace

@testable import Server

@Suite("The exchange between firms and their supervisor, and everything that can go wrong on the way")
struct ExchangeTests {
    private func filed(_ party: ExchangeWorld.Party) async throws -> FiledVersion {
        try #require(try await party.desk.versions().first { $0.state != .discarded })
    }

    /// The newest package of a kind for alpha.
    private func outgoing(_ world: ExchangeWorld, _ kind: PackageKind) async throws -> [UInt8] {
        let all = try await world.supervision.exchange.outgoing(firm: "alpha")
        let found = try #require(all.first { $0.kind == kind })
        return try await world.supervision.exchange.file(found.package)
    }

    /// A question for mail.
    private func poll(
        _ firm: String, _ id: String, to recipient: String, by key: SigningKey, at seconds: Int64
    ) throws -> [UInt8] {
        let header = MessageHeader(
            id: String(repeating: id, count: 32), created: Instant(seconds: seconds), program: "x",
            firm: .init(id: firm, name: firm), recipient: recipient)
        let message = Message.poll(MailboxPoll(header, after: 0))
        return try message.signed(by: key).bytes
    }

    @Test("keys, a submission, questions, answers, acceptance; the same hash in both trails")
    func walk() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        #expect(try await alpha.desk.keys().map(\.state) == [.registered])
        let exchange = world.supervision.exchange
        let version = try await alpha.file()
        #expect(version.state == .queued && version.package != nil)
        try await alpha.deliver()
        #expect(try await filed(alpha).state == .received)
        let received = try #require(try await exchange.versions().first)
        #expect(received.payload == version.payload && received.package == version.package && received.state == .submitted)
        // Immutable: what the firm signed is what the supervisor keeps.
        let (kept, sent) = (try await exchange.file(received.package), try await alpha.desk.file(received.package))
        #expect(kept == sent)
        let manifest = try await exchange.manifest(received.payload)
        #expect(manifest == (try alpha.desk.manifest(version)))
        let verdicts = try #require(manifest.assessment?.verdicts)
        #expect(verdicts.count == alpha.workspace.boards.board.standings.count && !verdicts.isEmpty)
        #expect(verdicts.contains { $0.trace != nil && !$0.requirements.isEmpty })
        // Returned with questions.
        try await exchange.ask(received.payload, [("", "為何？"), (verdicts[0].clause, "何時改善？")], world.actor)
        try await alpha.deliver()
        var filing = try await alpha.desk.filing(alpha.quarter)
        #expect(filing.state == .returned && filing.open == ["q1", "q2"])
        await #expect(throws: SupervisionError.self) { try await exchange.accept(received.payload, note: "", world.actor) }
        for (question, state) in [("q2", FilingState.returned), ("q1", .answered)] {
            try await alpha.desk.reply(alpha.quarter, [.init(question: question, text: "答\(question)")], by: "林美", world.actor)
            try await alpha.deliver()
            filing = try await alpha.desk.filing(alpha.quarter)
            let theirs = try await exchange.filing("alpha", alpha.quarter)
            #expect(filing.state == state && theirs == filing)
        }
        #expect(try await exchange.questions(received.payload).map(\.answer) == ["答q1", "答q2"])
        try await exchange.accept(received.payload, note: "謝謝", world.actor)
        try await alpha.deliver()
        #expect(try await alpha.desk.filing(alpha.quarter).state == .accepted)
        await #expect(throws: WorkspaceError.self) { try await alpha.file() }
        #expect(
            world.tell.all == [
                "alpha 1 submitted", "alpha 1 returned", "alpha 1 returned", "alpha 1 answered", "alpha 1 accepted",
            ])
        for database in [world.supervisor, alpha.database] {
            let trail = try await ExchangeWorld.trail(database)
            #expect(trail.contains { $0.entry.details["sha256"] == version.payload && $0.entry.result == .done })
            #expect(trail.contains { $0.entry.details["package"] == version.package })
        }
        // What the firm has fetched is known.
        try await alpha.deliver()
        #expect(try await exchange.outgoing(firm: "alpha").allSatisfy { $0.fetched != nil })
        await alpha.close()
        await world.close()
    }

    @Test("nothing that was found on a host leaves: names of files' hashes, not their contents")
    func privacy() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let version = try await alpha.file()
        let text = String(decoding: try await alpha.desk.file(version.payload), as: UTF8.self)
        #expect(text.contains("\"trace\":") && text.contains("\"observations\":"))
        for word in ["host-1", "\"findings\"", "Test Linux", "facts_line", "\"found\""] {
            #expect(!text.contains(word), "\(word)")
        }
        // The whole trace is there, at the firm alone, under the hash that the submission names.
        let manifest = try alpha.desk.manifest(version)
        let trace = try #require(manifest.evidence.first { $0.name == "traces of order" })
        await #expect(throws: WorkspaceError.self) { try await alpha.desk.file(trace.sha256) }
        await #expect(throws: SupervisionError.self) { try await world.supervision.exchange.file(trace.sha256) }
        await alpha.close()
        await world.close()
    }

    @Test("nobody answers: it waits, is tried later and later, and arrives once")
    func unreachable() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        world.fault.withLock { $0 = .unreachable }
        let version = try await alpha.file()
        var waits: [Int64] = []
        for _ in 0..<5 {
            let report = try #require(try await alpha.deliver())
            #expect(!report.trouble.isEmpty)
            let entry = try #require(try await alpha.desk.outbox().first { $0.payload == version.payload })
            #expect(entry.state == .waiting && entry.trouble == "connection refused")
            waits.append(entry.next - world.clock.microseconds / 1_000_000)
            world.clock.pass(1)
        }
        #expect(waits == waits.sorted() && Set(waits).count > 3)
        // Not due yet: a round of its own does not send it.
        let before = world.arrived.withLock { $0.count }
        world.fault.withLock { $0 = .none }
        try await alpha.workspace.courier.round(isForced: false)
        #expect(try await filed(alpha).state == .queued)
        #expect(world.arrived.withLock { $0.count } <= before + 1)
        world.clock.pass(waits.last ?? 0)
        try await alpha.workspace.courier.round(isForced: false)
        #expect(try await filed(alpha).state == .received)
        #expect(try await world.supervision.exchange.versions().count == 1)
        await alpha.close()
        await world.close()
    }

    @Test("the answer is lost: the receipt comes with the mail, and nothing is filed twice")
    func answerLost() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        world.fault.withLock { $0 = .answerLost }
        let version = try await alpha.file()
        for _ in 0..<3 { try await alpha.deliver() }
        #expect(try await filed(alpha).state == .queued)
        #expect(try await world.supervision.exchange.versions().map(\.payload) == [version.payload])
        world.fault.withLock { $0 = .none }
        world.clock.pass(100_000)
        try await alpha.workspace.courier.round(isForced: false)
        #expect(try await filed(alpha).state == .received)
        #expect(try await world.supervision.exchange.versions().count == 1)
        await alpha.close()
        await world.close()
    }

    @Test(
        "tampered on the way there or back, or answered by another: refused with a code, in the trail, and the true one still arrives"
    )
    func tampered() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let version = try await alpha.file()
        for fault in [ExchangeWorld.Fault.packageTampered, .answerTampered, .impostor] {
            world.fault.withLock { $0 = fault }
            world.clock.pass(1)
            _ = try? await alpha.deliver()
            #expect(try await filed(alpha).state == .queued, "\(fault)")
        }
        let refused = try await ExchangeWorld.trail(alpha.database).filter {
            $0.entry.action == "exchange.receive" && $0.entry.result == .refused
        }
        #expect(!refused.isEmpty)
        let theirs = try await ExchangeWorld.trail(world.supervisor).filter {
            $0.entry.action == "exchange.receive" && $0.entry.result == .refused
        }
        #expect(!theirs.isEmpty && theirs.allSatisfy { $0.entry.reason != nil })
        world.fault.withLock { $0 = .none }
        world.clock.pass(1)
        try await alpha.deliver()
        #expect(try await filed(alpha).state == .received)
        #expect(try await world.supervision.exchange.versions().map(\.payload) == [version.payload])
        await alpha.close()
        await world.close()
    }

    @Test("each wrong package has its code at the supervisor, and its record in the trail")
    func refusals() async throws {
        let world = try await ExchangeWorld()
        let (alpha, beta) = (try await world.firm("alpha"), try await world.firm("beta"))
        try await alpha.introduce()
        try await beta.introduce()
        let exchange = world.supervision.exchange
        let version = try await alpha.file()
        let package = try await alpha.desk.file(try #require(version.package))
        func code(_ bytes: [UInt8]) async throws -> RefusalCode? {
            let answer = try await exchange.receive(bytes, from: "192.0.2.66")
            // Every answer is a package of the supervisor's.
            _ = try Envelope.read(answer.bytes, limit: 1 << 26)
            return answer.refusal
        }
        var flipped = package
        flipped[package.count - 40] ^= 1
        let first = try await code(flipped)
        #expect(first == .badSignature || first == .malformed)
        #expect(try await code([]) == .malformed)
        #expect(try await code([UInt8](repeating: 0x20, count: exchange.policy.packageBytes + 1)) == .tooLarge)
        // The same manifest under another firm's key, and under a stranger's.
        let manifest = try alpha.desk.manifest(version)
        let stranger = SigningKey()
        #expect(try await code(Message.submission(manifest).signed(by: stranger).bytes) == .unknownKey)
        let other = try SigningKey.load(try #require(try await beta.desk.keys().first).id, from: beta.database.directory.keys)
        #expect(try await code(Message.submission(manifest).signed(by: other).bytes) == .unknownFirm)
        #expect(try await exchange.versions().isEmpty)
        #expect(try await code(package) == nil)
        #expect(try await code(package) == .replayed)
        // Out of order, of another quarter, by other rules, for another supervisor.
        let key = try SigningKey.load(try #require(try await alpha.desk.keys().first).id, from: alpha.database.directory.keys)
        func changed(_ change: (inout SubmissionManifest) -> Void) async throws -> RefusalCode? {
            var next = manifest
            (next.header.id, next.version, next.previous) = (String(repeating: "7", count: 32), 2, version.payload)
            change(&next)
            return try await code(Message.submission(next).signed(by: key).bytes)
        }
        #expect(try await changed { $0.version = 3 } == .outOfOrder)
        #expect(try await changed { $0.previous = String(repeating: "0", count: 64) } == .outOfOrder)
        #expect(try await changed { $0.quarter = $0.quarter.next } == .wrongQuarter)
        #expect(try await changed { $0.rulePacks[0].sha256 = String(repeating: "0", count: 64) } == .otherRulePack)
        #expect(try await changed { $0.header.recipient = stranger.id } == .wrongRecipient)
        #expect(try await changed { $0.header.created = $0.header.created.adding(seconds: 9_999) } == .clock)
        #expect(try await changed { $0.header.firm?.id = "gamma" } == .unknownFirm)
        #expect(try await changed { $0.header.id = manifest.header.id } == .replayed)
        #expect(try await changed { $0.origin = .browser } == .malformed)
        #expect(try await exchange.versions().count == 1)
        #expect(try await changed { _ in } == nil)
        let codes = Set(try await exchange.refusals().map(\.code))
        #expect(codes.count >= 9)
        let noted = Set(
            try await ExchangeWorld.trail(world.supervisor).filter { $0.entry.result == .refused }.compactMap(\.entry.reason))
        #expect(codes.allSatisfy { noted.contains($0.rawValue) })
        for party in [alpha, beta] { await party.close() }
        await world.close()
    }

    @Test("a revoked key: refused from that second on, whoever revoked it; a new key takes its place")
    func revocation() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let exchange = world.supervision.exchange
        let version = try await alpha.file()
        let first = try #require(try await alpha.desk.keys().first)
        try await exchange.revokeKey(first.id, reason: "lost", world.actor)
        try await alpha.deliver()
        let refused = try await filed(alpha)
        #expect(refused.state == .refused && refused.refusal == .keyRevoked)
        #expect(try await exchange.versions().isEmpty)
        // A key that replaces a revoked one proves only itself.
        try await alpha.desk.endKey(first.id, reason: "lost", world.actor)
        let second = try await alpha.desk.makeKey(contact: "", world.actor)
        try await alpha.deliver()
        try await exchange.confirmKey(second, reason: "compared", world.actor)
        try await alpha.deliver()
        world.clock.pass(1)
        let again = try await alpha.file()
        #expect(again.version == version.version && again.payload != version.payload)
        try await alpha.deliver()
        #expect(try await filed(alpha).state == .received)
        // Replaced in use: signed by both, and the old one ends on both sides.
        world.clock.pass(1)
        let third = try await alpha.desk.makeKey(contact: "", world.actor)
        try await alpha.deliver()
        #expect(try await exchange.key(third).replaces == second)
        try await exchange.confirmKey(third, reason: "compared", world.actor)
        world.clock.pass(1)
        try await alpha.deliver()
        #expect(try await alpha.desk.keys().map(\.state) == [.registered, .ended, .ended])
        #expect(try await exchange.key(second).state == .ended)
        // The firm revokes its own key.
        try await alpha.desk.endKey(third, reason: "stolen", world.actor)
        try await alpha.deliver()
        let ended = try await exchange.key(third)
        #expect(ended.state == .ended && ended.reason == "stolen")
        #expect(try await exchange.versions().count == 1)
        await alpha.close()
        await world.close()
    }

    @Test("one firm never gets another's mail or lists, and a stranger gets nothing")
    func tenancy() async throws {
        let world = try await ExchangeWorld()
        let (alpha, beta) = (try await world.firm("alpha"), try await world.firm("beta"))
        try await alpha.introduce()
        try await beta.introduce()
        try await alpha.file()
        try await alpha.deliver()
        let exchange = world.supervision.exchange
        let payload = try #require(try await exchange.versions().first).payload
        try await exchange.ask(payload, [("", "機密問題")], world.actor)
        world.arrived.withLock { $0 = [] }
        try await beta.deliver()
        #expect(try await beta.desk.mail().allSatisfy { $0.kind != .questions })
        // Beta's key asking in alpha's name.
        let key = try SigningKey.load(try #require(try await beta.desk.keys().first).id, from: beta.database.directory.keys)
        let supervisor = try await exchange.announcement().registration.key
        let now = world.clock.microseconds / 1_000_000
        func poll(_ firm: String, _ id: String, by key: SigningKey, at seconds: Int64 = 0) throws -> [UInt8] {
            try self.poll(firm, id, to: PublicKey.id(supervisor), by: key, at: now + seconds)
        }
        #expect(try await exchange.receive(try poll("alpha", "1", by: key), from: nil).refusal == .unknownFirm)
        #expect(try await exchange.receive(try poll("alpha", "2", by: SigningKey()), from: nil).refusal == .unknownKey)
        // Somebody who listened sends alpha's own question again: no mail.
        let own = try SigningKey.load(try #require(try await alpha.desk.keys().first).id, from: alpha.database.directory.keys)
        let question = try poll("alpha", "3", by: own)
        let answer = try await exchange.receive(question, from: nil)
        #expect(answer.refusal == nil)
        let again = try await exchange.receive(question, from: nil)
        #expect(again.refusal == .replayed)
        #expect(try await exchange.receive(try poll("alpha", "4", by: own, at: -10_000), from: nil).refusal == .clock)
        // A refusal names no firm to whoever has no valid key of it.
        let stranger = try Envelope.read(
            try await exchange.receive(try poll("alpha", "5", by: SigningKey()), from: nil).bytes, limit: 1 << 20)
        #expect(!String(decoding: stranger.payload, as: UTF8.self).contains("alpha"))
        for party in [alpha, beta] { await party.close() }
        await world.close()
    }

    @Test("by file alone: registration, submission, receipt, questions, answers, acceptance, and a refusal, carried by hand")
    func offline() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        let exchange = world.supervision.exchange
        try await alpha.desk.setPartner(address: "", trust: "", firm: "alpha", name: "alpha 證券", world.actor)
        try await alpha.desk.pin(try alpha.desk.announcement(try await exchange.announcement().package), world.actor)
        let key = try await alpha.desk.makeKey(contact: "林美", world.actor)
        func carry(_ package: String) async throws -> ExchangeAnswer {
            try await exchange.receive(try await alpha.desk.file(package), from: nil, bearer: world.actor)
        }
        func take(_ bytes: [UInt8]) async throws -> TakenPackage { try await alpha.desk.take(bytes, origin: "file", world.actor) }
        let registration = try #require(try await alpha.desk.keys().first).registration
        let waiting = try await carry(registration)
        guard case .kept(.receipt(let receipt)) = try await take(waiting.bytes), receipt.outcome == .waiting else {
            Issue.record("no receipt")
            return
        }
        #expect(try await alpha.desk.keys().first?.state == .waiting)
        try await exchange.confirmKey(key, reason: "compared", world.actor)
        _ = try await take(try await outgoing(world, .receipt))
        #expect(try await alpha.desk.keys().first?.state == .registered)
        let version = try await alpha.file()
        // Carried for nine days.
        world.clock.pass(9 * 86_400)
        let answer = try await carry(try #require(version.package))
        #expect(answer.refusal == nil)
        guard case .kept = try await take(answer.bytes) else {
            Issue.record("the receipt was not kept")
            return
        }
        guard case .known = try await take(answer.bytes) else {
            Issue.record("the receipt was taken twice")
            return
        }
        #expect(try await filed(alpha).state == .received)
        try await exchange.ask(version.payload, [("", "問")], world.actor)
        _ = try await take(try await outgoing(world, .questions))
        try await alpha.desk.reply(alpha.quarter, [.init(question: "q1", text: "答")], by: "林美", world.actor)
        let reply = try #require(try await alpha.desk.outbox().first { $0.kind == .reply })
        _ = try await take(try await carry(reply.package).bytes)
        try await exchange.accept(version.payload, note: "", world.actor)
        _ = try await take(try await outgoing(world, .acceptance))
        #expect(try await alpha.desk.filing(version.quarter).state == .accepted)
        // Carried twice: refused, and the refusal is carried back.
        let refused = try await carry(try #require(version.package))
        #expect(refused.refusal == .replayed)
        guard case .kept(.refusal(let notice)) = try await take(refused.bytes) else {
            Issue.record("no refusal")
            return
        }
        #expect(notice.code == .replayed && notice.package == version.package)
        #expect(try await filed(alpha).state == .received)
        // A receipt in which somebody changed a byte.
        var forged = answer.bytes
        forged[forged.count / 3] ^= 4
        guard case .refused = try await take(forged) else {
            Issue.record("a forged receipt was taken")
            return
        }
        await alpha.close()
        await world.close()
    }

    @Test("a version that is refused leaves its number; a draft is thrown away; an older one stays readable")
    func versions() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let desk = alpha.desk
        let signer = SubmissionManifest.Signer(name: "林美", role: "長")
        let draft = try await desk.prepare(alpha.quarter, signer: signer, world.actor)
        let other = try await desk.prepare(alpha.quarter, signer: signer, world.actor)
        #expect(try await desk.version(draft.id).state == .discarded)
        #expect(other.version == 1)
        await #expect(throws: WorkspaceError.self) { try await desk.sign(draft.id, payload: draft.payload, world.actor) }
        await #expect(throws: WorkspaceError.self) { try await desk.sign(other.id, payload: draft.payload, world.actor) }
        try await desk.discard(other.id, world.actor)
        let first = try await alpha.file()
        await #expect(throws: WorkspaceError.self) { try await desk.prepare(alpha.quarter, signer: signer, world.actor) }
        try await alpha.deliver()
        world.clock.pass(5)
        let second = try await alpha.file()
        #expect(second.version == 2 && second.previous == first.payload)
        try await alpha.deliver()
        let versions = try await world.supervision.exchange.versions()
        #expect(versions.map(\.version) == [2, 1] && versions.map(\.isNewest) == [true, false])
        #expect(try await world.supervision.exchange.manifest(first.payload).version == 1)
        await #expect(throws: SupervisionError.self) {
            try await world.supervision.exchange.accept(first.payload, note: "", world.actor)
        }
        await #expect(throws: WorkspaceError.self) {
            try await desk.prepare(alpha.quarter.next, signer: signer, world.actor)
        }
        await alpha.close()
        await world.close()
    }

    @Test("on behalf of a respondent: the supervisor's key signs, and only the supervisor can say so")
    func onBehalf() async throws {
        let world = try await ExchangeWorld()
        let exchange = world.supervision.exchange
        let quarter = Quarter(containing: Instant(seconds: world.clock.microseconds / 1_000_000).date(in: .taipei))
        let firm = MessageHeader.Party(id: "beta", name: "beta 證券")
        let payload = try await exchange.enter(
            for: firm, quarter, origin: .browser, signer: .init(name: "王", role: "主管"), world.actor
        ) { manifest in
            manifest.answers = Answers(
                questionnaire: .init(id: "market-2017", version: "1", sha256: String(repeating: "a", count: 64)),
                asOf: quarter.firstDay,
                entries: [.init(question: "waf", answer: nil), .init(question: "scrubbing", answer: .yes)])
        }
        #expect(try await exchange.manifest(payload).origin == .browser)
        #expect(world.tell.all == ["beta 1 submitted"])
        try await exchange.ask(payload, [("", "問")], world.actor)
        try await exchange.enterReply(for: firm, quarter, [.init(question: "q1", text: "答")], by: "王", world.actor)
        #expect(try await exchange.filing("beta", quarter).state == .answered)
        await #expect(throws: SupervisionError.self) {
            _ = try await exchange.enter(
                for: .init(id: "gamma", name: "x"), quarter, origin: .workbook, signer: .init(name: "王", role: "主管"), world.actor
            ) { _ in }
        }
        await world.close()
    }

    @Test(
        "the supervisor's key is replaced: what is made out to the old one is taken, and firms believe the new one after comparing it"
    )
    func rotation() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        try await alpha.file()
        world.clock.pass(1)
        try await world.supervision.exchange.replaceKey(reason: "yearly", world.actor)
        try await alpha.deliver()
        // It arrived, and its receipt is not believed yet.
        #expect(try await world.supervision.exchange.versions().count == 1)
        #expect(try await filed(alpha).state == .queued)
        let announcement = try alpha.desk.announcement(try await alpha.desk.fetchAnnouncement())
        #expect(announcement.replaces != nil)
        try await alpha.desk.pin(announcement, world.actor)
        world.clock.pass(1)
        try await alpha.deliver()
        #expect(try await filed(alpha).state == .received)
        await alpha.close()
        await world.close()
    }

    @Test("one source that sends too often waits, and others do not")
    func limiter() {
        let limiter = SourceLimiter(burst: 3, interval: 10)
        #expect((0..<3).allSatisfy { _ in limiter.take("a", at: 100) == nil })
        #expect(limiter.take("a", at: 100) == 10 && limiter.take("b", at: 100) == nil)
        #expect(limiter.take("a", at: 109) == 1 && limiter.take("a", at: 110) == nil && limiter.take("a", at: 110) == 10)
        // A clock that was set back locks nobody out for longer than the burst.
        #expect((limiter.take("a", at: 0) ?? 0) <= 30)
    }
}
