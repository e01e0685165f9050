public import Documents
internal import Rulebook

/// How firms' services are watched (`Packs/supervision/watch.yaml`): limits, standards, and when an outage is one.
public struct WatchPolicy: Sendable {
    /// The schema its file names.
    public static let schema = "plumbline.watch/1"

    /// When a failure counts.
    public struct Confirm: Sendable, Hashable {
        /// So many failures…
        public var failures: Int
        /// …among so many results make an outage.
        public var of: Int
        /// So many good results in a row end it.
        public var successes: Int
        /// After a silence of so many intervals what came before confirms nothing.
        public var forget: Int
        /// An outage that begins within so many minutes of the last one's end goes on with that one.
        public var rejoin: Int

        /// A rule.
        public init(failures: Int, of: Int, successes: Int, forget: Int, rejoin: Int) {
            (self.failures, self.of, self.successes) = (failures, of, successes)
            (self.forget, self.rejoin) = (forget, rejoin)
        }
    }

    /// Targets watched at the same time.
    public var targetLimit: Int
    /// Those of one firm.
    public var targetOfFirmLimit: Int
    /// Minutes from one probe of a target to the next.
    public var intervals: ClosedRange<Int>
    /// Seconds that a probe may take.
    public var timeouts: ClosedRange<Int>
    /// Minutes an outage may last.
    public var tolerances: ClosedRange<Int>
    /// Longest approval in days.
    public var approvalDays: Int
    /// Bytes of an answer that are read.
    public var bodyLimit: Int
    /// Probes at the same time.
    public var inFlight: Int
    /// Probes begun in a second.
    public var perSecond: Int
    /// Results that may wait to be written.
    public var waitingLimit: Int
    /// What the form of a new target proposes.
    public var standard: (interval: Int, timeout: Int, tolerance: Int, hours: String)
    /// When a failure counts.
    public var confirm: Confirm
    /// So many beginnings of outages within so many minutes: unsteady.
    public var flapping: (outages: Int, minutes: Int)
    /// Days that results are kept one by one.
    public var rawDays: Int
    /// Days that counts of hours are kept.
    public var hourDays: Int
    /// Results wait at most so many seconds to be written.
    public var writeSeconds: Int
    /// Days before a certificate's end from which it is shown as near, and as urgent.
    public var certificate: (warn: Int, urgent: Int)
    /// Hours in which services must be up.
    public var hours: [WatchHours]
    /// Weekdays on which markets are closed.
    public var closedWeekdays: Set<Int>
    /// Where no probe goes.
    public var forbidden: [AddressRange]
    /// Ports that no target has.
    public var refusedPorts: Set<Int>

    /// Whether an address may be connected to.
    ///
    /// - Parameters:
    ///   - address: 4 or 16 bytes.
    ///   - allowsLocal: whether the installation lets probes go anywhere, for tests.
    /// - Returns: whether it may.
    public func allows(_ address: [UInt8], allowsLocal: Bool = false) -> Bool {
        allowsLocal || !forbidden.contains { $0.contains(address) }
    }

    /// Hours by their names; unknown ones are left out.
    public func hours(_ ids: [String]) -> [WatchHours] { hours.filter { ids.contains($0.id) } }

    /// The policy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> WatchPolicy {
        let name = "supervision/watch.yaml"
        guard let file = ShippedFiles.files(in: "supervision").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }
}
