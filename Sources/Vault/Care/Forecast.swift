/// How long the disk will last: what grew lately, what is free, and what expires.
public struct Forecast: Hashable, Sendable {
    /// Room of the file system now.
    public var space: DiskSpace
    /// Bytes of the log now: sealed segments, their indexes, files of the active segment.
    public var bytes: UInt64
    /// Sealed bytes that were received in the period the rate rests on, their records, and that period in UTC microseconds; nil when fewer than
    /// two segments are sealed or they came within an hour, so that no rate can be told.
    public var basis: Basis?
    /// How long records are kept; nil when that was not decided: then everything is kept.
    public var retention: Retention?

    /// What a rate rests on.
    public struct Basis: Hashable, Sendable {
        /// Sealed bytes.
        public var bytes: UInt64
        /// Their records.
        public var records: UInt64
        /// When they were received.
        public var period: Range<Int64>

        /// Bytes a day.
        public var bytesPerDay: Double { Double(bytes) / (Double(period.upperBound - period.lowerBound) / Double(UTCTime.day)) }
        /// Records a day.
        public var recordsPerDay: Double {
            Double(records) / (Double(period.upperBound - period.lowerBound) / Double(UTCTime.day))
        }
    }

    /// Bytes that the log will have when its oldest records begin to expire, at this rate; nil when no rate or no retention is known.
    public var bytesWhenFull: Double? {
        guard let basis, let retention else { return nil }
        return basis.bytesPerDay * Double(retention.days)
    }

    /// Days until the used part of the disk reaches so many hundredths, at this rate and if nothing else on it grows.
    ///
    /// - Returns: 0 when it has; nil when no rate is known, or when records will expire before, so that the log stops growing.
    public func days(toPercent percent: Double) -> Double? {
        guard let basis else { return nil }
        let room = Double(space.free) - Double(space.total) * (100 - percent) / 100
        guard room > 0 else { return 0 }
        if let full = bytesWhenFull, full - Double(bytes) < room { return nil }
        return room / basis.bytesPerDay
    }

    /// Whether the log stops growing, because records expire, before the used part reaches so many hundredths; nil when that is not known.
    public func fits(percent: Double) -> Bool? {
        guard let full = bytesWhenFull else { return nil }
        return full - Double(bytes) < Double(space.free) - Double(space.total) * (100 - percent) / 100
    }
}

extension VaultReader {
    /// Forecasts the disk's use from what was sealed lately.
    ///
    /// - Parameter days: how far back the rate looks; at least one day.
    /// - Returns: the forecast.
    /// - Throws: `.file`, `.damaged`.
    public func forecast(days: Int = 30) throws(VaultError) -> Forecast {
        let files = image.files
        let disk = try bytesOnDisk()
        var forecast = Forecast(
            space: try files.space(image.layout.directory), bytes: disk.sealed + disk.active + disk.index, basis: nil,
            retention: state.retention)
        var basis = Forecast.Basis(bytes: 0, records: 0, period: 0..<0)
        var number = segments
        var newest: Int64?
        while number > image.pruned {
            number -= 1
            let segment = try SealedSegment(image, number)
            defer { segment.close() }
            let received = segment.footer.received
            let end = newest ?? received.upperBound
            newest = end
            guard received.lowerBound > end - Int64(max(1, days)) * UTCTime.day else { break }
            basis.bytes += try files.size(segment.file)
            basis.records += UInt64(segment.footer.leaves)
            basis.period = min(received.lowerBound, end)..<end
        }
        if basis.records > identity.segmentLeaves, basis.period.upperBound - basis.period.lowerBound >= UTCTime.day / 24 {
            forecast.basis = basis
        }
        return forecast
    }
}
