internal import Documents
public import Rulebook

/// What a firm's installation judged, as it leaves the firm: verdicts with why, and which files show it. No value of a host leaves.
public struct SubmittedAssessment: Sendable, Hashable {
    /// What a clause's judgement can be; the words of `Assessment.Verdict`.
    public enum Verdict: String, Sendable, CaseIterable {
        case compliant, partly
        case nonCompliant = "non-compliant"
        case notApplicable = "not-applicable"
        case undetermined, equivalent
        case adviceNotAdopted = "advice-not-adopted"
    }

    /// What one kind of knowledge says; the words of `Assessment.Say`.
    public enum Say: String, Sendable, CaseIterable { case nothing, no, unknown, part, yes }

    /// What one check saw on one host.
    public struct Observation: Sendable, Hashable {
        /// The check.
        public var check: String
        /// What it saw; empty when there were no facts.
        public var result: String
        /// SHA-256 of the facts document it looked at; nil when there was none.
        public var facts: String?

        /// An observation.
        public init(check: String, result: String, facts: String?) {
            (self.check, self.result, self.facts) = (check, result, facts)
        }
    }

    /// What somebody recorded.
    public struct Record: Sendable, Hashable {
        /// duty, attestation or report.
        public var kind: String
        /// declared, signed or accepted.
        public var state: String
        /// The day it speaks of.
        public var date: CivilDate
        /// Whether it says that the requirement is fulfilled.
        public var isFulfilled: Bool
        /// SHA-256 of the files it rests on.
        public var evidence: [String]

        /// A record.
        public init(kind: String, state: String, date: CivilDate, isFulfilled: Bool, evidence: [String]) {
            (self.kind, self.state, self.date) = (kind, state, date)
            (self.isFulfilled, self.evidence) = (isFulfilled, evidence)
        }
    }

    /// One atomic requirement of a clause.
    public struct Requirement: Sendable, Hashable {
        /// Its name; empty when the clause is one requirement.
        public var aspect: String
        /// Its verdict.
        public var verdict: Verdict
        /// Why, as a code.
        public var reason: String
        /// What checks saw.
        public var observations: [Observation]
        /// What people recorded.
        public var records: [Record]

        /// A requirement.
        public init(aspect: String, verdict: Verdict, reason: String, observations: [Observation], records: [Record]) {
            (self.aspect, self.verdict, self.reason) = (aspect, verdict, reason)
            (self.observations, self.records) = (observations, records)
        }
    }

    /// What stands of one clause for one subject.
    public struct Entry: Sendable, Hashable {
        /// The clause.
        public var clause: String
        /// The system; empty for the firm as a whole.
        public var system: String
        /// The verdict.
        public var verdict: Verdict
        /// Why, as a code.
        public var reason: String
        /// shall or should.
        public var force: String
        /// Since when; nil when it is not known.
        public var since: Instant?
        /// What was declared.
        public var declared: Say
        /// What checks saw.
        public var measured: Say
        /// What was signed.
        public var signed: Say
        /// What the supervisor accepted before.
        public var accepted: Say
        /// SHA-256 of the document with the whole trace, which stays with the firm; nil when there is none.
        public var trace: String?
        /// The trace without the values that were found.
        public var requirements: [Requirement]

        /// An entry of which nothing is known yet but what it is about.
        public init(clause: String, system: String, verdict: Verdict, reason: String, force: String) {
            (self.clause, self.system, self.verdict, self.reason, self.force) = (clause, system, verdict, reason, force)
            (since, trace, requirements) = (nil, nil, [])
            (declared, measured, signed, accepted) = (.nothing, .nothing, .nothing, .nothing)
        }
    }

    /// Most verdicts of a submission.
    public static let limit = 100_000

    /// When it was judged.
    public var at: Instant
    /// Version of the firm's profile it was judged by.
    public var profileVersion: Int
    /// What stands, clause by clause.
    public var verdicts: [Entry]

