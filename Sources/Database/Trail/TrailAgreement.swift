internal import Vault

/// Compares what the database knows of its trail with what the trail's vault holds.
///
/// A crash can leave the vault ahead by records that are still in the outbox, and nothing else. Every other difference means that one of the two
/// was put back to an older state, exchanged or changed, and is refused.
struct TrailAgreement {
    /// A view of the vault.
    let vault: VaultReader
    /// Where the vault lies, for errors.
    let place: String

    /// What the walk over the newest records found.
    struct Outcome: Equatable {
        /// The state that the database should have: everything durable in the vault is drained.
        var state: TrailState
        /// Records that were durable and not known to be.
        var found: Int64 = 0
        /// Records of the vault that are not the trail's own.
        var strays: UInt64 = 0
    }

    /// Walks from the last record that the database knows of to the end of the vault.
    ///
    /// - Parameters:
    ///   - state: what the database knows.
    ///   - isWaiting: whether the database holds this very record in its outbox.
    /// - Returns: what the database should know.
    /// - Throws: `.rolledBack` when the vault holds records that the database never made; `.trailBroken` when the vault knows less than the
    ///   database, has a gap or other records; `.damaged`; `.file`.
    func compare(_ state: TrailState, isWaiting: (TrailRecord) throws(StorageError) -> Bool) throws(StorageError) -> Outcome {
        if let log = state.log, log != vault.logID {
            throw StorageError(
                .trailBroken, "the trail is another one than the database wrote to", at: place, remedy: Self.remedy)
        }
        try checkLast(state)
        var outcome = Outcome(state: state)
        outcome.state.log = vault.logID
        var index = state.last.map { $0.index + 1 } ?? 0
        while index < vault.size {
            defer { index += 1 }
            let leaf = try read(index)
            guard let leaf else { continue }
            guard let record = try TrailRecord(leaf) else {
                if leaf.kind == .record { outcome.strays += 1 }
                continue
            }
            try follow(record, &outcome, isWaiting)
            outcome.state.last = .init(index: index, leaf: try hash(index))
        }
        return outcome
    }

    /// The record that the database knows as the last one must be there, and be that one.
    private func checkLast(_ state: TrailState) throws(StorageError) {
        guard let last = state.last else { return }
        guard last.index < vault.size else {
            throw StorageError(
                .trailBroken, "the trail ends at \(vault.size) records, the database knows of record \(last.index)", at: place,
                remedy: Self.remedy)
        }
        // Pruned records have no hash of their own any more.
        guard last.index >= vault.firstKept else { return }
        guard try hash(last.index) == last.leaf else {
            throw StorageError(
                .trailBroken, "record \(last.index) of the trail is not the one the database wrote", at: place,
                remedy: Self.remedy)
        }
    }

    private func follow(_ record: TrailRecord, _ outcome: inout Outcome, _ isWaiting: (TrailRecord) throws(StorageError) -> Bool)
        throws(StorageError)
    {
        let expected = outcome.state.drained + 1
        guard record.sequence <= outcome.state.allotted else {
            throw StorageError(
                .rolledBack,
                "the trail holds record \(record.sequence), the database has made \(outcome.state.allotted): it was put back to an older state",
                at: place, remedy: "restore database and trail from one backup, or bring the newer database back")
        }
        guard record.sequence == expected else {
            throw StorageError(
                .trailBroken, "record \(record.sequence) follows \(expected - 1) in the trail", at: place, remedy: Self.remedy)
        }
        guard try isWaiting(record) else {
            throw StorageError(
                .trailBroken, "record \(record.sequence) of the trail is not the one the database made", at: place,
                remedy: Self.remedy)
        }
        outcome.state.drained = record.sequence
        outcome.found += 1
    }

    private static let remedy = "restore database and trail from one backup; run plumbline verify to see what is left"

    /// The record of an index; nil when it was pruned.
    private func read(_ index: UInt64) throws(StorageError) -> VaultRecord? {
        do throws(VaultError) {
            return try VaultRecord(leaf: try vault.record(index))
        } catch  where error.code == .expired {
            return nil
        } catch {
            throw StorageError(trail: error)
        }
    }

    private func hash(_ index: UInt64) throws(StorageError) -> String {
        do throws(VaultError) { return try vault.node(level: 0, index: index).description } catch {
            throw StorageError(trail: error)
        }
    }
}

extension VaultReader {
    /// The log's random identifier, hexadecimal.
    var logID: String { Hex.encode(identity.id) }
    /// First record that is not pruned.
    var firstKept: UInt64 { prunedSegments << UInt64(identity.segmentHeight) }
}
