extension LogWriter {
    /// The file that takes the next frame, with at least that much room.
    func tail(room: Int) throws(VaultError) -> (Int32, ActiveTail) {
        if let tail = image.tail, tail.header.segment == image.segments.size,
            tail.offset + UInt64(room) <= tail.length
        {
            if let tailFile { return (tailFile, tail) }
            let file = try files.open(layout.active(tail.header.number), .write)
            tailFile = file
            return (file, tail)
        }
        if let tailFile { files.close(tailFile) }
        tailFile = nil
        return try startFile()
    }

    /// Makes the next file: its zeros (or an old file's bytes) and first page are durable before it gets the name under which frames count.
    private func startFile() throws(VaultError) -> (Int32, ActiveTail) {
        let header = ActiveHeader(
            logID: image.identity.id, nonce: files.random(16), number: highest + 1,
            segment: image.segments.size, first: image.size,
            previous: image.chain)
        let (file, spare) = try preparedFile()
        do throws(VaultError) {
            let length = try files.size(file)
            try files.writeAll(file, header.bytes, at: 0)
            try files.sync(file)
            highest += 1
            try files.rename(layout.spare(spare), layout.active(header.number))
            try files.syncDirectory(layout.active)
            let tail = ActiveTail(header: header, offset: UInt64(ActiveHeader.page), length: length)
            (image.tail, tailFile) = (tail, file)
            return (file, tail)
        } catch {
            files.close(file)
            throw error
        }
    }

    /// An old file, or a new one written full of zeros, so that later writes need no new blocks.
    private func preparedFile() throws(VaultError) -> (file: Int32, number: UInt64) {
        while let number = spares.popLast() {
            let file = try files.open(layout.spare(number), .write)
            if try files.size(file) >= UInt64(settings.activeBytes) { return (file, number) }
            // Left half written by a crash, or of a smaller setting.
            files.close(file)
            try files.remove(layout.spare(number))
        }
        highest += 1
        let file = try files.open(layout.spare(highest), .create)
        do throws(VaultError) {
            let zeros = [UInt8](repeating: 0, count: min(settings.activeBytes, 1 << 20))
            var offset = 0
            while offset < settings.activeBytes {
                let count = min(zeros.count, settings.activeBytes - offset)
                try files.writeAll(
                    file, count == zeros.count ? zeros : Array(zeros[..<count]), at: UInt64(offset))
                offset += count
            }
            try files.sync(file)
            return (file, highest)
        } catch {
            files.close(file)
            try? files.remove(layout.spare(highest))
            throw error
        }
    }

    /// Frees files whose records are sealed: some are kept as spares, the others removed.
    func recycle(_ numbers: [UInt64]) throws(VaultError) {
        for number in numbers {
            if spares.count < settings.spareFiles {
                try files.rename(layout.active(number), layout.spare(number))
                spares.append(number)
            } else {
                try files.remove(layout.active(number))
            }
        }
        try files.syncDirectory(layout.active)
    }

    /// Seals the full active segment: records are read back from its frames, written as blocks to a temporary file, which is synced, renamed,
    /// read back and rehashed; only then are the frames given up.
    func seal() throws(VaultError) {
        let number = image.segments.size
        let final = layout.sealed(number)
        let temporary = final + ".tmp"
        do { try files.remove(temporary) } catch  where error.code == .notFound {}
        let footer = try writeSealed(temporary, segment: number)
        try files.rename(temporary, final)
        try files.syncDirectory(layout.sealed)
        let segment = try SealedSegment(
            layout: layout, files: files, identity: image.identity, number: number)
        defer { segment.close() }
        guard segment.footer == footer, try segment.wrongTiles().isEmpty else {
            try files.remove(final)
            try files.syncDirectory(layout.sealed)
            throw VaultError(
                .rootMismatch, "the sealed segment read back is not what was written", at: final,
                remedy: "test memory and disk; its records are kept in \(layout.active)")
        }
        let old = Set(image.frames.map(\.file)).sorted()
        if let tailFile { files.close(tailFile) }
        tailFile = nil
        var next = image
        next.segments.append(footer.root)
        (next.footerHash, next.chain, next.tail) = (footer.hash, footer.hash, nil)
        (next.frames, next.leaves) = ([], MerkleTree())
        image = next
        try recycle(old)
    }

    /// Writes blocks and footer from the frames read back; compares each leaf with the one hashed at ingest.
    private func writeSealed(_ path: String, segment: UInt64) throws(VaultError) -> SealedFooter {
        let file = try files.open(path, .create)
        defer { files.close(file) }
        var footer = SealedFooter(
            logID: image.identity.id, segment: segment, height: image.identity.segmentHeight,
            previous: image.footerHash, blocks: [],
            tiles: image.leaves.levels[Tile.height])
        try files.writeAll(file, footer.header, at: 0)
        var block = BlockBuilder()
        var offset = UInt64(SealedFooter.headerLength)
        for reference in image.frames {
            let frame = try read(audited: reference)
            for range in frame.ranges {
                block.add(
                    frame.packed[(range.lowerBound - 2)..<range.upperBound], received: reference.received)
                guard block.packed.count >= SealedFooter.blockBytes else { continue }
                offset = try write(&block, file, offset, &footer)
            }
        }
        if block.count > 0 { offset = try write(&block, file, offset, &footer) }
        try files.writeAll(file, footer.end, at: offset)
        try files.sync(file)
        return footer
    }

