/// Reads and rehashes every byte of a vault that means something, changes nothing, and says where the damage is.
public struct VaultVerifier: Sendable {
    private let files: FileEffects
    private let layout: Layout
    private let register: CheckpointRegister?
    private let progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void

    /// A verification of the log in a directory.
    ///
    /// - Parameters:
    ///   - directory: the log's directory.
    ///   - register: where the last checkpoint is kept outside; without it a rollback to an older copy cannot be seen.
    ///   - files: the effects.
    ///   - progress: called after each sealed segment with segments done and in all.
    public init(
        directory: String, register: CheckpointRegister?, files: FileEffects = .live,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) {
        layout = Layout(directory: directory)
        self.register = register
        self.files = files
        self.progress = progress
    }

    /// Verifies everything.
    ///
    /// - Returns: what was found; damage is a finding, not an error.
    /// - Throws: `.notFound` when there is no vault; `.file` when a directory cannot be listed.
    public func verify() throws(VaultError) -> VerifyReport {
        var report = VerifyReport()
        let identity: LogIdentity
        do throws(VaultError) {
            identity = try Loader.identity(files, layout)
        } catch  where error.code == .notFound {
            throw error
        } catch {
            report.damages.append(Damage(kind: .identity, segment: nil, records: nil, what: "\(error)"))
            return report
        }
        var walk = Walk(image: LogImage(files, layout, identity), report: report)
        try strays(&walk.report)
        try sealed(&walk)
        active(&walk)
        walk.report.size = walk.image.size
        walk.report.root = walk.isWhole ? walk.image.range.root : nil
        checkpoints(&walk)
        return walk.report
    }

    /// What is carried along.
    private struct Walk {
        var image: LogImage
        var report: VerifyReport
        /// False once some segment's root could not be computed: then no root of the log can be either.
        var isWhole = true
    }

    private func strays(_ report: inout VerifyReport) throws(VaultError) {
        for name in try files.list(layout.sealed) where Path.number(of: name, ending: ".segment") == nil {
            report.damages.append(
                Damage(kind: .stray, segment: nil, records: nil, what: "\(layout.sealed)/\(name) does not belong here"))
        }
        for name in try files.list(layout.active)
        where Path.number(of: name, ending: ".wal") == nil && Path.number(of: name, ending: ".spare") == nil {
            report.damages.append(
                Damage(kind: .stray, segment: nil, records: nil, what: "\(layout.active)/\(name) does not belong here"))
        }
    }

    private func sealed(_ walk: inout Walk) throws(VaultError) {
        let numbers = try Loader(files: files, layout: layout).sealedNumbers()
        let present = Set(numbers)
        let leaves = walk.image.identity.segmentLeaves
        for number in 0..<((numbers.last ?? 0) + (numbers.isEmpty ? 0 : 1)) {
            let records = number * leaves..<(number + 1) * leaves
            guard present.contains(number) else {
                walk.report.damages.append(
                    Damage(kind: .missing, segment: number, records: records, what: "\(layout.sealed(number)) is not there"))
                try walk.image.takeUnknown()
                walk.isWhole = false
                continue
            }
            do throws(VaultError) {
                let segment = try SealedSegment(layout: layout, files: files, identity: walk.image.identity, number: number)
                defer { segment.close() }
                rehash(segment, number, &walk)
                try follow(segment, number, &walk)
            } catch {
                walk.report.damages.append(Damage(kind: .sealed, segment: number, records: records, what: "\(error)"))
                try walk.image.takeUnknown()
                walk.isWhole = false
            }
            progress(number + 1, UInt64(numbers.count))
        }
    }

    /// Takes a segment whose footer is right in itself; says when it does not follow the one before.
    private func follow(_ segment: SealedSegment, _ number: UInt64, _ walk: inout Walk) throws(VaultError) {
        do throws(VaultError) {
            try walk.image.takeSealed(segment.footer, path: segment.path)
        } catch {
            // After a segment that could not be read there is nothing to compare with.
            guard walk.image.footerHash == .empty else { throw error }
            walk.image.footerHash = segment.footer.previous
            try walk.image.takeSealed(segment.footer, path: segment.path)
        }
    }

