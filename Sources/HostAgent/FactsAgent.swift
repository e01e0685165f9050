package import Checks
internal import Rulebook

/// Sends the facts of this host to a server, once or again and again.
package struct FactsAgent: Sendable {
    /// How sending ended.
    package enum Outcome: Sendable, Equatable {
        /// It was kept; whether it was new.
        case kept(isNew: Bool)
        /// The server will not take it, and would not take it again: a wrong token, another host, a document it does not understand.
        case refused(status: Int, reason: String)
        /// Nobody answered, or not now.
        case unanswered(String)
    }

    /// Longest pause after failures, in seconds.
    static let longestPause = 900

    private let collect: @Sendable () async throws -> HostFacts
    private let send: @Sendable (_ facts: [UInt8]) async -> Outcome
    private let pause: @Sendable (_ seconds: Int) async throws -> Void
    private let tell: @Sendable (_ line: String) -> Void
    private let jitter: @Sendable (_ below: Int) -> Int

    /// An agent.
    ///
    /// - Parameters:
    ///   - collect: looks at the host.
    ///   - send: takes the document to the server.
    ///   - pause: waits so many seconds; throws when the program is to end.
    ///   - tell: takes lines for the log.
    ///   - jitter: a number below another one, so that a thousand hosts do not come in the same second.
    package init(
        collect: @escaping @Sendable () async throws -> HostFacts, send: @escaping @Sendable ([UInt8]) async -> Outcome,
        pause: @escaping @Sendable (Int) async throws -> Void, tell: @escaping @Sendable (String) -> Void,
        jitter: @escaping @Sendable (Int) -> Int
    ) {
        (self.collect, self.send, self.pause, self.tell, self.jitter) = (collect, send, pause, tell, jitter)
    }

    /// Collects and sends once.
    package func once() async throws -> Outcome {
        let facts = try await collect()
        let outcome = await send(facts.bytes)
        switch outcome {
        case .kept(let isNew): tell("\(facts.host): \(facts.sha256.prefix(16)) \(isNew ? "kept" : "known already")")
        case .refused(let status, let reason): tell("refused (\(status)): \(reason)")
        case .unanswered(let reason): tell("no answer: \(reason)")
        }
        return outcome
    }

    /// Collects and sends every so many seconds, until `pause` throws. A server that does not answer is tried again sooner, each time after twice as
    /// long; the facts are collected anew, for old ones would say something of another time.
    ///
    /// - Returns: the refusal that ended it: trying again would only be refused again.
    package func run(every seconds: Int) async throws -> Outcome {
        var failures = 0
        // Not all at once after a power failure.
        try await pause(jitter(min(seconds, 60)))
        while true {
            switch try await once() {
            case .kept:
                failures = 0
                try await pause(seconds + jitter(max(1, seconds / 20)))
            case .refused(let status, let reason): return .refused(status: status, reason: reason)
            case .unanswered:
                failures = min(failures + 1, 16)
                let wait = min(Self.longestPause, 15 << min(failures, 6), seconds)
                try await pause(wait + jitter(max(1, wait / 2)))
            }
        }
    }
}
