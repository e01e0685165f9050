/// Something in a vault that is not as it was written.
public struct Damage: Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// The identity file cannot be used.
        case identity
        /// A sealed segment, or a part of it, is not what was written.
        case sealed
        /// A sealed segment that must be there is not.
        case missing
        /// A file that does not belong where it is.
        case stray
        /// The active segment is not what was written.
        case active
        /// The last frame is not whole: a write that was never acknowledged, or damage to the very last frame.
        case torn
        /// The checkpoint beside the log cannot be used, or commits to something else.
        case checkpoint
        /// What the log says of itself does not hold: a signature, an order of things, a count.
        case control
        /// The register commits to more, or to something else.
        case rollback
    }

    /// What kind of thing it is.
    public let kind: Kind
    /// The segment; that after the last sealed one is the active one. Nil when it cannot be said.
    public let segment: UInt64?
    /// Indices of the records that may be affected. Nil when it cannot be said.
    public let records: Range<UInt64>?
    /// The file, and what is wrong.
    public let what: String

    /// One line: kind, segment, records, and what is wrong.
    public var description: String {
        let segment = segment.map { " segment \($0)" } ?? ""
        let records = records.map { $0.isEmpty ? "" : " records \($0.lowerBound)...\($0.upperBound - 1)" } ?? ""
        return "\(kind.rawValue)\(segment)\(records): \(what)"
    }
}

/// What a full verification found.
public struct VerifyReport: Hashable, Sendable {
    /// Records whose bytes were read and rehashed.
    public var records: UInt64 = 0
    /// Records the log has, as far as can be told.
    public var size: UInt64 = 0
    /// The root over them, computed from their bytes; nil when some could not be read.
    public var root: MerkleHash?
    /// The checkpoint of the register, or where none was given the one beside the log.
    public var checkpoint: Checkpoint?
    /// Records that expired and were pruned; their hashes were checked, they were not.
    public var expired: UInt64 = 0
    /// Control leaves whose signature and place were checked.
    public var controls: UInt64 = 0
    /// What is no damage, but whoever reads the report should know.
    public var remarks: [String] = []
    /// Everything that is wrong; empty when the log is whole.
    public var damages: [Damage] = []

    /// Whether everything is as it was written.
    public var isSound: Bool { damages.isEmpty }
}
