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
}

/// Reads a log from its directory and changes nothing.
struct Loader {
    let files: FileEffects
    let layout: Layout

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

    /// Reads all footers and all frames. When a segment is sealed meanwhile, reads again.
    ///
    /// - Throws: `.damaged` with the place; `.foreign`; `.file`.
    func load() throws(VaultError) -> Loaded {
        var failure: VaultError?
        for _ in 0..<16 {
            let before = try sealedNumbers()
            do throws(VaultError) {
                let loaded = try loadOnce(before)
                if try sealedNumbers() == before { return loaded }
            } catch {
                guard try sealedNumbers() != before else { throw error }
                failure = error
            }
        }
        throw failure
            ?? VaultError(
                .file, "the log is sealed faster than it can be read", at: layout.directory,
                remedy: "try again")
    }

    /// Numbers of the sealed segments; other names are passed over here and told by `verify`.
    func sealedNumbers() throws(VaultError) -> [UInt64] {
        try files.list(layout.sealed).compactMap { Path.number(of: $0, ending: ".segment") }
    }

    private func loadOnce(_ numbers: [UInt64]) throws(VaultError) -> Loaded {
        var image = LogImage(files, layout, try Self.identity(files, layout))
        for (place, number) in numbers.enumerated() {
            guard number == UInt64(place) else {
                throw VaultError(
                    .damaged, "sealed segment \(place) is missing", at: layout.sealed(UInt64(place)),
                    remedy: "restore it from a copy")
            }
            let segment = try SealedSegment(
                layout: layout, files: files, identity: image.identity, number: number)
            defer { segment.close() }
            try image.takeSealed(segment.footer, path: segment.path)
        }
        return try loadActive(image)
    }

    func loadActive(_ image: LogImage) throws(VaultError) -> Loaded {
        var loaded = Loaded(image: image)
        let names = try files.list(layout.active)
        loaded.spares = names.compactMap { Path.number(of: $0, ending: ".spare") }
        let numbers = names.compactMap { Path.number(of: $0, ending: ".wal") }
        loaded.highest = max(numbers.last ?? 0, loaded.spares.last ?? 0)
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
            guard loaded.torn == nil, header.segment == image.segments.size,
                header.first == loaded.image.size, header.previous == loaded.image.chain
            else {
                throw VaultError(
                    .damaged,
                    "the file begins at record \(header.first), but the log before it ends at \(loaded.image.size)",
                    at: path,
                    remedy: "a file or frame before it is missing or damaged; restore it from a copy")
            }
            try scan(file, header, path, &loaded)
        }
        return loaded
    }

    /// Takes the frames of one file. Stops at the first that does not hold; refuses when a right one follows it.
    private func scan(_ file: Int32, _ header: ActiveHeader, _ path: String, _ loaded: inout Loaded)
        throws(VaultError)
    {
        let length = try files.size(file)
        var offset = UInt64(ActiveHeader.page)
        let limit = loaded.image.sealedSize + loaded.image.identity.segmentLeaves
        while let frame = try Frame.read(files, file, at: offset, end: length),
            frame.header.nonce == header.nonce,
            frame.header.logID == header.logID, frame.header.first == loaded.image.size,
            frame.header.previous == loaded.image.chain,
            frame.header.first + UInt64(frame.header.count) <= limit
        {
            let reference = FrameReference(
                file: header.number, offset: offset, first: frame.header.first, count: frame.header.count,
                received: frame.header.received)
            loaded.image.take(
                reference, leaves: Entries.leaves(frame.packed, frame.ranges), hash: frame.hash)
            offset += UInt64(frame.header.span)
        }
        loaded.image.tail = ActiveTail(header: header, offset: offset, length: length)
        guard offset + UInt64(ActiveHeader.page) <= length else { return }
        let page = UInt64(ActiveHeader.page)
        var next = offset + page
        while next + page <= length {
            let start = try files.readUpTo(file, FrameHeader.length, at: next)
            if let found = FrameHeader(start), found.nonce == header.nonce,
                found.first >= loaded.image.size,
                try Frame.read(files, file, at: next, end: length) != nil
            {
                throw VaultError(
                    .damaged,
                    "the frame at byte \(offset) is damaged, but a right one follows at byte \(next): this is no torn write",
                    at: "\(path): records \(loaded.image.size)...",
                    remedy: "restore the file from a copy; nothing was cut")
            }
            next += page
        }
        let first = try files.readUpTo(file, FrameHeader.length, at: offset)
        // What a recycled file held before carries another nonce and lower sequences: no sign of a torn write.
        let isOurs = first.count == FrameHeader.length && Array(first[24..<40]) == header.nonce
        if isOurs || FrameHeader(first).map({ $0.first >= loaded.image.size }) == true {
            loaded.torn = (header.number, offset)
        }
    }
}

extension LogImage {
    /// Takes the next sealed segment.
    ///
    /// - Throws: `.damaged` when it does not follow the one before.
    mutating func takeSealed(_ footer: SealedFooter, path: String) throws(VaultError) {
        guard footer.previous == footerHash else {
            throw VaultError(
                .damaged, "the segment does not follow the one before it: one of the two was replaced",
                at: path, remedy: "restore both from a copy")
        }
        let root = footer.root
        segments.append(root)
        try range.append(subtree: root, level: identity.segmentHeight)
        footerHash = footer.hash
        chain = footerHash
        lastReceived = max(lastReceived, footer.blocks.last?.lastReceived ?? 0)
    }
}
