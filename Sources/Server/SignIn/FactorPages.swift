internal import Documents
internal import HTML
internal import Identity
internal import QR
internal import Reports

/// Setting up an authenticator program, and the codes for the day it is lost.
enum TOTPPage {
    static func form(
        _ visit: Visit, _ enrolment: TOTPEnrolment, action: String, why: String = "enrol.why", wrong: Bool
    ) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("enrol.title"))
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording(why))
            if wrong { Shapes.alert(wording("factor.failed"), &page) }
            page.element("p", text: wording("enrol.scan"))
            QRPicture.write(enrolment.uri, wording("enrol.picture"), &page)
            page.element("p") { page in
                page.text(wording("enrol.secret") + " ")
                page.element("code", ("id", "totp-secret"), text: enrolment.secret)
            }
            Form.post(action, visit, &page) { page in
                page.void("input", ("type", "hidden"), ("name", "enrolment"), ("value", enrolment.ticket))
                Form.Field(
                    name: "label", label: wording("enrol.label"), hint: wording("enrol.label-hint"),
                    value: wording("enrol.phone"),
                    isRequired: true, limit: 60
                ).write(&page)
                Form.Field(
                    name: "code", label: wording("enrol.code"), isRequired: true, autocomplete: "one-time-code", mode: "numeric",
                    limit: 6, isFocused: true
                ).write(&page)
                Form.actions(wording("enrol.done"), &page)
            }
        }
    }

    /// The first code was wrong: another try with what was scanned already.
    static func again(_ visit: Visit, _ ticket: String, label: String, action: String, from start: String) -> Answer {
        let wording = visit.wording
        let page = ActPage(
            title: wording("enrol.title"), lead: wording("enrol.again"), path: action, button: wording("enrol.done"),
            crumbs: [(wording("enrol.start-over"), start)], place: nil, wrong: wording("factor.failed"))
        return page.answer(visit) { page in
            page.void("input", ("type", "hidden"), ("name", "enrolment"), ("value", ticket))
            page.void("input", ("type", "hidden"), ("name", "label"), ("value", label))
            Form.Field(
                name: "code", label: wording("enrol.code"), isRequired: true, autocomplete: "one-time-code", mode: "numeric",
                limit: 6,
                isFocused: true
            ).write(&page)
        }
    }

    /// The codes: shown once.
    static func codes(_ visit: Visit, _ codes: RecoveryCodes, next: String) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("codes.title"))
        page.isNarrow = true
        return page.answer { page in
            Shapes.notice("warn", &page) { $0.element("p", text: wording("codes.why")) }
            page.element("ul", ("class", "codes")) { page in for text in codes.texts { page.element("li", text: text) } }
            page.element("div", ("class", "actions")) { page in
                page.element("a", ("class", "button primary"), ("href", next), text: wording("codes.kept"))
                page.element("button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: wording("web.print"))
            }
        }
    }
}

/// A QR code as a picture that scales.
enum QRPicture {
    static func write(_ text: String, _ name: String, _ page: inout HTMLWriter) {
        // A text that is too long for a code has its secret beside it, to be typed.
        guard let code = QRCode(text) else { return }
        let size = code.viewBox
        page.element(
            "svg", ("class", "qr"), ("viewBox", "0 0 \(size) \(size)"), ("role", "img"), ("aria-label", name),
            ("shape-rendering", "crispEdges")
        ) { page in
            page.element("rect", ("width", String(size)), ("height", String(size)), ("fill", "#fff"), text: "")
            page.element("path", ("d", code.path), ("fill", "#000"), text: "")
        }
    }
}

