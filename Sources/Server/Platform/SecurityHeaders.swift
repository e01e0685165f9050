internal import HTTPTypes

/// Headers that every answer has, errors included (`security-and-checks.md` A3, H1): what browsers must not do with our pages.
enum SecurityHeaders {
    /// The policy of content: nothing but our own style sheet, scripts of this answer's word, pictures and addresses; no frames.
    static func contentPolicy(_ nonce: String) -> String {
        [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
            "connect-src 'self'", "manifest-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
            "frame-ancestors 'none'", "report-uri /csp-report",
        ].joined(separator: "; ")
    }

    static func add(to headers: inout HTTPFields, nonce: String, isImmutable: Bool) {
        headers[.strictTransportSecurity] = "max-age=63072000; includeSubDomains"
        headers[.contentSecurityPolicy] = contentPolicy(nonce)
        headers[.xContentTypeOptions] = "nosniff"
        headers[named("X-Frame-Options")] = "DENY"
        headers[named("Referrer-Policy")] = "no-referrer"
        headers[named("Cross-Origin-Opener-Policy")] = "same-origin"
        headers[named("Cross-Origin-Resource-Policy")] = "same-origin"
        headers[named("Cross-Origin-Embedder-Policy")] = "require-corp"
        headers[named("X-Permitted-Cross-Domain-Policies")] = "none"
        headers[named("Permissions-Policy")] =
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "
            + "payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
        headers[.cacheControl] = isImmutable ? "public, max-age=31536000, immutable" : "no-store"
    }

    /// Sent when somebody signs out: the browser forgets what it kept of us.
    static let clearing = "\"cache\", \"cookies\", \"storage\""

    static func named(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }
}
