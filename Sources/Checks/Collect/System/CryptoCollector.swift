internal import Documents
internal import Rulebook

/// System-wide cryptography: policy, OpenSSL defaults, key files (only who may read them) and certificate files.
struct CryptoCollector: FactCollector {
    let group = "crypto"
    private static let keyFolders = [
        "/etc/ssl/private", "/etc/pki/tls/private", "/etc/nginx/ssl", "/etc/apache2/ssl", "/etc/httpd/ssl",
    ]
    /// Not /etc/ssl/certs: that holds the roots of the world, not this host's certificates. Not haproxy's folders: its files hold
    /// the key beside the certificate, and keys are never read.
    private static let certificateFolders = [
        "/etc/ssl/private", "/etc/ssl", "/etc/pki/tls/certs", "/etc/nginx/ssl", "/etc/nginx/certs", "/etc/apache2/ssl",
        "/etc/httpd/ssl", "/etc/postfix/ssl", "/etc/postgresql/ssl", "/etc/mysql/ssl",
    ]
    private static let fileLimit = 300

    func collect(_ probe: Probe) async -> Collected {
        let owners = OwnerNames(probe)
        let now = probe.host.now()
        let openssl = OpenSSLConfig(probe)
        let policy = probe.file("/etc/crypto-policies/state/current") ?? probe.file("/etc/crypto-policies/config")
        let policyName = policy?.lines.lazy.map { Conf.trim($0) }.first { !Conf.isSilent($0) }
        let fips =
            probe.file("/proc/sys/crypto/fips_enabled").map { Conf.trim($0.lines.first ?? "") == "1" }
            // A kernel without the switch has no FIPS mode.
            ?? (probe.host.isLive && probe.exists("/proc/sys") && !probe.exists("/proc/sys/crypto/fips_enabled") ? false : nil)
        return .facts(
            .object([
                ("policy", policyName.map { .text($0) }),
                ("fips", fips.map { .bool($0) }),
                ("openssl_min_protocol", openssl.minProtocol),
                ("openssl_seclevel", openssl.securityLevel),
                ("private_keys", .list(privateKeys(probe, owners, now))),
                ("host_keys", .list(hostKeys(probe, now))),
                ("certificates", .list(certificates(probe, now))),
            ]))
    }

    private static func age(_ status: HostStatus, _ now: Instant) -> Node { .integer(max(0, (now - status.modified) / 86_400)) }

    /// Key files by their status only: their bytes are never read.
    private func privateKeys(_ probe: Probe, _ owners: OwnerNames, _ now: Instant) -> [Node] {
        var paths = probe.names(in: "/etc/ssh").filter { $0.hasPrefix("ssh_host_") && $0.hasSuffix("_key") }.map {
            ("/etc/ssh/\($0)", "ssh-host")
        }
        for folder in Self.keyFolders {
            let names = probe.names(in: folder).filter { name in
                !name.hasPrefix(".") && ![".crt", ".cer", ".csr", ".txt"].contains { name.hasSuffix($0) }
            }
            let isKeyFolder = folder.hasSuffix("private")
            paths += names.filter { isKeyFolder || $0.hasSuffix(".key") || $0.contains("privkey") }.map {
                ("\(folder)/\($0)", "tls")
            }
        }
        for site in probe.names(in: "/etc/letsencrypt/live").prefix(Self.fileLimit) {
            paths.append(("/etc/letsencrypt/live/\(site)/privkey.pem", "tls"))
        }
        return paths.prefix(Self.fileLimit).compactMap { path, kind in
            guard let status = probe.status(path), status.kind == .file else { return nil }
            let more: [(String, Node?)] = [
                ("kind", .text(kind)), ("modified", .text(status.modified.description)), ("age_days", Self.age(status, now)),
                ("from", .text(path)),
            ]
            return .object(owners.fields(path, status) + more)
        }
    }

    private func hostKeys(_ probe: Probe, _ now: Instant) -> [Node] {
        probe.names(in: "/etc/ssh").filter { $0.hasPrefix("ssh_host_") && $0.hasSuffix("_key.pub") }.prefix(20).compactMap {
            name in
            let path = "/etc/ssh/\(name)"
            guard let file = probe.bytes(path, limit: 64 << 10) else { return nil }
            let words = Conf.words(String(decoding: file.bytes, as: UTF8.self))
            guard words.count >= 2, let blob = Base64.decode(words[1].utf8) else { return nil }
            return .object([
                ("path", .text(path)), ("type", .text(words[0])), ("bits", Self.bits(ofSSHKey: blob).map { .integer($0) }),
                ("age_days", Self.age(file.status, now)), ("from", .text("\(path):1")),
            ])
        }
    }

    /// Key length from the wire form of an SSH public key (RFC 4253 section 6.6).
    static func bits(ofSSHKey blob: [UInt8]) -> Int? {
        var reader = ByteReader(blob)
        func text() -> [UInt8]? { reader.integer(4).flatMap { reader.take($0) } }
        guard let type = text() else { return nil }
        switch String(decoding: type, as: UTF8.self) {
        case "ssh-rsa":
            guard text() != nil, let modulus = text() else { return nil }
            let significant = modulus.drop { $0 == 0 }
            return significant.first.map { significant.count * 8 - $0.leadingZeroBitCount }
        case "ssh-dss": return text().map { $0.drop { $0 == 0 }.count * 8 }
        case "ecdsa-sha2-nistp256", "sk-ecdsa-sha2-nistp256@openssh.com": return 256
        case "ecdsa-sha2-nistp384": return 384
        case "ecdsa-sha2-nistp521": return 521
        case "ssh-ed25519", "sk-ssh-ed25519@openssh.com": return 256
        default: return nil
        }
    }

    private func certificates(_ probe: Probe, _ now: Instant) -> [Node] {
        var paths: [String] = []
        for folder in Self.certificateFolders {
            paths += probe.names(in: folder).filter { name in
                [".crt", ".cer", ".pem"].contains { name.hasSuffix($0) } && !name.hasPrefix("ca-") && name != "cert.pem"
                    && !name.contains("key")
            }.map { "\(folder)/\($0)" }
        }
        for site in probe.names(in: "/etc/letsencrypt/live").prefix(Self.fileLimit) where site != "README" {
            paths.append("/etc/letsencrypt/live/\(site)/cert.pem")
        }
        return paths.prefix(Self.fileLimit).compactMap { path in
            // A .pem in a folder of private keys may hold a key: such folders give certificates by the name .crt only.
            if path.contains("/private/"), path.hasSuffix(".pem") { return nil }
            guard let file = probe.bytes(path, limit: 256 << 10), let der = Base64.firstCertificate(file.bytes),
                let summary = CertificateSummary(der: der)
            else { return nil }
            return .object([
                ("path", .text(path)), ("not_after", .text(summary.notAfter.description)),
                ("days_left", .integer(summary.daysLeft(now))),
                ("signature", .text(summary.signature)), ("key_type", .text(summary.keyType)),
                ("key_bits", summary.keyBits.map { .integer($0) }), ("from", .text(path)),
            ])
        }
    }
}
