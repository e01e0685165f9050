internal import Dispatch
internal import Synchronization

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
        let loader = Loader(files: files, layout: layout)
        var attempts = 1
        while true {
            let pruned = try prunedSegments(loader)
            let (report, isOvertaken) = try verifyOnce()
            // Beside a writer: a checkpoint that was read first, or a segment, may have been pruned since. What is really wrong is found again.
            guard isOvertaken || !report.isSound, attempts < 8, try prunedSegments(loader) > pruned else { return report }
            attempts += 1
        }
    }

    private func prunedSegments(_ loader: Loader) throws(VaultError) -> Int {
        do throws(VaultError) { return try loader.sealedSegments().pruned.count } catch  where error.code == .notFound {
            return 0
        }
    }

    private func verifyOnce() throws(VaultError) -> (report: VerifyReport, isOvertaken: Bool) {
        var report = VerifyReport()
        let identity: LogIdentity
        do throws(VaultError) {
            identity = try Loader.identity(files, layout)
        } catch  where error.code == .notFound {
            throw error
        } catch {
            report.damages.append(Damage(kind: .identity, segment: nil, records: nil, what: "\(error)"))
            return (report, false)
        }
        var walk = Walk(image: LogImage(files, layout, identity), controls: ControlWalk(identity), report: report)
        // Before the walk, so that beside a writer it finds everything they speak of; the local one first, for the register leads.
        let local = read { () throws(VaultError) in try files.contents(layout.checkpoint, limit: SignedNote.byteLimit) }
        let held = register.map { register in read { () throws(VaultError) in try register.read() } }
        try strays(&walk.report)
        try walkAll(&walk)
        walk.report.size = walk.image.size
        walk.report.root = walk.isWhole ? walk.image.root : nil
        walk.report.controls = walk.controls.controls
        walk.report.remarks = walk.controls.remarks
        walk.report.damages += walk.controls.damages
        checkpoints(local, held, &walk)
        return (walk.report, walk.isOvertaken)
    }

    private func read(_ body: () throws(VaultError) -> [UInt8]?) -> Result<[UInt8]?, VaultError> {
        do throws(VaultError) { return .success(try body()) } catch { return .failure(error) }
    }

    /// Walks over the sealed segments, then over the open ones. When a writer sealed one meanwhile, it is in neither: then the walk
    /// goes on with the sealed ones that are new.
    private func walkAll(_ walk: inout Walk) throws(VaultError) {
        let loader = Loader(files: files, layout: layout)
        var present = Self.near(try loader.sealedSegments().all, &walk.report, layout)
        while true {
            try sealed(Set(present), &walk)
            var attempt = walk
            active(&attempt)
            var ignored = VerifyReport()
            let now = Self.near(try loader.sealedSegments().all, &ignored, layout)
            if now.last ?? 0 <= present.last ?? 0, now.isEmpty == present.isEmpty {
                walk = attempt
                return
            }
            present = now
        }
    }

    /// Segments with numbers that a log of so many could have, however many are missing; others are told once, not looked for one by one.
    private static func near(_ numbers: [UInt64], _ report: inout VerifyReport, _ layout: Layout) -> [UInt64] {
        let limit = UInt64(numbers.count) + 65_536
        for far in numbers where far >= limit {
            report.damages.append(
                Damage(
                    kind: .stray, segment: far, records: nil, what: "\(layout.sealed(far)) does not belong to a log of this size")
            )
        }
        return numbers.filter { $0 < limit }
    }

    /// What is carried along.
    private struct Walk {
        var image: LogImage
        var controls: ControlWalk
        var report: VerifyReport
        /// False once some segment's root could not be computed: then no root of the log can be either.
        var isWhole = true
        /// Whether a checkpoint could not be compared, because its last records were pruned.
        var isOvertaken = false
    }

    private func strays(_ report: inout VerifyReport) throws(VaultError) {
        // A temporary file is the segment being sealed right now, or what a crash left of one; opening removes it.
        let endings = [".segment", ".pruned", ".segment.tmp", ".pruned.tmp"]
        for name in try files.list(layout.sealed) where endings.allSatisfy({ Path.number(of: name, ending: $0) == nil }) {
            report.damages.append(
                Damage(kind: .stray, segment: nil, records: nil, what: "\(layout.sealed)/\(name) does not belong here"))
        }
        for name in try files.list(layout.active)
        where Path.number(of: name, ending: ".wal") == nil && Path.number(of: name, ending: ".spare") == nil {
            report.damages.append(
                Damage(kind: .stray, segment: nil, records: nil, what: "\(layout.active)/\(name) does not belong here"))
        }
    }

    /// What one segment was found to be; made apart from the others, so that all cores work.
    private struct Findings: Sendable {
        var footer: SealedFooter?
        var path = ""
        var isPruned = false
        var records: UInt64 = 0
        var pieces: [LogPiece] = []
        var damages: [Damage] = []
        /// Whether every record was read and has its hash.
        var isWhole = true
        /// Why it could not be opened.
        var error: VaultError?
    }

    private func sealed(_ present: Set<UInt64>, _ walk: inout Walk) throws(VaultError) {
        let total = (present.max().map { $0 + 1 }) ?? 0
        let identity = walk.image.identity
        // A window at a time: what is found must be looked at in order, and must not fill the memory.
        let window: UInt64 = 16
        for start in stride(from: walk.image.segments.size, to: total, by: Int(window)) {
            let end = min(start + window, total)
            let found = Mutex<[UInt64: Findings]>([:])
            DispatchQueue.concurrentPerform(iterations: Int(end - start)) { place in
                let number = start + UInt64(place)
                guard present.contains(number) else { return }
                let findings = examine(number, identity)
                found.withLock { $0[number] = findings }
            }
            let all = found.withLock { $0 }
            for number in start..<end { try take(all[number], number, &walk) }
            progress(end, total)
        }
    }

    /// Takes what was found of the next segment.
    private func take(_ findings: Findings?, _ number: UInt64, _ walk: inout Walk) throws(VaultError) {
        let leaves = walk.image.identity.segmentLeaves
        let records = number * leaves..<(number + 1) * leaves
        guard let findings, let footer = findings.footer else {
            if let error = findings?.error {
                walk.report.damages.append(Damage(kind: .sealed, segment: number, records: records, what: "\(error)"))
            } else {
                walk.report.damages.append(
                    Damage(kind: .missing, segment: number, records: records, what: "\(layout.sealed(number)) is not there"))
            }
            walk.image.takeUnknown()
            walk.controls.skip(to: nil)
            walk.isWhole = false
            return
        }
        walk.report.damages += findings.damages
        walk.report.records += findings.records
        if findings.isPruned { walk.report.expired += leaves }
        if !findings.isWhole { walk.isWhole = false }
        if findings.isPruned || !findings.isWhole {
            walk.controls.skip(to: footer)
        } else {
            walk.controls.take(findings.pieces)
            walk.controls.compare(footer, findings.path)
        }
        do throws(VaultError) {
            try follow(findings, footer, &walk)
        } catch {
            walk.report.damages.append(Damage(kind: .sealed, segment: number, records: records, what: "\(error)"))
            walk.image.takeUnknown()
            walk.controls.skip(to: nil)
            walk.isWhole = false
        }
    }

    /// Takes a segment whose footer is right in itself; says when it does not follow the one before.
    private func follow(_ findings: Findings, _ footer: SealedFooter, _ walk: inout Walk) throws(VaultError) {
        // After a segment that could not be read there is nothing to compare with.
        if walk.image.footerHash == .empty { walk.image.footerHash = footer.previous }
        try walk.image.takeSealed(footer, path: findings.path, isPruned: findings.isPruned)
    }

    /// Rehashes every record of a segment, block by block, and compares with the sealed hashes of level 8.
    private func examine(_ number: UInt64, _ identity: LogIdentity) -> Findings {
        var findings = Findings()
        do throws(VaultError) {
            let segment = try SealedSegment(layout: layout, files: files, identity: identity, number: number)
            defer { segment.close() }
            (findings.footer, findings.path, findings.isPruned) = (segment.footer, segment.path, segment.isPruned)
            if !segment.isPruned { try rehash(segment, &findings) }
        } catch {
            findings.footer = nil
            findings.error = error
        }
        return findings
    }

    private func rehash(_ segment: SealedSegment, _ findings: inout Findings) throws(VaultError) {
        let decompressor = try Decompressor()
        let footer = segment.footer
        var leaves = [MerkleHash?](repeating: nil, count: footer.leaves)
        for block in footer.blocks {
            let first = footer.first + UInt64(block.first)
            do throws(VaultError) {
                let (packed, ranges) = try segment.read(block, decompressor)
                for (place, leaf) in BatchHash.leaves(packed, count: ranges.count).enumerated() {
                    leaves[block.first + place] = leaf
                }
                findings.pieces += LogPiece.pieces(packed, ranges, first: first)
                findings.records += UInt64(block.count)
            } catch {
                findings.damages.append(
                    Damage(kind: .sealed, segment: footer.segment, records: first..<first + UInt64(block.count), what: "\(error)")
                )
                findings.isWhole = false
            }
        }
        for (tile, expected) in footer.tiles.enumerated() {
            let part = leaves[tile * Tile.fullWidth..<(tile + 1) * Tile.fullWidth].compactMap { $0 }
            guard part.count == Tile.fullWidth else { continue }
            guard BatchHash.tile(part) != expected else { continue }
            let first = footer.first + UInt64(tile * Tile.fullWidth)
            findings.damages.append(
                Damage(
                    kind: .sealed, segment: footer.segment, records: first..<first + UInt64(Tile.fullWidth),
                    what: "\(segment.path): the records do not have the hash that was sealed"))
            findings.isWhole = false
        }
    }

    private func active(_ walk: inout Walk) {
        let before = walk.image.size
        do throws(VaultError) {
            let loaded = try Loader(files: files, layout: layout, gathers: true).loadActive(walk.image)
            walk.image = loaded.image
            walk.controls.take(loaded.pieces)
            walk.report.records += walk.image.size - before
            guard let torn = loaded.torn else { return }
            walk.report.damages.append(
                Damage(
                    kind: .torn, segment: walk.image.active.number, records: walk.image.size..<walk.image.size,
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

    /// Compares with the checkpoint beside the log and with the register, as they were before the walk.
    private func checkpoints(
        _ local: Result<[UInt8]?, VaultError>, _ held: Result<[UInt8]?, VaultError>?, _ walk: inout Walk
    ) {
        func open(_ kind: Damage.Kind, _ place: String, _ read: Result<[UInt8]?, VaultError>) -> Checkpoint? {
            var what = "\(place) holds no checkpoint of this log"
            do throws(VaultError) {
                if let note = try read.get() { return try Checkpoint.open(note, walk.image.identity.verifier) }
            } catch {
                what = "\(place): \(error)"
            }
            walk.report.damages.append(Damage(kind: kind, segment: nil, records: nil, what: what))
            return nil
        }
        let local = open(.checkpoint, layout.checkpoint, local)
        if let local { compare(local, .checkpoint, "the checkpoint file", &walk) }
        walk.report.checkpoint = local
        guard let held = held.flatMap({ open(.rollback, "the register", $0) }) else { return }
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
        } else if walk.isWhole {
            do throws(VaultError) {
                if try walk.image.root(size: checkpoint.size) == checkpoint.root { return }
            } catch {
                if error.code == .expired || error.code == .notFound { walk.isOvertaken = true }
            }
            walk.report.damages.append(
                Damage(
                    kind: kind, segment: nil, records: 0..<checkpoint.size,
                    what: "\(source) has another root at size \(checkpoint.size): the log was rewritten"))
        }
    }
}

extension LogImage {
    /// Passes over a segment that cannot be read. The next one is taken without comparing what it follows.
    mutating func takeUnknown() {
        segments.append(.empty)
        open = [OpenSegment(number: segments.size)]
        (lastControl, knowsControls, tally) = (nil, false, Tally())
        (footerHash, chain) = (.empty, .empty)
    }
}
