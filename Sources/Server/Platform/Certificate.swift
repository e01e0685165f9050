internal import Crypto
internal import Documents
// swift-certificates takes Foundation's dates; no other file of this target imports it.
internal import FoundationEssentials
internal import Glibc
internal import SwiftASN1
internal import X509

/// The server's certificate: a self-signed one at the first start, replaced by whatever files the firm puts in its place.
package enum ServerCertificate {
    /// Days that a self-signed certificate is valid: as long as Mozilla's profile of TLS lets one live.
    private static let days: Int64 = 365

    /// Makes a key and a self-signed certificate where there are none.
    ///
    /// - Parameters:
    ///   - certificate: path of the PEM file.
    ///   - key: path of the PEM file of the key.
    ///   - host: the name it is for; addresses and `localhost` are added.
    ///   - now: UTC seconds.
    /// - Returns: whether they were made.
    /// - Throws: `DocumentError` when only one of them is there, or they cannot be written.
    package static func ensure(certificate: String, key: String, host: String, now: Int64) throws -> Bool {
        let there = (access(certificate, F_OK) == 0, access(key, F_OK) == 0)
        if there.0 && there.1 { return false }
        guard !there.0, !there.1 else {
            throw DocumentError(
                .notFound, source: there.0 ? key : certificate,
                reason: "the other half of the certificate is missing; put it here")
        }
        let (pem, secret) = try make(host, now)
        try DocumentFile.write(Array(secret.utf8), to: key)
        try DocumentFile.write(Array(pem.utf8), to: certificate, mode: 0o644)
        return true
    }

    private static func make(_ host: String, _ now: Int64) throws -> (certificate: String, key: String) {
        let secret = P256.Signing.PrivateKey()
        let key = Certificate.PrivateKey(secret)
        let name = try DistinguishedName { CommonName(host) }
        let from = Date(timeIntervalSince1970: Double(now - 3_600))
        let until = Date(timeIntervalSince1970: Double(now + days * 86_400))
        var names: [GeneralName] = [.dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))]
        if let address = address(host) {
            if address != [127, 0, 0, 1] { names.append(.ipAddress(ASN1OctetString(contentBytes: address[...]))) }
        } else if host != "localhost" {
            names.append(.dnsName(host))
        }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            // No key usage: clients that are told to trust exactly this certificate (BoringSSL's) take it for its own issuer, and would miss
            // the right to sign certificates, which it must not have.
            try ExtendedKeyUsage([.serverAuth])
            SubjectAlternativeNames(names)
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: from,
            notValidAfter: until,
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: key)
        return (try certificate.serializeAsPEM().pemString + "\n", secret.pemRepresentation + "\n")
    }

    /// The bytes of an IPv4 or IPv6 address; nil for a name.
    private static func address(_ host: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, host, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
        return nil
    }
}
