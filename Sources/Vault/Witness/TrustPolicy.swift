/// Whose signatures make a checkpoint valid (C2SP tlog-policy): logs, witnesses, groups of witnesses, and the quorum that must
/// have cosigned.
///
/// Names are bytes, not texts: two that only look alike are different, as the specification demands.
public struct TrustPolicy: Hashable, Sendable {
    /// Longest policy that is read, in bytes.
    public static let byteLimit = 65_536
    /// Most logs, most witnesses and most groups that are read.
    public static let countLimit = 64

    /// A log whose checkpoints are accepted.
    public struct Log: Hashable, Sendable {
        /// Its key; the key's name is the log's origin.
        public let key: NoteVerifier
        /// Where it is reached; nil when the policy does not say.
        public let url: String?

        /// A log.
        public init(key: NoteVerifier, url: String? = nil) { (self.key, self.url) = (key, url) }
    }

    /// A witness that may count for the quorum.
    public struct Witness: Hashable, Sendable {
        /// Its name within the policy.
        public let name: [UInt8]
        /// Its key.
        public let key: WitnessVerifier
        /// The submission prefix of its service; nil when the policy does not say.
        public let url: String?

        /// A witness.
        public init(name: [UInt8], key: WitnessVerifier, url: String? = nil) {
            (self.name, self.key, self.url) = (name, key, url)
        }
    }

    /// Witnesses and groups of which so many must have cosigned.
    public struct Group: Hashable, Sendable {
        /// Its name within the policy.
        public let name: [UInt8]
        /// How many of the members are enough.
        public let threshold: Int
        /// Names of witnesses, and of groups defined before.
        public let members: [[UInt8]]
    }

    /// The logs that are accepted; empty when the log is known from elsewhere.
    public let logs: [Log]
    /// The witnesses that are known.
    public let witnesses: [Witness]
    /// The groups, each after its members.
    public let groups: [Group]
    /// The witness or group that must have cosigned; nil for `quorum none`.
    public let quorum: [UInt8]?

    /// What was shown by a note that keeps the policy.
    public struct Finding: Hashable, Sendable {
        /// The checkpoint.
        public let checkpoint: Checkpoint
        /// The log that signed it.
        public let log: NoteVerifier
        /// The witnesses that cosigned it, with the time in seconds since 1970.
        public let witnesses: [WitnessVerifier: UInt64]
    }

    /// A policy that accepts a log, cosigned by at least so many of the witnesses.
    ///
    /// - Parameters:
    ///   - log: the log that is accepted; nil when it is known from elsewhere.
    ///   - witnesses: keys and, when they are to be asked, submission prefixes.
    ///   - threshold: how many must cosign; 0 for none.
    /// - Throws: `.badInput` when a key occurs twice or the threshold is greater than the number of witnesses.
    public init(log: NoteVerifier?, witnesses: [(key: WitnessVerifier, url: String?)], threshold: Int) throws(VaultError) {
        var text = log.map { "log \($0)\n" } ?? ""
        for (place, witness) in witnesses.enumerated() {
            text += "witness w\(place + 1) \(witness.key)\(witness.url.map { " \($0)" } ?? "")\n"
        }
        if threshold > 0 {
            text += "group witnesses \(threshold) " + (0..<witnesses.count).map { "w\($0 + 1)" }.joined(separator: " ") + "\n"
        }
        try self.init(Array((text + "quorum \(threshold > 0 ? "witnesses" : "none")\n").utf8))
    }

    /// Reads a policy strictly.
    ///
    /// - Throws: `.badInput` with the line at fault.
    public init(_ bytes: [UInt8]) throws(VaultError) {
        var reader = PolicyReader()
        try reader.read(bytes)
        (logs, witnesses, groups) = (reader.logs, reader.witnesses, reader.groups)
        guard let quorum = reader.quorum else {
            throw VaultError(
                .badInput, "the policy has no quorum line", remedy: "end it with: quorum none, or the name of a group")
        }
        self.quorum = quorum == PolicyReader.none ? nil : quorum
    }

