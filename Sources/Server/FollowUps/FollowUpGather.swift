internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// Where follow-up begins: the market's answers of a quarter become gaps.
struct FollowUpGather: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    var routes: [Route] {
        services.common.act(
            "/followups/gather", .followupsChange, { visit in try await ask(visit, "") }, { visit in try await gather(visit) })
    }

    private func ask(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let wording = visit.wording
        let quarters = try await supervision.market.quarters()
        let act = ActPage(
            title: wording("followups.gather"), lead: wording("followups.gather-why"), path: "/followups/gather",
            button: wording("followups.gather"), crumbs: [(wording("web.followups"), "/followups")], place: .followups,
            wrong: wrong)
        return act.answer(visit) { page in
            Form.select(
                "quarter", wording("market.quarter"), quarters.reversed().map { ($0.description, $0.description) },
                chosen: visit.form.text("quarter"), &page)
            Form.select(
                "questionnaire", wording("market.questionnaire"),
                supervision.questionnaires.map { ($0.id, wording($0.title)) }, chosen: visit.form.text("questionnaire"), &page)
        }
    }

    private func gather(_ visit: Visit) async throws -> Answer {
        let wanted = visit.form.text("questionnaire")
        guard let quarter = Quarter(visit.form.text("quarter")),
            let questionnaire = supervision.questionnaires.first(where: { $0.id == wanted })
        else { return try await ask(visit, visit.wording("error.form")) }
        do throws(SupervisionError) {
            _ = try await supervision.followUps.gather(from: MarketGaps(supervision.market, questionnaire), quarter, visit.actor)
        } catch {
            guard case .conflict(let reason) = error else { throw error }
            return try await ask(visit, reason)
        }
        services.hub.tell("market")
        return .see("/followups?" + FormFields.query([("quarter", quarter.description)]))
    }
}
