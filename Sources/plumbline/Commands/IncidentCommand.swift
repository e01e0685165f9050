internal import ArgumentParser
internal import Database
internal import Documents
internal import Incidents
internal import Rulebook
internal import Workspace

struct IncidentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incident",
        abstract: "Incidents of a firm where no server runs: start the clock, file the notices, count what happened.",
        discussion: """
            The market's first notice is due 30 minutes after the firm came to know. `start` begins a case and shows its deadlines; `set` says what is \
            known; `file` files a notice in the case and fixes how late it was. Nothing is sent to anybody: hand the export over. Words of fields \
            are those of Packs/incidents/fields.yaml. The directory's server is stopped; the trail notes who acts.

            EXAMPLES
              plumbline incident start --data /srv/firm --aware 2026-11-19T09:38:00+08:00 --set title="下單網站無法連線" --set category=ddos
              plumbline incident set 1 --data /srv/firm impact=trading severity=medium state="處理中" description="..."
              plumbline incident file 1 preliminary --data /srv/firm
              plumbline incident stats --data /srv/firm --from 2026-01 --to 2026-12

            EXIT STATUS
              0  done   1  refused, or the report is not complete   65 not as expected   66 no such case   74 file call failed
              75 a server runs on the directory
            """,
        subcommands: [
            StartIncident.self, ListIncidents.self, ShowIncident.self, SetIncident.self, MarkIncident.self, FileIncident.self,
            ResolveIncident.self, CloseIncident.self, ExcuseIncident.self, ExportIncident.self, IncidentStats.self,
            ImportIncidents.self,
        ])
}

/// A firm's directory, open for one command on its incidents.
enum IncidentData {
    static func run(_ path: String, _ body: (IncidentStore, Workspace, TrailActor) async throws -> Void) async throws {
        try await SubmissionData.firm(path) { workspace, actor in
            do {
                try await body(workspace.incidents, workspace, actor)
            } catch let error as IncidentError {
                switch error {
                case .storage(let error): throw error
                case .document(let error): throw error
                case .refused(let refusal): Terminal.complain("plumbline: refused: \(text(refusal))")
                case .notFound, .meanwhile: Terminal.complain("plumbline: \(error)")
                case .list(let faults):
                    for fault in faults { Terminal.complain(text(fault)) }
                    Terminal.complain("plumbline: \(error)")
                }
                throw ExitCode(error.exitStatus)
            }
        }
    }

    static func text(_ fault: PastIncidentReader.Fault) -> String {
        let place = fault.row == 0 ? "list" : "row \(fault.row)"
        return "\(place)\(fault.column.isEmpty ? "" : ", \(fault.column)"): \(fault.reason)"
    }

    static func text(_ duty: ObligationID) -> String {
        "\(duty.regime) \(duty.notice.rawValue)\(duty.round == 0 ? "" : " (again)")"
    }

    static func text(_ refusal: IncidentRefusal) -> String {
        switch refusal {
        case .missing(let fields): "these fields must be set first: \(fields.joined(separator: ", "))"
        case .faults(let faults): faults.map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
        case .phase(let phase): "the case is \(phase.rawValue)"
        case .earlierFirst(let duty): "file this first: \(text(duty))"
        case .settledAlready(let duty): "given, or excused, already: \(text(duty))"
        case .notOwed(let duty): "not owed: \(text(duty))"
        case .notProposed(let duty): "nobody proposed to excuse: \(text(duty))"
        case .samePerson: "somebody else than who proposed it must approve"
        case .future(let time): "\(time) has not come"
        case .order(let first, let second): "\(first.rawValue) comes before \(second.rawValue)"
        case .dutiesOpen(let duties):
            "still open: "
                + duties.map { duty in
                    switch duty {
                    case .notice(let id): text(id)
                    case .question(let number): "question \(number)"
                    case .returned: "a submission that was sent back"
                    }
                }.joined(separator: ", ")
        case .nobodyToTell: "nobody takes this notice now"
        case .given: "an earlier time counts only for phone or offline, with --note, and not before the firm knew"
        default: "\(refusal)"
        }
    }

