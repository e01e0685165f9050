import Crypto
import Documents
import Rulebook
import Testing

@testable import Identity

@Suite("One-time passwords")
struct TOTPTests {
    private let secret = Array("12345678901234567890".utf8)

    @Test(
        "K3 RFC 6238 appendix B",
        arguments: [
            (Int64(59), "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ])
    func vector(_ second: Int64, _ code: String) {
        #expect(TOTP.code(secret: secret, step: TOTP.step(at: Instant(seconds: second)), digits: 8) == code)
    }

    @Test("K3 each step works once, one step off is forgiven, two are not")
    func steps() throws {
        let now = Instant(seconds: 1_000_000_000)
        let step = TOTP.step(at: now)
        func match(_ offset: Int64, after: Int64? = nil) -> Int64? {
            TOTP.match(TOTP.code(secret: secret, step: step + offset), secret: secret, at: now, after: after)
        }
        #expect(match(0) == step)
        #expect(match(-1) == step - 1)
        #expect(match(1) == step + 1)
        #expect(match(2) == nil)
        #expect(match(-2) == nil)
        #expect(match(0, after: step) == nil)
        #expect(match(-1, after: step) == nil)
        #expect(match(1, after: step) == step + 1)
        let code = TOTP.code(secret: secret, step: step)
        #expect(TOTP.match("\(code.prefix(3)) \(code.suffix(3))", secret: secret, at: now, after: nil) == step)
        for wrong in ["", "12345", code + "0", "１２３４５６"] {
            #expect(TOTP.match(wrong, secret: secret, at: now, after: nil) == nil)
        }
    }

    @Test("The key URI escapes what it must")
    func uri() {
        let uri = TOTP.uri(secret: Array("Hello!".utf8), issuer: "準繩 & Co", account: "mei.lin")
        #expect(
            uri
                == "otpauth://totp/%E6%BA%96%E7%B9%A9%20%26%20Co:mei.lin?secret=JBSWY3DPEE&issuer=%E6%BA%96%E7%B9%A9%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        )
    }

    @Test("Encodings are canonical both ways")
    func encodings() {
        var random = SeededGenerator(state: 1)
        for length in 0..<70 {
            let bytes = random.bytes(length)
            #expect(Encodings.base64url(Encodings.base64url(bytes)) == bytes)
            #expect(Encodings.base32(Encodings.base32(bytes)) == bytes)
        }
        #expect(Encodings.base64url("_w") as [UInt8]? == [0xFF])
        for wrong in ["_x", "A", "AA==", "A+", "Å"] { #expect(Encodings.base64url(wrong) as [UInt8]? == nil, "\(wrong)") }
        #expect(Encodings.base32("MY") as [UInt8]? == Array("f".utf8))
        for wrong in ["my", "MZ", "M", "MY======", "M1"] { #expect(Encodings.base32(wrong) as [UInt8]? == nil, "\(wrong)") }
    }

    @Test("A sealed secret opens only with its key and in its place")
    func sealing() throws {
        let keys = try IdentityKeys(master: [UInt8](repeating: 1, count: 32))
        let sealed = try keys.seal(secret, .factor, context: "account-1 totp", effects: .live)
        #expect(try keys.open(sealed, .factor, context: "account-1 totp") == secret)
        #expect(throws: IdentityError.self) { try keys.open(sealed, .factor, context: "account-2 totp") }
        #expect(throws: IdentityError.self) { try keys.open(sealed, .message, context: "account-1 totp") }
        let other = try IdentityKeys(master: [UInt8](repeating: 2, count: 32))
        #expect(throws: IdentityError.self) { try other.open(sealed, .factor, context: "account-1 totp") }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: IdentityError.self) { try keys.open(changed, .factor, context: "account-1 totp") }
        }
        #expect(throws: IdentityError.self) { try IdentityKeys(master: [1, 2, 3]) }
    }
}

@Suite("CBOR")
struct CBORTests {
    @Test(
        "RFC 8949 appendix A, as far as authenticators use it",
        arguments: [
            ("00", CBOR.unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)), ("1903e8", .unsigned(1_000)),
            ("1a000f4240", .unsigned(1_000_000)), ("1bffffffffffffffff", .unsigned(.max)), ("20", .negative(0)),
            ("3903e7", .negative(999)),
            ("4401020304", .bytes([1, 2, 3, 4])), ("6449455446", .text("IETF")), ("62c3bc", .text("ü")), ("80", .array([])),
            (
                "8301820203820405",
                .array([.unsigned(1), .array([.unsigned(2), .unsigned(3)]), .array([.unsigned(4), .unsigned(5)])])
            ),
            ("a201020304", .map([.unsigned(1): .unsigned(2), .unsigned(3): .unsigned(4)])), ("f4", .bool(false)), ("f6", .null),
        ])
    func vector(_ hex: String, _ value: CBOR) { #expect(CBOR.read(fromHex(hex)) == value) }

    @Test(
        "What is not canonical, too deep, cut off or of another kind is refused",
        arguments: [
            "", "1817", "190001", "1a00000001", "5f42010243030405ff", "9fff", "bf6161019f0203ffff", "c074", "f90000",
            "fb3ff199999999999a",
            "f7", "a201020102", "44010203", "9bffffffffffffffff", "5bffffffffffffffff", "bbffffffffffffffff", "62c328", "0000",
            "818181818181818181818100",
        ])
    func refused(_ hex: String) { #expect(CBOR.read(fromHex(hex)) == nil) }

    @Test("Random bytes never crash")
    func fuzz() {
        var random = SeededGenerator(state: 5)
        var read = 0
        for _ in 0..<200_000 {
            let bytes = random.bytes(Int.random(in: 0...24, using: &random))
            if CBOR.read(bytes) != nil { read += 1 }
            _ = AuthenticatorData(bytes)
        }
        #expect(read > 0)
    }

    @Test("Random changes to genuine authenticator data never crash and are never taken for the same")
    func changed() throws {
        let data = SoftAuthenticator().authenticatorData(site: "plumbline.example.com", count: 1, withCredential: true)
        let whole = try #require(AuthenticatorData(data))
        #expect(whole.credential != nil)
        for cut in 0..<data.count { #expect(AuthenticatorData(Array(data[..<cut])) == nil) }
        #expect(AuthenticatorData(data + [0]) == nil)
        for index in data.indices {
            var changed = data
            changed[index] ^= 0x80
            if let other = AuthenticatorData(changed) { #expect(other != whole || index == 32 || (37..<53).contains(index)) }
        }
    }
}

/// An authenticator in software: what a security key would answer, and every way of answering wrongly.
struct SoftAuthenticator {
    let key = P256.Signing.PrivateKey()
    let id: [UInt8] = (0..<32).map { _ in UInt8.random(in: 0...255) }

    static func encode(_ value: CBOR) -> [UInt8] {
        func head(_ major: UInt8, _ number: UInt64) -> [UInt8] {
            if number < 24 { return [major << 5 | UInt8(number)] }
            if number < 256 { return [major << 5 | 24, UInt8(number)] }
            return [major << 5 | 25, UInt8(number >> 8), UInt8(number & 255)]
        }
        switch value {
        case .unsigned(let number): return head(0, number)
        case .negative(let number): return head(1, number)
        case .bytes(let bytes): return head(2, UInt64(bytes.count)) + bytes
        case .text(let text): return head(3, UInt64(text.utf8.count)) + text.utf8
        case .array(let items): return head(4, UInt64(items.count)) + items.flatMap(encode)
        case .map(let entries): return head(5, UInt64(entries.count)) + entries.flatMap { encode($0.key) + encode($0.value) }
        case .bool(let bool): return [bool ? 0xF5 : 0xF4]
        case .null: return [0xF6]
        }
    }

    var cose: CBOR {
        let point = Array(key.publicKey.rawRepresentation)
        return .map([
            .unsigned(1): .unsigned(2), .unsigned(3): .negative(6), .negative(0): .unsigned(1),
            .negative(1): .bytes(Array(point[..<32])), .negative(2): .bytes(Array(point[32...])),
        ])
    }

    func authenticatorData(site: String, count: UInt32, withCredential: Bool, flags: UInt8 = 0x05) -> [UInt8] {
        var data = Array(SHA256.hash(data: Array(site.utf8))) + [flags | (withCredential ? 0x40 : 0)]
        data += (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * $0)) }
        if withCredential {
            data += [UInt8](repeating: 0, count: 16) + [0, UInt8(id.count)] + id + Self.encode(cose)
        }
        return data
    }

    static func clientData(_ type: String, _ challenge: [UInt8], _ origin: String, more: String = "") -> [UInt8] {
        Array(#"{"type":"\#(type)","challenge":"\#(Encodings.base64url(challenge))","origin":"\#(origin)"\#(more)}"#.utf8)
    }

    func registration(_ challenge: [UInt8], site: String, origin: String, format: String = "none", count: UInt32 = 0)
        -> WebAuthn.Registration
    {
        let object: CBOR = .map([
            .text("fmt"): .text(format), .text("attStmt"): .map([:]),
            .text("authData"): .bytes(authenticatorData(site: site, count: count, withCredential: true)),
        ])
        return WebAuthn.Registration(
            clientData: Self.clientData("webauthn.create", challenge, origin), attestation: Self.encode(object))
    }

    func assertion(
        _ challenge: [UInt8], site: String, origin: String, count: UInt32, flags: UInt8 = 0x05, type: String = "webauthn.get",
        more: String = ""
    ) throws -> WebAuthn.Assertion {
        let clientData = Self.clientData(type, challenge, origin, more: more)
        let data = authenticatorData(site: site, count: count, withCredential: false, flags: flags)
        let signature = try key.signature(for: data + Array(SHA256.hash(data: clientData)))
        return WebAuthn.Assertion(
            credential: id, clientData: clientData, authenticatorData: data, signature: Array(signature.derRepresentation))
    }
}

@Suite("WebAuthn")
struct WebAuthnTests {
    private let site = "plumbline.example.com"
    private let origin = "https://plumbline.example.com:8443"
    private let challenge = [UInt8](repeating: 9, count: 32)
    private var webAuthn: WebAuthn { WebAuthn(site: site, origin: origin) }

    private func refusal(_ body: () throws -> Void) -> WebAuthn.Refusal? {
        do { try body() } catch { return error as? WebAuthn.Refusal }
        return nil
    }

    @Test("A credential registers and signs in, and its count goes up")
    func path() throws {
        let key = SoftAuthenticator()
        var credential = try webAuthn.credential(key.registration(challenge, site: site, origin: origin), challenge: challenge)
        #expect(credential.id == key.id)
        for count in [UInt32(1), 2, 40] {
            credential = try webAuthn.check(
                try key.assertion(challenge, site: site, origin: origin, count: count), credential, challenge: challenge)
            #expect(credential.signCount == count)
        }
        // Statements of others than "none" are not looked at.
        _ = try webAuthn.credential(
            key.registration(challenge, site: site, origin: origin, format: "packed"), challenge: challenge)
    }

    @Test("An authenticator that counts backwards or stands still is refused; one that does not count is not")
    func regression() throws {
        let key = SoftAuthenticator()
        var credential = try webAuthn.credential(key.registration(challenge, site: site, origin: origin), challenge: challenge)
        credential = try webAuthn.check(
            try key.assertion(challenge, site: site, origin: origin, count: 0), credential, challenge: challenge)
        credential = try webAuthn.check(
            try key.assertion(challenge, site: site, origin: origin, count: 7), credential, challenge: challenge)
        for count in [UInt32(7), 6, 0] {
            #expect(
                refusal {
                    _ = try webAuthn.check(
                        try key.assertion(challenge, site: site, origin: origin, count: count), credential, challenge: challenge)
                } == .signCount)
        }
    }

    @Test("Every wrong part is refused for what it is")
    func refusals() throws {
        let key = SoftAuthenticator()
        let credential = try webAuthn.credential(key.registration(challenge, site: site, origin: origin), challenge: challenge)
        func check(_ assertion: WebAuthn.Assertion) -> WebAuthn.Refusal? {
            refusal { _ = try webAuthn.check(assertion, credential, challenge: challenge) }
        }
        let other = [UInt8](repeating: 8, count: 32)
        #expect(check(try key.assertion(other, site: site, origin: origin, count: 1)) == .challenge)
        #expect(check(try key.assertion(challenge, site: site, origin: "https://evil.example", count: 1)) == .origin)
        #expect(check(try key.assertion(challenge, site: "evil.example", origin: origin, count: 1)) == .site)
        #expect(check(try key.assertion(challenge, site: site, origin: origin, count: 1, flags: 0x04)) == .notPresent)
        #expect(check(try key.assertion(challenge, site: site, origin: origin, count: 1, type: "webauthn.create")) == .type)
        #expect(
            check(try key.assertion(challenge, site: site, origin: origin, count: 1, more: #","crossOrigin":true"#))
                == .crossOrigin)
        #expect(check(try SoftAuthenticator().assertion(challenge, site: site, origin: origin, count: 1)) == .credential)
        var forged = try key.assertion(challenge, site: site, origin: origin, count: 1)
        forged.authenticatorData[36] = 9
        #expect(check(forged) == .signature)
        forged = try key.assertion(challenge, site: site, origin: origin, count: 1)
        forged.clientData = [0x7B]
        #expect(check(forged) == .clientData)
        forged.clientData = [UInt8](repeating: 0x20, count: 5_000)
        #expect(check(forged) == .clientData)
        #expect(
            refusal {
                _ = try webAuthn.credential(
                    WebAuthn.Registration(
                        clientData: SoftAuthenticator.clientData("webauthn.create", challenge, origin), attestation: [0xA0]),
                    challenge: challenge)
            } == .authenticatorData)
    }

    /// What another implementation made, by name.
    private func corpus() throws -> [String: [UInt8]] {
        let root = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
        let text = String(decoding: try DocumentFile.read("\(root)/Corpora/webauthn.txt", limit: 65_536), as: UTF8.self)
        var entries: [String: [UInt8]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            entries[String(parts[0])] = fromHex(String(parts[1]))
        }
        return entries
    }

    @Test("What another implementation made is accepted, and refused with any bit flipped")
    func outside() throws {
        let made = try corpus()
        func bytes(_ name: String) throws -> [UInt8] { try #require(made[name]) }
        let answer = [UInt8](repeating: 7, count: 32)
        let credential = try webAuthn.credential(
            WebAuthn.Registration(clientData: try bytes("registrationClientData"), attestation: try bytes("attestation")),
            challenge: challenge)
        #expect(credential.id == (try bytes("credential")))
        let assertion = WebAuthn.Assertion(
            credential: credential.id, clientData: try bytes("clientData"), authenticatorData: try bytes("authenticatorData"),
            signature: try bytes("signature"))
        #expect(try webAuthn.check(assertion, credential, challenge: answer).signCount == 1)
        let parts: [WritableKeyPath<WebAuthn.Assertion, [UInt8]>] = [
            \.clientData, \.authenticatorData, \.signature, \.credential,
        ]
        for part in parts {
            for index in assertion[keyPath: part].indices {
                var changed = assertion
                changed[keyPath: part][index] ^= 1 << UInt8(index % 8)
                #expect(refusal { _ = try webAuthn.check(changed, credential, challenge: answer) } != nil)
            }
        }
    }

    @Test("Ed25519 keys verify; points that are on no curve are no keys")
    func keys() throws {
        let key = Curve25519.Signing.PrivateKey()
        let cose: CBOR = .map([
            .unsigned(1): .unsigned(1), .unsigned(3): .negative(7), .negative(0): .unsigned(6),
            .negative(1): .bytes(Array(key.publicKey.rawRepresentation)),
        ])
        let read = try #require(CredentialKey(cose))
        #expect(read.verifies(Array(try key.signature(for: [1, 2, 3])), over: [1, 2, 3]))
        #expect(!read.verifies(Array(try key.signature(for: [1, 2, 3])), over: [1, 2, 4]))
        #expect(CredentialKey(stored: read.stored) == read)
        #expect(CredentialKey(stored: [0x04] + [UInt8](repeating: 1, count: 64)) == nil)
        #expect(CredentialKey(.map([.unsigned(1): .unsigned(3)])) == nil)
    }
}
