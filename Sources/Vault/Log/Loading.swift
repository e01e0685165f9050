/// What loading found besides the log itself.
struct Loaded {
    var image: LogImage
    /// A torn frame at the end: where it begins.
    var torn: (file: UInt64, offset: UInt64)?
    /// Files of segments that are sealed already (a crash came between sealing and recycling).
    var stale: [UInt64] = []
    /// Files made ready for use again.
    var spares: [UInt64] = []
    /// Highest number of any file of the active segment.
    var highest: UInt64 = 0
    /// What lies in the open segments, when the loader was told to gather it.
    var pieces: [LogPiece] = []
}

/// A stretch of a log, as verification looks at it.
enum LogPiece: Sendable {
    /// So many records of those sources.
    case records(SourceRuns)
    /// A control leaf.
    case control(index: UInt64, leaf: [UInt8])

    /// The pieces of packed records that begin at an index.
    static func pieces(_ packed: [UInt8], _ ranges: [Range<Int>], first: UInt64) -> [LogPiece] {
        var pieces: [LogPiece] = []
        var start = 0
        for (place, range) in ranges.enumerated() {
            guard packed.withUnsafeBytes({ Control.isControl(UnsafeRawBufferPointer(rebasing: $0[range])) }) else { continue }
            if start < place { pieces.append(.records(SourceRuns(packed, ranges[start..<place]))) }
            pieces.append(.control(index: first + UInt64(place), leaf: Array(packed[range])))
            start = place + 1
        }
        if start < ranges.count { pieces.append(.records(SourceRuns(packed, ranges[start...]))) }
        return pieces
    }
}

/// Reads a log from its directory and changes nothing.
struct Loader {
    let files: FileEffects
    let layout: Layout
    /// Whether what lies in the open segments is gathered.
    var gathers = false

    /// Names of the sealed segments as they are listed.
    struct Sealed: Equatable {
        var whole: [UInt64] = []
        var pruned: [UInt64] = []

        /// Every segment once, in order.
        var all: [UInt64] { Set(whole + pruned).sorted() }
    }

    static func identity(_ files: FileEffects, _ layout: Layout) throws(VaultError) -> LogIdentity {
        do {
            return try LogIdentity(
                try files.contents(layout.identity, limit: 4_096), path: layout.identity)
        } catch  where error.code == .notFound {
            throw VaultError(
                .notFound, "there is no vault here", at: layout.directory,
                remedy: "plumbline vault init makes one")
        }
    }

    /// Reads all footers and all frames. When a segment is sealed or pruned meanwhile, reads again.
    ///
    /// - Throws: `.damaged` with the place; `.foreign`; `.file`.
    func load() throws(VaultError) -> Loaded {
        // First of all: is this a vault?
        _ = try Self.identity(files, layout)
        var failure: VaultError?
        for _ in 0..<64 {
            let before = try sealedSegments()
            do throws(VaultError) {
                let loaded = try loadOnce(before)
                if try sealedSegments() == before { return loaded }
            } catch {
                guard try sealedSegments() != before else { throw error }
                failure = error
            }
        }
        throw failure
            ?? VaultError(
                .file, "the log is sealed faster than it can be read", at: layout.directory,
                remedy: "try again")
    }

    /// Numbers of the sealed segments; other names are passed over here and told by `verify`.
    func sealedSegments() throws(VaultError) -> Sealed {
        var sealed = Sealed()
        for name in try files.list(layout.sealed) {
            if let number = Path.number(of: name, ending: ".segment") { sealed.whole.append(number) }
            if let number = Path.number(of: name, ending: ".pruned") { sealed.pruned.append(number) }
        }
        return sealed
    }

