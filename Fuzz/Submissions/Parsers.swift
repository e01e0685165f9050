internal import Documents
internal import Glibc
internal import Rulebook
@testable internal import Submissions

/// A reader of what another party signed, with inputs to begin with. It must come to an end, and what it gives must agree with itself.
struct PackageParser: Sendable {
    var name: String
    var seeds: @Sendable () throws -> [[UInt8]]
    var run: @Sendable ([UInt8]) -> Void

    static let all = [envelope, message, verify]

    static func require(_ holds: Bool, _ what: String) {
        guard !holds else { return }
        let line = Array("WRONG: \(what)\n".utf8)
        _ = write(2, line, line.count)
        abort()
    }
}

/// Two parties, the same in every run.
private struct Parties: Sendable {
    let firm, supervisor: SigningKey
    let policy: ExchangePolicy
    let now = Instant(seconds: 1_800_000_000)

    /// nil when a key or the shipped policy cannot be read, which would be an error of the program.
    init?() {
        guard let firm = SigningKey(seed: [UInt8](repeating: 7, count: 32)),
            let supervisor = SigningKey(seed: [UInt8](repeating: 9, count: 32)), let policy = try? ExchangePolicy.shipped()
        else { return nil }
        (self.firm, self.supervisor, self.policy) = (firm, supervisor, policy)
    }

    private var header: MessageHeader {
        MessageHeader(
            id: String(repeating: "1", count: 32), created: now, program: "0.0.0", firm: .init(id: "alpha", name: "範例證券"),
            recipient: supervisor.id)
    }

    /// A submission with something of everything, and one with nothing.
    var messages: [Message] {
        let quarter = Quarter(year: 2026, number: 4) ?? Quarter(index: 0)
        let empty = SubmissionManifest(header, quarter: quarter, version: 1, previous: nil, signer: .init(name: "林美", role: "長"))
        var whole = empty
        whole.rulePacks = [.init(id: "twse-2018", version: "1", sha256: String(repeating: "a", count: 64))]
        whole.profile = ["online_orders": true, "capital": 300]
        whole.decisions = [.init(id: "securities-tier", state: "decided", value: "1", reason: "capital")]
        var entry = SubmittedAssessment.Entry(
            clause: "twse-waf", system: "order", verdict: .nonCompliant, reason: "measured-failure", force: "shall")
        entry.measured = .no
        entry.trace = String(repeating: "b", count: 64)
        entry.requirements = [
            .init(
                aspect: "", verdict: .nonCompliant, reason: "measured-failure",
                observations: [.init(check: "waf-on", result: "fail", facts: String(repeating: "c", count: 64))],
                records: [
                    .init(kind: "attestation", state: "signed", date: quarter.firstDay, isFulfilled: false, evidence: [])
                ])
        ]
        whole.assessment = SubmittedAssessment(at: now, profileVersion: 3, verdicts: [entry])
        whole.followUps = [
            .init(item: "twse-waf", state: "planned", plan: "購置", owner: "林美", due: quarter.lastDay, progress: 20)
        ]
        whole.evidence = [.init(sha256: String(repeating: "c", count: 64), bytes: 12, name: "facts", item: "twse-waf")]
        return [.submission(whole), .submission(empty)]
    }

    var inbox: ExchangeSide {
        ExchangeSide(
            .supervisor, recipients: [supervisor.id],
            keys: KeyBook([KnownKey(key: firm.publicKey, owner: .firm("alpha"), from: now.adding(seconds: -1_000_000))]),
            policy: policy)
    }
}

extension PackageParser {
    private static let parties = Parties()
    private static let kinds = PackageKind.allCases

    private static func packages() throws -> [[UInt8]] {
        guard let parties else { return [] }
        return try parties.messages.map { try $0.signed(by: parties.firm).bytes }
    }

    /// A whole package: what is read is what is written again.
    static let envelope = PackageParser(
        name: "envelope", seeds: { try packages() },
        run: { bytes in
            guard let envelope = try? Envelope.read(bytes, limit: 1 << 20) else { return }
            require(envelope.bytes == bytes, "a package has two spellings")
            require((1...2).contains(envelope.signatures.count), "a package without signatures, or with many")
            _ = parties.map { envelope.isSigned(by: $0.firm.publicKey) }
        })

    /// A payload; the first byte says of which kind. As it is, and in its canonical form, so that what is behind the form is reached, too.
    static let message = PackageParser(
        name: "message",
        seeds: { (parties?.messages ?? []).map { [UInt8(kinds.firstIndex(of: $0.kind) ?? 0)] + $0.payload } },
        run: { bytes in
            guard let first = bytes.first, let limits = parties?.policy.payloadLimits else { return }
            let kind = kinds[Int(first) % kinds.count]
            let rest = Array(bytes.dropFirst())
            let canonical = (try? JSONReader.read(rest, limits: limits)).map { CanonicalJSON.line(of: $0) }
            for payload in [rest, canonical].compactMap({ $0 }) {
                guard let message = try? Message.read(payload, kind, limits: limits) else { continue }
                require(message.payload == payload, "a payload has two spellings")
                require(message.kind == kind, "a payload is of another kind than its envelope says")
            }
        })

    /// A package as a supervisor opens it: nothing that was not signed by a known key is opened, but a key that is introduced.
    static let verify = PackageParser(
        name: "verify", seeds: { try packages() },
        run: { bytes in
            guard let parties, let opened = try? PackageVerifier.open(bytes, at: parties.inbox, now: parties.now) else { return }
            require(
                opened.message.kind == .registration || opened.envelope.isSigned(by: parties.firm.publicKey),
                "a package was opened that nobody known signed")
        })
}
