internal import Incidents
internal import Synchronization

/// Cases that were worked out. A case grows by events and nothing else, so a copy with as many events as the table is the case.
final class IncidentCache: Sendable {
    private let cases = Mutex<[Int64: Incident]>([:])

    /// Every copy, by number.
    var all: [Int64: Incident] { cases.withLock { $0 } }

    /// Keeps copies that are newer than those that are there.
    func keep(_ found: [Incident]) {
        cases.withLock { cases in
            for incident in found where (cases[incident.id]?.revision ?? 0) < incident.revision { cases[incident.id] = incident }
        }
    }
}
