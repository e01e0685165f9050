internal import Assessment
internal import Checks
internal import Database
internal import Documents
internal import Rulebook
internal import Submissions

/// Puts together what leaves: verdicts with why and which files show it. What was found on a host stays in a file of the firm's, which the
/// submission only names.
struct SubmissionComposer {
    /// Schema of the file with the whole traces.
    static let traceSchema = "plumbline.traces/1"

    let boards: BoardKeeper
    let hosts: HostStore
    let files: EvidenceFiles

    /// Fills a submission with what stands.
    func fill(_ manifest: inout SubmissionManifest, _ board: Board, _ scene: BoardKeeper.Scene) async throws(WorkspaceError) {
        let assumed = scene.profile.assumed
        manifest.profile = scene.profile.firm
        manifest.assumed = assumed.filter { $0.hasPrefix("firm.") }.sorted()
        manifest.decisions = scene.obligations.decisions.map { outcome in
            .init(
                id: outcome.decision.id, state: outcome.state.rawValue, value: outcome.value ?? "", reason: outcome.reason)
        }
        var traces: [Key: Opened] = [:]
        var evidence: [SubmissionManifest.Evidence] = []
        for system in [""] + scene.profile.systems.map(\.id) {
            let (assessment, leftOut) = try await boards.look(scene, system: system)
            // Of a firm with many hosts not all are opened at once: what rests on all of them has no trace here.
            guard leftOut == 0 else { continue }
            let (file, opened) = try open(assessment, system)
            if let file { evidence.append(file) }
            traces.merge(opened) { $1 }
        }
        let at = Instant(seconds: board.at ?? manifest.header.created.seconds)
        manifest.assessment = SubmittedAssessment(
            at: at, profileVersion: board.version, verdicts: board.standings.map { Self.entry($0, traces) })
        let names = Set(scene.profile.systems.flatMap(\.hosts))
        evidence += try await hosts.newest().filter { names.contains($0.host) }.map {
            .init(sha256: $0.sha256, bytes: $0.bytes, name: "facts")
        }
        var seen: Set<String> = []
        manifest.evidence = evidence.filter { seen.insert($0.sha256).inserted }
    }

    private struct Key: Hashable {
        var clause: String
        var system: String
    }

    /// A judgement with its trace.
    private struct Opened {
        var verdict: Verdict
        var reason: Reason
        var file: String
        var requirements: [SubmittedAssessment.Requirement]
    }

    /// Traces of one subject: the whole of them in a file, and what of them leaves.
    private func open(
        _ assessment: Assessment, _ system: String
    ) throws(WorkspaceError) -> (file: SubmissionManifest.Evidence?, opened: [Key: Opened]) {
        var nodes: [Node] = []
        var opened: [Key: Opened] = [:]
        for judgement in assessment.judgements where judgement.verdict != .notApplicable {
            guard (assessment.obligations.subjects[Int(judgement.subject)].system ?? "") == system else { continue }
            let trace = assessment.trace(of: judgement)
            nodes.append(
                .object([
                    ("clause", .text(trace.clause.id)), ("verdict", .text(judgement.verdict.rawValue)),
                    ("reason", .text(judgement.reason.rawValue)), ("scope", trace.scope.node),
                    ("requirements", .list(trace.requirements.map(\.node))),
                ]))
            opened[Key(clause: trace.clause.id, system: system)] = Opened(
                verdict: judgement.verdict, reason: judgement.reason, file: "",
                requirements: trace.requirements.map(Self.requirement))
        }
        guard !nodes.isEmpty else { return (nil, [:]) }
        let bytes = CanonicalJSON.bytes(
            of: .object([
                ("schema", .text(Self.traceSchema)), ("at", .text(assessment.instant.description)), ("system", .text(system)),
                ("clauses", .list(nodes)),
            ]))
        let hash: String
        do throws(StorageError) { hash = try files.store(bytes) } catch { throw .storage(error) }
        return (
            .init(sha256: hash, bytes: bytes.count, name: system.isEmpty ? "traces" : "traces of \(system)"),
            opened.mapValues { opened in
                var named = opened
                named.file = hash
                return named
            }
        )
    }

    private static func entry(_ standing: Standing, _ traces: [Key: Opened]) -> SubmittedAssessment.Entry {
        var entry = SubmittedAssessment.Entry(
            clause: standing.clause, system: standing.system, verdict: verdict(standing.verdict),
            reason: standing.reason.rawValue,
            force: standing.force.rawValue)
        entry.since = Instant(seconds: standing.since)
        (entry.declared, entry.measured) = (say(standing.says.declared), say(standing.says.measured))
        (entry.signed, entry.accepted) = (say(standing.says.signed), say(standing.says.accepted))
        // A trace that says something else than the verdict explains nothing.
        if let opened = traces[Key(clause: standing.clause, system: standing.system)], opened.verdict == standing.verdict,
            opened.reason == standing.reason
        {
            (entry.trace, entry.requirements) = (opened.file, opened.requirements)
        }
        return entry
    }

    private static func requirement(_ requirement: Trace.Requirement) -> SubmittedAssessment.Requirement {
        .init(
            aspect: requirement.aspect?.name ?? "", verdict: verdict(requirement.verdict), reason: requirement.reason.rawValue,
            observations: requirement.observations.map {
                .init(
                    check: $0.check.id, result: $0.outcome?.result.rawValue ?? "",
                    facts: $0.factsHash.isEmpty ? nil : $0.factsHash)
            },
            records: requirement.records.map {
                .init(
                    kind: $0.kind.rawValue, state: $0.state.rawValue, date: $0.date, isFulfilled: $0.isFulfilled,
                    evidence: $0.evidence)
            })
    }

    private static func verdict(_ verdict: Verdict) -> SubmittedAssessment.Verdict {
        // A word that only a newer program knows is nothing this one may call a pass.
        SubmittedAssessment.Verdict(rawValue: verdict.rawValue) ?? .undetermined
    }

    private static func say(_ say: Say) -> SubmittedAssessment.Say { .init(rawValue: "\(say)") ?? .unknown }
}