    /// How a duty stands, in a line.
    static func text(_ duty: Obligation, now: Instant) -> String {
        let state =
            switch duty.state {
            case .running(.at(let due)):
                due >= now
                    ? "due \(due.text(in: .taipei)), \(clock(due - now)) left"
                    : "OVERDUE since \(due.text(in: .taipei)), by \(clock(now - due))"
            case .running(.asSoonAsPossible): "as soon as possible"
            case .running(.waiting(.moment(let moment))): "waits for: \(moment.rawValue)"
            case .running(.waiting(.filed(let notice))): "waits for: \(notice.rawValue) filed"
            case .running(.undetermined(let calendar)): "undetermined: the calendar \(calendar) ends before"
            case .met(let filed): "in time, \(filed.at.text(in: .taipei))"
            case .late(let filed, let seconds): "LATE by \(clock(seconds)), \(filed.at.text(in: .taipei))"
            case .undetermined(let filed): "filed \(filed.at.text(in: .taipei)); whether in time is undetermined"
            case .excused(let excuse): "excused by \(excuse.by) and \(excuse.approvedBy ?? ""): \(excuse.reason)"
            }
        let proposal = duty.proposal.map { "; \($0.by) proposes to excuse it: \($0.reason)" } ?? ""
        return "\(text(duty.id)) [\(duty.version)\(duty.status == .draft ? ", draft" : "")]  \(state)\(proposal)"
    }

    /// Hours, minutes and seconds.
    static func clock(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(seconds / 3_600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    static func show(_ incident: Incident, _ store: IncidentStore) {
        var lines = [
            "incident \(incident.id)  \(incident.phase.rawValue)\(incident.isDrill ? "  DRILL" : "")\(incident.isNearMiss ? "  near miss" : "")",
            "known      \(incident.aware.text(in: .taipei))",
        ]
        for duty in incident.obligations(store.rules.clocks) { lines.append("duty       \(text(duty, now: store.instant))") }
        for other in incident.recomputed(store.rules.clocks) {
            lines.append(
                "differs    \(text(other.filed.duty)): by what is known now late by \(other.late.map { "\($0) s" } ?? "?"); what was filed stands"
            )
        }
        for submission in incident.submissions {
            lines.append(
                "filed \(submission.number)    \(submission.at.text(in: .taipei))  \(name(submission.kind)) \(submission.version)  \(submission.hash)"
            )
        }
        for (field, value) in incident.values.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "\(field)  \(value.text ?? String(decoding: CanonicalJSON.line(of: value.node).dropLast(), as: UTF8.self))")
        }
        Terminal.write(lines.joined(separator: "\n") + "\n")
    }

    static func name(_ kind: SubmissionKind) -> String {
        switch kind {
        case .notice(let notice): notice.rawValue
        case .correction(let number): "correction of \(number)"
        }
    }

    /// Fields as `name=value`; lists with commas between, records as JSON, nothing after `=` to empty one.
    static func values(_ settings: [String], _ book: FieldBook) throws -> [String: FieldValue?] {
        var values: [String: FieldValue?] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw ValidationError("\(setting.clipped): name=value is expected") }
            let (name, text) = (parts[0], parts[1])
            guard !text.isEmpty else {
                values[name] = .some(nil)
                continue
            }
            let value: FieldValue =
                switch book[name]?.kind {
                case .flag:
                    text == "yes" || text == "true" ? .flag(true) : text == "no" || text == "false" ? .flag(false) : .text(text)
                case .integer: Int(text).map { .number($0) } ?? .text(text)
                case .codes, .texts: .list(text.split(separator: ",").map { .text(String($0)) })
                case .records: try FieldValue(JSONReader.read(Array(text.utf8))) ?? .text(text)
                default: .text(text)
                }
            values[name] = .some(value)
        }
        return values
    }

    static func instant(_ text: String, _ option: String) throws -> Instant {
        guard let instant = Instant(text) else {
            throw ValidationError("\(option): \(text.clipped) is not a time; such as 2026-11-20T23:33:00+08:00")
        }
        return instant
    }
}

extension IncidentError {
    fileprivate var exitStatus: Int32 {
        switch self {
        case .notFound: 66
        case .list: 65
        default: 1
        }
    }
}
