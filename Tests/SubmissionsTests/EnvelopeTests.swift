import Crypto
import Documents
import Rulebook
import Testing

@testable import Submissions

@Suite("Packages: one form, signed, and nothing else is taken")
struct EnvelopeTests {
    @Test("what is signed is read back, and says the same in the same bytes")
    func roundTrip() throws {
        let parties = try Parties()
        let manifest = parties.manifest()
        let bytes = try parties.submission()
        let (package, filing) = try PackageVerifier.verify(bytes, at: parties.inbox(), now: parties.now) { _ in parties.fresh() }
        guard case .submission(let read) = package.message else {
            Issue.record("no submission")
            return
        }
        #expect(read == manifest && package.envelope.bytes == bytes)
        #expect(filing?.state == .submitted && filing?.head == package.payloadHash && filing?.version == 1)
        let payload = Message.submission(manifest).payload
        #expect(try JSONReader.read(payload)["schema"]?.text == "plumbline.submission/1")
        #expect(payload.filter { $0 == 0x0A }.count == 1 && payload.last == 0x0A)
        #expect(HexText.sha256(payload) == package.payloadHash)
    }

    @Test("what a signature covers has its own domain: no prefix of it can be another message")
    func domain() throws {
        let text = String(decoding: Envelope.signedBytes(.poll, Array("{}".utf8)), as: UTF8.self)
        #expect(text == "plumbline.package/1 24 plumbline.mailbox-poll/1 2 {}")
        // The same payload under another kind has another signature.
        let parties = try Parties()
        let payload = Message.submission(parties.manifest()).payload
        let signed = try Envelope(.submission, payload, by: parties.firm)
        var other = signed
        other.kind = .reply
        #expect(signed.isSigned(by: parties.firm.publicKey) && !other.isSigned(by: parties.firm.publicKey))
        #expect(parties.refusal(other.bytes) == .badSignature)
    }

    @Test("every single bit turned over: refused, in every message")
    func flips() throws {
        let parties = try Parties()
        let poll = MailboxPoll(parties.header(), after: 0)
        let revocation = KeyRevocation(parties.header(), key: parties.firm.id, reason: "lost")
        for message in [Message.poll(poll), .revocation(revocation)] {
            let bytes = try message.signed(by: parties.firm).bytes
            #expect(parties.refusal(bytes) == nil)
            for bit in 0..<(bytes.count * 8) {
                var flipped = bytes
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(parties.refusal(flipped) != nil, "bit \(bit) of \(message.kind)")
            }
        }
    }

    @Test("bytes changed, cut, doubled, spliced from two packages: nothing that was not signed is taken", arguments: 1...8)
    func mutations(seed: UInt64) throws {
        let parties = try Parties()
        var random = Seeded(seed)
        let first = try parties.submission(header: parties.header(random.hex(16)))
        let second = try Message.submission(parties.manifest(header: parties.header(random.hex(16), firm: "beta"))).signed(
            by: parties.other
        ).bytes
        for _ in 0..<400 {
            var bytes = Bool.random(using: &random) ? first : second
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: at)
                case 3: bytes.removeSubrange(at..<min(bytes.count, at + 40))
                case 4: bytes = Array(first.prefix(at) + second.dropFirst(at))
                default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 20)], at: at)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            guard bytes != first, bytes != second else { continue }
            #expect(parties.refusal(bytes) != nil)
        }
    }

    @Test("random bytes and random JSON are refused, and nothing traps")
    func noise() throws {
        let parties = try Parties()
        var random = Seeded(7)
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(parties.refusal(bytes) != nil)
        }
        // Payloads that are signed but not as they should be.
        for text in [
            "", "{}", "[]", "{\"schema\":\"plumbline.submission/1\"}\n", "{\"schema\":\"plumbline.submission/2\"}\n",
            String(repeating: "[", count: 100), "null\n",
        ] {
            let bytes = try Envelope(.submission, Array(text.utf8), by: parties.firm).bytes
            #expect(parties.refusal(bytes) == .malformed, "\(text)")
        }
    }

    @Test("one spelling: spaces, another order, padding, empty lists that are written out")
    func spelling() throws {
        let parties = try Parties()
        let text = String(decoding: try parties.submission(), as: UTF8.self)
        for other in [
            " " + text, text + "\n", String(text.dropLast()), text.replacing("\":\"", with: "\": \""),
            text.replacing("\"kind\"", with: "\"\\u006bind\""), "\u{FEFF}" + text,
        ] {
            #expect(parties.refusal(Array(other.utf8)) == .malformed, "\(other.prefix(40))")
        }
        let payload = String(decoding: Message.submission(parties.manifest()).payload, as: UTF8.self)
        for other in [
            payload.replacing("\"progress\":20", with: "\"progress\":20.0"),
            payload.replacing("2027-01-15T08:00:00Z", with: "2027-01-15T08:00:00+00:00"),
            payload.replacing("\"quarter\":\"2026-Q4\"", with: "\"quarter\":\"2026-Q4\",\"more\":1"),
            payload.replacing("\"version\":1", with: "\"version\":0"), payload.replacing("\"previous\":null,", with: ""),
            payload.replacing("\"verdict\":\"non-compliant\"", with: "\"verdict\":\"compliant-ish\""),
            payload.replacing("{\"aspect", with: "{ \"aspect"), payload.replacing("\"origin\":\"package\",", with: ""),
        ] where other != payload {
            let bytes = try Envelope(.submission, Array(other.utf8), by: parties.firm).bytes
            #expect(parties.refusal(bytes) == .malformed, "\(other.prefix(200))")
        }
    }

    @Test("longer than packages may be: refused before anything is read")
    func size() throws {
        var parties = try Parties()
        let bytes = try parties.submission()
        var side = parties.inbox()
        side.policy.packageBytes = bytes.count
        #expect(parties.refusal(bytes, side) == nil)
        side.policy.packageBytes -= 1
        #expect(parties.refusal(bytes, side) == .tooLarge)
        side = parties.inbox()
        side.policy.payloadValues = 10
        #expect(parties.refusal(bytes, side) == .tooLarge)
        parties = try Parties()
        var entry = SubmittedAssessment.Entry(clause: "a", system: "", verdict: .compliant, reason: "measured", force: "shall")
        var manifest = parties.manifest()
        manifest.assessment?.verdicts = [entry, entry]
        #expect(parties.refusal(try Message.submission(manifest).signed(by: parties.firm).bytes) == .malformed)
        entry.system = "order"
        manifest.assessment?.verdicts.append(entry)
        manifest.assessment?.verdicts.remove(at: 0)
        #expect(parties.refusal(try Message.submission(manifest).signed(by: parties.firm).bytes) == nil)
    }

    @Test("base64url: what is written is read back, and every other text for the same bytes is none")
    func base64() {
        var random = Seeded(3)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        for text in ["A", "AB", "AAB", "AA==", "A A", "AA\n", "+/", "ÄÄ", "AAAAA"] {
            #expect(Base64URL.decode(text) == nil, "\(text)")
        }
        #expect(Base64URL.decode("AA") == [0] && Base64URL.decode("-_8") == [0xFB, 0xFF])
    }
}
