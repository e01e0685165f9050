internal import Dispatch
internal import Synchronization

/// A frame on its way to the second root computation.
struct AuditJob: Sendable {
    let segment: UInt64
    let reference: FrameReference
    /// The leaves as they were hashed at ingest.
    let leaves: [MerkleHash]
}

/// A full segment on its way to be sealed.
struct SealJob: Sendable {
    let segment: UInt64
    /// Hashes of level 8 from ingest.
    let tiles: [MerkleHash]
    let end: SegmentEnd
}

/// Computes every root a second time, from bytes read back, and seals full segments. Works on a thread of its own, so that appending goes on
/// meanwhile, or, if it is told so, at once in the caller's.
final class Sealer: Sendable {
    /// Held while a job runs, so only the thread that runs jobs may wait for it.
    private let core: Mutex<SealerCore>
    private let queue: DispatchQueue?
    private let results = Mutex<(sealed: [SealedFooter], failure: VaultError?)>(([], nil))

    init(_ image: LogImage, inBackground: Bool) throws(VaultError) {
        core = Mutex(try SealerCore(image))
        queue = inBackground ? DispatchQueue(label: "vault.seal") : nil
    }

    deinit { core.withLock { $0.abandon() } }

    /// Reads a frame back and compares it with what was hashed at ingest.
    func audit(_ job: AuditJob) {
        run { (core) throws(VaultError) in
            try core.audit(job)
            return nil
        }
    }

    /// Seals a segment, all of whose frames were given to `audit`.
    func seal(_ job: SealJob) { run { (core) throws(VaultError) in try core.seal(job) } }

    private func run(_ work: @escaping @Sendable (inout SealerCore) throws(VaultError) -> SealedFooter?) {
        guard let queue else { return perform(work) }
        queue.async { self.perform(work) }
    }

    private func perform(_ work: (inout SealerCore) throws(VaultError) -> SealedFooter?) {
        // After a failure nothing is computed on: what follows would rest on what failed.
        guard results.withLock({ $0.failure }) == nil else { return }
        do throws(VaultError) {
            let sealed = try core.withLock { core throws(VaultError) in try work(&core) }
            if let sealed { results.withLock { $0.sealed.append(sealed) } }
        } catch {
            results.withLock { $0.failure = error }
        }
    }

    /// Waits until everything given so far is done.
    func wait() { queue?.sync {} }

    /// Segments sealed since the last call.
    ///
    /// - Throws: the first failure, again and again, once what was sealed before it was handed out.
    func collect() throws(VaultError) -> [SealedFooter] {
        let (sealed, failure) = results.withLock { results in
            defer { results.sealed = [] }
            return results
        }
        if sealed.isEmpty, let failure { throw failure }
        return sealed
    }

    /// Size and root that were computed from bytes read back; waits for everything given so far.
    func audited() throws(VaultError) -> (size: UInt64, root: MerkleHash) {
        wait()
        if let failure = results.withLock({ $0.failure }) { throw failure }
        return core.withLock { ($0.size, $0.root) }
    }
}

/// What the sealer knows; used by one thread at a time.
struct SealerCore {
    private let files: FileEffects
    private let layout: Layout
    private let identity: LogIdentity
    private let reader: FrameReader
    private let compressor: Compressor
    private let decompressor: Decompressor
    /// The second computation: whole tiles, and the leaves of the last one.
    private var tilesRange = CompactRange()
    private var tile: [MerkleHash] = []
    private var footerHash: MerkleHash
    /// The segment that is being gathered.
    private var tiles: [MerkleHash] = []
    private var output: SealedOutput
    private var block = BlockBuilder()

    init(_ image: LogImage) throws(VaultError) {
        (files, layout, identity) = (image.files, image.layout, image.identity)
        reader = FrameReader(files: files, layout: layout, logID: identity.id)
        (compressor, decompressor) = (try Compressor(), try Decompressor())
        footerHash = image.footerHash
        for segment in 0..<image.segments.size {
            try tilesRange.append(subtree: image.segments.node(level: 0, index: segment), level: identity.segmentHeight)
        }
        output = SealedOutput(files, layout, image.segments.size)
    }

    /// The active file that was read last: its next frame is read next.
    private var reading: FrameReader.OpenActive?

    /// Gives back what is held; the temporary file is removed when the log is opened again.
    func abandon() {
        if let reading { files.close(reading.file) }
        output.abandon()
    }

    var size: UInt64 { tilesRange.size + UInt64(tile.count) }
    var root: MerkleHash {
        var rest = CompactRange()
        for leaf in tile { rest.append(leaf) }
        return tilesRange.root(followedBy: rest)
    }

    /// Reads a frame back, compares each leaf with ingest, and gathers the frame for its sealed segment.
    mutating func audit(_ job: AuditJob) throws(VaultError) {
        let frame = try reader.read(job.reference, decompressor, &reading)
        let leaves = BatchHash.leaves(frame.packed, count: frame.ranges.count)
        guard job.reference.first == size, leaves == job.leaves else {
            let wrong = zip(leaves, job.leaves).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
            throw VaultError(
                .rootMismatch, "record \(job.reference.first + UInt64(wrong)) read back is not the record that was accepted",
                at: layout.active(job.reference.file), remedy: "test memory and disk; nothing was signed")
        }
        tile += leaves
        var start = 0
        while tile.count - start >= Tile.fullWidth {
            let root = BatchHash.tile(Array(tile[start..<start + Tile.fullWidth]))
            tiles.append(root)
            try tilesRange.append(subtree: root, level: Tile.height)
            start += Tile.fullWidth
        }
        tile.removeFirst(start)
        try gather(frame, job.reference)
    }

