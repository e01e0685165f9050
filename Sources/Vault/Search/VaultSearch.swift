internal import Dispatch
internal import Synchronization

/// Searches one view of a log again and again: keeps block tables and the tables of indexes, so that the next query reads only what it needs.
///
/// Indexes rule blocks out and are never trusted further: what they leave is searched, and every record given out was rehashed against the tree.
/// A segment without an index, or with one that is damaged or of another footer, is searched block by block.
public final class VaultSearcher: Sendable {
    private let image: LogImage
    private let tokens: IndexTokens
    private let threads: Int
    private let usesIndex: Bool
    /// Guards what is known of segments, by number.
    private let known = Mutex(Known())

    private struct Known {
        var segments: [UInt64: Segment] = [:]
        /// Descriptors to be closed in the end.
        var files: [Int32] = []
        /// Records of frames of the active segment, by their first index: the active segment has no index, and reading and expanding its frames
        /// again costs ten times what searching them does.
        var frames: [UInt64: FrameRecords] = [:]
        var frameBytes = 0
    }

    private struct FrameRecords {
        let packed: [UInt8]
        let ranges: [Range<Int>]
    }

    /// What is kept of a sealed segment.
    private struct Segment {
        let blocks: [BlockEntry]
        let footer: MerkleHash
        var index: IndexTables?
        /// The index file kept open; beyond a number of them it is opened anew each time.
        var file: Int32?
    }

    private static let segmentLimit = 4_096
    private static let fileLimit = 512
    private static let frameLimit = 64 << 20

    /// A searcher of a view.
    ///
    /// - Parameters:
    ///   - reader: the view; what is appended later is not searched.
    ///   - threads: blocks searched at the same time, 1...16; results come in order all the same.
    ///   - usesIndex: false to read every block, trusting no index even to rule a block out.
    public init(_ reader: VaultReader, threads: Int = 2, usesIndex: Bool = true) {
        image = reader.image
        tokens = IndexTokens(logID: reader.image.identity.id)
        self.threads = min(max(threads, 1), 16)
        self.usesIndex = usesIndex
    }

    deinit { known.withLock { for file in $0.files { image.files.close(file) } } }

    /// Searches, and calls with every hit in order of index until that says false or the limit is reached.
    ///
    /// - Parameters:
    ///   - query: what is looked for.
    ///   - each: takes a hit; false ends the search.
    /// - Returns: what was looked at, and where to go on.
    /// - Throws: `.badInput` for a query beyond its limits; `.damaged` with the place when a block cannot be read or a record found has not the
    ///   hash that was sealed: it is not given out; `.file`; what `each` throws.
    public func search(_ query: SearchQuery, _ each: (SearchHit) throws(VaultError) -> Bool) throws(VaultError) -> SearchReport {
        let plan = try SearchPlan(query)
        var run = SearchRun(plan: plan, asked: IndexQuery(plan, tokens), size: image.size)
        guard !run.wanted.isEmpty else { return run.report }
        let height = UInt64(image.identity.segmentHeight)
        let last = (run.wanted.upperBound - 1) >> height
        let sealed = run.wanted.lowerBound >> height..<max(min(image.segments.size, last + 1), run.wanted.lowerBound >> height)
        if query.isNewestFirst {
            try active(&run, each)
            for number in sealed.reversed() where !run.isDone { try segment(number, &run, each) }
        } else {
            for number in sealed where !run.isDone { try segment(number, &run, each) }
            if !run.isDone { try active(&run, each) }
        }
        return run.report
    }

    // MARK: Sealed segments

    /// The one place that decides what a segment that is gone means: pruned, or missing (which `verify` tells apart). Nil then.
    private func open(_ number: UInt64) throws(VaultError) -> SealedSegment? {
        do throws(VaultError) {
            let segment = try SealedSegment(image, number)
            if !segment.isPruned { return segment }
            segment.close()
            return nil
        } catch  where error.code == .notFound {
            return nil
        }
    }

    private func segment(_ number: UInt64, _ run: inout SearchRun, _ each: (SearchHit) throws(VaultError) -> Bool)
        throws(VaultError)
    {
        let first = number << UInt64(image.identity.segmentHeight)
        let records = first..<first + image.identity.segmentLeaves
        guard let candidates = try candidates(number, first, &run) else {
            run.report.expired.append(records.clamped(to: run.wanted))
            return
        }
        guard !candidates.isEmpty else { return }
        guard let open = try open(number) else {
            run.report.expired.append(records.clamped(to: run.wanted))
            return
        }
        defer { open.close() }
        var scan = SegmentScan(segment: open, run: run)
        let order = run.plan.query.isNewestFirst ? candidates.reversed() : candidates
        for start in stride(from: 0, to: order.count, by: threads) {
            let wave = Array(order[start..<min(start + threads, order.count)])
            for block in try scan.read(wave, limit: run.remaining) {
                run.report.blocksRead += 1
                run.report.recordsExamined += UInt64(block.ranges.count)
                try scan.give(block, &run, each)
                if run.isDone { return }
            }
        }
    }

