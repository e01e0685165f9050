/// How the server takes connections: made by the server of the very values that it listens with.
public struct TransportSettings: Sendable, Hashable {
    /// Versions of TLS, by their usual names.
    public enum Version: String, Sendable, CaseIterable {
        case tls10 = "TLS 1.0"
        case tls11 = "TLS 1.1"
        case tls12 = "TLS 1.2"
        case tls13 = "TLS 1.3"
    }

    /// The lowest version it speaks.
    public var minimum: Version
    /// Names of the suites it offers, those of TLS 1.3 too.
    public var suites: [String]
    /// Ports on which it speaks without encryption.
    public var plainListeners: Int

    /// Those settings.
    public init(minimum: Version, suites: [String], plainListeners: Int) {
        (self.minimum, self.suites, self.plainListeners) = (minimum, suites, plainListeners)
    }

    /// The longest symmetric key among the suites, bits; nil when no name tells.
    var longestKey: Int? {
        suites.compactMap { name -> Int? in
            if name.contains("CHACHA20") { return 256 }
            let words = name.split(separator: "_")
            guard let place = words.firstIndex(of: "AES"), place + 1 < words.count else { return nil }
            return Int(words[place + 1])
        }.max()
    }
}