/// Asking a security key, and reading what it answered.
enum SecurityKeyPage {
    static func ask(
        _ visit: Visit, _ challenge: SecurityKeyChallenge, action: String, ticket: String = "",
        other: String = "/sign-in/factor?kinds=totp+recovery", _ fields: (inout HTMLWriter) -> Void = { _ in }
    ) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("key.title"))
        page.isNarrow = true
        let options: Node = .object([
            ("challenge", .text(Base64URL.text(challenge.challenge))), ("rpId", .text(challenge.site)), ("timeout", 60_000),
            ("userVerification", "preferred"),
            (
                "allowCredentials",
                .list(challenge.credentials.map { .object([("type", "public-key"), ("id", .text(Base64URL.text($0)))]) })
            ),
        ])
        return page.answer { page in
            form(visit, action, "get", options, ticket, fields, &page)
            page.element("noscript") { $0.element("p", text: wording("key.script")) }
            page.element("p") { $0.element("a", ("href", other), text: wording("key.other")) }
        }
    }

    static func register(_ visit: Visit, _ challenge: SecurityKeyChallenge, ticket: String, name: String, action: String)
        -> Answer
    {
        let wording = visit.wording
        var page = Page(visit, wording("key.add"))
        page.isNarrow = true
        let options: Node = .object([
            ("challenge", .text(Base64URL.text(challenge.challenge))),
            ("rp", .object([("id", .text(challenge.site)), ("name", "Plumbline")])),
            (
                "user",
                .object([
                    ("id", .text(Base64URL.text(challenge.user))), ("name", .text(name)), ("displayName", .text(name)),
                ])
            ),
            (
                "pubKeyCredParams",
                .list(challenge.algorithms.map { .object([("type", "public-key"), ("alg", .integer($0))]) })
            ),
            (
                "excludeCredentials",
                .list(challenge.credentials.map { .object([("type", "public-key"), ("id", .text(Base64URL.text($0)))]) })
            ),
            ("timeout", 60_000), ("attestation", "none"),
            ("authenticatorSelection", .object([("userVerification", "preferred"), ("residentKey", "discouraged")])),
        ])
        return page.answer { page in
            form(visit, action, "create", options, ticket, { _ in }, &page)
            page.element("noscript") { $0.element("p", text: wording("key.script")) }
        }
    }

    private static func form(
        _ visit: Visit, _ action: String, _ kind: String, _ options: Node, _ ticket: String, _ fields: (inout HTMLWriter) -> Void,
        _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        page.element(
            "form", ("method", "post"), ("action", action), ("data-webauthn", kind),
            ("data-options", String(decoding: CanonicalJSON.line(of: options).dropLast(), as: UTF8.self)), ("hidden", "")
        ) { page in
            if let csrf = visit.signedIn?.csrf { page.void("input", ("type", "hidden"), ("name", "csrf"), ("value", csrf)) }
            page.void("input", ("type", "hidden"), ("name", "credential"), ("value", ""))
            page.void("input", ("type", "hidden"), ("name", "ticket"), ("value", ticket))
            if kind == "create" {
                Form.Field(name: "label", label: wording("enrol.label"), value: wording("key.name"), isRequired: true, limit: 60)
                    .write(&page)
            }
            fields(&page)
            page.element("p", ("data-failed", ""), ("hidden", ""), ("role", "alert"), text: wording("key.failed"))
            Form.actions(wording("key.touch"), &page)
        }
    }

    private static func credential(_ visit: Visit) -> (Node, Node)? {
        guard let node = try? JSONReader.read(Array((visit.form["credential"] ?? "").utf8)), let response = node["response"]
        else {
            return nil
        }
        return (node, response)
    }

    /// What a key answered to a challenge.
    static func answer(_ visit: Visit) -> SecurityKeyAnswer? {
        guard let (node, response) = credential(visit), let id = Base64URL.bytes(node["id"]?.text),
            let data = Base64URL.bytes(response["clientDataJSON"]?.text),
            let authenticator = Base64URL.bytes(response["authenticatorData"]?.text),
            let signature = Base64URL.bytes(response["signature"]?.text)
        else { return nil }
        return SecurityKeyAnswer(credential: id, clientData: data, authenticatorData: authenticator, signature: signature)
    }

    /// What a new key answered.
    static func registration(_ visit: Visit) -> SecurityKeyRegistration? {
        guard let (_, response) = credential(visit), let data = Base64URL.bytes(response["clientDataJSON"]?.text),
            let attestation = Base64URL.bytes(response["attestationObject"]?.text)
        else { return nil }
        return SecurityKeyRegistration(clientData: data, attestation: attestation)
    }
}

/// Base64url without padding (RFC 4648 section 5).
package enum Base64URL {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func text(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var (held, bits) = (0, 0)
        for byte in bytes {
            held = (held << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                out.append(letters[held >> bits & 63])
            }
        }
        if bits > 0 { out.append(letters[held << (6 - bits) & 63]) }
        return String(decoding: out, as: UTF8.self)
    }

    /// nil when a character is none of the alphabet's.
    static func bytes(_ text: String?) -> [UInt8]? {
        guard let text else { return nil }
        var out: [UInt8] = []
        var (held, bits) = (0, 0)
        for byte in text.utf8 {
            guard let value = letters.firstIndex(of: byte) else { return nil }
            held = (held << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: held >> bits))
            }
        }
        return out
    }
}