    /// Blocks of a segment that may hold hits, oldest first; nil when the segment is gone.
    private func candidates(_ number: UInt64, _ first: UInt64, _ run: inout SearchRun) throws(VaultError) -> [Int]? {
        guard var segment = try recall(number) else { return nil }
        run.report.segments += 1
        run.report.blocks += segment.blocks.count
        var candidates = segment.blocks.indices.filter {
            let block = segment.blocks[$0]
            let records = first + UInt64(block.first)..<first + UInt64(block.first + block.count)
            return records.overlaps(run.wanted) && ReceiveTime.overlaps(block.received, run.plan.query.received)
        }
        if !candidates.isEmpty {
            if let groups = try ask(number, &segment, &run) {
                let shape = IndexShape(blocks: segment.blocks.count)
                candidates.removeAll { groups >> UInt64(shape.group(of: $0)) & 1 == 0 }
            } else {
                run.report.segmentsWithoutIndex += 1
            }
        }
        run.report.blocksSkipped += segment.blocks.count - candidates.count
        return candidates
    }

    /// What is known of a segment; nil when it is gone.
    private func recall(_ number: UInt64) throws(VaultError) -> Segment? {
        if let segment = known.withLock({ $0.segments[number] }) { return segment }
        guard let open = try open(number) else { return nil }
        defer { open.close() }
        let segment = Segment(blocks: open.footer.blocks, footer: open.footer.hash)
        keep(segment, number)
        return segment
    }

    private func keep(_ segment: Segment, _ number: UInt64) {
        known.withLock {
            if $0.segments.count < Self.segmentLimit || $0.segments[number] != nil { $0.segments[number] = segment }
        }
    }

    /// What the segment's index says to the query; nil when there is none that can be used.
    private func ask(_ number: UInt64, _ segment: inout Segment, _ run: inout SearchRun) throws(VaultError) -> UInt64? {
        guard usesIndex else { return nil }
        let files = image.files
        if let index = segment.index, let file = segment.file {
            if let groups = try run.asked.groups(index, files, file) { return groups }
            run.report.refusedIndexes += 1
            return nil
        }
        let file: Int32
        do throws(VaultError) {
            file = try files.open(image.layout.index(number), .read)
        } catch  where error.code == .notFound {
            return nil
        }
        var isKept = false
        defer { if !isKept { files.close(file) } }
        // A file that was known and is opened anew may have been replaced: its header, with the checksum of its tables, says so.
        if let index = segment.index, try files.readUpTo(file, index.header.count, at: 0) != index.header { segment.index = nil }
        if segment.index == nil {
            segment.index = try IndexTables(
                files, file, logID: image.identity.id, segment: number, footer: segment.footer, blocks: segment.blocks.count)
        }
        guard let index = segment.index, let groups = try run.asked.groups(index, files, file) else {
            run.report.refusedIndexes += 1
            return nil
        }
        isKept = known.withLock {
            guard $0.files.count < Self.fileLimit, $0.segments[number]?.file == nil else { return false }
            $0.files.append(file)
            segment.file = file
            $0.segments[number] = segment
            return true
        }
        if !isKept { keep(segment, number) }
        return groups
    }

    // MARK: The active segment

    private func active(_ run: inout SearchRun, _ each: (SearchHit) throws(VaultError) -> Bool) throws(VaultError) {
        let frames = image.open.flatMap(\.frames).filter {
            ($0.first..<$0.first + UInt64($0.count)).overlaps(run.wanted)
        }
        run.report.blocks += frames.count
        for reference in run.plan.query.isNewestFirst ? frames.reversed() : frames where !run.isDone {
            let times = reference.received...reference.received
            guard ReceiveTime.overlaps(times, run.plan.query.received) else {
                run.report.blocksSkipped += 1
                continue
            }
            run.report.blocksRead += 1
            run.report.recordsExamined += UInt64(reference.count)
            let frame: FrameRecords
            do throws(VaultError) {
                frame = try recall(reference)
            } catch  where error.code == .expired {
                // Sealed and pruned since this view was taken.
                run.report.expired.append((reference.first..<reference.first + UInt64(reference.count)).clamped(to: run.wanted))
                continue
            }
            let (packed, ranges) = (frame.packed, frame.ranges)
            let allowed = run.places(first: reference.first, count: ranges.count)
            let places = packed.withUnsafeBytes {
                run.plan.matches($0, ranges, allowed, received: times, limit: run.limit)
            }
            for place in run.plan.query.isNewestFirst ? places.reversed() : places where !run.isDone {
                let leaf = Array(packed[ranges[place]])
                let index = reference.first + UInt64(place)
                guard MerkleHash.leaf(leaf) == (try image.node(level: 0, index: index)) else {
                    throw VaultError(
                        .damaged, "the record is not the one that was hashed", at: "record \(index)",
                        remedy: "run plumbline vault verify")
                }
                try run.give(index, leaf, times, each)
            }
        }
    }

