extension LogWriter {
    /// What must be said before records are taken: that the clock was set, and that a day is over.
    func keepHouse() throws(VaultError) {
        do throws(VaultError) {
            try watchClock()
            let now = files.now()
            if image.tally.from > 0, now / UTCTime.day > image.tally.from / UTCTime.day {
                try sealDay(until: now / UTCTime.day * UTCTime.day)
            }
        } catch {
            throw stop(error)
        }
    }

    /// What comes before the vault speaks: also on a full disk, for pruning is what makes room.
    func prepareToSpeak() throws(VaultError) {
        try ensureAccepting()
        try keepHouse()
    }

    /// Refuses when the disk is as good as full, or would be with the next file of the active segment and with what must still be sealed. Asked
    /// before every commit: the answer costs a hundredth of the sync that follows.
    func ensureRoom() throws(VaultError) {
        var space = try files.space(layout.directory)
        var promised = image.open.reduce(0) { $0 + $1.bytes }
        if spares.isEmpty { promised += UInt64(settings.activeBytes) }
        space.free -= min(space.free, promised)
        guard space.percentUsed >= settings.refusePercent else { return }
        throw VaultError(
            .full, "the disk is \(Int(space.percentUsed)) % full: nothing is accepted from \(Int(settings.refusePercent)) % on",
            at: layout.directory, remedy: "make room or prune; nothing was lost, offer the records again")
    }

    /// Writes down a step of the clock: between two looks both clocks must have gone on alike. Slewing by NTP is far below a thousandth.
    private func watchClock() throws(VaultError) {
        let (now, steady) = (files.now(), files.steady())
        defer { clocks = (files.now(), files.steady()) }
        if let before = clocks {
            let elapsed = max(0, steady - before.steady)
            let step = now - before.now - elapsed
            guard step.magnitude > UInt64(settings.clockStep + elapsed / 1_000) else { return }
            try write(.clockStep(from: before.now + elapsed, to: now, step: step, isOpening: false))
        } else if image.lastReceived - now > settings.clockStep {
            try write(.clockStep(from: image.lastReceived, to: now, step: now - image.lastReceived, isOpening: true))
        }
    }

    /// Seals what was counted up to a time, and begins the next epoch: the new key is on disk before the leaf that names it, the old one is
    /// erased after.
    func sealDay(until: Int64) throws(VaultError) {
        let signer = try currentSigner()
        let keys = EpochKeys(path: layout.epoch, files: files)
        let next = try keys.prepare(name: signer.verifier.name)
        let tally = image.tally
        let told = tally.sources.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let most = ControlEvent.sourcesLimit
        for start in stride(from: 0, to: told.count, by: most) {
            try write(
                .sources(Dictionary(uniqueKeysWithValues: told[start..<min(start + most, told.count)].map { ($0.key, $0.value) }))
            )
        }
        var prior: MerkleHash?
        if let index = image.state.lastSeal { prior = try .leaf(image.record(index)) }
        let end = max(until, tally.from)
        try write(
            .seal(
                DailySeal(
                    period: tally.from..<end, size: image.size, root: image.root, prior: prior, records: tally.records,
                    sources: UInt64(tally.sources.values.count { $0.count > 0 }),
                    silent: UInt64(tally.sources.values.count { $0.count == 0 }), steps: tally.steps,
                    largestStep: tally.largestStep, clock: files.clockHealth(), next: next.verifier)))
        try keys.advance()
        epochKey = next
    }

    /// The key of the epoch. When its file is gone or holds another key, the log's own key begins a new epoch, and the log says so for ever.
    private func currentSigner() throws(VaultError) -> NoteSigner {
        if let epochKey { return epochKey }
        let keys = EpochKeys(path: layout.epoch, files: files)
        let next = try keys.prepare(name: image.identity.epochKey.name)
        let reason = "the key of epoch \(image.state.epoch) was not in \(Path.name(layout.epoch))"
        try write(.epochRestart(reason), signer: signer, epochKey: next.verifier)
        try keys.advance()
        recovery.isEpochRestarted = true
        epochKey = next
        return next
    }

    /// Appends a control leaf and takes what it says.
    ///
    /// - Throws: `.badInput` when it cannot be said in this state; what appending throws.
    func write(_ event: ControlEvent) throws(VaultError) {
        try write(event, signer: try currentSigner(), epochKey: image.state.epochKey)
    }

