internal import Documents
internal import Rulebook
internal import SwiftASN1

/// What a check wants to know of an X.509 certificate (RFC 5280).
struct CertificateSummary: Sendable, Equatable {
    var subject: String
    var issuer: String
    var notBefore: Instant
    var notAfter: Instant
    /// `sha256-rsa`, `ecdsa-sha384`, `ed25519`; an object identifier when it has no name here.
    var signature: String
    /// rsa, ec, ed25519 or other.
    var keyType: String
    var keyBits: Int?
    /// Issuer and subject are the same.
    var selfSigned: Bool

    /// Reads a certificate; nil when the bytes are none.
    init?(der bytes: [UInt8]) {
        guard bytes.count <= 1 << 20, let root = try? DER.parse(bytes), let top = root.children, top.count == 3,
            var fields = top[0].children, let algorithm = top[1].children?.first?.objectIdentifier
        else { return nil }
        // version [0] is there except in version 1 certificates.
        if fields.first?.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) { fields.removeFirst() }
        guard fields.count >= 6, let dates = fields[3].children, dates.count == 2, let begin = Self.time(dates[0]),
            let end = Self.time(dates[1]), let key = fields[5].children, key.count == 2, let keyAlgorithm = key[0].children
        else { return nil }
        issuer = Self.commonName(fields[2])
        subject = Self.commonName(fields[4])
        selfSigned = fields[2].encodedBytes == fields[4].encodedBytes
        notBefore = begin
        notAfter = end
        signature = Self.signatureName(algorithm, top[1])
        (keyType, keyBits) = Self.key(keyAlgorithm, key[1])
    }

    private static func time(_ node: ASN1Node) -> Instant? {
        func instant(_ year: Int, _ month: Int, _ day: Int, _ seconds: Int) -> Instant? {
            CivilDate(year: year, month: month, day: day).map { Instant(seconds: Int64($0.day) * 86_400 + Int64(seconds)) }
        }
        if let time = try? UTCTime(derEncoded: node) {
            return instant(time.year, time.month, time.day, time.hours * 3600 + time.minutes * 60 + time.seconds)
        }
        if let time = try? GeneralizedTime(derEncoded: node) {
            return instant(time.year, time.month, time.day, time.hours * 3600 + time.minutes * 60 + time.seconds)
        }
        return nil
    }

    /// The common name (the last one); without one, all values of the name.
    private static func commonName(_ name: ASN1Node) -> String {
        var common: String?
        var all: [String] = []
        for set in name.children ?? [] {
            for attribute in set.children ?? [] {
                guard let parts = attribute.children, parts.count == 2, let value = parts[1].plainText else { continue }
                all.append(value)
                if parts[0].objectIdentifier == "2.5.4.3" { common = value }
            }
        }
        return (common ?? all.joined(separator: ", ")).clipped
    }

    private static func signatureName(_ identifier: String, _ node: ASN1Node) -> String {
        guard identifier == "1.2.840.113549.1.1.10" else { return signatures[identifier] ?? identifier }
        // RSASSA-PSS names its hash in the parameters; SHA-1 when it does not.
        let hash = node.children?.dropFirst().first?.children?.first {
            $0.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
        }
        let name = hash?.children?.first?.children?.first?.objectIdentifier
        return (name.map { hashes[$0] ?? $0 } ?? "sha1") + "-rsa-pss"
    }

    private static let signatures = [
        "1.2.840.113549.1.1.2": "md2-rsa", "1.2.840.113549.1.1.4": "md5-rsa", "1.2.840.113549.1.1.5": "sha1-rsa",
        "1.3.14.3.2.29": "sha1-rsa", "1.2.840.113549.1.1.14": "sha224-rsa", "1.2.840.113549.1.1.11": "sha256-rsa",
        "1.2.840.113549.1.1.12": "sha384-rsa", "1.2.840.113549.1.1.13": "sha512-rsa", "1.2.840.10045.4.1": "ecdsa-sha1",
        "1.2.840.10045.4.3.1": "ecdsa-sha224", "1.2.840.10045.4.3.2": "ecdsa-sha256", "1.2.840.10045.4.3.3": "ecdsa-sha384",
        "1.2.840.10045.4.3.4": "ecdsa-sha512", "1.3.101.112": "ed25519", "1.3.101.113": "ed448", "1.2.840.10040.4.3": "sha1-dsa",
        "2.16.840.1.101.3.4.3.2": "sha256-dsa",
    ]
    private static let hashes = [
        "1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512", "2.16.840.1.101.3.4.2.4": "sha224",
    ]
    private static let curves = [
        "1.2.840.10045.3.1.1": 192, "1.3.132.0.33": 224, "1.2.840.10045.3.1.7": 256, "1.3.132.0.10": 256, "1.3.132.0.34": 384,
        "1.3.132.0.35": 521, "1.3.36.3.3.2.8.1.1.7": 256, "1.3.36.3.3.2.8.1.1.11": 384, "1.3.36.3.3.2.8.1.1.13": 512,
    ]

    private static func key(_ algorithm: [ASN1Node], _ bits: ASN1Node) -> (String, Int?) {
        switch algorithm.first?.objectIdentifier {
        case "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10":
            // BIT STRING: a count of unused bits, then SEQUENCE { modulus, exponent }.
            guard case .primitive(let content) = bits.content, let inner = try? DER.parse(Array(content.dropFirst())),
                let modulus = inner.children?.first, case .primitive(let number) = modulus.content
            else { return ("rsa", nil) }
            let significant = number.drop { $0 == 0 }
            return ("rsa", significant.first.map { significant.count * 8 - $0.leadingZeroBitCount })
        case "1.2.840.10045.2.1":
            return ("ec", algorithm.dropFirst().first?.objectIdentifier.flatMap { curves[$0] })
        case "1.3.101.112": return ("ed25519", 256)
        default: return ("other", nil)
        }
    }
}

extension ASN1Node {
    /// The parts of a constructed value, at most 1000; nil for a primitive one.
    fileprivate var children: [ASN1Node]? {
        guard case .constructed(let nodes) = content else { return nil }
        return Array(nodes.prefix(1000))
    }

    fileprivate var objectIdentifier: String? { (try? ASN1ObjectIdentifier(derEncoded: self)).map { "\($0)" } }

    /// The text of a string type; BMPString is not read.
    fileprivate var plainText: String? {
        guard case .primitive(let bytes) = content, bytes.count <= 4096 else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension CertificateSummary {
    /// Whole days until the certificate ends; negative when it has.
    func daysLeft(_ now: Instant) -> Int {
        let seconds = notAfter - now
        return Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
    }

    /// As the facts schema has it under `endpoints[].certificate`.
    func node(_ now: Instant) -> Node {
        // The end belongs to the life of a certificate, so a day begun counts whole.
        let lifetime = notAfter - notBefore
        return .object([
            ("subject", .text(subject)), ("issuer", .text(issuer)), ("not_before", .text(notBefore.description)),
            ("not_after", .text(notAfter.description)), ("days_left", .integer(daysLeft(now))),
            ("lifetime_days", .integer((lifetime + 86_399) / 86_400)), ("age_days", .integer((now - notBefore) / 86_400)),
            ("signature", .text(signature)), ("key_type", .text(keyType)), ("key_bits", keyBits.map { .integer($0) }),
            ("self_signed", .bool(selfSigned)),
        ])
    }
}
