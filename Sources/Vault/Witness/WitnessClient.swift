/// A log's side of witnessing: sends the checkpoint and the proof, and believes nothing that does not verify.
public struct WitnessClient: Sendable {
    /// What came back over the wire.
    public struct Reply: Sendable {
        /// Status of HTTP.
        public let status: Int
        /// Content type, when there was one.
        public let contentType: String?
        /// The body; the transport bounds it.
        public let body: [UInt8]

        /// A reply of those parts.
        public init(status: Int, contentType: String?, body: [UInt8]) {
            (self.status, self.contentType, self.body) = (status, contentType, body)
        }
    }

    /// A cosignature that was verified.
    public struct Cosigned: Hashable, Sendable {
        /// The line for the note.
        public let signature: SignedNote.Signature
        /// When it was given, in seconds since 1970.
        public let time: UInt64
    }

    /// How often a size told on conflict is tried: others may be sending checkpoints of the same log.
    static let tries = 4

    /// Who must have cosigned.
    public let verifier: WitnessVerifier
    /// Posts a request to the witness's `add-checkpoint`; throws `.network` when it cannot be reached.
    private let post: @Sendable (_ body: [UInt8]) async throws(VaultError) -> Reply

    /// A client of one witness.
    public init(_ verifier: WitnessVerifier, post: @escaping @Sendable (_ body: [UInt8]) async throws(VaultError) -> Reply) {
        self.verifier = verifier
        self.post = post
    }

    /// Asks for a cosignature over a signed checkpoint.
    ///
    /// - Parameters:
    ///   - note: the checkpoint as the log signed it.
    ///   - tree: the log, for the proof; it has at least the checkpoint's records.
    ///   - oldSize: the size that the witness is thought to know; it says when that is wrong.
    /// - Returns: the cosignature, verified.
    /// - Throws: `.network`; `.notFound` when the witness does not know the log; `.denied` when it does not accept its key;
    ///   `.rolledBack` when it knows a larger log or another history; `.notProven` when what it answers is no cosignature of its
    ///   own.
    public func cosign(_ note: SignedNote, tree: some NodeSource & Sendable, oldSize: UInt64 = 0) async throws(VaultError)
        -> Cosigned
    {
        let checkpoint = try Checkpoint(text: note.text)
        var old = min(oldSize, checkpoint.size)
        for _ in 0..<Self.tries {
            let proof = old == 0 || old == checkpoint.size ? [] : try tree.consistencyProof(first: old, second: checkpoint.size)
            let reply = try await post(WitnessRequest(oldSize: old, proof: proof, note: note).bytes)
            guard reply.status == 409 else { return try signature(reply, note, checkpoint, old) }
            guard reply.contentType?.utf8.elementsEqual(WitnessAnswer.sizeType.utf8) == true, reply.body.last == 0x0A,
                let known = Decimal.parse(reply.body.dropLast())
            else {
                throw VaultError(.notProven, "the answer to a conflict is not a size", at: verifier.name)
            }
            guard known <= checkpoint.size else {
                throw VaultError(
                    .rolledBack, "the witness cosigned \(known) records of this log, the checkpoint has \(checkpoint.size)",
                    at: verifier.name, remedy: "this log was rolled back or is a copy; do not append to it")
            }
            old = known
        }
        throw VaultError(.network, "the size the witness knows changed with each request", at: verifier.name, remedy: "try again")
    }

    private func signature(_ reply: Reply, _ note: SignedNote, _ checkpoint: Checkpoint, _ old: UInt64) throws(VaultError)
        -> Cosigned
    {
        switch reply.status {
        case 200: break
        case 403:
            throw VaultError(
                .denied, "the witness does not accept the log's signature", at: verifier.name,
                remedy: "its operator must know the log's key: plumbline vault stats shows it")
        case 404:
            throw VaultError(
                .notFound, "the witness does not know the log \(checkpoint.origin)", at: verifier.name,
                remedy: "give its operator the log's key: plumbline vault stats shows it")
        case 422:
            throw VaultError(
                .rolledBack,
                "the checkpoint of \(checkpoint.size) records does not continue the \(old) that the witness cosigned",
                at: verifier.name, remedy: "the log has two histories: keep both copies, and find out who signed the other")
        default:
            throw VaultError(
                .network, "the witness answered with status \(reply.status)", at: verifier.name, remedy: "try again later")
        }
        let lines: [SignedNote.Signature]
        do throws(VaultError) {
            lines = try SignedNote.signatureLines(reply.body)
        } catch {
            throw VaultError(.notProven, "the witness's answer is not signature lines: \(error.what)", at: verifier.name)
        }
        // Lines of other keys are passed over; each of this key must hold.
        guard let time = try verifier.time(lines, over: note.text),
            let line = lines.first(where: { $0.isOf(verifier.name, verifier.keyID) && Cosignature.time($0.bytes) == time })
        else {
            throw VaultError(.notProven, "the answer holds no cosignature of the witness", at: verifier.name)
        }
        return Cosigned(signature: line, time: time)
    }
}
