/// A view of a log together with a signed checkpoint that it covers.
///
/// A writer may sign while a view is taken; then the view is taken anew, after the checkpoint, so that it cannot fall short of
/// it.
public struct SignedView: Sendable {
    /// The view.
    public let reader: VaultReader
    /// The note as it lies beside the log.
    public let note: [UInt8]
    /// What it says.
    public let checkpoint: Checkpoint

    /// Reads the checkpoint beside a log and compares it with the log.
    ///
    /// - Throws: `.rolledBack` when it is not of this log; `.damaged`, `.notProven`, `.badInput`, `.file`.
    public init(_ reader: VaultReader) throws(VaultError) {
        let (note, checkpoint) = try reader.checkpoint()
        let covering =
            checkpoint.size <= reader.size
            ? reader : try VaultReader(directory: reader.image.layout.directory, files: reader.image.files)
        guard checkpoint.size <= covering.size, try covering.root(size: checkpoint.size) == checkpoint.root else {
            throw VaultError(
                .rolledBack, "the checkpoint is not that of this log", at: reader.image.layout.directory,
                remedy: "run plumbline vault verify")
        }
        (self.reader, self.note, self.checkpoint) = (covering, note, checkpoint)
    }
}