    private func write(
        _ block: inout BlockBuilder, _ file: Int32, _ offset: UInt64, _ footer: inout SealedFooter
    ) throws(VaultError) -> UInt64 {
        let stored = try compressor.compress(block.packed)
        try files.writeAll(file, stored, at: offset)
        footer.blocks.append(
            BlockEntry(
                offset: offset, stored: stored.count, packed: block.packed.count, first: block.first,
                count: block.count, checksum: CRC32C.sum(stored),
                firstReceived: block.firstReceived, lastReceived: block.lastReceived))
        block = BlockBuilder(first: block.first + block.count)
        return offset + UInt64(stored.count)
    }

    /// Reads a frame back and compares its leaves with those hashed at ingest; advances the second root computation over it.
    func read(audited reference: FrameReference) throws(VaultError) -> Frame {
        let frame = try image.read(reference)
        for (place, leaf) in Entries.leaves(frame.packed, frame.ranges).enumerated() {
            let index = reference.first + UInt64(place)
            guard leaf == (try image.leaves.node(level: 0, index: index - image.sealedSize)) else {
                throw VaultError(
                    .rootMismatch, "record \(index) read back is not the record that was accepted",
                    at: layout.active(reference.file),
                    remedy: "test memory and disk; nothing was signed")
            }
            if index == audit.size { audit.append(leaf) }
        }
        return frame
    }

    /// Computes the root a second time from bytes read back, and only when both agree signs a checkpoint, puts it in the register, then
    /// beside the log.
    ///
    /// - Throws: `.rootMismatch`; `.rolledBack` when the register does not hold what it held last, so that somebody else writes; after either
    ///   nothing is accepted any more.
    func checkpoint() throws(VaultError) -> [UInt8] {
        try ensureAccepting()
        guard image.size > lastCheckpoint.size else { return lastNote }
        do throws(VaultError) {
            for reference in image.frames where reference.first + UInt64(reference.count) > audit.size {
                _ = try read(audited: reference)
            }
            guard audit.size == image.size, audit.root == image.range.root else {
                throw VaultError(
                    .rootMismatch,
                    "two computations of the root disagree at size \(image.size); nothing was signed",
                    at: layout.directory, remedy: "test memory and disk")
            }
            let checkpoint = Checkpoint(origin: image.identity.origin, size: image.size, root: audit.root)
            let note = try SignedNote(signing: checkpoint.description, with: signer).bytes
            guard try register.swap(lastNote, note) else {
                throw VaultError(
                    .rolledBack, "the register holds another checkpoint than this writer put there",
                    at: layout.directory, remedy: "find the other writer of this log")
            }
            (lastNote, lastCheckpoint) = (note, checkpoint)
            try files.replace(layout.checkpoint, note)
            return note
        } catch {
            throw stop(error)
        }
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

/// Compares a log with what the register and the directory's own checkpoint say of it.
enum RegisterCheck {
    /// The note and checkpoint held by the register.
    ///
    /// - Throws: `.rolledBack` when the register knows more leaves than the log has, or another root at its size, or holds nothing, or knows
    ///   less than the checkpoint beside the log.
    static func check(_ image: LogImage, _ register: CheckpointRegister, _ files: FileEffects)
        throws(VaultError) -> ([UInt8], Checkpoint)
    {
        let place = image.layout.directory
        guard let note = try register.read() else {
            throw VaultError(
                .rolledBack, "the register holds no checkpoint of this log", at: place,
                remedy: "name the register that was given to init")
        }
        let held = try Checkpoint.open(note, image.identity.verifier)
        try compare(held, image, of: "the register")
        do throws(VaultError) {
            let local = try Checkpoint.open(
                try files.contents(image.layout.checkpoint, limit: SignedNote.byteLimit),
                image.identity.verifier)
            try compare(local, image, of: "the checkpoint file")
            guard local.size <= held.size else {
                throw VaultError(
                    .rolledBack,
                    "the register ends at \(held.size), the checkpoint file at \(local.size): the register was rolled back",
                    at: place)
            }
        } catch  where error.code == .notFound {}
        return (note, held)
    }

    private static func compare(_ held: Checkpoint, _ image: LogImage, of source: String)
        throws(VaultError)
    {
        let place = image.layout.directory
        guard held.size <= image.size else {
            throw VaultError(
                .rolledBack, "\(source) knows \(held.size) records, the log has \(image.size)", at: place,
                remedy: "this is an older copy, or its end was cut; use the newest copy")
        }
        guard try image.root(size: held.size) == held.root else {
            throw VaultError(
                .rolledBack,
                "\(source) has another root at size \(held.size): the log was changed or forked", at: place,
                remedy: "run plumbline vault verify and use an unaltered copy")
        }
    }
}
