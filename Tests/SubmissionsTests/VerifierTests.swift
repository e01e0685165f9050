import Crypto
import Documents
import Rulebook
import Testing

@testable import Submissions

@Suite("Verifying: who signed for whom, and whether its turn has come")
struct VerifierTests {
    @Test("each refusal has its code")
    func codes() throws {
        let parties = try Parties()
        let good = try parties.submission()
        #expect(parties.refusal(good) == nil)
        #expect(parties.refusal(good, nil, parties.fresh(true)) == .replayed)
        // Wrongly signed: the same payload under a key nobody registered, and a signature of another key.
        let payload = Message.submission(parties.manifest()).payload
        #expect(parties.refusal(try Envelope(.submission, payload, by: SigningKey()).bytes) == .unknownKey)
        var forged = try Envelope(.submission, payload, by: parties.firm)
        forged.signatures = [
            .init(key: parties.firm.id, bytes: try Envelope(.submission, payload, by: parties.other).signatures[0].bytes)
        ]
        #expect(parties.refusal(forged.bytes) == .badSignature)
        // The key of another firm.
        #expect(parties.refusal(try Envelope(.submission, payload, by: parties.other).bytes) == .unknownFirm)
        // Misdirected.
        let elsewhere = parties.manifest(header: parties.header(to: parties.other.id))
        #expect(parties.refusal(try Message.submission(elsewhere).signed(by: parties.firm).bytes) == .wrongRecipient)
        var nowhere = parties.manifest()
        nowhere.header.recipient = nil
        #expect(parties.refusal(try Message.submission(nowhere).signed(by: parties.firm).bytes) == .wrongRecipient)
        // What only a supervisor says.
        let receipt = Receipt(parties.header(), of: nowhereHash, package: nowhereHash, kind: .submission)
        #expect(parties.refusal(try Message.receipt(receipt).signed(by: parties.firm).bytes) == .unknownKind)
        let unknown = String(decoding: good, as: UTF8.self).replacing("plumbline.submission/1", with: "plumbline.submission/9")
        #expect(parties.refusal(Array(unknown.utf8)) == .unknownKind)
        // Rules that the supervisor does not have.
        var otherPack = parties.manifest()
        otherPack.rulePacks[0].sha256 = String(repeating: "0", count: 64)
        #expect(parties.refusal(try Message.submission(otherPack).signed(by: parties.firm).bytes) == .otherRulePack)
        // Two signatures under one message that needs one.
        #expect(parties.refusal(try Envelope(.submission, payload, by: parties.firm, parties.other).bytes) == .malformed)
    }

    private let nowhereHash = String(repeating: "0", count: 64)

    @Test("a key is taken from its first instant until its last, by when the package comes and not by what it says")
    func validity() throws {
        let parties = try Parties()
        let bytes = try parties.submission()
        func keys(_ from: Int64, _ until: Int64?) -> ExchangeSide {
            parties.inbox([
                KnownKey(
                    key: parties.firm.publicKey, owner: .firm("alpha"), from: parties.now.adding(seconds: from),
                    until: until.map { parties.now.adding(seconds: $0) })
            ])
        }
        #expect(parties.refusal(bytes, keys(0, nil)) == nil && parties.refusal(bytes, keys(0, 1)) == nil)
        #expect(parties.refusal(bytes, keys(0, 0)) == .keyRevoked && parties.refusal(bytes, keys(1, nil)) == .keyRevoked)
        #expect(parties.refusal(bytes, keys(-10, -5)) == .keyRevoked)
        // Whoever does not hold a revoked key does not learn that it is one.
        var envelope = try Envelope.read(bytes, limit: 1 << 20)
        envelope.signatures[0].bytes[0] ^= 1
        #expect(parties.refusal(envelope.bytes, keys(-10, -5)) == .badSignature)
    }

