internal import HTTPTypes
internal import Synchronization

/// What a page is told while it is open (server-sent events). Each says only that something is new: the page asks for it as itself.
package struct EventSource: Sendable {
    let stream: AsyncStream<String>
}

/// Tells open pages that something is new.
package final class EventHub: Sendable {
    private struct State {
        var next = 0
        var listeners: [Int: AsyncStream<String>.Continuation] = [:]
        var isClosed = false
    }

    /// More would only hold memory: pages work without them.
    private static let limit = 500
    private let state = Mutex(State())

    package init() {}

    /// Tells everyone.
    package func tell(_ topic: String) {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(topic) }
    }

    /// What is told when nothing is new. A page that is no longer there is noticed only by writing to it, and would keep its place for ever.
    static let pulse = ""

    /// Lets every stream show a sign of life, so that those that were left end.
    func beat() { tell(Self.pulse) }

    /// Listens; nil when too many do, or the server ends.
    func listen() -> EventSource? {
        let (stream, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(4))
        let number: Int? = state.withLock { state in
            guard !state.isClosed, state.listeners.count < Self.limit else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        guard let number else { return nil }
        continuation.onTermination = { [weak self] _ in _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) } }
        return EventSource(stream: stream)
    }

    /// Ends every stream: the server ends.
    package func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}

/// Where open pages hear that something is new.
enum EventRoutes {
    static func route(_ services: Services) -> Route {
        .background("/events", .signedIn) { _ in
            guard let source = services.hub.listen() else { throw Failure(.serviceUnavailable, "busy") }
            var answer = Answer(.ok, "text/event-stream", [])
            answer.content = .events(source)
            return answer
        }
    }
}
