internal import Documents

/// The way to a server: HTTPS with the server's certificate checked, or pinned to a file where it is self-signed.
package final class AgentTransport: Sendable {
    /// Longest answer that is read.
    private static let answerLimit = 64 << 10
    /// Longest file with certificates that is read.
    private static let trustLimit = 256 << 10

    private let client: SecureClient
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
        let certificates = try trust.map { try DocumentFile.read($0, limit: Self.trustLimit) }
        if let trust, certificates?.isEmpty == true {
            throw DocumentError(.unreadable, source: trust, reason: "no certificates in PEM: the file is empty")
        }
        client = try SecureClient(trust: certificates ?? [], source: trust ?? "--trust")
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.token = token
    }

    /// Takes a facts document to the server.
    package func send(_ facts: [UInt8]) async -> FactsAgent.Outcome {
        do {
            let answer = try await client.send(
                "POST", address + "/api/v1/facts",
                headers: [("Authorization", "Bearer " + token), ("Content-Type", "application/json")], body: facts,
                limit: Self.answerLimit, seconds: 120)
            return Self.outcome(answer.status, answer.body)
        } catch {
            return .unanswered(SecureClient.reason(error))
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
