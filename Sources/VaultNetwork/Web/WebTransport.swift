package import Vault

/// A request over HTTP.
package struct WebRequest: Sendable {
    /// What is sent.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// The file of that path, whole; it is read as it is sent.
        case file(String, count: UInt64)
    }

    package var method: String
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: Body
    /// Longest body of an answer that is kept; a longer one is an error.
    package var limit: Int
    /// The body of a 200 answer goes here piece by piece instead; `limit` does not hold for it.
    package var sink: (@Sendable (_ piece: [UInt8]) throws(VaultError) -> Void)?

    package init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: Body = .none, limit: Int = 1 << 20,
        sink: (@Sendable (_ piece: [UInt8]) throws(VaultError) -> Void)? = nil
    ) {
        (self.method, self.url, self.headers, self.body, self.limit, self.sink) = (method, url, headers, body, limit, sink)
    }
}

/// What came back.
package struct WebAnswer: Sendable {
    package let status: Int
    /// Names in lower case.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// The first header of that lower-case name.
    package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// One exchange over HTTP as a closure, so that a test can make it fail.
package struct WebTransport: Sendable {
    /// Sends a request and gives the answer, whatever its status; `.network` when there was none.
    package var exchange: @Sendable (_ request: WebRequest) async throws(VaultError) -> WebAnswer

    package init(exchange: @escaping @Sendable (_ request: WebRequest) async throws(VaultError) -> WebAnswer) {
        self.exchange = exchange
    }

    /// The network. Follows no redirection, so that what was signed for one host is not sent to another.
    ///
    /// - Parameters:
    ///   - connectSeconds: how long a connection may take to come about.
    ///   - idleSeconds: how long the other side may say nothing.
    /// - Returns: the transport.
    package static func live(connectSeconds: Int64 = 10, idleSeconds: Int64 = 60) -> WebTransport {
        let client = LiveClient(connectSeconds: connectSeconds, idleSeconds: idleSeconds)
        return WebTransport { request throws(VaultError) in try await client.exchange(request) }
    }
}

extension WebTransport {
    /// Longest answer of a witness that is read, in bytes.
    private static let witnessLimit = SignedNote.byteLimit

    /// Posts a request to the `add-checkpoint` of a witness's submission prefix.
    ///
    /// - Parameters:
    ///   - prefix: an address that begins with http:// or https://.
    ///   - body: the request.
    /// - Returns: the witness's reply, whatever it is.
    /// - Throws: `.badInput` when the prefix is no such address; `.network` when there is no answer.
    package func witness(_ prefix: String, _ body: [UInt8]) async throws(VaultError) -> WitnessClient.Reply {
        guard prefix.hasPrefix("https://") || prefix.hasPrefix("http://") else {
            throw VaultError(.badInput, "not the address of a witness: \(prefix)", remedy: "such as https://witness.example.com")
        }
        let url = (prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix) + "/add-checkpoint"
        let request = WebRequest(
            "POST", url, headers: [("content-type", "text/plain; charset=utf-8")], body: .bytes(body), limit: Self.witnessLimit)
        let answer = try await exchange(request)
        return WitnessClient.Reply(status: answer.status, contentType: answer["content-type"], body: answer.body)
    }
}