    /// A large compressed frame becomes a block as it is: it was read back and rehashed, compressing it again would only cost time. Small ones
    /// are put together and compressed anew.
    private mutating func gather(_ frame: Frame, _ reference: FrameReference) throws(VaultError) {
        if frame.header.isCompressed, frame.header.packed >= SealedFooter.blockBytes / 4 {
            try flush()
            let first = block.first
            try output.write(
                stored: Array(frame.stored), packed: frame.header.packed, first: first, count: frame.header.count,
                received: reference.received...reference.received)
            block = BlockBuilder(first: first + frame.header.count)
            return
        }
        for range in frame.ranges {
            block.add(frame.packed[(range.lowerBound - 2)..<range.upperBound], received: reference.received)
            if block.packed.count >= SealedFooter.blockBytes { try flush() }
        }
    }

    /// Compresses and writes the block that is being gathered. It is expanded again at once: what is stored must give the records back.
    private mutating func flush() throws(VaultError) {
        guard block.count > 0 else { return }
        let stored = try compressor.compress(block.packed)
        guard stored.withUnsafeBytes({ decompressor.expand($0, count: block.packed.count) }) == block.packed else {
            throw VaultError(
                .rootMismatch, "compressed records do not expand to what they were", at: layout.sealed(output.segment),
                remedy: "test the memory; nothing was sealed")
        }
        try output.write(
            stored: stored, packed: block.packed.count, first: block.first, count: block.count,
            received: block.firstReceived...block.lastReceived)
        block = BlockBuilder(first: block.first + block.count)
    }

    /// Ends the segment: compares both computations, writes the footer, syncs, renames, reads back and compares with what was rehashed.
    mutating func seal(_ job: SealJob) throws(VaultError) -> SealedFooter {
        try flush()
        guard tiles == job.tiles else {
            throw VaultError(
                .rootMismatch, "two computations of the hashes of segment \(job.segment) disagree",
                at: layout.sealed(job.segment),
                remedy: "test memory and disk; its records are kept in \(layout.active)")
        }
        let footer = SealedFooter(
            logID: identity.id, segment: job.segment, height: identity.segmentHeight, previous: footerHash, chain: job.end.chain,
            control: job.end.control, blocks: output.blocks, tiles: tiles, tally: job.end.tally)
        try output.finish(footer)
        footerHash = footer.hash
        (tiles, block) = ([], BlockBuilder())
        output = SealedOutput(files, layout, job.segment + 1)
        return footer
    }
}

/// Records of one block of a sealed segment, as they are gathered.
private struct BlockBuilder {
    var packed: [UInt8] = []
    var first = 0
    var count = 0
    var firstReceived: Int64 = 0
    var lastReceived: Int64 = 0

    init(first: Int = 0) { self.first = first }

    mutating func add(_ entry: ArraySlice<UInt8>, received: Int64) {
        if count == 0 { firstReceived = received }
        lastReceived = received
        packed.append(contentsOf: entry)
        count += 1
    }
}

/// The file of a segment that is being sealed: a temporary one until everything in it was read back.
private struct SealedOutput {
    let segment: UInt64
    private let files: FileEffects
    private let layout: Layout
    private(set) var blocks: [BlockEntry] = []
    /// SHA-256 of each block as it was meant to be stored.
    private var hashes: [MerkleHash] = []
    private var file: Int32?
    private var offset = UInt64(SealedFooter.headerLength)

    init(_ files: FileEffects, _ layout: Layout, _ segment: UInt64) {
        (self.files, self.layout, self.segment) = (files, layout, segment)
    }

    func abandon() {
        guard let file else { return }
        files.close(file)
        try? files.remove(temporary)
    }

    private var temporary: String { layout.sealed(segment) + ".tmp" }

    private mutating func opened() throws(VaultError) -> Int32 {
        if let file { return file }
        do { try files.remove(temporary) } catch  where error.code == .notFound {}
        let file = try files.open(temporary, .create)
        self.file = file
        return file
    }

    mutating func write(stored: [UInt8], packed: Int, first: Int, count: Int, received: ClosedRange<Int64>) throws(VaultError) {
        try files.writeAll(try opened(), stored, at: offset)
        blocks.append(
            BlockEntry(
                offset: offset, stored: stored.count, packed: packed, first: first, count: count, checksum: CRC32C.sum(stored),
                firstReceived: received.lowerBound, lastReceived: received.upperBound))
        hashes.append(.plain(stored))
        offset += UInt64(stored.count)
    }

    mutating func finish(_ footer: SealedFooter) throws(VaultError) {
        let file = try opened()
        self.file = nil
        do {
            defer { files.close(file) }
            try files.writeAll(file, footer.header, at: 0)
            try files.writeAll(file, footer.end, at: offset)
            try files.sync(file)
        }
        try files.rename(temporary, layout.sealed(segment))
        try files.syncDirectory(layout.sealed)
        try compare(footer)
    }

    /// What lies in the file must be what was rehashed on its way there.
    private func compare(_ footer: SealedFooter) throws(VaultError) {
        let path = layout.sealed(segment)
        let file = try files.open(path, .read)
        defer { files.close(file) }
        var isSame = try files.readExactly(file, SealedFooter.headerLength, at: 0, path: path) == footer.header
        for (block, hash) in zip(blocks, hashes) where isSame {
            isSame = MerkleHash.plain(try files.readExactly(file, block.stored, at: block.offset, path: path)) == hash
        }
        let end = footer.end
        isSame = isSame ? try files.readUpTo(file, end.count + 1, at: offset) == end : false
        guard isSame else {
            try files.remove(path)
            try files.syncDirectory(layout.sealed)
            throw VaultError(
                .rootMismatch, "the sealed segment read back is not what was written", at: path,
                remedy: "test memory and disk; its records are kept in \(layout.active)")
        }
    }
}
