internal import Database
internal import Documents
public import Rulebook
internal import Synchronization

/// What a day begins with, beside what stands: whose day it is, what changed since yesterday, which hosts say nothing.
public struct Morning: Sendable {
    /// The firm's name; empty before there is a profile.
    public var firm: String
    /// The zone of its days.
    public var zone: Zone
    /// What changed last, newest first.
    public var changes: [VerdictChange]
    /// Since when, UTC seconds.
    public var since: Int64
    /// Hosts of systems in service of which there never were facts, by name.
    public var silentHosts: [String]
}

/// Knows the morning, and remembers it until anything is changed: everybody looks at it, all day, and it comes of a long history.
public final class MorningKeeper: Sendable {
    private struct Known {
        /// The state of the database it is of, or of one before.
        var state: Int64
        var minute: Int64
        var morning: Morning
    }

    /// Most changes it holds.
    private static let mostChanges = 100
    private static let daySeconds: Int64 = 86_400

    private let database: GovernanceDatabase
    private let firm: FirmStore
    private let systems: SystemStore
    private let hosts: HostStore
    private let store: BoardStore
    private let known = Mutex<Known?>(nil)

    init(database: GovernanceDatabase, firm: FirmStore, systems: SystemStore, hosts: HostStore, store: BoardStore) {
        (self.database, self.firm, self.systems, self.hosts, self.store) = (database, firm, systems, hosts, store)
    }

    /// The morning as of a time. It is never older than the last change.
    ///
    /// - Parameter now: UTC seconds; "since yesterday" is counted from the minute it lies in.
    /// - Returns: what is known.
    /// - Throws: `.storage`.
    public func morning(at now: Int64) async throws(WorkspaceError) -> Morning {
        let minute = now / 60
        // Asked for before anything else is read: what is read can only be newer, and is then read anew next time.
        let state = try await database.changes(throwing: WorkspaceError.self)
        if let known = known.withLock({ $0 }), known.state == state, known.minute == minute { return known.morning }
        let document = try await firm.current()?.document
        let since = minute * 60 - Self.daySeconds
        let heard = Set(try await hosts.names())
        let silent = Set(try await systems.all().flatMap(\.hosts)).subtracting(heard)
        let morning = Morning(
            firm: document?["name"]?.text ?? "", zone: (document?["policy"]?["zone"]?.text).flatMap { Zone($0) } ?? .taipei,
            changes: try await store.changes(since: since, limit: Self.mostChanges), since: since, silentHosts: silent.sorted())
        known.withLock { $0 = Known(state: state, minute: minute, morning: morning) }
        return morning
    }
}
