public import GRDB
public import Vault

/// What the tables knew of the trail at one moment: up to where it goes, and which of it still waits.
public struct TrailMoment: Sendable {
    let state: TrailState
    let pending: [TrailRecord]

    /// Takes it from the same state that the tables are read from.
    public init(_ db: GRDB.Database) throws {
        state = try TrailOutbox.state(db)
        pending = try TrailOutbox.records(after: state.drained, limit: .max, db)
    }
}

/// How the trail of a data directory is. What could not be known is nil.
public struct TrailSurvey: Sendable {
    /// What is wrong with it; empty when every record is as it was written, follows the one before, and agrees with the tables.
    public var findings: [String] = []
    /// Whether every record was handed to the caller.
    public var isComplete = false
    /// Records that wait in the tables.
    public var waiting: Int64?
    /// How many may wait before changes are refused.
    public var waitingLimit: Int64 = 0
    /// When the oldest of those was noted, UTC microseconds.
    public var oldestWaiting: Int64?
    /// Leaves of the vault, its own included.
    public var size: UInt64?
    /// Leaves that expired and were pruned.
    public var pruned: UInt64?
    /// Leaves that the last signed checkpoint covers.
    public var signedSize: UInt64?
    /// When the oldest leaf that it does not cover was received, UTC microseconds.
    public var oldestUnsigned: Int64?
    /// How long records are kept; nil when it was never decided.
    public var retention: Retention?
    /// Until when days are sealed, UTC microseconds.
    public var sealedUntil: Int64?
    /// Whether the clock was synchronised at the last seal.
    public var wasSynchronizedAtSeal: Bool?
    /// Whether a register beside the trail, or elsewhere, tells an older copy.
    public var hasRegister = false
    /// Algorithm by which the signature of the last checkpoint was verified.
    public var signature: String?

    init() {}

    /// A trail that could not be looked at.
    public init(unreadable error: StorageError) { findings = ["\(error)"] }
}

extension DataInspector {
    /// Verifies the trail, reads all of it up to a moment, and says how it is.
    ///
    /// - Parameters:
    ///   - moment: what the tables knew; later records are left out.
    ///   - each: called with every record in order; those of a damaged trail as far as they can be read.
    /// - Returns: how it is; what is wrong is a finding, not an error.
    /// - Throws: `.file` when files cannot be read at all.
    public func trail(_ moment: TrailMoment, _ each: (TrailRecord) -> Void) throws(StorageError) -> TrailSurvey {
        var survey = TrailSurvey()
        survey.findings = try DataVerifier(directory.path, settings: settings).trailOnly().findings
        survey.waiting = moment.state.waiting
        survey.waitingLimit = settings.outboxLimit
        survey.oldestWaiting = moment.pending.first?.occurred
        let beside = try Posix.status(directory.trailRegister)
        survey.hasRegister = settings.register != nil || beside != nil
        do throws(StorageError) {
            try look(&survey)
            try walk(moment, each)
            survey.isComplete = true
        } catch {
            survey.findings.append("\(error)")
        }
        return survey
    }

    private func look(_ survey: inout TrailSurvey) throws(StorageError) {
        do throws(VaultError) {
            // The checkpoint first: the view then holds what it speaks of.
            let (_, checkpoint) = try VaultReader(directory: directory.trail, files: files).checkpoint()
            let view = try VaultReader(directory: directory.trail, files: files)
            survey.size = view.size
            survey.pruned = view.prunedSegments << UInt64(view.identity.segmentHeight)
            survey.signedSize = checkpoint.size
            survey.retention = view.state.retention
            survey.sealedUntil = view.state.sealedUntil
            survey.signature = "ed25519"
            if checkpoint.size < view.size {
                survey.oldestUnsigned = try VaultRecord(leaf: try view.record(checkpoint.size)).received
            }
            if let index = view.state.lastSeal, case .seal(let seal) = try Control(leaf: try view.record(index)).event {
                survey.wasSynchronizedAtSeal = seal.clock.isSynchronized
            }
        } catch {
            throw StorageError(trail: error)
        }
    }

    /// Every record up to the moment: those of the vault, then those that waited.
    private func walk(_ moment: TrailMoment, _ each: (TrailRecord) -> Void) throws(StorageError) {
        var query = SearchQuery()
        query.source = TrailRecord.source
        var last: Int64 = 0
        var broken: StorageError?
        do throws(VaultError) {
            _ = try VaultReader(directory: directory.trail, files: files).search(query) { hit in
                do throws(StorageError) {
                    guard let record = try TrailRecord(hit.record) else { return true }
                    guard record.sequence <= moment.state.allotted else { return false }
                    last = record.sequence
                    each(record)
                    return true
                } catch {
                    broken = error
                    return false
                }
            }
        } catch {
            throw StorageError(trail: error)
        }
        if let broken { throw broken }
        for record in moment.pending where record.sequence > last { each(record) }
    }
}
