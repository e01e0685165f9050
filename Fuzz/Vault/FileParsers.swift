@testable internal import Vault

extension FuzzParser {
    /// Frames of the active segment. The input is header and payload of one frame; its first byte says what is put right before
    /// it is read: bit 0 the checksum, bit 1 log, nonce, sequence and the hash before, bit 2 reads the input as a file's first
    /// page instead, bit 3 has the loader take the file too.
    static let frame = FuzzParser(
        name: "frame",
        seeds: {
            let files = try SmallLog.make()
            let file = files.paths.last { $0.hasSuffix(".wal") }.flatMap { files[$0] } ?? []
            let header = FrameHeader(Array(file.dropFirst(ActiveHeader.page).prefix(FrameHeader.length)))
            let frame = file.dropFirst(ActiveHeader.page).prefix(FrameHeader.length + (header?.stored ?? 0))
            return [[0] + frame, [1] + frame, [11] + frame, [4] + file.prefix(100), [5] + file.prefix(100)]
        },
        run: { bytes in
            var input = Input(bytes)
            let mode = input.byte()
            if mode & 4 != 0 { return page(input.all, repairs: mode & 1 == 1) }
            guard let signer = try? SmallLog.signer() else { return }
            let identity = MerkleHash.plain([1]).bytes.prefix(16)
            let active = ActiveHeader(
                logID: Array(identity), nonce: Array(identity), number: 1, segment: 0, first: 0,
                previous: .plain(Array(identity)))
            var frame = input.all
            if frame.count >= FrameHeader.length {
                if mode & 2 != 0 {
                    frame.replaceSubrange(8..<48, with: active.logID + active.nonce + [UInt8](repeating: 0, count: 8))
                }
                if mode & 2 != 0 { frame.replaceSubrange(72..<104, with: active.previous.bytes) }
                if mode & 1 != 0 { repair(&frame) }
            }
            let files = MemoryFiles()
            frame += [UInt8](repeating: 0, count: (ActiveHeader.page - frame.count % ActiveHeader.page) % ActiveHeader.page)
            files["/log/active/000000000001.wal"] = active.bytes + frame
            read(files, UInt64(ActiveHeader.page + frame.count))
            guard mode & 8 != 0 else { return }
            load(files, signer, Array(identity))
        })

    /// The checksum covers header and payload with its own bytes zero.
    private static func repair(_ frame: inout [UInt8]) {
        let end = min(frame.count, FrameHeader.length + Int(frame.number(UInt32.self, at: 52)))
        frame.set(0, at: 60)
        frame.set(CRC32C.sum(frame[..<end]), at: 60)
    }

    private static func page(_ head: [UInt8], repairs: Bool) {
        var page = Array(head.prefix(ActiveHeader.page))
        page += [UInt8](repeating: 0, count: ActiveHeader.page - page.count)
        if repairs { page.set(CRC32C.sum(page[..<96]), at: 96) }
        guard let header = ActiveHeader(page) else { return }
        require(header.bytes == page, "a first page is written otherwise than it was read")
    }

    private static func read(_ files: MemoryFiles, _ end: UInt64) {
        let effects = files.effects
        guard let file = try? effects.open("/log/active/000000000001.wal", .read),
            let frame = try? Frame.read(effects, file, at: UInt64(ActiveHeader.page), end: end)
        else { return }
        let again = frame.header.frame(Array(frame.stored))
        require(again.bytes == frame.bytes && again.hash == frame.hash, "a frame is written otherwise than it was read")
        require(
            frame.ranges.count == frame.header.count && frame.packed.count == frame.header.packed, "a frame holds other records")
    }

    private static func load(_ files: MemoryFiles, _ signer: NoteSigner, _ id: [UInt8]) {
        guard let identity = try? LogIdentity(id: id, signer: signer, segmentHeight: 8, epochKey: signer.verifier, root: nil)
        else {
            return
        }
        let effects = files.effects
        for folder in ["/log", "/log/active", "/log/sealed"] { try? effects.makeDirectory(folder) }
        let layout = Layout(directory: "/log")
        guard var image = try? Loader(files: effects, layout: layout).loadActive(LogImage(effects, layout, identity)).image else {
            return
        }
        for index in 0..<image.size { _ = try? image.record(index) }
        image.tally.count(source: "next", 1, at: effects.now())
    }

