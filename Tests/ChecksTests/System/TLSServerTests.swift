import Documents
import Glibc
import Rulebook
import Subprocess
import SystemPackage
import Testing

@testable import Checks

/// Asks real servers: `openssl s_server` on loopback. Skipped, visibly, where there is no openssl.
@Suite(.serialized, .enabled(if: access("/usr/bin/openssl", X_OK) == 0, "needs /usr/bin/openssl"))
struct TLSServerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let key: [String]
        var server: [String] = []
        let versions: [String]
        var signature: String?
        var keyType: String?
        var bits: Int?
        var hasWeak = false
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "TLS 1.3 only, AES-256", key: ["-newkey", "rsa:2048"],
            server: ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
            versions: ["TLSv1.3"], signature: "sha256-rsa", keyType: "rsa", bits: 2048),
        Case(
            name: "RSA 2048", key: ["-newkey", "rsa:2048", "-sha256"], versions: ["TLSv1.2", "TLSv1.3"], signature: "sha256-rsa",
            keyType: "rsa", bits: 2048),
        Case(
            name: "RSA 1024 with SHA-1", key: ["-newkey", "rsa:1024", "-sha1"], server: ["-cipher", "DEFAULT@SECLEVEL=0"],
            versions: ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"], signature: "sha1-rsa", keyType: "rsa", bits: 1024),
        Case(
            name: "EC P-384", key: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"], server: ["-tls1_2"],
            versions: ["TLSv1.2"], signature: "ecdsa-sha384", keyType: "ec", bits: 384),
        Case(
            name: "Ed25519", key: ["-newkey", "ed25519"], server: ["-tls1_2"], versions: ["TLSv1.2"], signature: "ed25519",
            keyType: "ed25519", bits: 256),
        Case(
            name: "TLS 1.3 only", key: ["-newkey", "rsa:2048"], server: ["-tls1_3"], versions: ["TLSv1.3"],
            signature: "sha256-rsa", keyType: "rsa", bits: 2048),
        Case(
            name: "TLS 1.0 to 1.2, NULL and anonymous suites", key: ["-newkey", "rsa:2048"],
            server: ["-no_tls1_3", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], versions: ["TLSv1.0", "TLSv1.1", "TLSv1.2"],
            signature: "sha256-rsa", keyType: "rsa", bits: 2048, hasWeak: true),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: cases)
    func aServerIsSeenAsItIs(_ item: Case) async throws {
        let port = try #require(freePort())
        let folder = "/tmp/plumbline-tls-\(getpid())-\(port)"
        mkdir(folder, 0o700)
        defer { for name in ["key.pem", "cert.pem"] { unlink("\(folder)/\(name)") }; rmdir(folder) }
        let made = await run(
            [
                "req", "-x509", "-nodes", "-days", "90", "-subj", "/O=Test/CN=test.example.tw", "-keyout", "\(folder)/key.pem",
                "-out", "\(folder)/cert.pem",
            ] + item.key)
        try #require(made, "openssl could not make a certificate")
        let arguments =
            ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-key", "\(folder)/key.pem", "-cert", "\(folder)/cert.pem"]
            + item.server
        let endpoint: TLSEndpoint? = try await withThrowingTaskGroup(of: TLSEndpoint?.self) { group in
            group.addTask {
                _ = try? await Subprocess.run(
                    .path("/usr/bin/openssl"), arguments: Arguments(arguments), output: .discarded, error: .discarded)
                return nil
            }
            group.addTask {
                let prober = TLSProber(exchange: Host.live().exchange)
                for _ in 0..<50 {
                    if let found = await prober.probe("127.0.0.1", port) { return found }
                    try await Task.sleep(for: .milliseconds(100))
                }
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            return first
        }
        let found = try #require(endpoint)
        #expect(found.versions.map { $0.name } == item.versions)
        #expect(found.weak.isEmpty != item.hasWeak)
        if !item.hasWeak {
            #expect(found.chosen?.hasForwardSecrecy == true)
            #expect(found.chosen?.isAEAD == true)
        }
        #expect(found.acceptsAES256)
        let certificate = found.leaf.flatMap { CertificateSummary(der: $0) }
        #expect(certificate?.signature == item.signature)
        #expect(certificate?.keyType == item.keyType)
        #expect(certificate?.keyBits == item.bits)
        if let certificate, let leaf = found.leaf {
            #expect(certificate.subject == "test.example.tw")
            #expect(certificate.selfSigned)
            #expect(certificate.notAfter - certificate.notBefore == 90 * 86_400)
            #expect(certificate.daysLeft(certificate.notBefore) == 90)
            #expect(certificate.node(certificate.notBefore).at("lifetime_days")?.integer == 90)
            var random = SeededGenerator(seed: UInt64(port))
            for _ in 0..<5000 { _ = CertificateSummary(der: random.mutated(leaf)) }
        }
    }

    private func run(_ arguments: [String]) async -> Bool {
        let result = try? await Subprocess.run(
            .path("/usr/bin/openssl"), arguments: Arguments(arguments), output: .discarded, error: .discarded)
        return result?.terminationStatus.isSuccess == true
    }

    private func freePort() -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        return bound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