    /// Rehashes every record of a segment, block by block, and compares with the sealed hashes of level 8.
    private func rehash(_ segment: SealedSegment, _ number: UInt64, _ walk: inout Walk) {
        var leaves = [MerkleHash?](repeating: nil, count: segment.footer.leaves)
        for block in segment.footer.blocks {
            do throws(VaultError) {
                let (packed, ranges) = try block.read(files, segment.file, path: segment.path, segmentFirst: segment.footer.first)
                for (place, leaf) in Entries.leaves(packed, ranges).enumerated() { leaves[block.first + place] = leaf }
                walk.report.records += UInt64(block.count)
            } catch {
                let first = segment.footer.first + UInt64(block.first)
                walk.report.damages.append(
                    Damage(kind: .sealed, segment: number, records: first..<first + UInt64(block.count), what: "\(error)"))
                walk.isWhole = false
            }
        }
        for (tile, expected) in segment.footer.tiles.enumerated() {
            let part = leaves[tile * Tile.fullWidth..<(tile + 1) * Tile.fullWidth].compactMap { $0 }
            guard part.count == Tile.fullWidth else { continue }
            var range = CompactRange()
            for leaf in part { range.append(leaf) }
            guard range.root != expected else { continue }
            let first = segment.footer.first + UInt64(tile * Tile.fullWidth)
            walk.report.damages.append(
                Damage(
                    kind: .sealed, segment: number, records: first..<first + UInt64(Tile.fullWidth),
                    what: "\(segment.path): the records do not have the hash that was sealed"))
            walk.isWhole = false
        }
    }

    private func active(_ walk: inout Walk) {
        let before = walk.image.size
        do throws(VaultError) {
            let loaded = try Loader(files: files, layout: layout).loadActive(walk.image)
            walk.image = loaded.image
            walk.report.records += walk.image.size - before
            guard let torn = loaded.torn else { return }
            walk.report.damages.append(
                Damage(
                    kind: .torn, segment: walk.image.segments.size, records: walk.image.size..<walk.image.size,
                    what:
                        "\(layout.active(torn.file)): the frame at byte \(torn.offset), for record \(walk.image.size), is not whole"
                ))
        } catch {
            let end = (walk.image.segments.size + 1) * walk.image.identity.segmentLeaves
            walk.report.damages.append(
                Damage(kind: .active, segment: walk.image.segments.size, records: before..<end, what: "\(error)"))
            walk.isWhole = false
        }
    }

    /// Compares with the checkpoint beside the log and with the register.
    private func checkpoints(_ walk: inout Walk) {
        func open(_ kind: Damage.Kind, _ place: String, _ read: () throws(VaultError) -> [UInt8]?) -> Checkpoint? {
            var what = "\(place) holds no checkpoint of this log"
            do throws(VaultError) {
                if let note = try read() { return try Checkpoint.open(note, walk.image.identity.verifier) }
            } catch {
                what = "\(place): \(error)"
            }
            walk.report.damages.append(Damage(kind: kind, segment: nil, records: nil, what: what))
            return nil
        }
        let local = open(.checkpoint, layout.checkpoint) { () throws(VaultError) in
            try files.contents(layout.checkpoint, limit: SignedNote.byteLimit)
        }
        if let local { compare(local, .checkpoint, "the checkpoint file", &walk) }
        walk.report.checkpoint = local
        guard let register, let held = open(.rollback, "the register", { () throws(VaultError) in try register.read() }) else {
            return
        }
        compare(held, .rollback, "the register", &walk)
        walk.report.checkpoint = held
        if let local, local.size > held.size {
            walk.report.damages.append(
                Damage(
                    kind: .rollback, segment: nil, records: held.size..<local.size,
                    what: "the register ends at \(held.size), the checkpoint file at \(local.size): the register was rolled back")
            )
        }
    }

    private func compare(_ checkpoint: Checkpoint, _ kind: Damage.Kind, _ source: String, _ walk: inout Walk) {
        if checkpoint.size > walk.image.size {
            walk.report.damages.append(
                Damage(
                    kind: kind, segment: walk.image.size >> UInt64(walk.image.identity.segmentHeight),
                    records: walk.image.size..<checkpoint.size,
                    what: "\(source) knows \(checkpoint.size) records, the log has \(walk.image.size)"))
        } else if walk.isWhole, (try? walk.image.root(size: checkpoint.size)) != checkpoint.root {
            walk.report.damages.append(
                Damage(
                    kind: kind, segment: nil, records: 0..<checkpoint.size,
                    what: "\(source) has another root at size \(checkpoint.size): the log was rewritten"))
        }
    }
}

extension LogImage {
    /// Passes over a segment that cannot be read. The next one is taken without comparing what it follows.
    mutating func takeUnknown() throws(VaultError) {
        segments.append(.empty)
        try range.append(subtree: .empty, level: identity.segmentHeight)
        (footerHash, chain) = (.empty, .empty)
    }
}