    /// Sealed segments. The first byte says what is put right: bit 0 checksum of the header, hash and trailer, bit 1 the root
    /// over the tiles, bit 2 reads it as a pruned segment.
    static let footer = FuzzParser(
        name: "footer",
        seeds: {
            let files = try SmallLog.make()
            let (whole, pruned) = (
                files["/log/sealed/000000000001.segment"] ?? [], files["/log/sealed/000000000000.pruned"] ?? []
            )
            return [[0] + whole, [1] + whole, [3] + whole, [4] + pruned, [5] + pruned]
        },
        run: { bytes in
            var input = Input(bytes)
            let mode = input.byte()
            var segment = input.all
            if mode & 1 != 0 { repair(&segment, root: mode & 2 != 0) }
            let files = MemoryFiles()
            let number: UInt64 = mode & 4 != 0 ? 0 : 1
            let layout = Layout(directory: "/log")
            files[mode & 4 != 0 ? layout.pruned(number) : layout.sealed(number)] = segment
            let open: SealedSegment
            do throws(VaultError) {
                open = try SealedSegment(layout: layout, files: files.effects, identity: small.identity, number: number)
            } catch { return }
            let footer = open.footer
            require(
                segment.starts(with: footer.header) && segment.suffix(footer.end.count) == footer.end[...], "a footer changed")
            _ = (footer.received, footer.first, footer.tally.afterSeal(until: 0))
            var tally = footer.tally
            tally.count(source: "next", 1, at: 1_700_000_000_000_000)
            for block in footer.blocks { _ = try? open.read(block) }
            if let records = try? open.tile(0) {
                require(
                    BatchHash.tile(records.map { .leaf($0) }) == footer.tiles[0], "records without the sealed hash are given out")
            }
            _ = try? open.wrongTiles()
        })

    private static func repair(_ segment: inout [UInt8], root: Bool) {
        let (head, tail) = (SealedFooter.headerLength, SealedFooter.trailerLength)
        guard segment.count >= head + tail else { return }
        segment.set(CRC32C.sum(segment[..<60]), at: 60)
        let length = min(Int(segment.number(UInt32.self, at: segment.count - 16)), segment.count - head - tail)
        let start = segment.count - tail - length
        if root, length >= SealedFooter.fixedLength {
            let tiles = start + SealedFooter.fixedLength + Int(segment.number(UInt32.self, at: start + 104)) * BlockEntry.length
            // A segment of 256 records has one tile, and that is its root.
            if tiles + 32 <= segment.count - tail {
                segment.replaceSubrange(start + 32..<start + 64, with: segment[tiles..<tiles + 32])
            }
        }
        let hash = MerkleHash.plain(Array(segment[..<head]) + segment[start..<segment.count - tail])
        segment.replaceSubrange(segment.count - tail..<segment.count - 16, with: hash.bytes)
    }

    /// The keys of data subjects. An odd first byte has each slot's checksum put right.
    static let subjects = FuzzParser(
        name: "subjects",
        seeds: {
            let files = MemoryFiles()
            let keys = try SubjectKeys(path: "/keys", identity: small.identity, files: files.effects)
            _ = try keys.seal("name", [1, 2, 3], subject: "C1", year: 2026)
            _ = try keys.condemn("C1")
            return [0, 1].map { [$0] + (files["/keys"] ?? []) }
        },
        run: { bytes in
            var input = Input(bytes)
            let repairs = input.byte() & 1 == 1
            var file = input.all
            for start in stride(from: 0, through: file.count - SubjectKeys.slot, by: SubjectKeys.slot) where repairs {
                file.set(CRC32C.sum(file[start..<start + 252]), at: start + 252)
            }
            let files = MemoryFiles()
            files["/keys"] = file
            guard let keys = try? SubjectKeys(path: "/keys", identity: small.identity, files: files.effects) else { return }
            _ = (keys.commitments(of: "C1"), keys.condemned)
            guard let field = try? keys.seal("name", [4, 5], subject: "C1", year: 2026) else { return }
            require((try? keys.open(field)) == [4, 5], "a field that was just sealed does not open")
            guard (try? keys.condemn("C1")) != nil, (try? keys.erase()) != nil else { return }
            require((try? keys.open(field)) == nil && keys.commitments(of: "C1").isEmpty, "an erased key opens a field")
        })

