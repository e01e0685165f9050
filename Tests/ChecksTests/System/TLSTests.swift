import Documents
import Rulebook
import Testing

@testable import Checks

@Suite struct TLSReplyTests {
    /// Handshake record around messages.
    private static func record(_ messages: [UInt8], type: UInt8 = 22) -> [UInt8] {
        [type, 3, 3, UInt8(messages.count >> 8), UInt8(messages.count & 0xFF)] + messages
    }

    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, UInt8(body.count >> 16), UInt8(body.count >> 8 & 0xFF), UInt8(body.count & 0xFF)] + body
    }

    private static func hello(version: UInt16 = 0x0303, suite: UInt16 = 0xC02F, extensions: [UInt8] = []) -> [UInt8] {
        var body: [UInt8] = [UInt8(version >> 8), UInt8(version & 0xFF)] + [UInt8](repeating: 7, count: 32) + [0]
        body += [UInt8(suite >> 8), UInt8(suite & 0xFF), 0]
        if !extensions.isEmpty { body += [0, UInt8(extensions.count)] + extensions }
        return message(2, body)
    }

    @Test func anOldHandshakeGivesSuiteAndLeaf() {
        let certificate = message11([1, 2, 3], [9])
        let bytes = Self.record(Self.hello() + certificate) + Self.record(Self.message(14, []))
        let reply = TLSReply(bytes)
        #expect(reply.hello == .init(version: 0x0303, suite: 0xC02F))
        #expect(reply.leaf == [1, 2, 3])
        #expect(reply.isComplete)
        #expect(!TLSReply(Array(bytes.dropLast(4))).isComplete)
    }

    private func message11(_ certificates: [UInt8]...) -> [UInt8] {
        var list: [UInt8] = []
        for certificate in certificates { list += [0, 0, UInt8(certificate.count)] + certificate }
        return Self.message(11, [0, 0, UInt8(list.count)] + list)
    }

    @Test func messagesMayBeCutOverRecords() {
        let whole = Self.hello() + message11([5, 5])
        let bytes = Self.record(Array(whole[..<20])) + Self.record(Array(whole[20...]))
        #expect(TLSReply(bytes).leaf == [5, 5])
    }

    @Test func theVersionOfTLS13StandsInAnExtension() {
        let reply = TLSReply(Self.record(Self.hello(suite: 0x1301, extensions: [0, 43, 0, 2, 3, 4])))
        #expect(reply.hello?.version == TLSVersion.tls13.rawValue)
        #expect(reply.isComplete)
    }

    @Test func alertsAndForeignBytes() {
        #expect(TLSReply(Self.record([2, 70], type: 21)).alert == 70)
        #expect(TLSReply(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)).isForeign)
        #expect(TLSReply(Array("HTTP/1.1 400 Bad Request\r\n".utf8)).isComplete)
        #expect(!TLSReply([]).isComplete)
        #expect(!TLSReply([22, 3]).isForeign)
    }

    @Test func randomAndMutatedBytesNeverTrap() {
        var random = SeededGenerator(seed: 42)
        let seed = Self.record(Self.hello(extensions: [0, 43, 0, 2, 3, 4]) + message11([1, 2, 3], [9]) + Self.message(14, []))
        for round in 0..<30_000 {
            let bytes = round % 3 == 0 ? random.bytes(Int.random(in: 0...80, using: &random)) : random.mutated(seed)
            _ = TLSReply(bytes)
            _ = TLSReply([22, 3, 3] + bytes)
            _ = CryptoCollector.bits(ofSSHKey: bytes)
            _ = Base64.decode(bytes)
            _ = Base64.firstCertificate(bytes)
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func clientHellosAreWellFormed(_ version: TLSVersion) {
        var random = SeededGenerator(seed: 1)
        let bytes = ClientHello.record(version, CipherSuite.usual, random: &random)
        var reader = ByteReader(bytes)
        let type = reader.byte()
        _ = reader.integer(2)
        let length = reader.integer(2) ?? 0
        let (message, messageLength, offered) = (reader.byte(), reader.integer(3), reader.integer(2))
        #expect(type == 22)
        #expect(length == bytes.count - 5)
        #expect(message == 1)
        #expect(messageLength == length - 4)
        #expect(offered == Int(min(version, .tls12).rawValue))
    }

    @Test func suitesKnowWhatTheyAre() {
        #expect(CipherSuite.weak.allSatisfy { $0.isWeak })
        #expect(CipherSuite.usual.allSatisfy { !$0.isWeak })
        #expect(CipherSuite.named(0xC030)?.isAES256 == true)
        #expect(CipherSuite.named(0xC030)?.isAEAD == true)
        #expect(CipherSuite.named(0x002F)?.hasForwardSecrecy == false)
        #expect(CipherSuite.named(0x1303)?.isAES256 == false)
        #expect(CipherSuite.named(0xCCA8)?.isAEAD == true)
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", []), ("Zg==", [0x66]), ("Zm8=", [0x66, 0x6F]), ("Zm9v", [0x66, 0x6F, 0x6F]), ("Zm\n9v", [0x66, 0x6F, 0x6F]),
        ("Zg", [0x66]),
    ])
    func decodes(_ text: String, _ bytes: [UInt8]) { #expect(Base64.decode(text.utf8) == bytes) }

    @Test(arguments: ["Z", "Zg=a", "Zg===", "Z_8="])
    func refuses(_ text: String) { #expect(Base64.decode(text.utf8) == nil) }
}

@Suite struct TLS13FlightTests {
    @Test func bytesThatAreNoFlightOfOursFail() {
        let flight = TLS13Flight()
        #expect(flight.read([]) == .more)
        #expect(flight.read([22, 3, 3, 0, 9]) == .more)
        #expect(flight.read(Array("HTTP/1.1 400\r\n".utf8)) == .failed)
        #expect(flight.read([21, 3, 3, 0, 2, 2, 40]) == .failed)
        #expect(flight.read([22, 3, 3, 0, 4, 2, 0, 0, 0]) == .failed)
    }

    @Test func randomFlightsNeverTrap() {
        var random = SeededGenerator(seed: 77)
        let flight = TLS13Flight()
        // A well-formed hello with a share, then records that do not open.
        var hello: [UInt8] = [3, 3] + [UInt8](repeating: 1, count: 32) + [0, 0x13, 1, 0, 0, 40, 0, 51, 0, 36, 0, 0x1D, 0, 32]
        hello += [UInt8](repeating: 9, count: 32)
        let message: [UInt8] = [2, 0, 0, UInt8(hello.count)] + hello
        let seed: [UInt8] =
            [22, 3, 3, 0, UInt8(message.count)] + message + [20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 20]
            + [UInt8](repeating: 4, count: 20)
        #expect(flight.read(seed) == .failed)
        for _ in 0..<3000 { _ = flight.read(random.mutated(seed)) }
    }
}
