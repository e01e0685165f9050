/// Versions of the protocol that are asked for.
enum TLSVersion: UInt16, Sendable, CaseIterable, Comparable {
    case ssl3 = 0x0300
    case tls10 = 0x0301
    case tls11 = 0x0302
    case tls12 = 0x0303
    case tls13 = 0x0304

    /// As facts write it.
    var name: String {
        switch self {
        case .ssl3: "SSLv3"
        case .tls10: "TLSv1.0"
        case .tls11: "TLSv1.1"
        case .tls12: "TLSv1.2"
        case .tls13: "TLSv1.3"
        }
    }

    static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A cipher suite by its IANA name; its properties follow from the name.
struct CipherSuite: Sendable, Hashable {
    let code: UInt16
    let name: String

    init(_ code: UInt16, _ name: String) {
        self.code = code
        self.name = name
    }

    private func has(_ part: String) -> Bool { name.split(separator: "_").contains { $0 == part } }

    /// A key exchange that later theft of the key does not undo; TLS 1.3 has no other.
    var hasForwardSecrecy: Bool { isTLS13 || (has("ECDHE") || has("DHE")) && !isWeak }
    /// Encryption that also protects integrity: GCM, CCM, ChaCha20-Poly1305.
    var isAEAD: Bool { has("GCM") || has("CCM") || has("CHACHA20") || has("8") && has("CCM") }
    var isAES256: Bool { has("AES") && has("256") }
    var isTLS13: Bool { code >> 8 == 0x13 }
    /// RC4, DES, 3DES, NULL, EXPORT, anonymous or MD5.
    var isWeak: Bool { ["RC4", "DES", "DES40", "3DES", "NULL", "EXPORT", "anon", "MD5", "RC2"].contains { has($0) } }

    /// Suites of TLS 1.3.
    static let tls13: [CipherSuite] = [
        .init(0x1301, "TLS_AES_128_GCM_SHA256"), .init(0x1302, "TLS_AES_256_GCM_SHA384"),
        .init(0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    ]

    /// What an ordinary client of TLS 1.2 and before offers, best first.
    static let usual: [CipherSuite] = [
        .init(0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), .init(0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        .init(0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"), .init(0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        .init(0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        .init(0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        .init(0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), .init(0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        .init(0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        .init(0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"), .init(0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
        .init(0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"), .init(0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        .init(0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"), .init(0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        .init(0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"), .init(0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        .init(0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"), .init(0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
        .init(0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"), .init(0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
        .init(0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"), .init(0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        .init(0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256"), .init(0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
        .init(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"), .init(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ]

    /// Suites that nobody should accept.
    static let weak: [CipherSuite] = [
        .init(0xC007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"), .init(0xC011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
        .init(0x0005, "TLS_RSA_WITH_RC4_128_SHA"), .init(0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
        .init(0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"), .init(0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        .init(0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"), .init(0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        .init(0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"), .init(0x0009, "TLS_RSA_WITH_DES_CBC_SHA"),
        .init(0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"), .init(0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"),
        .init(0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"), .init(0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
        .init(0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"), .init(0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"),
        .init(0x001B, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA"), .init(0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
        .init(0x003A, "TLS_DH_anon_WITH_AES_256_CBC_SHA"), .init(0x006C, "TLS_DH_anon_WITH_AES_128_CBC_SHA256"),
        .init(0x006D, "TLS_DH_anon_WITH_AES_256_CBC_SHA256"), .init(0x00A6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
        .init(0x00A7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384"),
        .init(0xC018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"), .init(0xC019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"),
        .init(0xC017, "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA"), .init(0xC016, "TLS_ECDH_anon_WITH_RC4_128_SHA"),
        .init(0xC015, "TLS_ECDH_anon_WITH_NULL_SHA"),
        .init(0x0001, "TLS_RSA_WITH_NULL_MD5"), .init(0x0002, "TLS_RSA_WITH_NULL_SHA"), .init(0x003B, "TLS_RSA_WITH_NULL_SHA256"),
        .init(0xC006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"), .init(0xC010, "TLS_ECDHE_RSA_WITH_NULL_SHA"),
    ]

    private static let byCode: [UInt16: CipherSuite] = Dictionary(
        (tls13 + usual + weak).map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

    /// The suite of a code, if it is one of ours.
    static func named(_ code: UInt16) -> CipherSuite? { byCode[code] }
}
