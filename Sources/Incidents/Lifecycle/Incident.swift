internal import Crypto
internal import Documents
public import Rulebook

/// An incident as everything that happened in it makes it: four axes that move on their own (the case, what was filed, the supervisor's
/// handling, the duties), and what is known of it.
public struct Incident: Sendable, Hashable {
    /// A question of the supervisor.
    public struct Question: Sendable, Hashable {
        /// Counts from 1.
        public var number: Int
        /// What is asked.
        public var text: String
        /// When it was asked.
        public var at: Instant
        /// When an answer is expected; nil when nobody said.
        public var answerBy: Instant?
        /// The answer, and when it was given.
        public var answer: String?
        /// When it was answered.
        public var answeredAt: Instant?
    }

    /// Its number.
    public let id: Int64
    /// Whether it is an exercise.
    public let isDrill: Bool
    /// Whether nothing happened, but nearly did.
    public internal(set) var isNearMiss: Bool
    /// Who began it, and when.
    public let begun: Stamp
    /// How much happened until now.
    public internal(set) var revision = 1
    /// The newest time anybody's clock showed in it: time does not go back here.
    public internal(set) var latest: Instant
    /// Where the case stands.
    public internal(set) var phase = IncidentPhase.draft
    /// What was filed, in order.
    public internal(set) var submissions: [IncidentSubmission] = []
    /// How the supervisor handles it.
    public internal(set) var handling = Handling.none
    /// Whether the supervisor called its emergency team.
    public internal(set) var isEscalated = false
    /// Numbers of the submissions the supervisor has.
    public internal(set) var received: Set<Int> = []
    /// Questions of the supervisor.
    public internal(set) var questions: [Question] = []
    /// Who must be told.
    public internal(set) var regimes: [String]
    /// Moments that are known.
    public internal(set) var moments: [Moment: Instant]
    /// What is said of it now.
    public internal(set) var values: [String: FieldValue] = [:]
    /// Earlier cases that it repeats.
    public internal(set) var repeats: [Int64]
    /// Duties that were met, as they were met.
    public internal(set) var settled: [ObligationID: Filed] = [:]
    /// Proposals and decisions that a notice need not be given.
    public internal(set) var excuses: [ObligationID: Excuse] = [:]
    /// How often each regime's closing notice was overtaken by events.
    public internal(set) var rounds: [String: Int] = [:]
    /// How much had been filed when the supervisor sent the last submission back; nil when it did not.
    public internal(set) var returnedAfter: Int?

    init(_ id: Int64, _ start: IncidentStart, _ stamp: Stamp) {
        self.id = id
        (isDrill, isNearMiss, begun, latest) = (start.isDrill, start.isNearMiss, stamp, stamp.at)
        (regimes, repeats, moments) = (start.regimes, start.repeats, [.aware: start.aware])
    }

    /// A case as it was kept; nil when it does not begin with a beginning, or has two.
    ///
    /// - Parameters:
    ///   - id: its number.
    ///   - events: everything that happened, in order.
    public init?(_ id: Int64, _ events: [(event: IncidentEvent, stamp: Stamp)]) {
        guard let first = events.first, case .started(let start) = first.event else { return nil }
        self.init(id, start, first.stamp)
        for (event, stamp) in events.dropFirst() {
            if case .started = event { return nil }
            apply(event, stamp)
        }
    }

    /// When the firm came to know.
    public var aware: Instant { moments[.aware] ?? begun.at }

    /// Questions without an answer.
    public var openQuestions: [Int] { questions.filter { $0.answer == nil }.map(\.number) }

    // MARK: What it is after something happened

    /// Lets something happen that `decide` allowed.
    public mutating func apply(_ event: IncidentEvent, _ stamp: Stamp) {
        revision += 1
        latest = max(latest, stamp.at)
        switch event {
        case .started: break
        case .declared: phase = .open
        case .upgraded(let more): (isNearMiss, regimes) = (false, regimes + more)
        case .bound(let regime): regimes.append(regime)
        case .marked(let moment, let at, _): moments[moment] = at
        case .wrote(let written, let emptied):
            values.merge(written) { $1 }
            for field in emptied { values[field] = nil }
        case .filed(let submission): file(submission)
        case .resolved(let at): (phase, moments[.resolved]) = (.resolved, at)
        case .reopened:
            (phase, moments[.resolved]) = (.open, nil)
            for regime in regimes where settled[closing(regime)] != nil { rounds[regime, default: 0] += 1 }
        case .closed: (phase, moments[.closed]) = (.closed, latest)
        case .withdrawn: phase = .withdrawn
        case .linked(let other): repeats.append(other)
        case .excuseProposed(let duty, let reason): excuses[duty] = Excuse(reason: reason, by: stamp.by, at: latest)
        case .excuseApproved(let duty):
            excuses[duty]?.approvedBy = stamp.by
            excuses[duty]?.approvedAt = latest
        case .excuseRejected(let duty, _): excuses[duty] = nil
        default: handle(event, stamp)
        }
    }

    private mutating func file(_ submission: IncidentSubmission) {
        submissions.append(submission)
        for filed in submission.settled {
            // What was settled once stays as it was.
            if settled[filed.duty] == nil { settled[filed.duty] = filed }
            if excuses[filed.duty]?.approvedBy == nil { excuses[filed.duty] = nil }
        }
    }

    private mutating func handle(_ event: IncidentEvent, _ stamp: Stamp) {
        switch event {
        case .received(let number):
            received.insert(number)
            handling = openQuestions.isEmpty ? .received : .queried
        case .acknowledged: handling = .acknowledged
        case .asked(let number, let text, let answerBy):
            questions.append(Question(number: number, text: text, at: latest, answerBy: answerBy))
            handling = .queried
        case .answered(let number, let text):
            if let index = questions.firstIndex(where: { $0.number == number }) {
                (questions[index].answer, questions[index].answeredAt) = (text, latest)
            }
            if openQuestions.isEmpty, handling == .queried { handling = .answered }
        case .accepted: handling = .accepted
        case .returned: (handling, returnedAfter) = (.returned, submissions.count)
        case .escalated: isEscalated = true
        case .handlingClosed: handling = .closed
        default: break
        }
    }

    func closing(_ regime: String) -> ObligationID { ObligationID(regime, .closing, round: rounds[regime] ?? 0) }
}

extension IncidentSubmission {
    /// SHA-256 of its canonical document: what the next one names as `previous`.
    public var hash: String {
        guard let node = try? NodeEncoder.node(of: self) else { return "" }
        return SHA256.hash(data: CanonicalJSON.bytes(of: node)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0\(digits)" : digits
        }.joined()
    }
}
