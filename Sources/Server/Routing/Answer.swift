package import Documents
package import HTTPTypes

/// What a handler gives back; the platform adds the headers that every answer has.
package struct Answer: Sendable {
    /// What is sent.
    package enum Content: Sendable {
        /// Bytes.
        case bytes([UInt8])
        /// Events, one after the other, until the visitor leaves or the server ends.
        case events(EventSource)
    }

    /// The status.
    package var status: HTTPResponse.Status
    /// Headers of its own.
    package var headers: HTTPFields
    /// What is sent.
    package var content: Content
    /// Whether browsers may keep it: files whose address names their content.
    package var isImmutable = false

    /// An answer.
    package init(_ status: HTTPResponse.Status, _ type: String, _ bytes: [UInt8], headers: HTTPFields = [:]) {
        (self.status, content) = (status, .bytes(bytes))
        self.headers = headers
        self.headers[.contentType] = type
    }

    /// A page.
    package static func html(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Answer {
        Answer(status, "text/html; charset=utf-8", bytes)
    }

    /// A document for programs.
    package static func json(_ node: Node, _ status: HTTPResponse.Status = .ok) -> Answer {
        Answer(status, "application/json", CanonicalJSON.bytes(of: node))
    }

    /// A plain text.
    package static func text(_ text: String, _ status: HTTPResponse.Status = .ok) -> Answer {
        Answer(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    /// Nothing more to say.
    package static func nothing() -> Answer {
        var answer = Answer(.noContent, "text/plain", [])
        answer.headers[.contentType] = nil
        return answer
    }

    /// Look there; what a form answers, so that reloading sends nothing twice.
    ///
    /// - Parameter path: an address of this server; anything else leads to the first page.
    /// - Returns: the answer.
    package static func see(_ path: String) -> Answer {
        // Never to another host, whatever a query asked for.
        let isOurs = path.hasPrefix("/") && !path.hasPrefix("//") && !path.contains("\\") && !path.utf8.contains { $0 <= 0x20 }
        return Answer(.seeOther, "text/plain; charset=utf-8", [], headers: [.location: isOurs ? path : "/"])
    }

    /// A file to keep.
    package static func download(_ name: String, _ type: String, _ bytes: [UInt8]) -> Answer {
        Answer(.ok, type, bytes, headers: [.contentDisposition: "attachment; filename=\"\(name)\""])
    }

    /// Sets a cookie.
    package mutating func setCookie(_ cookie: String) { headers.append(HTTPField(name: .setCookie, value: cookie)) }
}

/// Cookies of this server (RFC 6265bis): bound to this host and to TLS, out of scripts' reach, sent only from our own pages.
package enum Cookie {
    /// The session's token.
    package static let session = "__Host-plumbline"
    /// Proof that somebody signed in with this browser before.
    package static let device = "__Host-device"
    /// A sign-in under way.
    package static let ticket = "__Host-ticket"
    /// The first run.
    package static let setup = "__Host-setup"
    /// The language of pages.
    package static let language = "__Host-language"
    /// Light or dark.
    package static let theme = "__Host-theme"

    /// A cookie that ends with the browser, or after so many seconds.
    package static func set(_ name: String, _ value: String, seconds: Int? = nil) -> String {
        "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Strict" + (seconds.map { "; Max-Age=\($0)" } ?? "")
    }

    /// The end of a cookie.
    package static func remove(_ name: String) -> String { set(name, "", seconds: 0) }
}
