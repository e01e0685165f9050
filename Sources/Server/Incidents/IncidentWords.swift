internal import Documents
internal import Incidents
internal import Reports
internal import Rulebook

/// What cases, duties and refusals are called on pages.
struct IncidentWords {
    let wording: Wording
    let rules: IncidentRules

    /// What FIRE calls the words of its lists. A file that is wrong leaves the words themselves, which a test of that file shows.
    private static let fire = try? FireFormat.shipped()

    func phase(_ phase: IncidentPhase) -> String { wording("incidents.phase.\(phase.rawValue)") }
    func moment(_ moment: Moment) -> String { wording("incidents.moment.\(moment.rawValue)") }
    func notice(_ notice: NoticeKind) -> String { wording("incidents.notice.\(notice.rawValue)") }

    func kind(_ kind: SubmissionKind) -> String {
        switch kind {
        case .notice(let notice): self.notice(notice)
        case .correction(let number): wording("incidents.correction", ["number": String(number)])
        }
    }

    func regime(_ id: String) -> String { rules.clocks.regime(id).map { wording($0.title) } ?? id }

    /// A duty as its regime calls it.
    func duty(_ id: ObligationID, version: String = "") -> String {
        let versions = rules.clocks.regime(id.regime)?.versions ?? []
        let bound = versions.last { $0.version == version } ?? versions.last
        let title = bound?[id.notice].map { wording($0.title) } ?? notice(id.notice)
        return id.round == 0 ? title : "\(title)（\(wording("incidents.again"))）"
    }

    func field(_ id: String) -> String { rules.fields[id].map { wording($0.title) } ?? id }

    /// A word of a list.
    func word(_ list: String, _ word: String) -> String {
        func of(_ entries: [Taxonomy.Entry]) -> String { entries.first { $0.id == word }.map { wording($0.title) } ?? word }
        switch list {
        case "categories": return of(rules.taxonomy.categories)
        case "impacts": return of(rules.taxonomy.impacts)
        case "causes": return of(rules.taxonomy.causes)
        case "severity-rows": return rules.taxonomy.severity.rows.first { $0.id == word }.map { wording($0.title) } ?? word
        case "fire.severity": return wording("incidents.severity.\(word)")
        default:
            guard list.hasPrefix("fire.") else { return wording("incidents.word.\(list).\(word)") }
            return Self.fire?.label(String(list.dropFirst(5)), word) ?? word
        }
    }

    /// The choices of a list, after one that says nothing.
    func choices(_ list: String) -> [Form.Choice] {
        [("", wording("incidents.choose"))] + (rules.fields.lists[list] ?? []).map { ($0, word(list, $0)) }
    }

    /// A value as people read it.
    func value(_ value: FieldValue?, _ field: FieldBook.Field?) -> String {
        switch value {
        case nil: return ""
        case .flag(let flag): return wording(flag ? "incidents.yes" : "incidents.no")
        case .number(let number): return String(number)
        case .text(let text):
            guard let field else { return text }
            return switch field.kind {
            case .code, .codes: word(field.list, text)
            case .time: Instant(text).map(time) ?? text
            default: text
            }
        case .list(let items): return items.map { self.value($0, field) }.joined(separator: field?.kind == .records ? "\n" : "、")
        case .record(let record):
            let parts = (field?.fields ?? []).compactMap { inner in
                record[inner.id].map { "\(wording(inner.title)): \(self.value($0, inner))" }
            }
            return parts.joined(separator: "; ")
        }
    }

    func time(_ instant: Instant) -> String { String(instant.text(in: .taipei).prefix(19)).replacing("T", with: " ") }

    /// Hours, minutes and seconds.
    static func clock(_ seconds: Int64) -> String {
        let size = abs(seconds)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(size / 3_600):\(two(size / 60 % 60)):\(two(size % 60))"
    }

    /// What is left until a deadline, or how long ago it passed.
    func left(_ seconds: Int64) -> String {
        "\(wording(seconds < 0 ? "incidents.over" : "incidents.left")) \(Self.clock(seconds))"
    }

    /// How late something was; nil when nobody can say.
    func late(_ seconds: Int64?) -> String {
        switch seconds {
        case nil: wording("incidents.unknown")
        case 0: wording("incidents.in-time")
        case let seconds?: wording("incidents.seconds", ["clock": Self.clock(seconds)])
        }
    }

    /// How a duty stands, without the clock that pages show beside it.
    func state(_ duty: Obligation) -> String {
        switch duty.state {
        case .running(.at(let due)): wording("incidents.due", ["time": time(due)])
        case .running(.asSoonAsPossible): wording("incidents.duty.soon")
        case .running(.waiting(.moment(let moment))): wording("incidents.duty.waits-moment", ["what": self.moment(moment)])
        case .running(.waiting(.filed(let notice))): wording("incidents.duty.waits-notice", ["what": self.notice(notice)])
        case .running(.undetermined(let calendar)): wording("incidents.duty.undetermined-calendar", ["calendar": calendar])
        case .met(let filed): wording(filed.due == nil ? "incidents.duty.given" : "incidents.duty.met", ["time": time(filed.at)])
        case .late(let filed, let seconds):
            wording("incidents.duty.late", ["clock": Self.clock(seconds), "time": time(filed.at)])
        case .undetermined(let filed): wording("incidents.duty.undetermined", ["time": time(filed.at)])
        case .excused(let excuse):
            wording(
                "incidents.duty.excused", ["reason": excuse.reason, "by": excuse.by, "approved": excuse.approvedBy ?? ""])
        }
    }

    func open(_ duty: OpenDuty) -> String {
        switch duty {
        case .notice(let id): "\(self.duty(id))（\(regime(id.regime))）"
        case .question(let number): wording("incidents.open.question", ["number": String(number)])
        case .returned: wording("incidents.open.returned")
        }
    }

    private func list(_ items: [String]) -> String { items.joined(separator: "、") }

    /// Why something may not happen.
    func text(_ refusal: IncidentRefusal) -> String {
        switch refusal {
        case .phase(let phase): no("phase", ["phase": self.phase(phase)])
        case .nearMiss: no("near-miss")
        case .dutiesOpen(let duties): no("duties", ["what": list(duties.map(open))])
        case .missing(let fields): no("missing", ["fields": list(fields.map(field))])
        case .faults(let faults): no("faults", ["fields": list(faults.map { field($0.path) })])
        case .regime: no("regime")
        case .boundAlready: no("bound")
        case .nobodyToTell: no("nobody")
        case .earlierFirst(let id): no("earlier", ["what": duty(id)])
        case .settledAlready(let id): no("settled", ["what": duty(id)])
        case .notOwed: no("not-owed")
        case .proposedAlready: no("proposed")
        case .notProposed: no("not-proposed")
        case .samePerson: no("same-person")
        case .reason: no("reason")
        case .future(let time): no("future", ["time": self.time(time)])
        case .order(let first, let second): no("order", ["first": moment(first), "second": moment(second)])
        case .moment: no("moment")
        case .submission: no("submission")
        case .given: no("given")
        case .full: no("full")
        default: no("other")
        }
    }

    private func no(_ name: String, _ values: [String: String] = [:]) -> String { wording("incidents.no.\(name)", values) }
}
