internal import Crypto
internal import Vault

/// Who may write to a store. Never printed: `description` says nothing of it.
package struct S3Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    let accessKey: String
    let secretKey: String
    let sessionToken: String?

    /// Credentials of those parts.
    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        (self.accessKey, self.secretKey, self.sessionToken) = (accessKey, secretKey, sessionToken)
    }

    package var description: String { "credentials" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Signature Version 4 of a request: an HMAC-SHA256 over method, address, headers and the hash of the body.
struct SigV4: Sendable {
    let credentials: S3Credentials
    let region: String
    var service = "s3"

    /// What is signed of a request.
    struct Request {
        var method: String
        /// Encoded, beginning with a slash.
        var path: String
        /// Not encoded yet.
        var query: [(name: String, value: String)] = []
        /// Every header here is signed; `host` must be among them.
        var headers: [(name: String, value: String)]
        /// SHA-256 of the body in hexadecimal.
        var payloadHash: String
    }

    /// The value of the header `authorization`.
    ///
    /// - Parameters:
    ///   - request: what is signed.
    ///   - stamp: the time as in `20130524T000000Z`; the header `x-amz-date` has it too.
    /// - Returns: the header's value.
    func authorization(_ request: Request, stamp: String) -> String {
        let headers = request.headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }.sorted {
            $0.name < $1.name
        }
        let names = headers.map(\.name).joined(separator: ";")
        let canonical = [
            request.method, request.path, Self.query(request.query),
            headers.map { "\($0.name):\($0.value)\n" }.joined(), names, request.payloadHash,
        ].joined(separator: "\n")
        let scope = "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(Self.hex(SHA256.hash(data: Array(canonical.utf8))))"
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretKey)".utf8))
        for part in [String(stamp.prefix(8)), region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        let signature = Self.hex(HMAC<SHA256>.authenticationCode(for: Array(toSign.utf8), using: key))
        return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
    }

    /// A query as it is signed and sent: encoded, sorted by name.
    static func query(_ items: [(name: String, value: String)]) -> String {
        items.map { (encode($0.name), encode($0.value)) }.sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1 < $1.1 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Letters, digits and `-._~` stay; slashes stay in paths; everything else becomes its bytes in hexadecimal.
    static func encode(_ text: String, keepingSlashes: Bool = false) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepingSlashes: encoded += "/"
            default: encoded += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return encoded
    }

    /// Without space at the ends, and runs of spaces as one.
    private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(Array(bytes)) }
}
