/// A view of a log at one moment, for reading and proving. Needs no lock; any number may be open while one writer appends and seals.
public struct VaultReader: NodeSource, Sendable {
    let image: LogImage

    init(image: LogImage) { self.image = image }

    /// Takes a view of the log in a directory: everything durable at this moment, and perhaps frames that are just being written.
    ///
    /// - Throws: `.notFound`, `.foreign`, `.damaged`, `.file`. Changes nothing, not even a torn end.
    public init(directory: String, files: FileEffects = .live) throws(VaultError) {
        image = try Loader(files: files, layout: Layout(directory: directory)).load().image
    }

    /// Who the log is.
    public var identity: LogIdentity { image.identity }
    /// Records in the view.
    public var size: UInt64 { image.size }
    /// Records in sealed segments.
    public var sealedSize: UInt64 { image.sealedSize }
    /// Sealed segments.
    public var segments: UInt64 { image.segments.size }
    /// Segments whose records expired and were pruned.
    public var prunedSegments: UInt64 { image.pruned }
    /// What the log says of itself: retention, holds, epoch, seals.
    public var state: VaultState { image.state }
    /// Frames of segments that are not sealed.
    public var frames: Int { image.open.reduce(0) { $0 + $1.frames.count } }
    /// Latest receive time, UTC microseconds since 1970; 0 when there is no record.
    public var lastReceived: Int64 { image.lastReceived }
    /// The root over all records of the view.
    public var root: MerkleHash { image.root }

    /// The record of an index, rehashed against the tree.
    ///
    /// - Throws: `.outOfRange`; `.damaged` when the bytes are not those that were hashed; `.file`.
    public func record(_ index: UInt64) throws(VaultError) -> [UInt8] { try image.record(index) }

    /// A hash of the tree (RFC 6962 section 2.1).
    ///
    /// - Throws: `.outOfRange`; `.damaged`; `.file`.
    public func node(level: Int, index: UInt64) throws(VaultError) -> MerkleHash { try image.node(level: level, index: index) }

    /// The signed checkpoint beside the log, checked against the log's key.
    ///
    /// - Throws: `.notProven` when the signature does not hold; `.badInput`, `.notFound`, `.file`.
    public func checkpoint() throws(VaultError) -> (note: [UInt8], checkpoint: Checkpoint) {
        let note = try image.files.contents(image.layout.checkpoint, limit: SignedNote.byteLimit)
        return (note, try Checkpoint.open(note, identity.verifier))
    }

    /// Bytes of sealed segments, of files of the active segment, and of indexes.
    ///
    /// - Throws: `.file`.
    public func bytesOnDisk() throws(VaultError) -> (sealed: UInt64, active: UInt64, index: UInt64) {
        func sum(_ folder: String) throws(VaultError) -> UInt64 {
            var bytes: UInt64 = 0
            for name in try image.files.list(folder) {
                do throws(VaultError) {
                    let file = try image.files.open(folder + "/" + name, .read)
                    defer { image.files.close(file) }
                    bytes += try image.files.size(file)
                } catch  where error.code == .notFound {
                    // Renamed or removed by the writer since the names were listed.
                }
            }
            return bytes
        }
        var index: UInt64 = 0
        do throws(VaultError) { index = try sum(image.layout.index) } catch  where error.code == .notFound {}
        return (try sum(image.layout.sealed), try sum(image.layout.active), index)
    }
}
