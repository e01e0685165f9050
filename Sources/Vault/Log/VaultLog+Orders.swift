/// What people order: each is a leaf of the log, signed by the key of the epoch.
extension VaultLog {
    /// Seals what was counted up to now, whatever the time of day, and begins the next epoch. By itself this happens with the first record of
    /// each UTC day.
    ///
    /// - Throws: `.file`, `.stopped`.
    public func sealDay() throws(VaultError) {
        try writer.prepareToSpeak()
        try writer.sealDay(until: max(writer.files.now(), writer.image.lastReceived))
    }

    /// Waits until everything durable was computed a second time and every full segment is sealed.
    ///
    /// - Throws: `.rootMismatch`, `.file`: nothing is accepted any more.
    public func settle() throws(VaultError) { try writer.settle() }

    /// Decides how long records are kept.
    ///
    /// - Throws: `.file`, `.stopped`.
    public func keep(_ retention: Retention, _ order: Order) throws(VaultError) {
        try writer.prepareToSpeak()
        try writer.write(.retention(retention, order))
    }

    /// Places a legal hold: what it covers does not expire, and no personal data is erased while it stands.
    ///
    /// - Returns: the hold with its number.
    /// - Throws: `.badInput` when too many stand; `.file`, `.stopped`.
    public func hold(_ scope: HoldScope, _ order: Order) throws(VaultError) -> Hold {
        try writer.prepareToSpeak()
        return try writer.hold(scope, order)
    }

    /// Lifts a hold.
    ///
    /// - Throws: `.badInput` when there is none of that number; `.file`, `.stopped`.
    public func release(_ hold: UInt64, _ order: Order) throws(VaultError) {
        try writer.prepareToSpeak()
        try writer.release(hold, order)
    }

    /// Prunes the sealed segments at the beginning whose records have been kept long enough, up to the first that a hold covers. Their hashes
    /// stay, so every proof that was ever given still holds.
    ///
    /// - Parameters:
    ///   - order: who and why.
    ///   - isRehearsal: only tell what would be done.
    /// - Returns: the records that were pruned, and the hold that kept the next ones.
    /// - Throws: `.badInput` when it was never decided how long records are kept; `.file`, `.stopped`.
    public func prune(_ order: Order, isRehearsal: Bool = false) throws(VaultError) -> (records: Range<UInt64>, blocking: Hold?) {
        try writer.prepareToSpeak()
        if isRehearsal {
            let (segments, blocking) = try writer.expired()
            let height = UInt64(identity.segmentHeight)
            return (segments.lowerBound << height..<segments.upperBound << height, blocking)
        }
        return try writer.prune(order)
    }

    /// Erases the keys of a data subject, and with them every personal field encrypted under them, in every copy of the log.
    ///
    /// The keys are marked first, then the log says so, then they are overwritten: after a crash anywhere between, the next call finishes.
    ///
    /// - Returns: commitments of the erased keys.
    /// - Throws: `.held` while any hold stands; `.notFound` when the subject has no keys; `.file`, `.stopped`.
    public func shred(_ subject: String, _ keys: SubjectKeys, _ order: Order) throws(VaultError) -> [MerkleHash] {
        try writer.prepareToSpeak()
        if let hold = writer.image.state.holds.first {
            throw VaultError(
                .held, "hold \(hold.id) by \(hold.order.by) stands: nothing is erased", at: identity.origin,
                remedy: "the hold must be lifted first")
        }
        _ = try keys.condemn(subject)
        let condemned = keys.condemned
        guard !condemned.isEmpty else { throw VaultError(.notFound, "the subject has no keys here") }
        let most = ControlEvent.keysLimit
        for start in stride(from: 0, to: condemned.count, by: most) {
            try writer.write(.shred(Array(condemned[start..<min(start + most, condemned.count)]), order))
        }
        try keys.erase()
        return condemned
    }

    /// Reads personal fields in clear; the log says first that they were read.
    ///
    /// - Returns: the fields of each record, in order; nil where the key was erased.
    /// - Throws: `.badInput` for more than 1,000 records; what reading a record and opening a field throws, `.erased` excepted.
    public func reveal(
        _ records: [UInt64], _ keys: SubjectKeys, _ order: Order
    ) throws(VaultError) -> [[(name: String, value: [UInt8]?)]] {
        let most = ControlEvent.recordsLimit
        guard (1...most).contains(records.count) else { throw VaultError(.badInput, "1 to \(most) records at once") }
        try writer.prepareToSpeak()
        let read = try records.map { index throws(VaultError) in try VaultRecord(leaf: try writer.image.record(index)) }
        try writer.write(.reveal(records, order))
        return try read.map { record throws(VaultError) in
            try record.fields.filter(\.isSealed).map { field throws(VaultError) in
                do throws(VaultError) {
                    return (field.name, try keys.open(field))
                } catch  where error.code == .erased {
                    return (field.name, nil)
                }
            }
        }
    }

    /// Why the disk wants attention: it is fuller than the alarm allows; nil while all is well.
    public var alarm: String? {
        guard let space = try? writer.files.space(writer.layout.directory), space.percentUsed >= writer.settings.alarmPercent
        else {
            return nil
        }
        return "the disk of \(writer.layout.directory) is \(Int(space.percentUsed)) % full; from "
            + "\(Int(writer.settings.refusePercent)) % on nothing is accepted"
    }
}
