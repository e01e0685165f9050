internal import Synchronization

/// How the trail is.
public enum TrailHealth: Hashable, Sendable {
    /// Records go into the trail's vault as they come.
    case flowing
    /// The vault takes no records now; they wait in the database, as many as may wait, and it is tried again.
    case waiting(String)
    /// Database and trail disagree, or the trail is damaged: nothing is changed any more. Opening anew says the same until it is put right.
    case broken(String)
    /// The database was closed.
    case closed
}

/// The trail's health, for everyone who changes something.
final class TrailHealthBox: Sendable {
    /// Guards health, and the error that made it what it is.
    private let content = Mutex<(health: TrailHealth, error: StorageError?)>((.flowing, nil))

    var health: TrailHealth { content.withLock { $0.health } }

    /// - Throws: the error when nothing may be changed.
    func requireUsable() throws(StorageError) {
        let (health, error) = content.withLock { $0 }
        switch health {
        case .flowing, .waiting: return
        case .closed: throw StorageError(.closed, "the database was closed")
        case .broken: throw error ?? StorageError(.trailBroken, "the trail is broken")
        }
    }

    func set(flowing: Void = ()) { content.withLock { if $0.health != .closed { $0 = (.flowing, nil) } } }

    func fail(_ error: StorageError) {
        let isBroken: Bool =
            switch error.code {
            case .rolledBack, .trailBroken, .damaged, .foreign: true
            default: false
            }
        content.withLock { if $0.health != .closed { $0 = (isBroken ? .broken("\(error)") : .waiting("\(error)"), error) } }
    }

    func close() { content.withLock { $0 = (.closed, nil) } }
}