    private func loadOnce(_ sealed: Sealed) throws(VaultError) -> Loaded {
        var image = LogImage(files, layout, try Self.identity(files, layout))
        for (place, number) in sealed.all.enumerated() {
            guard number == UInt64(place) else {
                throw VaultError(
                    .damaged, "sealed segment \(place) is missing", at: layout.sealed(UInt64(place)),
                    remedy: "restore it from a copy")
            }
            let segment = try SealedSegment(layout: layout, files: files, identity: image.identity, number: number)
            defer { segment.close() }
            try image.takeSealed(segment.footer, path: segment.path, isPruned: segment.isPruned)
        }
        // When every sealed record that said something has expired, the order to prune them follows in the open segments.
        let kept = image.pruned << UInt64(image.identity.segmentHeight)
        if let index = image.lastControl, index >= kept { image.state = try Control(leaf: image.record(index)).state }
        let loaded = try loadActive(image)
        guard loaded.image.lastControl.map({ $0 >= kept }) ?? (kept == 0) else {
            throw VaultError(
                .damaged, "records before \(kept) are pruned, and no control record says so", at: layout.active,
                remedy: "run plumbline vault verify")
        }
        return loaded
    }

    /// Reads the frames of the segments that are not sealed.
    func loadActive(_ image: LogImage) throws(VaultError) -> Loaded {
        var loaded = Loaded(image: image)
        let names = try files.list(layout.active)
        loaded.spares = names.compactMap { Path.number(of: $0, ending: ".spare") }
        let numbers = names.compactMap { Path.number(of: $0, ending: ".wal") }
        loaded.highest = max(numbers.last ?? 0, loaded.spares.last ?? 0)
        let decompressor = try Decompressor()
        for number in numbers {
            let path = layout.active(number)
            let file = try files.open(path, .read)
            defer { files.close(file) }
            guard let header = ActiveHeader(try files.readUpTo(file, ActiveHeader.page, at: 0)),
                header.number == number
            else {
                throw VaultError(
                    .damaged, "the first page of the file is damaged", at: path,
                    remedy: "restore the file from a copy")
            }
            guard header.logID == image.identity.id else {
                throw VaultError(.foreign, "the file is of another log", at: path)
            }
            if header.segment < image.segments.size {
                loaded.stale.append(number)
                continue
            }
            // Only a verification that passed over an unreadable segment does not know what the first file follows.
            if loaded.image.chain == .empty { loaded.image.chain = header.previous }
            guard loaded.torn == nil, header.segment == loaded.image.active.number,
                header.first == loaded.image.size, header.previous == loaded.image.chain
            else {
                throw VaultError(
                    .damaged,
                    "the file begins at record \(header.first), but the log before it ends at \(loaded.image.size)",
                    at: path,
                    remedy: "a file or frame before it is missing or damaged; restore it from a copy")
            }
            try scan(file, header, path, decompressor, &loaded)
        }
        return loaded
    }

    /// Takes the frames of one file. Stops at the first that does not hold; refuses when a right one follows it.
    private func scan(
        _ file: Int32, _ header: ActiveHeader, _ path: String, _ decompressor: Decompressor, _ loaded: inout Loaded
    ) throws(VaultError) {
        let length = try files.size(file)
        var (offset, before) = (UInt64(ActiveHeader.page), UInt64(0))
        while true {
            offset = try takeFrames(file, header, from: offset, length, decompressor, &loaded)
            do throws(VaultError) {
                try refuseRightFrame(after: offset, file, header, path, length, loaded.image.size)
                break
            } catch  where error.code == .damaged && offset > before {
                // Beside a writer both frames may have been written since the first was looked for. One look more tells: a frame is
                // durable before the next is begun.
                before = offset
            }
        }
        loaded.image.tail = ActiveTail(header: header, offset: offset, length: length)
        guard offset + UInt64(ActiveHeader.page) <= length else { return }
        let first = try files.readUpTo(file, FrameHeader.length, at: offset)
        // What a recycled file held before carries another nonce and lower sequences: no sign of a torn write.
        let isOurs = first.count == FrameHeader.length && Array(first[24..<40]) == header.nonce
        if isOurs || FrameHeader(first).map({ $0.first >= loaded.image.size }) == true {
            loaded.torn = (header.number, offset)
        }
    }

