internal import Documents
package import Submissions
internal import Synchronization

extension ExchangeTransport {
    /// The network: HTTPS, the certificate checked against the system's, or against those that the firm was given.
    ///
    /// - Parameter policy: how long an answer may be, and may take.
    /// - Returns: the way.
    package static func live(_ policy: ExchangePolicy) -> ExchangeTransport {
        let clients = ClientBox()
        @Sendable func send(_ address: Address, _ method: String, _ path: String, _ body: [UInt8]) async -> Outcome {
            do {
                let client = try clients.client(address.trust)
                let answer = try await client.send(
                    method, address.origin + path, headers: [("Content-Type", "application/json")], body: body,
                    limit: policy.packageBytes, seconds: policy.answerSeconds)
                // A refusal is a package, too; whatever else is no answer of a supervisor's.
                guard answer.status == 200 || answer.status == 422 else { return .unanswered("status \(answer.status)") }
                return .answered(answer.body)
            } catch {
                return .unanswered(SecureClient.reason(error))
            }
        }
        return ExchangeTransport(
            post: { address, package in await send(address, "POST", path, package) },
            key: { address in await send(address, "GET", keyPath, []) })
    }
}

/// The client for the certificates trusted last: connections are used again.
private final class ClientBox: Sendable {
    private let known = Mutex<(trust: String, client: SecureClient)?>(nil)

    func client(_ trust: String) throws -> SecureClient {
        try known.withLock { known in
            if let known, known.trust == trust { return known.client }
            let client = try SecureClient(trust: Array(trust.utf8), source: "certificates to trust")
            known = (trust, client)
            return client
        }
    }
}