    private init(logs: [Log], witnesses: [Witness], groups: [Group], quorum: [UInt8]?) {
        (self.logs, self.witnesses, self.groups, self.quorum) = (logs, witnesses, groups, quorum)
    }

    /// The same witnesses and quorum for one log only.
    public func only(_ log: NoteVerifier) -> TrustPolicy {
        TrustPolicy(logs: [logs.first { $0.key == log } ?? Log(key: log)], witnesses: witnesses, groups: groups, quorum: quorum)
    }

    /// The same without addresses: all that checking needs.
    public var withoutAddresses: TrustPolicy {
        TrustPolicy(
            logs: logs.map { Log(key: $0.key) }, witnesses: witnesses.map { Witness(name: $0.name, key: $0.key) }, groups: groups,
            quorum: quorum)
    }

    /// The same logs and witnesses, but no cosignature asked for.
    public var withoutQuorum: TrustPolicy { TrustPolicy(logs: logs, witnesses: witnesses, groups: groups, quorum: nil) }

    /// The policy as a file: one line each, without comments.
    public var bytes: [UInt8] {
        var lines: [[UInt8]] = logs.map { Array("log \($0.key)\($0.url.map { " \($0)" } ?? "")".utf8) }
        for witness in witnesses {
            lines.append(
                Array("witness ".utf8) + witness.name + Array(" \(witness.key)\(witness.url.map { " \($0)" } ?? "")".utf8))
        }
        for group in groups {
            lines.append(
                Array(
                    (Array("group ".utf8) + group.name + Array(" \(group.threshold)".utf8) + group.members.flatMap { [0x20] + $0 })
                ))
        }
        lines.append(Array("quorum ".utf8) + (quorum ?? PolicyReader.none))
        return Array(lines.map { $0 + [0x0A] }.joined())
    }

    /// Whether these witnesses are enough.
    public func isQuorum(_ cosigned: Set<WitnessVerifier>) -> Bool {
        guard let quorum else { return true }
        var held = Set(witnesses.filter { cosigned.contains($0.key) }.map(\.name))
        // Members come before their group, so one pass is enough.
        for group in groups where group.members.count(where: held.contains) >= group.threshold { held.insert(group.name) }
        return held.contains(quorum)
    }

    /// Checks that a note is a checkpoint signed by a log of the policy and cosigned by the quorum.
    ///
    /// - Parameters:
    ///   - note: the bytes of the signed note.
    ///   - log: the log's key when it is known from elsewhere; then the policy's logs are not looked at.
    /// - Returns: who signed what.
    /// - Throws: `.badInput` from the parsers; `.notProven` when no log of the policy signed, or a signature by a key of the
    ///   policy does not hold; `.noQuorum` when too few witnesses cosigned.
    public func verify(_ note: [UInt8], log: NoteVerifier? = nil) throws(VaultError) -> Finding {
        let signed = try SignedNote(note)
        let candidates = log.map { [$0] } ?? logs.map(\.key)
        guard let key = candidates.first(where: { key in signed.signatures.contains { $0.isOf(key.name, key.keyID) } }) else {
            throw VaultError(.notProven, "the checkpoint is not signed by a log of the policy")
        }
        let checkpoint = try Checkpoint.open(note, key)
        var found: [WitnessVerifier: UInt64] = [:]
        for witness in witnesses {
            if let time = try witness.key.time(signed.signatures, over: signed.text) { found[witness.key] = time }
        }
        guard isQuorum(Set(found.keys)) else {
            let names = found.keys.map(\.name).sorted().joined(separator: ", ")
            throw VaultError(
                .noQuorum, "the quorum is not reached: cosigned by \(found.isEmpty ? "no witness of the policy" : names)")
        }
        return Finding(checkpoint: checkpoint, log: key, witnesses: found)
    }
}