    /// Takes frames from an offset on, up to the first that does not hold; gives where that one begins.
    private func takeFrames(
        _ file: Int32, _ header: ActiveHeader, from start: UInt64, _ length: UInt64, _ decompressor: Decompressor,
        _ loaded: inout Loaded
    ) throws(VaultError) -> UInt64 {
        var offset = start
        let limit = (header.segment + 1) << UInt64(loaded.image.identity.segmentHeight)
        while let frame = try Frame.read(files, file, at: offset, end: length, decompressor),
            frame.header.nonce == header.nonce,
            frame.header.logID == header.logID, frame.header.first == loaded.image.size,
            frame.header.previous == loaded.image.chain,
            frame.header.first + UInt64(frame.header.count) <= limit
        {
            let reference = FrameReference(
                file: header.number, offset: offset, first: frame.header.first, count: frame.header.count,
                received: frame.header.received)
            loaded.image.take(
                reference, span: frame.header.span, leaves: BatchHash.leaves(frame.packed, count: frame.ranges.count),
                hash: frame.hash)
            if gathers { loaded.pieces += LogPiece.pieces(frame.packed, frame.ranges, first: reference.first) }
            try loaded.image.note(frame.packed, frame.ranges, reference)
            _ = loaded.image.openNext()
            offset += UInt64(frame.header.span)
        }
        return offset
    }

    /// Behind the first frame that does not hold there must be no right one of this use of the file: that would be damage, not a torn write.
    private func refuseRightFrame(
        after offset: UInt64, _ file: Int32, _ header: ActiveHeader, _ path: String, _ length: UInt64, _ size: UInt64
    ) throws(VaultError) {
        let page = UInt64(ActiveHeader.page)
        // A MiB at a time: page by page this would be sixteen thousand calls for an almost empty file.
        let step = 256 * page
        var start = offset + page
        while start + page <= length {
            let bytes = try files.readUpTo(file, Int(min(step, length - start)), at: start)
            for place in stride(from: 0, to: bytes.count - FrameHeader.length, by: ActiveHeader.page)
            where bytes[place] == FrameHeader.magic[0] && bytes[place + 1] == FrameHeader.magic[1] {
                let next = start + UInt64(place)
                guard let found = FrameHeader(Array(bytes[place..<place + FrameHeader.length])), found.nonce == header.nonce,
                    found.first >= size, try Frame.read(files, file, at: next, end: length) != nil
                else { continue }
                throw VaultError(
                    .damaged,
                    "the frame at byte \(offset) is damaged, but a right one follows at byte \(next): this is no torn write",
                    at: "\(path): records \(size)...", remedy: "restore the file from a copy; nothing was cut")
            }
            start += step
        }
    }
}

extension LogImage {
    /// Takes the next sealed segment.
    ///
    /// - Throws: `.damaged` when it does not follow the one before, or is pruned though the one before is not.
    mutating func takeSealed(_ footer: SealedFooter, path: String, isPruned: Bool) throws(VaultError) {
        guard footer.previous == footerHash else {
            throw VaultError(
                .damaged, "the segment does not follow the one before it: one of the two was replaced",
                at: path, remedy: "restore both from a copy")
        }
        guard !isPruned || pruned == segments.size else {
            throw VaultError(
                .damaged, "the segment is pruned, but one before it is not", at: path, remedy: "restore this segment from a copy")
        }
        if isPruned { pruned += 1 }
        segments.append(footer.root)
        open = [OpenSegment(number: segments.size)]
        (footerHash, chain) = (footer.hash, footer.chain)
        (lastControl, knowsControls, tally) = (footer.control, true, footer.tally)
        lastReceived = max(lastReceived, footer.blocks.last?.lastReceived ?? 0)
    }
}