    private func recall(_ reference: FrameReference) throws(VaultError) -> FrameRecords {
        if let frame = known.withLock({ $0.frames[reference.first] }) { return frame }
        let frame = try records(reference)
        let bytes = frame.packed.count + frame.ranges.count * MemoryLayout<Range<Int>>.stride
        known.withLock {
            guard $0.frameBytes + bytes <= Self.frameLimit, $0.frames[reference.first] == nil else { return }
            $0.frames[reference.first] = frame
            $0.frameBytes += bytes
        }
        return frame
    }

    /// The records of a frame. When the segment was sealed since the view was taken, its file was recycled and they are in the sealed file.
    private func records(_ reference: FrameReference) throws(VaultError) -> FrameRecords {
        do throws(VaultError) {
            let frame = try image.read(reference)
            return FrameRecords(packed: frame.packed, ranges: frame.ranges)
        } catch  where error.code != .file {
            let number = reference.first >> UInt64(image.identity.segmentHeight)
            var isSealed = try image.files.exists(image.layout.sealed(number))
            if !isSealed { isSealed = try image.files.exists(image.layout.pruned(number)) }
            guard isSealed else { throw error }
            let segment = try SealedSegment(layout: image.layout, files: image.files, identity: image.identity, number: number)
            defer { segment.close() }
            let wanted =
                Int(reference.first - segment.footer.first)..<Int(reference.first - segment.footer.first) + reference.count
            var packed: [UInt8] = []
            for block in segment.footer.blocks where wanted.overlaps(block.first..<block.first + block.count) {
                let (bytes, ranges) = try segment.read(block)
                for place in ranges.indices where wanted.contains(block.first + place) {
                    packed += bytes[(ranges[place].lowerBound - 2)..<ranges[place].upperBound]
                }
            }
            guard let ranges = Entries.ranges(packed, count: reference.count) else { throw error }
            return FrameRecords(packed: packed, ranges: ranges)
        }
    }
}

extension VaultReader {
    /// Searches once; see `VaultSearcher`, which is quicker for the next query.
    ///
    /// - Parameters:
    ///   - query: what is looked for.
    ///   - each: takes a hit; false ends the search.
    /// - Returns: what was looked at, and where to go on.
    /// - Throws: as `VaultSearcher.search`.
    public func search(_ query: SearchQuery, _ each: (SearchHit) throws(VaultError) -> Bool) throws(VaultError) -> SearchReport {
        try VaultSearcher(self).search(query, each)
    }
}

/// One search under way.
private struct SearchRun {
    let plan: SearchPlan
    let asked: IndexQuery
    /// Indices to look at.
    let wanted: Range<UInt64>
    private let size: UInt64
    var report = SearchReport()
    private(set) var isDone = false

    init(plan: SearchPlan, asked: IndexQuery, size: UInt64) {
        (self.plan, self.asked, self.size) = (plan, asked, size)
        let start = plan.query.start
        wanted =
            plan.query.isNewestFirst
            ? 0..<min(size, start.map { $0 == .max ? $0 : $0 + 1 } ?? size) : min(size, start ?? 0)..<size
    }

    /// Hits that may still be given.
    var remaining: Int { plan.query.limit - Int(report.hits) }
    /// Matches worth finding in one block: newest first, the last ones count, so all must be known.
    var limit: Int { plan.query.isNewestFirst ? .max : remaining }

    /// Which records of a run of them are wanted.
    func places(first: UInt64, count: Int) -> Range<Int> {
        let range = (first..<first + UInt64(count)).clamped(to: wanted)
        return range.isEmpty ? 0..<0 : Int(range.lowerBound - first)..<Int(range.upperBound - first)
    }

    /// Gives out a record that was rehashed.
    mutating func give(
        _ index: UInt64, _ leaf: [UInt8], _ received: ClosedRange<Int64>, _ each: (SearchHit) throws(VaultError) -> Bool
    ) throws(VaultError) {
        let time = leaf.withUnsafeBytes { ReceiveTime.range(of: LeafView($0) ?? LeafView(plain: $0), received).lowerBound }
        report.hits += 1
        let goesOn = try each(SearchHit(index: index, leaf: leaf, received: time))
        guard !goesOn || remaining <= 0 else { return }
        isDone = true
        if plan.query.isNewestFirst {
            report.next = index > 0 ? index - 1 : nil
        } else {
            report.next = index + 1 < size ? index + 1 : nil
        }
    }
}