    private func write(_ event: ControlEvent, signer: NoteSigner, epochKey: NoteVerifier) throws(VaultError) {
        try ensureAccepting()
        guard let state = image.state.applying(event, at: image.size, key: epochKey) else {
            throw VaultError(.badInput, "\(event.name) cannot be done as the log stands", at: layout.directory)
        }
        let index = image.size
        let leaf = try Control.leaf(
            log: image.identity.origin, index: index, previous: image.lastControl, time: files.now(), event: event, state: state,
            signer: signer)
        let control = try Control(leaf: leaf)
        var queue = PartQueue(VaultBatch(control: leaf).parts, frameBytes: settings.frameBytes)
        do throws(VaultError) {
            guard let part = try queue.next(room: 1) else { return }
            let reference = try appendFrame(part)
            try image.take(control, index: index)
            try afterFrame(part, reference)
        } catch {
            throw stop(error)
        }
    }

    /// Places a hold.
    func hold(_ scope: HoldScope, _ order: Order) throws(VaultError) -> Hold {
        guard image.state.holds.count < VaultState.holdLimit else {
            throw VaultError(.badInput, "\(VaultState.holdLimit) holds stand already", at: layout.directory)
        }
        let hold = Hold(id: image.state.holdsPlaced + 1, scope: scope, since: files.now(), order: order)
        try write(.hold(hold))
        return hold
    }

    /// Lifts a hold.
    func release(_ id: UInt64, _ order: Order) throws(VaultError) {
        guard image.state.holds.contains(where: { $0.id == id }) else {
            throw VaultError(.badInput, "there is no hold \(id) that stands", at: layout.directory)
        }
        try write(.release(id, order))
    }

    /// The latest time that something other than the wall clock of this moment speaks for: what the log had received when it was opened, and the
    /// time that the steady clock counted since. A clock set forward while the log is open makes nothing old.
    private var trustedNow: Int64 { min(files.now(), opened.received + max(0, files.steady() - opened.steady)) }

    /// What may be pruned: whole segments at the beginning whose last record has been kept long enough and which no hold covers.
    func expired() throws(VaultError) -> (segments: Range<UInt64>, blocking: Hold?) {
        guard let retention = image.state.retention else {
            throw VaultError(
                .badInput, "how long records are kept was never decided, so nothing expires", at: layout.directory,
                remedy: "plumbline vault keep")
        }
        try settle()
        let first = image.pruned
        let limit = trustedNow - Int64(retention.days) * UTCTime.day
        var end = first
        while end < image.segments.size {
            let segment = try SealedSegment(image, end)
            segment.close()
            guard segment.footer.received.upperBound < limit else { break }
            let records = segment.footer.first..<segment.footer.first + UInt64(segment.footer.leaves)
            if let hold = image.state.holds(records: records, received: segment.footer.received) { return (first..<end, hold) }
            end += 1
        }
        return (first..<end, nil)
    }

    /// Prunes what expired: first the log says so, then each segment is replaced by its header and footer. Proofs and the tree stay as they
    /// were; the records are gone.
    func prune(_ order: Order) throws(VaultError) -> (records: Range<UInt64>, blocking: Hold?) {
        let (segments, blocking) = try expired()
        let height = UInt64(image.identity.segmentHeight)
        let records = segments.lowerBound << height..<segments.upperBound << height
        guard !segments.isEmpty else { return (records, blocking) }
        try signBeyond(records.upperBound)
        try write(.prune(records.upperBound, root: try image.root(size: records.upperBound), order))
        do throws(VaultError) {
            _ = try finishPruning()
        } catch {
            throw stop(error)
        }
        return (records, blocking)
    }

    /// Sees to it that register and checkpoint file speak of a size from here on: the root of a smaller one could not be computed
    /// any more once the records are gone, and the log could not be compared with them.
    private func signBeyond(_ size: UInt64) throws(VaultError) {
        guard lastCheckpoint.size >= size else {
            _ = try checkpoint()
            return
        }
        do throws(VaultError) {
            // A crash between register and file may have left an older one.
            try files.replace(layout.checkpoint, lastNote)
        } catch {
            throw stop(error)
        }
    }

    /// Replaces the segments that the log calls pruned and that are still whole; gives their number.
    func finishPruning() throws(VaultError) -> Int {
        let end = image.state.retained >> UInt64(image.identity.segmentHeight)
        var done = 0
        for number in image.pruned..<max(end, image.pruned) {
            let segment = try SealedSegment(image, number)
            let footer = segment.footer
            segment.close()
            try files.replace(layout.pruned(number), footer.header + footer.end)
            for path in [layout.sealed(number), layout.index(number)] {
                do throws(VaultError) { try files.remove(path) } catch  where error.code == .notFound {}
            }
            image.pruned = number + 1
            done += 1
        }
        // A crash may have come between the two files of the last segment.
        for number in try Loader(files: files, layout: layout).sealedSegments().whole where number < image.pruned {
            try files.remove(layout.sealed(number))
        }
        if done > 0 { try files.syncDirectory(layout.sealed) }
        return done
    }
}
