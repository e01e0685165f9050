internal import Synchronization

/// A witness (C2SP tlog-witness 1.0.0): it cosigns a checkpoint of a log it knows only if that continues what it cosigned before,
/// so that a log cannot show two histories to two people. All it remembers is the last checkpoint of each log.
///
/// Safe to call from many threads at once: what is decided and what is stored is one step.
public final class Witness: Sendable {
    /// Who the witness is.
    public let verifier: WitnessVerifier

    private let signer: WitnessSigner
    /// Trusted keys of each log, by the bytes of its origin: texts that only look alike are two logs.
    private let logs: [[UInt8]: [NoteVerifier]]
    private let files: FileEffects
    /// Guards the state: it is read, compared and replaced by one caller at a time.
    private let store: Mutex<WitnessStore>

    /// Opens the state directory, making it when it is not there, and holds its lock until the witness is gone.
    ///
    /// - Parameters:
    ///   - directory: where the last checkpoint of each log is kept. Never put back an older copy of it: the witness would sign a
    ///     second history.
    ///   - signer: the witness's key.
    ///   - logs: keys of the logs that are witnessed.
    ///   - files: the effects.
    /// - Throws: `.locked` when another witness has the directory open; `.damaged` when a checkpoint in it is not one that this
    ///   key cosigned; `.file`.
    public init(directory: String, signer: WitnessSigner, logs: [NoteVerifier], files: FileEffects = .live) throws(VaultError) {
        self.signer = signer
        self.files = files
        verifier = signer.verifier
        self.logs = Dictionary(grouping: logs) { Array($0.name.utf8) }
        let store = try WitnessStore(directory: directory, verifier: signer.verifier, files: files)
        do {
            for origin in self.logs.keys { _ = try store.last(origin) }
        } catch {
            store.close()
            throw error
        }
        self.store = Mutex(store)
    }

    deinit { store.withLock { $0.close() } }

    /// Answers `add-checkpoint`. The state is durable before the cosignature is given out.
    ///
    /// - Parameter body: the request, as it came.
    /// - Returns: what to answer; a failure of the state is 500 and signs nothing.
    public func addCheckpoint(_ body: [UInt8]) -> WitnessAnswer {
        let request: WitnessRequest
        let checkpoint: Checkpoint
        do throws(VaultError) {
            request = try WitnessRequest(body)
            checkpoint = try Checkpoint(unproven: request.note.text)
        } catch {
            return .refused(400, error.description)
        }
        let origin = Array(checkpoint.origin.utf8)
        guard let keys = logs[origin] else { return .refused(404, "this log is not witnessed here") }
        // One line of each key is kept; lines of keys that are not known here are passed over.
        let trusted = keys.compactMap { key in request.note.signatures.first { $0.isOf(key.name, key.keyID) } }
        guard !trusted.isEmpty else {
            return .refused(403, "the checkpoint is not signed by a key that is known here for its log")
        }
        for key in keys where trusted.contains(where: { $0.isOf(key.name, key.keyID) }) {
            do throws(VaultError) { try request.note.verify(key) } catch { return .refused(403, error.description) }
        }
        do throws(VaultError) {
            return try store.withLock { store throws(VaultError) in
                let last = try store.last(origin)
                if let refusal = WitnessRule.refusal(request, checkpoint, known: last?.checkpoint) { return refusal }
                // A clock that was set back must not make the witness take back what it said of a later time.
                let time = max(UInt64(clamping: files.now() / 1_000_000), last?.time ?? 0)
                let signature = try signer.cosign(request.note.text, time: time)
                try store.put(origin, SignedNote(text: request.note.text, signatures: trusted + [signature]))
                return .cosigned(signature)
            }
        } catch {
            return .refused(500, "the witness could not record the checkpoint, and did not sign it")
        }
    }

