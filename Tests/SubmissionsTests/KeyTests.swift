import Crypto
import Documents
import Glibc
import Rulebook
import Testing

@testable import Submissions

@Suite("Keys of the exchange")
struct KeyTests {
    @Test("a key's file is for its owner alone, is read back, and never written over another")
    func file() throws {
        var template = Array("/tmp/plumbline-keys-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { rmdir(folder) }
        let key = SigningKey()
        try key.store(in: folder)
        let path = "\(folder)/exchange-\(key.id.prefix(32)).key"
        defer { unlink(path) }
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try SigningKey.load(key.id, from: folder).publicKey == key.publicKey)
        #expect(throws: DocumentError.self) { try SigningKey.load(SigningKey().id, from: folder) }
        // Another key under that name is noticed.
        let text = try DocumentFile.read(path, limit: 1_000)
        try DocumentFile.write(Array(text.dropLast(2)) + [0x41, 0x0A], to: path)
        #expect(throws: DocumentError.self) { try SigningKey.load(key.id, from: folder) }
    }

    @Test("no text form of a key shows its secret")
    func secret() throws {
        let seed = [UInt8](1...32)
        let key = try #require(SigningKey(seed: seed))
        var text = "\(key) \(String(reflecting: key))"
        dump(key, to: &text)
        #expect(text.contains(key.id.prefix(16)) && !text.contains(PublicKey.text(seed)) && !text.contains(HexText.encode(seed)))
        #expect(!text.contains("1, 2, 3"))
        #expect(SigningKey(seed: [1, 2]) == nil)
    }

    @Test("a fingerprint is the key's whole digest, for the eye and for the ear")
    func fingerprints() {
        let key = [UInt8](0..<32)
        let (hex, spoken) = PublicKey.fingerprint(key)
        #expect(hex.joined() == HexText.encode(SHA256.hash(data: key)) && hex.count == 16)
        #expect(spoken.count == 12 && spoken.allSatisfy { $0.count == 5 && $0.allSatisfy(\.isNumber) })
        var random = Seeded(1)
        var seen: Set<[String]> = [spoken]
        for _ in 0..<200 {
            var other = key
            other[Int.random(in: 0..<32, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            let (_, digits) = PublicKey.fingerprint(other)
            #expect(zip(digits, spoken).filter { $0 == $1 }.count < 4)
            seen.insert(digits)
        }
        #expect(seen.count > 100)
    }

    @Test("what did not get through is sent again later and later, but not later than the longest")
    func retries() throws {
        let policy = try ExchangePolicy.shipped()
        let waits = (1...40).map { policy.retry(after: $0) }
        #expect(waits.first == policy.retryFirst && waits.last == policy.retryLongest && waits == waits.sorted())
    }
}
