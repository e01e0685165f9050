extension LogWriter {
    /// The file that takes the next frame, with at least that much room.
    func tail(room: Int) throws(VaultError) -> (Int32, ActiveTail) {
        if let tail = image.tail, tail.header.segment == image.active.number,
            tail.offset + UInt64(room) <= max(tail.length, UInt64(settings.activeBytes))
        {
            let file: Int32
            if let tailFile { file = tailFile } else { file = try files.open(layout.active(tail.header.number), .write) }
            tailFile = file
            return (file, try lengthened(file, tail, room))
        }
        if let tailFile { files.close(tailFile) }
        tailFile = nil
        return try startFile(room)
    }

    /// Makes the next file: its zeros (or an old file's bytes) and first page are durable before it gets the name under which frames count.
    private func startFile(_ room: Int) throws(VaultError) -> (Int32, ActiveTail) {
        let header = ActiveHeader(
            logID: image.identity.id, nonce: files.random(16), number: highest + 1,
            segment: image.active.number, first: image.size,
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
            return (file, try lengthened(file, tail, room))
        } catch {
            files.close(file)
            throw error
        }
    }

    /// Zeros are written in pieces, the first of so many bytes: a whole file of them at once would keep everybody who appends waiting, and a segment of
    /// short records takes a twentieth of it.
    private var pieceBytes: Int { min(settings.activeBytes, 8 << 20) }

    /// The tail with room for a frame: when the zeros end before it, more of them are written first.
    private func lengthened(_ file: Int32, _ tail: ActiveTail, _ room: Int) throws(VaultError) -> ActiveTail {
        var tail = tail
        guard tail.offset + UInt64(room) > tail.length else { return tail }
        while tail.offset + UInt64(room) > tail.length {
            // Twice as long each time: who fills a file in small commits waits for few syncs.
            let end = min(max(tail.length * 2, UInt64(pieceBytes)), UInt64(settings.activeBytes))
            try writeZeros(file, tail.length..<end)
            tail.length = end
        }
        try files.sync(file)
        image.tail = tail
        return tail
    }

    private func writeZeros(_ file: Int32, _ range: Range<UInt64>) throws(VaultError) {
        let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = min(zeros.count, Int(range.upperBound - offset))
            try files.writeAll(file, count == zeros.count ? zeros : Array(zeros[..<count]), at: offset)
            offset += UInt64(count)
        }
    }

    /// An old file, or a new one that begins with a piece of zeros, so that writes need no new blocks.
    private func preparedFile() throws(VaultError) -> (file: Int32, number: UInt64) {
        while let number = spares.popLast() {
            let file = try files.open(layout.spare(number), .write)
            if try files.size(file) >= UInt64(pieceBytes) { return (file, number) }
            // Left half written by a crash, or of a smaller setting.
            files.close(file)
            try files.remove(layout.spare(number))
        }
        highest += 1
        let file = try files.open(layout.spare(highest), .create)
        do throws(VaultError) {
            try writeZeros(file, 0..<UInt64(pieceBytes))
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

    /// Computes the root a second time from bytes read back, and only when both agree signs a checkpoint, puts it in the register, then
    /// beside the log.
    ///
    /// - Throws: `.rootMismatch`; `.rolledBack` when the register does not hold what it held last, so that somebody else writes; after either
    ///   nothing is accepted any more.
    func checkpoint() throws(VaultError) -> [UInt8] {
        try ensureAccepting()
        guard image.size > lastCheckpoint.size else { return lastNote }
        do throws(VaultError) {
            audit()
            let audited = try sealer.audited()
            try collect()
            let root = image.root
            guard audited.size == image.size, audited.root == root else {
                throw VaultError(
                    .rootMismatch,
                    "two computations of the root disagree at size \(image.size); nothing was signed",
                    at: layout.directory, remedy: "test memory and disk")
            }
            let checkpoint = Checkpoint(origin: image.identity.origin, size: image.size, root: root)
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