    /// An assessment.
    public init(at: Instant, profileVersion: Int, verdicts: [Entry]) {
        (self.at, self.profileVersion, self.verdicts) = (at, profileVersion, verdicts)
    }
}

extension SubmittedAssessment {
    var node: Node {
        .object([
            ("at", .text(at.description)), ("profile_version", .integer(profileVersion)),
            ("verdicts", .list(verdicts.map(\.node))),
        ])
    }

    init(_ fields: inout Fields) throws(DocumentError) {
        at = try fields.instant("at")
        profileVersion = try fields.number("profile_version", 0...1_000_000_000)
        verdicts = try fields.items("verdicts", limit: Self.limit) { (fields) throws(DocumentError) in try Entry(&fields) }
        var seen: Set<String> = []
        for entry in verdicts where !seen.insert("\(entry.clause) \(entry.system)").inserted {
            throw fields.error(.duplicateKey, at: "verdicts", "two verdicts about one clause and subject")
        }
    }
}

extension SubmittedAssessment.Entry {
    var node: Node {
        .object([
            ("clause", .text(clause)), ("system", .unlessEmpty(system)), ("verdict", .text(verdict.rawValue)),
            ("reason", .text(reason)), ("force", .text(force)), ("since", since.map { .text($0.description) }),
            ("declared", .text(declared.rawValue)), ("measured", .text(measured.rawValue)), ("signed", .text(signed.rawValue)),
            ("accepted", .text(accepted.rawValue)), ("trace", trace.map { .text($0) }),
            ("requirements", .unlessEmpty(requirements.map(\.node))),
        ])
    }

    init(_ fields: inout Fields) throws(DocumentError) {
        self.init(
            clause: try fields.word("clause"), system: try fields.optionalLine("system", limit: 253),
            verdict: try fields.choice("verdict"), reason: try fields.word("reason"), force: try fields.word("force"))
        since = try fields.optionalInstant("since")
        (declared, measured) = (try fields.choice("declared"), try fields.choice("measured"))
        (signed, accepted) = (try fields.choice("signed"), try fields.choice("accepted"))
        trace = try fields.optionalHash("trace")
        requirements = try fields.items("requirements", limit: 100) { (fields) throws(DocumentError) in
            SubmittedAssessment.Requirement(
                aspect: try fields.optionalWord("aspect"), verdict: try fields.choice("verdict"),
                reason: try fields.word("reason"),
                observations: try fields.items("observations", limit: 10_000) { (fields) throws(DocumentError) in
                    SubmittedAssessment.Observation(
                        check: try fields.word("check"), result: try fields.optionalWord("result"),
                        facts: try fields.optionalHash("facts"))
                },
                records: try fields.items("records", limit: 10_000) { (fields) throws(DocumentError) in
                    try SubmittedAssessment.Record(&fields)
                })
        }
    }
}

extension SubmittedAssessment.Record {
    var node: Node {
        .object([
            ("kind", .text(kind)), ("state", .text(state)), ("date", .text(date.description)), ("fulfilled", .bool(isFulfilled)),
            ("evidence", .unlessEmpty(evidence)),
        ])
    }

    init(_ fields: inout Fields) throws(DocumentError) {
        (kind, state) = (try fields.word("kind"), try fields.word("state"))
        date = try fields.date("date")
        guard let fulfilled = try fields.optionalBool("fulfilled") else {
            throw fields.error(.missingKey, at: "fulfilled", "the key is missing")
        }
        isFulfilled = fulfilled
        evidence = try fields.hashes("evidence")
    }
}

extension SubmittedAssessment.Requirement {
    var node: Node {
        .object([
            ("aspect", .unlessEmpty(aspect)), ("verdict", .text(verdict.rawValue)), ("reason", .text(reason)),
            (
                "observations",
                .unlessEmpty(
                    observations.map {
                        .object([
                            ("check", .text($0.check)), ("result", .unlessEmpty($0.result)),
                            ("facts", $0.facts.map { .text($0) }),
                        ])
                    })
            ), ("records", .unlessEmpty(records.map(\.node))),
        ])
    }
}
