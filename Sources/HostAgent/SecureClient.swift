internal import AsyncHTTPClient
internal import Documents
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// A client of our own servers: HTTPS with the certificate checked against the system's, or against those given. Follows no redirection.
final class SecureClient: Sendable {
    /// What came back.
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
    }

    private let client: HTTPClient

    /// A client.
    ///
    /// - Parameters:
    ///   - trust: certificates to trust, in PEM; empty for those of the system.
    ///   - source: where they stand, for messages.
    /// - Throws: `DocumentError` when they are none.
    init(trust: [UInt8], source: String) throws(DocumentError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if !trust.isEmpty {
            do { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(trust)) } catch {
                throw DocumentError(.unreadable, source: source, reason: "no certificates in PEM: \(error)")
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60))
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    /// Sends a request, and reads the answer up to a limit.
    ///
    /// - Throws: whatever stood in the way; `reason` says it in a few words.
    func send(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8] = [], limit: Int, seconds: Int64
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(seconds))
        let answer = Array(try await response.body.collect(upTo: limit).readableBytesView)
        return Answer(status: Int(response.status.code), body: answer)
    }

    /// What stood in the way, in a few words.
    static func reason(_ error: any Error) -> String { (error as? HTTPClientError)?.shortDescription ?? "\(error)" }
}
