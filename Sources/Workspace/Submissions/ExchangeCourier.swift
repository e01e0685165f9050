internal import Database
internal import Documents
internal import Rulebook
internal import Submissions

/// Brings packages to the supervisor and its mail to the firm. One round at a time; whatever fails is tried again later, and nothing is
/// filed twice, because a package that may have arrived is asked after before it is sent again.
public actor ExchangeCourier {
    /// What a round came to.
    public struct Report: Sendable, Hashable {
        /// Packages that were answered.
        public var answered = 0
        /// What stood in the way; empty when nothing did.
        public var trouble = ""
    }

    private let desk: SubmissionDesk
    private var isRunning = false
    private var polled: Int64 = 0
    private let actor = TrailActor.system("courier")

    init(_ desk: SubmissionDesk) { self.desk = desk }

    /// Sends what is due, and looks for mail where that is due.
    ///
    /// - Parameter isForced: whether a person asked for it: then everything is due.
    /// - Returns: what it came to; nil when a round is under way already.
    /// - Throws: what the database throws.
    @discardableResult
    public func round(isForced: Bool) async throws(WorkspaceError) -> Report? {
        guard !isRunning else { return nil }
        isRunning = true
        defer { isRunning = false }
        guard let partner = try await desk.partner(), !partner.address.isEmpty, partner.key != nil else { return Report() }
        let address = ExchangeTransport.Address(origin: partner.address, trust: partner.trust)
        let now = desk.instant.seconds
        let due = try await desk.store.waiting().filter { isForced || $0.next <= now }
        var report = Report()
        // A clock that was set back makes nothing wait longer.
        let isPollDue = isForced || abs(now - polled) >= desk.policy.pollInterval
        if isPollDue || due.contains(where: { $0.attempts > 0 }) {
            polled = now
            report.trouble = try await fetch(address)
            if !report.trouble.isEmpty, due.isEmpty { return report }
        }
        for entry in try await desk.store.waiting() where isForced || entry.next <= now {
            let trouble = try await send(entry, address)
            guard trouble.isEmpty else {
                report.trouble = trouble
                // Where nobody answers, the others wait as well.
                break
            }
            report.answered += 1
        }
        return report
    }

    /// Sends one package.
    ///
    /// - Returns: what stood in the way; empty when it was answered.
    private func send(_ entry: OutboxEntry, _ address: ExchangeTransport.Address) async throws(WorkspaceError) -> String {
        var trouble: String
        switch await desk.transport.post(address, try desk.store.bytes(entry.package)) {
        case .unanswered(let reason): trouble = reason
        case .answered(let bytes):
            switch try await desk.take(bytes, origin: "https", actor) {
            case .refused(let refusal): trouble = "answer: \(refusal.code.rawValue)"
            case .kept(.refusal(let notice)): trouble = notice.code.rawValue
            case .kept, .known: trouble = ""
            }
        }
        guard let after = try await desk.store.waiting().first(where: { $0.package == entry.package }) else { return "" }
        if trouble.isEmpty { trouble = "no receipt" }
        let next = desk.instant.seconds + desk.policy.retry(after: after.attempts + 1)
        try await desk.store.postpone(after, trouble: trouble, next: next, actor)
        return trouble
    }

    /// Fetches mail, by the newest key that the supervisor knows.
    ///
    /// - Returns: what stood in the way; empty when nothing did.
    private func fetch(_ address: ExchangeTransport.Address) async throws(WorkspaceError) -> String {
        var trouble = ""
        for own in try await desk.keys() where own.state != .ended {
            let (isKnown, reason) = try await fetch(address, own)
            if isKnown { return reason }
            trouble = reason
        }
        return trouble
    }

    private func fetch(
        _ address: ExchangeTransport.Address, _ own: OwnKey
    ) async throws(WorkspaceError) -> (isKnown: Bool, trouble: String) {
        var isMarked = own.state == .registered
        // More than any mailbox holds: a supervisor that always has more is not believed for ever.
        for _ in 0..<1_000 {
            let (partner, recipient) = try await desk.ready()
            let last = try await desk.store.cursor()
            let message = Message.poll(MailboxPoll(desk.header(partner, recipient: recipient), after: last))
            let poll = try desk.sign(message, with: try desk.secret(own.id))
            guard case .answered(let bytes) = await desk.transport.post(address, poll.bytes) else { return (true, "no answer") }
            if let code = try await refusal(bytes) {
                return (!own.state.mayBeUnknown || code != .unknownKey, code.rawValue)
            }
            guard let hasMore = try await desk.takeMail(bytes, of: poll.payloadHash, after: last, actor) else {
                return (true, "answer")
            }
            if !isMarked {
                isMarked = true
                try await desk.store.markRegistered(own.id, actor)
            }
            if !hasMore { return (true, "") }
        }
        return (true, "")
    }

    /// The code of a refusal that is the supervisor's. That a key is not registered yet is no event; anything else is kept like other mail.
    private func refusal(_ bytes: [UInt8]) async throws(WorkspaceError) -> RefusalCode? {
        guard let opened = try? PackageVerifier.open(bytes, at: try await desk.side(), now: desk.instant),
            case .refusal(let notice) = opened.message
        else { return nil }
        if notice.code != .unknownKey { _ = try await desk.take(bytes, origin: "https", actor) }
        return notice.code
    }
}

extension OwnKey.State {
    /// Whether the supervisor may not know the key yet.
    fileprivate var mayBeUnknown: Bool { self == .made || self == .waiting }
}