    /// The log that others are judged against.
    private struct Small: Sendable {
        let files: MemoryFiles
        let identity: LogIdentity
        let root: MerkleHash
        var leaves: [UInt64: [UInt8]] = [:]

        init() {
            do throws(VaultError) {
                files = try SmallLog.make()
                let reader = try VaultReader(directory: "/log", files: files.effects)
                (identity, root) = (reader.identity, reader.root)
                for index in reader.state.retained..<reader.size { leaves[index] = try reader.record(index) }
            } catch { fatalError("the small log could not be made: \(error)") }
        }
    }

    private static let small = Small()

    /// A whole log with some bytes changed. The input is a row of changes: file (1), place (2), what (1). Files whose checksums
    /// the first byte says so are put right again, as someone who wants to deceive would. Judged: a log called sound has the root
    /// that was signed; a record that is given out under that root is the one that was appended; a search gives out nothing else.
    static let log = FuzzParser(
        name: "log",
        seeds: {
            var seeds: [[UInt8]] = [[0], [1]]
            for number in 0..<12 { seeds.append([UInt8(number & 1), UInt8(number), 0, UInt8(number * 9), 255]) }
            return seeds
        },
        run: { bytes in
            var input = Input(bytes)
            let mode = input.byte()
            let files = MemoryFiles(copy: small.files)
            let paths = files.paths.filter { $0.hasPrefix("/log/") || $0 == "/register" }
            while !input.isEmpty {
                let path = paths[Int(input.byte()) % paths.count]
                var file = files[path] ?? []
                let (place, value) = (input.number(), input.byte())
                guard !file.isEmpty else { continue }
                // From both ends, for what matters lies there.
                file[place & 1 == 0 ? min(place / 2, file.count - 1) : max(0, file.count - 1 - place / 2)] = value
                if mode & 1 == 1 { mend(path, &file) }
                files[path] = file
            }
            judge(files.effects)
        })

    private static func mend(_ path: String, _ file: inout [UInt8]) {
        if path.hasSuffix(".wal"), file.count > ActiveHeader.page {
            file.set(CRC32C.sum(file[..<96]), at: 96)
            var frame = Array(file[ActiveHeader.page...].prefix(2 * ActiveHeader.page))
            repair(&frame)
            file.replaceSubrange(ActiveHeader.page..<ActiveHeader.page + frame.count, with: frame)
        } else if path.hasPrefix("/log/sealed/") {
            repair(&file, root: false)
        }
    }

    private static func judge(_ effects: FileEffects) {
        let register = CheckpointRegister.file("/register", effects)
        if let report = try? VaultVerifier(directory: "/log", register: register, files: effects).verify() {
            require(!report.isSound || report.root == small.root, "a changed log is called sound")
        }
        guard let reader = try? VaultReader(directory: "/log", files: effects) else { return }
        _ = try? reader.forecast(days: 1)
        for index in [0, 255, 256, 300, 511, 512, 552, 553] as [UInt64] {
            guard let leaf = try? reader.record(index), reader.root == small.root else { continue }
            require(leaf == small.leaves[index], "record \(index) is given out and is not the one that was appended")
        }
        var query = SearchQuery()
        query.fields = [.init("user", "u3")]
        query.received = 0..<Int64.max
        let isRight = reader.root == small.root
        _ = try? reader.search(query) { hit throws(VaultError) in
            require(!isRight || hit.leaf == small.leaves[hit.index], "a search gives out what was not appended")
            return true
        }
        guard let signer = try? SmallLog.signer() else { return }
        // Opening for writing puts things in order; whatever it does, what it signs next is what the log holds.
        guard
            let writer = try? LogWriter(
                directory: "/log", signer: signer, register: register, settings: SmallLog.settings, files: effects)
        else { return }
        guard (try? writer.prepareToAppend()) != nil, (try? writer.checkpoint()) != nil else { return }
        let report = try? VaultVerifier(directory: "/log", register: register, files: effects).verify()
        require(report.map { !$0.isSound || $0.root == writer.image.root } ?? true, "a checkpoint was signed that does not hold")
    }
}
