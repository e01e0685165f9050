/// The last checkpoint of a log with the cosignatures of its witnesses, kept beside the log.
///
/// It is a file of its own, `checkpoint.cosigned`: the file `checkpoint` belongs to the writer, who replaces it each second while
/// the log grows and must find in it what he put there. The policy it was cosigned under lies beside it as `policy`.
public struct CosignedCheckpoint: Sendable {
    /// The note: the log's signature, then the cosignatures in the order of the policy.
    public let note: SignedNote
    /// What the note says.
    public let checkpoint: Checkpoint
    /// When each witness cosigned, in seconds since 1970.
    public let times: [WitnessVerifier: UInt64]
    /// Witnesses that did not cosign this time, and why.
    public let failures: [(witness: WitnessVerifier, error: VaultError)]
    /// Whether the policy's quorum is reached.
    public let isQuorum: Bool

    /// Asks the witnesses of a policy, all at once, to cosign the checkpoint beside a log. A cosignature over the same checkpoint
    /// that a witness gave before counts still when it is out of reach now.
    ///
    /// - Parameters:
    ///   - reader: a view of the log.
    ///   - policy: the witnesses to ask, those that have an address, and the quorum.
    ///   - post: sends a request to the `add-checkpoint` of a submission prefix.
    /// - Returns: what came together, whether it is enough or not; nothing is stored yet.
    /// - Throws: `.rolledBack` when the checkpoint is not of this log; `.damaged`, `.notProven`, `.badInput`, `.file`.
    public static func gather(
        _ reader: VaultReader, policy: TrustPolicy,
        post: @escaping @Sendable (_ prefix: String, _ body: [UInt8]) async throws(VaultError) -> WitnessClient.Reply
    ) async throws(VaultError) -> CosignedCheckpoint {
        let view = try SignedView(reader)
        let (reader, checkpoint) = (view.reader, view.checkpoint)
        let note = try SignedNote(view.note)
        let before = Before(reader, text: note.text)
        let answers = await withTaskGroup(of: Asked.self) { group in
            for witness in policy.witnesses {
                let old = before.size(witness.key)
                group.addTask { await Asked(witness, note, reader, old, post) }
            }
            var answers: [WitnessVerifier: Asked] = [:]
            for await asked in group { answers[asked.witness] = asked }
            return answers
        }
        return try CosignedCheckpoint(note, checkpoint, policy, before, answers)
    }

    private init(
        _ note: SignedNote, _ checkpoint: Checkpoint, _ policy: TrustPolicy, _ before: Before,
        _ answers: [WitnessVerifier: Asked]
    ) throws(VaultError) {
        var lines = note.signatures
        var times: [WitnessVerifier: UInt64] = [:]
        var failures: [(witness: WitnessVerifier, error: VaultError)] = []
        for witness in policy.witnesses.map(\.key) {
            guard let asked = answers[witness] else { continue }
            if let error = asked.error { failures.append((witness, error)) }
            guard let answer = asked.answer ?? before.kept(witness) else { continue }
            lines.append(answer.signature)
            times[witness] = answer.time
        }
        self.note = try SignedNote(text: note.text, signatures: lines)
        self.checkpoint = checkpoint
        self.times = times
        self.failures = failures
        isQuorum = policy.isQuorum(Set(times.keys))
    }

    /// Writes note and policy beside the log.
    ///
    /// - Throws: `.noQuorum` when the quorum is not reached: what is stored always satisfies its policy; `.file`.
    public func store(_ reader: VaultReader, policy: TrustPolicy) throws(VaultError) {
        guard isQuorum else { throw VaultError(.noQuorum, "the quorum is not reached") }
        try reader.image.files.replace(reader.policyPath, policy.only(reader.identity.verifier).bytes)
        try reader.image.files.replace(reader.cosignedPath, note.bytes)
    }
}

/// What one witness answered.
private struct Asked: Sendable {
    let witness: WitnessVerifier
    var answer: WitnessClient.Cosigned?
    var error: VaultError?

    init(
        _ witness: TrustPolicy.Witness, _ note: SignedNote, _ reader: VaultReader, _ old: UInt64,
        _ post: @escaping @Sendable (_ prefix: String, _ body: [UInt8]) async throws(VaultError) -> WitnessClient.Reply
    ) async {
        self.witness = witness.key
        guard let url = witness.url else {
            error = VaultError(.badInput, "the policy does not say where the witness is reached")
            return
        }
        let client = WitnessClient(witness.key) { (body) throws(VaultError) in try await post(url, body) }
        do throws(VaultError) {
            answer = try await client.cosign(note, tree: reader, oldSize: old)
        } catch {
            self.error = error
        }
    }
}

/// What witnesses said before: a cosignature over the same text is kept, one over another text tells the size they know.
private struct Before: Sendable {
    private let note: SignedNote?
    private let isSame: Bool
    private let size: UInt64

    init(_ reader: VaultReader, text: String) {
        // A file that cannot be read is of no use here, and harms nothing: it is written anew.
        note = (try? reader.image.files.contents(reader.cosignedPath, limit: SignedNote.byteLimit)).flatMap {
            try? SignedNote($0)
        }
        isSame = note?.text.utf8.elementsEqual(text.utf8) == true
        size = note.flatMap { try? Checkpoint(text: $0.text) }?.size ?? 0
    }

    func size(_ witness: WitnessVerifier) -> UInt64 {
        note?.signatures.contains { $0.isOf(witness.name, witness.keyID) } == true ? size : 0
    }

    func kept(_ witness: WitnessVerifier) -> WitnessClient.Cosigned? {
        guard isSame, let note, let time = try? witness.time(note.signatures, over: note.text),
            let line = note.signatures.first(where: {
                $0.isOf(witness.name, witness.keyID) && Cosignature.time($0.bytes) == time
            })
        else { return nil }
        return WitnessClient.Cosigned(signature: line, time: time)
    }
}

extension VaultReader {
    var cosignedPath: String { image.layout.directory + "/checkpoint.cosigned" }
    var policyPath: String { image.layout.directory + "/policy" }

    /// The last cosigned checkpoint and its policy, checked: signed by this log, cosigned by the policy's quorum.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: `.notProven` or `.noQuorum` when it does not hold; `.badInput`, `.damaged`, `.file`.
    public func cosigned() throws(VaultError) -> (note: [UInt8], policy: TrustPolicy, finding: TrustPolicy.Finding)? {
        do throws(VaultError) {
            let note = try image.files.contents(cosignedPath, limit: SignedNote.byteLimit)
            let policy = try TrustPolicy(try image.files.contents(policyPath, limit: TrustPolicy.byteLimit))
            return (note, policy, try policy.verify(note, log: identity.verifier))
        } catch  where error.code == .notFound {
            return nil
        }
    }
}

extension TrustPolicy {
    /// Reads a policy file.
    ///
    /// - Throws: `.badInput` with the line at fault; `.notFound`, `.file`.
    public static func read(_ path: String, _ files: FileEffects = .live) throws(VaultError) -> TrustPolicy {
        do {
            return try TrustPolicy(try files.contents(path, limit: byteLimit))
        } catch  where error.code == .badInput {
            throw VaultError(.badInput, error.what, at: error.place.map { "\(path): \($0)" } ?? path, remedy: error.remedy)
        }
    }
}
