package import Database
package import HTTPTypes
package import Identity
package import Reports
internal import Rulebook

/// Who is signed in, as a route sees it.
package struct SignedIn: Sendable {
    /// Who acts, and what they may do now.
    package var principal: Principal
    /// The session; nil for a program with a token.
    package var session: Session?
    /// Whether the person proved shortly before who they are.
    package var isFresh: Bool
    /// For an agent's token: the one host it may speak of.
    package var host: String?

    package init(_ principal: Principal, session: Session?, isFresh: Bool, host: String? = nil) {
        (self.principal, self.session, self.isFresh, self.host) = (principal, session, isFresh, host)
    }

    /// The name it signs in with.
    package var name: String { session?.account.name.text ?? principal.trailActor.who }
    /// What a form must bring along.
    package var csrf: String { session?.formToken ?? "" }
    /// Whether it is a program with a token instead of a person.
    package var isToken: Bool { session == nil }
}

/// One request on its way through the server: read, bounded, and with everything a handler may know.
package struct Visit: Sendable {
    /// The method.
    package var method: HTTPRequest.Method
    /// The path as it came, without the query.
    package var path: String
    /// Segments that the route took, decoded.
    package var parameters: [String: String]
    /// Fields behind the question mark.
    package var query: FormFields
    /// Fields of the form that was sent.
    package var form: FormFields
    /// The body of routes that take bytes.
    package var body: [UInt8]
    /// Headers.
    package var headers: HTTPFields
    /// Address of the other side, without its port.
    package var address: String
    /// The code under which the log holds more.
    package var code: String
    /// A word for this answer's own scripts.
    package var nonce: String
    /// Words of the language of this visit.
    package var wording: Wording
    /// Whether this is a firm's installation or a supervisor's.
    package var side: Side
    /// Who is signed in; nil for nobody.
    package var signedIn: SignedIn?
    /// When it came, UTC microseconds.
    package var now: Int64

    /// How `Identity` sees whoever asks.
    package var client: Client {
        Client(
            address: SourceAddress(address), device: cookie(Cookie.device), agent: headers[.userAgent] ?? "", code: code)
    }

    /// How the trail names whoever asks.
    package var actor: TrailActor {
        guard var actor = signedIn?.principal.trailActor else { return .anonymous(address: address, code: code) }
        (actor.address, actor.code) = (address, code)
        return actor
    }

    /// A field of the path; empty when the route has none of that name.
    package subscript(parameter: String) -> String { parameters[parameter] ?? "" }

    /// Value of a cookie.
    package func cookie(_ name: String) -> String? {
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard halves.count == 2, halves[0].trimmingSpaces == name[...] else { continue }
                return String(halves[1].trimmingSpaces)
            }
        }
        return nil
    }

    /// The party whoever asks acts for: it comes from the account, and from nowhere else.
    ///
    /// - Throws: `Failure.forbidden` for whoever acts for none.
    package func party() throws(Failure) -> String {
        guard let party = signedIn?.principal.party else { throw Failure.forbidden("acts for no party") }
        return party
    }

    /// Whether the visitor holds a permission.
    package func may(_ permission: Permission) -> Bool {
        signedIn?.principal.may(permission) ?? false
    }
}

/// Fields as forms and queries send them (application/x-www-form-urlencoded): bounded, strictly decoded.
package struct FormFields: Sendable {
    /// What was wrong.
    package enum Flaw: Error, Equatable {
        /// More fields than any of our forms has.
        case tooMany
        /// A percent sign without two digits, or bytes that are no UTF-8.
        case undecodable
    }

    /// Most fields.
    static let limit = 500
    /// Names and values in their order.
    package private(set) var all: [(name: String, value: String)] = []

    /// No field.
    package init() {}

    /// Those fields.
    package init(_ all: [(name: String, value: String)]) { self.all = all }

    /// Reads fields.
    package init(_ bytes: some Collection<UInt8>) throws(Flaw) {
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            guard all.count < Self.limit else { throw .tooMany }
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(halves[0]), let value = halves.count == 2 ? Self.decode(halves[1]) : "" else {
                throw .undecodable
            }
            all.append((name, value))
        }
    }

    /// The first value of a name.
    package subscript(name: String) -> String? { all.first { $0.name == name }?.value }

    /// All values of a name: boxes that are ticked.
    package func values(_ name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }

    /// A text without spaces at its ends; empty when the field is missing.
    package func text(_ name: String) -> String { String((self[name] ?? "")[...].trimmingSpaces) }

    /// Decodes percent signs and plus signs.
    static func decode(_ bytes: some Collection<UInt8>, plus: Bool = true) -> String? {
        var out: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+") where plus: out.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else { return nil }
                out.append(high << 4 | low)
            default: out.append(byte)
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// Writes fields as a query.
    package static func query(_ fields: [(String, String)]) -> String {
        fields.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }

    /// Percent signs for everything but letters, digits, hyphen, dot, underscore and tilde (RFC 3986 section 2.3).
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

extension Substring {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: Substring {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
