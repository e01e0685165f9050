public import Documents
public import Rulebook

/// What checks want to know of a certificate, for collectors of other rooms.
public enum CertificateFacts {
    /// The facts of the first certificate of a file (PEM or DER), as every facts schema has them under `certificate`.
    ///
    /// - Parameters:
    ///   - file: its bytes.
    ///   - now: the time that its age and rest are counted to.
    /// - Returns: nil when there is no certificate in it.
    public static func node(of file: [UInt8], at now: Instant) -> Node? {
        Base64.firstCertificate(file).flatMap { CertificateSummary(der: $0) }?.node(now)
    }
}
