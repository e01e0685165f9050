/// Records made ready for the log: packed, hashed and compressed. All of that is done by whoever fills the batch, so that many callers, or one
/// that fills the next batch while the last one is being made durable, use all cores.
public struct VaultBatch: Sendable {
    /// Records that go into one frame together.
    struct Part: Sendable {
        var packed: [UInt8] = []
        /// Records packed so far.
        var count = 0
        /// Their hashes, once the part is finished.
        var leaves: [MerkleHash] = []
        /// zstd frame of `packed`; nil when the part is small: several of them are compressed together.
        var compressed: [UInt8]?
        /// Records of each source, in runs.
        var sources = SourceRuns()
    }

    /// Packed bytes from which on a part is compressed at once.
    static let alone = 128 << 10
    private(set) var parts: [Part] = []
    private var open = Part()
    private let frameBytes: Int
    /// Records so far.
    public private(set) var count = 0

    /// An empty batch.
    public init() { frameBytes = 1 << 20 }

    /// An empty batch whose parts have at most so many packed bytes.
    init(frameBytes: Int) { self.frameBytes = frameBytes }

    /// Takes a record as it came.
    ///
    /// - Throws: `.badInput` when it is longer than 65,535 bytes; the batch stays as it was.
    public mutating func add(_ record: UnsafeRawBufferPointer) throws(VaultError) {
        guard record.count <= Entries.recordLimit else {
            throw VaultError(
                .badInput, "the record has \(record.count) bytes, more than \(Entries.recordLimit)",
                at: "record \(count) of the batch")
        }
        if record.count >= VaultRecord.magic.count, record.prefix(VaultRecord.magic.count).elementsEqual(VaultRecord.magic) {
            // It looks like the vault's own form: as a body it cannot pass for it.
            try add(VaultRecord(source: "", body: Array(record)), received: 0)
        } else {
            put(record, source: nil)
        }
    }

    /// Takes a record as it came.
    ///
    /// - Throws: `.badInput` when it is longer than 65,535 bytes; the batch stays as it was.
    public mutating func add(_ record: [UInt8]) throws(VaultError) {
        // The closure cannot throw a typed error, so what it would throw is carried out of it.
        var failure: VaultError?
        record.withUnsafeBytes { bytes in
            do throws(VaultError) { try add(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Takes a record with its source, time and fields.
    ///
    /// - Parameters:
    ///   - record: the record.
    ///   - received: when it came, UTC microseconds.
    /// - Throws: `.badInput` when a part of it is too long; the batch stays as it was.
    public mutating func add(_ record: VaultRecord, received: Int64) throws(VaultError) {
        var record = record
        (record.kind, record.received) = (.record, received)
        let leaf = try record.leaf()
        leaf.withUnsafeBytes { put($0, source: record.source) }
    }

    /// Puts a leaf of the vault's own into a batch of its own.
    init(control leaf: [UInt8]) {
        self.init()
        leaf.withUnsafeBytes { put($0, source: nil) }
        open.sources = SourceRuns()
        finish()
    }

    private mutating func put(_ leaf: UnsafeRawBufferPointer, source: String?) {
        if open.count == FrameHeader.recordLimit
            || open.count > 0 && open.packed.count + leaf.count + 2 > frameBytes
        {
            finish()
        }
        if open.packed.isEmpty, parts.last?.compressed != nil { open.packed.reserveCapacity(frameBytes) }
        open.packed.append(UInt8(leaf.count >> 8))
        open.packed.append(UInt8(leaf.count & 0xFF))
        open.packed.append(contentsOf: leaf)
        open.count += 1
        open.sources.add(source ?? "")
        count += 1
    }

    /// Whether a record of so many bytes still goes into the frame that is being filled. Who fills batches in bulk ends one where a frame ends: the
    /// short frame behind it would cost a sync of its own.
    public func hasRoom(_ bytes: Int) -> Bool {
        parts.isEmpty && open.count < FrameHeader.recordLimit && open.packed.count + bytes + 2 <= frameBytes
    }

    /// Ends the part that is being filled. A part that could not be compressed is compressed by the writer, which can say why it fails.
    public mutating func finish() {
        guard open.count > 0 else { return }
        open.leaves = BatchHash.leaves(open.packed, count: open.count)
        if open.packed.count >= Self.alone { open.compressed = try? CompressorPool.compress(open.packed) }
        parts.append(open)
        open = Part()
    }
}

/// How many records came from which source, in runs of the same one.
struct SourceRuns: Sendable {
    private(set) var runs: [(source: String, count: UInt64)] = []

    mutating func add(_ source: String, _ count: UInt64 = 1) {
        if let last = runs.indices.last, runs[last].source == source {
            runs[last].count += count
        } else {
            runs.append((source, count))
        }
    }

    /// The runs of packed records, the vault's own left out.
    init(_ packed: [UInt8], _ ranges: ArraySlice<Range<Int>>) {
        packed.withUnsafeBytes { packed in
            for range in ranges {
                let leaf = UnsafeRawBufferPointer(rebasing: packed[range])
                if !Control.isControl(leaf) { add(Self.source(leaf)) }
            }
        }
    }

    init() {}

    /// The source in a leaf of the vault's form; nothing in any other.
    private static func source(_ leaf: UnsafeRawBufferPointer) -> String {
        guard leaf.count > 14, leaf[0] == 0, leaf.prefix(4).elementsEqual(VaultRecord.magic) else { return "" }
        let start = leaf[5] == 1 ? 22 : 14
        guard start < leaf.count, start + 1 + Int(leaf[start]) <= leaf.count else { return "" }
        return String(decoding: leaf[(start + 1)..<(start + 1 + Int(leaf[start]))], as: UTF8.self)
    }
}
