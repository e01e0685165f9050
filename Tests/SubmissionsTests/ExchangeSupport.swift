import Documents
import Rulebook
import Submissions

/// Random numbers that are the same in every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func hex(_ bytes: Int) -> String { HexText.encode((0..<bytes).map { _ in UInt8.random(in: 0...255, using: &self) }) }
}

/// Two firms and a supervisor, each with a key, on one day.
struct Parties {
    let now = Instant(seconds: 1_800_000_000)
    let firm = SigningKey()
    let other = SigningKey()
    let supervisor = SigningKey()
    let policy: ExchangePolicy
    let packs = [SubmissionManifest.PackReference(id: "twse-2018", version: "1", sha256: String(repeating: "a", count: 64))]
    let quarter = Quarter(year: 2026, number: 4) ?? Quarter(index: 0)

    init() throws { policy = try ExchangePolicy.shipped() }

    var keys: [KnownKey] {
        let from = now.adding(seconds: -1_000_000)
        return [
            KnownKey(key: firm.publicKey, owner: .firm("alpha"), from: from),
            KnownKey(key: other.publicKey, owner: .firm("beta"), from: from),
        ]
    }

    /// The supervisor, as it receives.
    func inbox(_ keys: [KnownKey]? = nil) -> ExchangeSide {
        ExchangeSide(.supervisor, recipients: [supervisor.id], keys: KeyBook(keys ?? self.keys), policy: policy)
    }

    /// The firm, as it receives.
    var mailbox: ExchangeSide {
        let key = KnownKey(key: supervisor.publicKey, owner: .supervisor, from: now.adding(seconds: -1))
        return ExchangeSide(.firm("alpha"), recipients: [firm.id], keys: KeyBook([key]), policy: policy)
    }

    func header(_ id: String = String(repeating: "1", count: 32), firm: String? = "alpha", to recipient: String? = nil)
        -> MessageHeader
    {
        MessageHeader(
            id: id, created: now, program: "0.0.0", firm: firm.map { .init(id: $0, name: "範例證券") },
            recipient: recipient ?? supervisor.id)
    }

    /// A submission with something of everything.
    func manifest(_ version: Int = 1, previous: String? = nil, header: MessageHeader? = nil) -> SubmissionManifest {
        var manifest = SubmissionManifest(
            header ?? self.header(), quarter: quarter, version: version, previous: previous,
            signer: .init(name: "林美", role: "資訊安全長"))
        manifest.rulePacks = packs
        manifest.profile = ["online_orders": true, "capital": 300]
        manifest.decisions = [.init(id: "securities-tier", state: "decided", value: "1", reason: "capital")]
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
        manifest.assessment = SubmittedAssessment(at: now, profileVersion: 3, verdicts: [entry])
        manifest.followUps = [
            .init(item: "twse-waf", state: "planned", plan: "購置", owner: "林美", due: quarter.lastDay, progress: 20)
        ]
        manifest.evidence = [.init(sha256: String(repeating: "c", count: 64), bytes: 12, name: "facts", item: "twse-waf")]
        return manifest
    }

    func submission(_ version: Int = 1, previous: String? = nil, header: MessageHeader? = nil) throws -> [UInt8] {
        try Message.submission(manifest(version, previous: previous, header: header)).signed(by: firm).bytes
    }

    func fresh(_ isKnown: Bool = false, _ filing: Filing? = nil) -> ExchangeHistory {
        ExchangeHistory(isKnown: isKnown, filing: filing, rulePacks: Set(packs), since: now.adding(seconds: -1_000))
    }

    /// The refusal of a package at a side; nil when it is taken.
    func refusal(
        _ bytes: [UInt8], _ side: ExchangeSide? = nil, _ history: ExchangeHistory? = nil, at time: Instant? = nil
    ) -> RefusalCode? {
        do throws(PackageRefusal) {
            _ = try PackageVerifier.verify(bytes, at: side ?? inbox(), now: time ?? now) { _ in history ?? fresh() }
            return nil
        } catch {
            return error.code
        }
    }
}