    @Test("the quarter has begun and is not too long ago; the clock may differ a little")
    func time() throws {
        let parties = try Parties()
        let bytes = try parties.submission()
        let policy = parties.policy
        func at(_ day: CivilDate) -> Instant { Instant(seconds: Int64(day.day) * 86_400 - 28_800) }
        func refusal(_ instant: Instant) -> RefusalCode? {
            var header = parties.header()
            header.created = instant
            let keys = [KnownKey(key: parties.firm.publicKey, owner: .firm("alpha"), from: Instant(seconds: 0))]
            guard let bytes = try? parties.submission(header: header) else { return nil }
            return parties.refusal(bytes, parties.inbox(keys), at: instant)
        }
        // The quarter begins at midnight in Taipei.
        #expect(refusal(at(parties.quarter.firstDay)) == nil)
        #expect(refusal(at(parties.quarter.firstDay).adding(seconds: -1)) == .wrongQuarter)
        let last = Quarter(index: parties.quarter.index + policy.quartersBack)
        #expect(refusal(at(last.lastDay)) == nil && refusal(at(last.next.firstDay)) == .wrongQuarter)
        #expect(parties.refusal(bytes, at: parties.now.adding(seconds: -policy.clockSeconds)) == nil)
        #expect(parties.refusal(bytes, at: parties.now.adding(seconds: -policy.clockSeconds - 1)) == .clock)
        // A carried submission may be days old; a question for mail may not, nor older than the program.
        #expect(parties.refusal(bytes, at: parties.now.adding(seconds: 9 * 86_400)) == nil)
        let poll = try Message.poll(MailboxPoll(parties.header(), after: 3)).signed(by: parties.firm).bytes
        #expect(parties.refusal(poll, at: parties.now.adding(seconds: policy.clockSeconds)) == nil)
        #expect(parties.refusal(poll, at: parties.now.adding(seconds: policy.clockSeconds + 1)) == .clock)
        var history = parties.fresh()
        history.since = parties.now.adding(seconds: 1)
        #expect(parties.refusal(poll, nil, history) == .clock)
    }

    @Test("registrations prove possession: of the new key, and of the one it takes the place of")
    func registrations() throws {
        let parties = try Parties()
        let new = SigningKey()
        func registration(_ replaces: String?, key: [UInt8]? = nil, firm: String = "alpha") -> Message {
            var header = parties.header(firm: firm)
            header.recipient = nil
            return .registration(
                KeyRegistration(
                    header, role: .firm, name: "範例證券", contact: "林美 02-1234-5678", key: key ?? new.publicKey, replaces: replaces))
        }
        func refusal(_ message: Message, _ keys: [SigningKey]) throws -> RefusalCode? {
            let envelope =
                try keys.count == 1
                ? Envelope(.registration, message.payload, by: keys[0])
                : Envelope(.registration, message.payload, by: keys[0], keys[1])
            return parties.refusal(envelope.bytes)
        }
        #expect(try refusal(registration(nil), [new]) == nil)
        #expect(try refusal(registration(nil), [parties.other]) == .badSignature)
        #expect(try refusal(registration(parties.firm.id), [new, parties.firm]) == nil)
        #expect(try refusal(registration(parties.firm.id), [new]) == .malformed)
        #expect(try refusal(registration(parties.firm.id), [new, parties.other]) == .badSignature)
        // Nobody takes the place of another firm's key.
        #expect(try refusal(registration(parties.other.id), [new, parties.other]) == .unknownKey)
        #expect(try refusal(registration(parties.firm.id, firm: "beta"), [new, parties.firm]) == .unknownKey)
    }