/// A block that was read and searched.
private struct ScannedBlock: Sendable {
    var entry: BlockEntry
    var packed: [UInt8]
    var ranges: [Range<Int>]
    var places: [Int]
}

/// A segment whose blocks are being searched.
private struct SegmentScan {
    let segment: SealedSegment
    private let plan: SearchPlan
    private let wanted: Range<UInt64>
    /// The block read last to complete a tile that reaches into it.
    private var neighbour: (first: Int, packed: [UInt8], ranges: [Range<Int>])?

    init(segment: SealedSegment, run: SearchRun) {
        (self.segment, plan, wanted) = (segment, run.plan, run.wanted)
    }

    /// Reads and searches some blocks, each on a thread of its own.
    func read(_ wave: [Int], limit: Int) throws(VaultError) -> [ScannedBlock] {
        if wave.count == 1 { return [try scan(wave[0], limit)] }
        let results = Mutex([Result<ScannedBlock, VaultError>?](repeating: nil, count: wave.count))
        DispatchQueue.concurrentPerform(iterations: wave.count) { number in
            let result: Result<ScannedBlock, VaultError>
            do throws(VaultError) { result = .success(try scan(wave[number], limit)) } catch { result = .failure(error) }
            results.withLock { $0[number] = result }
        }
        var blocks: [ScannedBlock] = []
        for result in results.withLock({ $0 }) {
            if let result { blocks.append(try result.get()) }
        }
        return blocks
    }

    private func scan(_ number: Int, _ limit: Int) throws(VaultError) -> ScannedBlock {
        let entry = segment.footer.blocks[number]
        let (packed, ranges) = try read(entry)
        let first = segment.footer.first + UInt64(entry.first)
        let range = (first..<first + UInt64(entry.count)).clamped(to: wanted)
        let allowed = range.isEmpty ? 0..<0 : Int(range.lowerBound - first)..<Int(range.upperBound - first)
        let places = packed.withUnsafeBytes {
            plan.matches($0, ranges, allowed, received: entry.received, limit: plan.query.isNewestFirst ? .max : limit)
        }
        return ScannedBlock(entry: entry, packed: packed, ranges: ranges, places: places)
    }

    private func read(_ entry: BlockEntry) throws(VaultError) -> (packed: [UInt8], ranges: [Range<Int>]) {
        try segment.read(entry)
    }

    /// Gives out the matches of a block whose tiles of 256 records have the hash that was sealed.
    mutating func give(_ block: ScannedBlock, _ run: inout SearchRun, _ each: (SearchHit) throws(VaultError) -> Bool)
        throws(VaultError)
    {
        var proven = -1
        for place in run.plan.query.isNewestFirst ? block.places.reversed() : block.places where !run.isDone {
            let tile = (block.entry.first + place) / Tile.fullWidth
            if tile != proven { try prove(tile, block) }
            proven = tile
            try run.give(
                segment.footer.first + UInt64(block.entry.first + place), Array(block.packed[block.ranges[place]]),
                block.entry.received,
                each)
        }
    }

    /// Rehashes a tile, from the very bytes that were searched.
    private mutating func prove(_ tile: Int, _ block: ScannedBlock) throws(VaultError) {
        let end = (tile + 1) * Tile.fullWidth
        var leaf = tile * Tile.fullWidth
        var range = CompactRange()
        while leaf < end, let entry = segment.footer.block(of: leaf) {
            var (packed, ranges) = (block.packed, block.ranges)
            if entry.first != block.entry.first {
                if neighbour?.first != entry.first {
                    let read = try read(entry)
                    neighbour = (entry.first, read.packed, read.ranges)
                }
                if let neighbour { (packed, ranges) = (neighbour.packed, neighbour.ranges) }
            }
            let stop = min(end, entry.first + entry.count)
            packed.withUnsafeBytes { bytes in
                for place in leaf - entry.first..<stop - entry.first {
                    range.append(.leaf(bytes.part(ranges[place].lowerBound, ranges[place].upperBound)))
                }
            }
            leaf = stop
        }
        guard leaf == end, range.root == segment.footer.tiles[tile] else {
            let from = segment.footer.first + UInt64(tile * Tile.fullWidth)
            throw VaultError(
                .damaged, "the records do not have the hash that was sealed",
                at: "\(segment.path): records \(from)...\(from + 255)",
                remedy: "restore this segment from a copy")
        }
    }
}

extension BlockEntry {
    /// When its records were received.
    fileprivate var received: ClosedRange<Int64> { min(firstReceived, lastReceived)...max(firstReceived, lastReceived) }
}

extension Layout {
    /// Where the indexes lie; derived, and safe to remove.
    var index: String { directory + "/index" }
    func index(_ segment: UInt64) -> String { index + "/" + Path.number(segment) + ".index" }
}
