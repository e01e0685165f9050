internal import AsyncHTTPClient
internal import Documents
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// The way to a server: HTTPS with the server's certificate checked, or pinned to a file where it is self-signed.
package final class AgentTransport: Sendable {
    /// Longest answer that is read.
    private static let answerLimit = 64 << 10

    private let client: HTTPClient
    private let address: String
    private let token: String

    /// A way to a server.
    ///
    /// - Parameters:
    ///   - address: `https://host:port`.
    ///   - token: the agent's token.
    ///   - trust: a PEM file with the certificates to trust; nil for those of the system.
    /// - Throws: `DocumentError` when the address is not one or the file cannot be read.
    package init(address: String, token: String, trust: String?) throws {
        guard address.hasPrefix("https://"), !address.dropFirst("https://".count).isEmpty else {
            throw DocumentError(.badValue, source: "--server", reason: "https://host:port is expected")
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let trust {
            do { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(trust)) } catch {
                throw DocumentError(.unreadable, source: trust, reason: "no certificates in PEM: \(error)")
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60))
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.token = token
    }

    deinit { client.shutdown { _ in } }

    /// Takes a facts document to the server.
    package func send(_ facts: [UInt8]) async -> FactsAgent.Outcome {
        var request = HTTPClientRequest(url: address + "/api/v1/facts")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer " + token)
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: facts))
        do {
            let response = try await client.execute(request, timeout: .seconds(120))
            let body = Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
            return Self.outcome(Int(response.status.code), body)
        } catch {
            return .unanswered("\((error as? HTTPClientError)?.shortDescription ?? "\(error)")")
        }
    }

    /// What an answer means.
    static func outcome(_ status: Int, _ body: [UInt8]) -> FactsAgent.Outcome {
        let node = try? JSONReader.read(body)
        switch status {
        case 200...299: return .kept(isNew: node?["new"]?.bool ?? true)
        // Too often, too slow, or the server's own trouble: another time it may go.
        case 408, 429, 500...599: return .unanswered("status \(status)")
        default: return .refused(status: status, reason: node?["message"]?.text?.clipped ?? "no reason was given")
        }
    }
}
