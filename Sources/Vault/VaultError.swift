/// What went wrong in a vault, where, and what to do about it. Two errors are equal when code and place are.
public struct VaultError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure; programs decide on this, people read the text.
    public enum Code: String, Sendable, CaseIterable {
        /// A file call failed (input/output, permission, no room).
        case file
        /// The directory, register or key named does not exist.
        case notFound
        /// Something is already there.
        case exists
        /// Another process holds the writer's lock.
        case locked
        /// Bytes on disk are not what was written; nothing was changed.
        case damaged
        /// The directory belongs to another log, key or format version.
        case foreign
        /// The register outside the directory knows more than the directory, or something else: a copy was rolled back or forked.
        case rolledBack
        /// The two independent root computations disagree; nothing was signed.
        case rootMismatch
        /// An earlier failure stopped acceptance; open the vault anew.
        case stopped
        /// The caller's input breaks a limit or a grammar.
        case badInput
        /// An index or size beyond the log.
        case outOfRange
        /// A proof or signature does not hold.
        case notProven
        /// The disk is too full to accept more; make room, nothing else is wrong.
        case full
        /// The record's time of keeping is over and it was pruned; its hash is still in the tree.
        case expired
        /// A legal hold forbids it.
        case held
        /// The key of a personal field was erased, and with it the field.
        case erased
        /// Too few witnesses cosigned.
        case noQuorum
        /// Another machine could not be reached, or did not answer as it should.
        case network
        /// Another machine refused: key, credentials or permission.
        case denied
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, in one clause.
    public let what: String
    /// File, line, offset, segment or index; nil when there is none.
    public let place: String?
    /// What to do next; nil when nothing useful can be said.
    public let remedy: String?

    /// An error of that kind.
    public init(_ code: Code, _ what: String, at place: String? = nil, remedy: String? = nil) {
        self.code = code
        self.what = what
        self.place = place
        self.remedy = remedy
    }

    /// `place: what (remedy)` in one line.
    public var description: String {
        (place.map { "\($0): " } ?? "") + what + (remedy.map { " (\($0))" } ?? "")
    }

    /// Code and place decide; texts may be reworded.
    public static func == (left: VaultError, right: VaultError) -> Bool { left.code == right.code && left.place == right.place }
}
