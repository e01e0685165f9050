public import Rulebook

/// What one probe found.
public struct WatchFinding: Sendable, Hashable {
    /// How it ended.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The service answered as it should.
        case up
        /// The port is closed.
        case refused
        /// There is no way to the address.
        case unreachable
        /// It took too long.
        case timeout
        /// The connection was closed in the middle.
        case reset
        /// The name has no address.
        case name
        /// TLS could not be agreed on.
        case tls
        /// The certificate is not valid, or for another name.
        case certificate
        /// The answer is not HTTP.
        case response
        /// The answer has another status than it should.
        case status
        /// The answer does not contain what it should.
        case text
        /// Names could not be looked up here.
        case resolver
        /// Its address is one that no probe goes to.
        case forbidden
        /// This installation could not probe.
        case local

        /// Whether the service was up; nil where the probe says nothing of it.
        public var isUp: Bool? {
            switch self {
            case .up: true
            case .resolver, .forbidden, .local: nil
            default: false
            }
        }
    }

    /// How it ended.
    public var outcome: Outcome
    /// How long it took.
    public var milliseconds: Int
    /// The status that was answered.
    public var status: Int?
    /// The address it was connected to; empty when to none.
    public var address: String
    /// When the certificate that was shown ends.
    public var certificateEnds: Instant?

    /// A finding.
    public init(
        _ outcome: Outcome, milliseconds: Int = 0, status: Int? = nil, address: String = "", certificateEnds: Instant? = nil
    ) {
        (self.outcome, self.milliseconds, self.status) = (outcome, milliseconds, status)
        (self.address, self.certificateEnds) = (address, certificateEnds)
    }
}

/// Makes probes: injected, so that every failure can be made.
public struct WatchProber: Sendable {
    /// Makes one, within the target's time.
    ///
    /// - Parameters:
    ///   - target: where, and what is expected.
    ///   - agent: who asks, visible ASCII.
    public var probe: @Sendable (_ target: WatchTarget, _ agent: String) async -> WatchFinding

    /// A prober.
    public init(_ probe: @escaping @Sendable (_ target: WatchTarget, _ agent: String) async -> WatchFinding) {
        self.probe = probe
    }

    /// How the institution names itself to a service: visible ASCII, everything else as percent signs and digits.
    public static func agent(_ institution: String) -> String {
        let digits = Array("0123456789ABCDEF".unicodeScalars)
        var text = ""
        for byte in institution.utf8 {
            switch byte {
            case 0x20...0x7E where byte != UInt8(ascii: "%") && byte != UInt8(ascii: "(") && byte != UInt8(ascii: ")"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%"
                text.unicodeScalars.append(digits[Int(byte >> 4)])
                text.unicodeScalars.append(digits[Int(byte & 15)])
            }
        }
        return text.isEmpty ? "Plumbline service watch" : "Plumbline service watch (\(text))"
    }
}