    @Test("a key of small order, for which anybody can sign, is no key")
    func smallOrder() throws {
        let parties = try Parties()
        // For the neutral element as key, R = S·B is a signature of anything: S = 0, R = neutral.
        let neutral = [1] + [UInt8](repeating: 0, count: 31)
        let signature = neutral + [UInt8](repeating: 0, count: 32)
        #expect(!PublicKey.isUsable(neutral) && PublicKey.read(PublicKey.text(neutral)) == nil)
        #expect(!PublicKey.isValid(signature, over: [1, 2, 3], by: neutral))
        for last: UInt8 in [0, 0x80] {
            for first: UInt8 in [0, 1] { #expect(!PublicKey.isUsable([first] + [UInt8](repeating: 0, count: 30) + [last])) }
            for first: UInt8 in [0xEC, 0xED, 0xEE] {
                #expect(!PublicKey.isUsable([first] + [UInt8](repeating: 0xFF, count: 30) + [0x7F | last]))
            }
        }
        #expect(PublicKey.isUsable(parties.firm.publicKey) && !PublicKey.isUsable([1, 2, 3]))
    }

    @Test("a firm takes what its own supervisor says to it, and nothing of anybody else's")
    func mailbox() throws {
        let parties = try Parties()
        let submission = SubmissionReference(sha256: String(repeating: "d", count: 64), quarter: parties.quarter, version: 1)
        let filing = Filing(parties.quarter, version: 1, head: submission.sha256, state: .submitted, asked: "", open: [])
        func message(_ header: MessageHeader) -> Message {
            .questions(Questions(header, submission, [.init(id: "q1", item: "twse-waf", text: "為何？")]))
        }
        let mine = parties.header(to: parties.firm.id)
        let history = parties.fresh(false, filing)
        let (package, after) = try PackageVerifier.verify(
            try message(mine).signed(by: parties.supervisor).bytes, at: parties.mailbox, now: parties.now
        ) { _ in history }
        #expect(after?.state == .returned && after?.asked == package.payloadHash && after?.open == ["q1"])
        func refusal(_ header: MessageHeader, _ key: SigningKey, _ history: ExchangeHistory) throws -> RefusalCode? {
            parties.refusal(try message(header).signed(by: key).bytes, parties.mailbox, history)
        }
        #expect(try refusal(mine, parties.other, history) == .unknownKey)
        #expect(try refusal(parties.header(to: parties.other.id), parties.supervisor, history) == .wrongRecipient)
        #expect(try refusal(parties.header(firm: "beta", to: parties.firm.id), parties.supervisor, history) == .wrongRecipient)
        #expect(try refusal(mine, parties.supervisor, parties.fresh()) == .outOfOrder)
        #expect(try refusal(mine, parties.supervisor, parties.fresh(false, Filing(parties.quarter.next))) == .wrongQuarter)
        // A firm's own submission sent back to it.
        #expect(parties.refusal(try parties.submission(), parties.mailbox) == .unknownKind)
    }

    @Test("every message is read back as it was written")
    func messages() throws {
        let parties = try Parties()
        let (hash, header) = (String(repeating: "e", count: 64), parties.header())
        let submission = SubmissionReference(sha256: hash, quarter: parties.quarter, version: 2)
        var keyless = header
        (keyless.firm, keyless.recipient) = (nil, nil)
        let messages: [Message] = [
            .submission(parties.manifest()), .questions(Questions(header, submission, [.init(id: "q1", item: "", text: "甲\n乙")])),
            .reply(Reply(header, submission, to: hash, [.init(question: "q1", text: "答", evidence: [hash])], by: "林美")),
            .acceptance(Acceptance(header, submission, note: "")),
            .receipt(Receipt(header, of: hash, package: hash, kind: .submission, submission: submission)),
            .refusal(RefusalNotice(keyless, package: hash, code: .clock)),
            .registration(
                KeyRegistration(
                    keyless, role: .supervisor, name: "範例中心", contact: "", key: parties.supervisor.publicKey, replaces: nil)),
            .revocation(KeyRevocation(header, key: hash, reason: "lost")), .poll(MailboxPoll(header, after: 9)),
            .mail(Mail(header, of: hash, last: 9, hasMore: false, packages: [[1, 2, 3]])),
        ]
        #expect(Set(messages.map(\.kind)) == Set(PackageKind.allCases))
        for message in messages {
            let read = try Message.read(message.payload, message.kind, limits: parties.policy.payloadLimits)
            #expect(read.payload == message.payload && read.kind == message.kind && read.node == message.node)
        }
    }

    @Test("every code has its text in both languages")
    func texts() throws {
        let file = try #require(ShippedFiles.files(in: "texts").first { $0.name == "texts/submissions.yaml" })
        let catalog = try TextCatalog(try YAMLReader.read(file.bytes))
        for code in RefusalCode.allCases {
            let name = "exchange.refusal.\(code.rawValue)"
            #expect(catalog.names.contains(name), "\(name)")
        }
    }
}