    /// The last checkpoint that was cosigned for a log, with the log's signatures and this witness's.
    ///
    /// - Parameter originHash: SHA-256 of the origin in lower-case hexadecimal, as the path of the request has it.
    /// - Returns: the note; nil when the log is unknown or was never cosigned.
    /// - Throws: `.damaged`, `.file`.
    public func latest(originHash: String) throws(VaultError) -> [UInt8]? {
        guard let origin = logs.keys.first(where: { WitnessStore.name($0).utf8.elementsEqual(originHash.utf8) }) else {
            return nil
        }
        return try store.withLock { store throws(VaultError) in try store.last(origin)?.note.bytes }
    }
}

/// What the specification demands of a checkpoint whose signature holds, in the order in which it demands it.
enum WitnessRule {
    /// Why the checkpoint is not cosigned; nil when it continues what is known.
    static func refusal(_ request: WitnessRequest, _ checkpoint: Checkpoint, known: Checkpoint?) -> WitnessAnswer? {
        guard request.oldSize <= checkpoint.size else { return .refused(400, "the old size is greater than the checkpoint's") }
        guard request.oldSize == known?.size ?? 0 else { return .conflict(known?.size ?? 0) }
        guard checkpoint.size > 0 || checkpoint.root == .empty else {
            return .refused(422, "the root of a tree without leaves is the hash of nothing")
        }
        guard let known, known.size > 0 else {
            return request.proof.isEmpty ? nil : .refused(422, "the proof from size zero must be empty")
        }
        do throws(VaultError) {
            try MerkleProof.verifyConsistency(
                first: known.size, firstRoot: known.root, second: checkpoint.size, secondRoot: checkpoint.root,
                path: request.proof)
            return nil
        } catch {
            return .refused(422, error.description)
        }
    }
}

/// The last checkpoint of each log, each in a file of its own: a note with the log's signatures and the witness's cosignature, by
/// which the witness knows it again as its own.
struct WitnessStore: Sendable {
    private let directory: String
    private let verifier: WitnessVerifier
    private let files: FileEffects
    private let lock: Int32

    init(directory: String, verifier: WitnessVerifier, files: FileEffects) throws(VaultError) {
        (self.directory, self.verifier, self.files) = (directory, verifier, files)
        do {
            try files.makeDirectory(directory)
            try files.syncDirectory(Path.parent(directory))
        } catch  where error.code == .exists {}
        lock = try files.openLock(directory + "/lock")
        guard try files.lock(lock) else {
            files.close(lock)
            throw VaultError(
                .locked, "another witness has this state open", at: directory, remedy: "one witness for each directory")
        }
    }

    func close() { files.close(lock) }

    /// The name of a log's file, and of its path over HTTP.
    static func name(_ origin: [UInt8]) -> String { Hex.encode(MerkleHash.plain(origin).bytes) }

    private func path(_ origin: [UInt8]) -> String { directory + "/" + Self.name(origin) }

    /// What was cosigned last; nil when nothing was.
    ///
    /// - Throws: `.damaged` when the file is not what this witness wrote: it then signs nothing for that log.
    func last(_ origin: [UInt8]) throws(VaultError) -> (note: SignedNote, checkpoint: Checkpoint, time: UInt64)? {
        let path = path(origin)
        let bytes: [UInt8]
        do throws(VaultError) {
            bytes = try files.contents(path, limit: SignedNote.byteLimit)
        } catch  where error.code == .notFound {
            return nil
        }
        do throws(VaultError) {
            let note = try SignedNote(bytes)
            let checkpoint = try Checkpoint(text: note.text)
            guard let time = try verifier.time(note.signatures, over: note.text), checkpoint.origin.utf8.elementsEqual(origin)
            else {
                throw VaultError(.damaged, "not cosigned by \(verifier.name) for this log")
            }
            return (note, checkpoint, time)
        } catch {
            throw VaultError(
                .damaged, "the witness's record is damaged: \(error.what)", at: path,
                remedy: "restore its newest state; an older one would let the log show a second history")
        }
    }

    /// Replaces what is known, durably.
    func put(_ origin: [UInt8], _ note: SignedNote) throws(VaultError) { try files.replace(path(origin), note.bytes) }
}
