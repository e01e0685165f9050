import Documents
import Rulebook
import Testing

@testable import Submissions

/// What the source's oddities mean for questions and answers.
@Suite("Oddities of the survey of 2017")
struct OddityTests {
    private func market() throws -> Questionnaire { try Shelf.questionnaire("market-2017") }
    private func standard() throws -> Questionnaire { try Shelf.questionnaire("twse-2018-standard") }

    private func differs(_ question: String, _ reference: String) throws -> Bool {
        try #require(try market().question(question)).differs.contains { $0.reference == reference }
    }

    @Test("D-03 web defence and scrubbing address one population: not applicable to the one and answered to the other is refused")
    func onePopulation() throws {
        for (questionnaire, check) in [(try market(), "one-online-population"), (try standard(), "population-waf")] {
            for (waf, scrub) in [
                (Answer.notApplicable, Answer.yes), (.notApplicable, .no), (.yes, .notApplicable), (.no, .notApplicable),
            ] {
                // Also where the register knows nothing, so that no other rule sees it.
                for online in [true, false, nil] {
                    let found = AnswerCheck(
                        questionnaire, firm: Shelf.firm(tier: "4", online: online),
                        answers: try Shelf.answers(questionnaire, ["waf": waf, "scrub": scrub]))
                    #expect(found.has(check) && !found.isConsistent, "\(waf) \(scrub)")
                }
            }
            for pair in [(Answer.yes, Answer.no), (.no, .no), (.yes, .yes), (.notApplicable, .notApplicable)] {
                let found = AnswerCheck(
                    questionnaire, firm: Shelf.firm(tier: "4", online: nil),
                    answers: try Shelf.answers(questionnaire, ["waf": pair.0, "scrub": pair.1]))
                #expect(!found.has(check), "\(pair)")
            }
        }
    }

    @Test("D-04 whether the online questions concern a firm is the register's word, in every tier")
    func applicabilityComesFromTheRegister() throws {
        for questionnaire in [try market(), try standard()] {
            for tier in ["1", "2", "3", "4"] {
                let without = AnswerCheck(
                    questionnaire, firm: Shelf.firm(tier: tier, online: false),
                    answers: try Shelf.answers(questionnaire, ["waf": .yes]))
                #expect(try without.item("waf").state == .contradiction && without.item("waf").declared == .notApplicable)
                #expect(try without.item("scrub").state == .notApplicable && !without.isConsistent)
                let with = AnswerCheck(
                    questionnaire, firm: Shelf.firm(tier: tier, online: true),
                    answers: try Shelf.answers(questionnaire, ["waf": .notApplicable, "scrub": .notApplicable]))
                // Nobody leaves the population by an answer: it counts as nothing said.
                #expect(
                    try with.item("waf").state == .contradiction && with.item("waf").declared == .noAnswer && !with.isConsistent)
                let unknown = AnswerCheck(
                    questionnaire, firm: Shelf.firm(tier: tier, online: nil), answers: try Shelf.answers(questionnaire, [:]))
                #expect(try unknown.item("waf").applies.truth == .unknown && unknown.item("waf").declared == .noAnswer)
                #expect(unknown.has("online-orders-unknown"))
            }
        }
    }

    @Test("D-05 asked 'every year' where the standard says every two: a no is no verdict, and the date is asked for")
    func everyTwoYears() throws {
        let questionnaire = try market()
        #expect(try differs("pt", "D-05") && differs("hc", "D-05"))
        for (tier, pt, hc) in [("1", false, true), ("2", true, true), ("3", true, false)] {
            let found = AnswerCheck(
                questionnaire, firm: Shelf.firm(tier: tier, online: true),
                answers: try Shelf.answers(questionnaire, ["pt": .no, "hc": .no]))
            #expect(found.has("penetration-test-two-yearly") == pt)
            #expect(found.has("health-check-two-yearly") == hc)
        }
        #expect(try #require(try standard().question("pt")).text.chinese.contains("兩年一次"))
    }

    @Test("D-06 asked of websites where the standard says key systems")
    func websites() throws {
        let questionnaire = try market()
        #expect(try differs("va", "D-06"))
        let found = AnswerCheck(
            questionnaire, firm: Shelf.firm(tier: "1", online: true), answers: try Shelf.answers(questionnaire, ["va": .yes]))
        #expect(found.has("websites-are-not-key-systems") && found.isConsistent)
        #expect(try #require(try standard().question("va")).text.chinese.contains("關鍵系統"))
    }

    @Test(
        "D-07 one question about a drill where the standard holds four things: the other three stay unasked, and a drill needs a plan"
    )
    func fourParts() throws {
        let (questionnaire, pack) = (try market(), try #require(try Shelf.rulebook().packs.first { $0.id == "twse-2018" }))
        let bcp = try #require(questionnaire.question("bcp"))
        #expect(bcp.clause == "twse-bcp-drill" && bcp.aspect == "drill" && bcp.differs.contains { $0.reference == "D-07" })
        let unasked = questionnaire.unasked(of: pack, groups: ["standard"])
        #expect(
            unasked.filter { $0.hasPrefix("twse-bcp") }
                == ["twse-bcp-plan.recovery_procedure", "twse-bcp-plan.plan", "twse-bcp-drill.notification_drill"])
        let standard = try standard()
        func check(_ drill: Answer, plan: Answer?) throws -> AnswerCheck {
            var given = ["bcp-drill-drill": drill]
            given["bcp-plan-plan"] = plan
            return AnswerCheck(standard, firm: Shelf.firm(tier: "3", online: true), answers: try Shelf.answers(standard, given))
        }
        #expect(try check(.yes, plan: .no).has("drill-needs-plan") && !check(.yes, plan: .no).isConsistent)
        #expect(try check(.yes, plan: .yes).isConsistent && check(.no, plan: .no).isConsistent)
        // A missing answer is no yes: it is remarked, and refuses nothing.
        #expect(try check(.yes, plan: nil).has("drill-without-plan-answer") && check(.yes, plan: nil).isConsistent)
    }

    @Test("D-08 asked of internal audits where the standard says audits of security")
    func internalAudit() throws {
        let questionnaire = try market()
        #expect(try differs("audit", "D-08"))
        let found = AnswerCheck(
            questionnaire, firm: Shelf.firm(tier: "1", online: true), answers: try Shelf.answers(questionnaire, ["audit": .yes]))
        #expect(found.has("internal-audit-of-what"))
    }

    @Test("D-09 asked of a product where the standard says a mechanism: equivalents have their place in the remark")
    func product() throws {
        let questionnaire = try market()
        #expect(try differs("waf", "D-09"))
        let found = AnswerCheck(
            questionnaire, firm: Shelf.firm(tier: "1", online: true), answers: try Shelf.answers(questionnaire, ["waf": .no]))
        #expect(found.has("equivalent-web-defence") && found.isConsistent)
    }

    @Test("D-10 what was never asked is not known: monitoring of tier 2, function checks of tiers 3 and 4")
    func neverAsked() throws {
        let pack = try #require(try Shelf.rulebook().packs.first { $0.id == "twse-2018" })
        #expect(try market().unasked(of: pack, groups: ["standard"]).suffix(2) == ["twse-mon", "twse-func"])
        #expect(try standard().unasked(of: pack, groups: ["standard"]).isEmpty)
        let market = try market()
        for (tier, state) in [
            ("1", AnswerCheck.State.noAnswer), ("2", .notApplicable), ("3", .notApplicable), ("4", .notApplicable),
        ] {
            let found = AnswerCheck(market, firm: Shelf.firm(tier: tier, online: true), answers: try Shelf.answers(market, [:]))
            #expect(try found.item("soc").state == state)
        }
        let standard = try standard()
        for (tier, concerned) in [("1", ["soc"]), ("2", ["mon"]), ("3", ["func"]), ("4", ["func"])] {
            let found = AnswerCheck(
                standard, firm: Shelf.firm(tier: tier, online: true), answers: try Shelf.answers(standard, [:]))
            let row = try ["soc", "mon", "func"].filter { try found.item($0).state == .noAnswer }
            #expect(row == concerned)
        }
    }

    @Test("D-11 asked of a certificate where the standard says a management system")
    func certificate() throws {
        let questionnaire = try market()
        #expect(try differs("isms", "D-11"))
        let found = AnswerCheck(
            questionnaire, firm: Shelf.firm(tier: "2", online: true), answers: try Shelf.answers(questionnaire, ["isms": .no]))
        #expect(found.has("management-system-or-certificate") && found.isConsistent)
    }

    @Test("the table of the standard: which questions concern which tier", arguments: ["1", "2", "3", "4"])
    func matrix(tier: String) throws {
        let questionnaire = try market()
        let found = AnswerCheck(
            questionnaire, firm: Shelf.firm(tier: tier, online: true), answers: try Shelf.answers(questionnaire, [:]))
        let outside: Set<String> =
            switch tier {
            case "1": []
            case "2": ["soc"]
            case "3": ["isms", "soc", "hc"]
            default: ["isms", "soc", "pt", "hc"]
            }
        #expect(Set(found.items.filter { $0.state == .notApplicable }.map(\.question.id)) == outside)
        #expect(found.items.allSatisfy { $0.declared == .noAnswer || $0.declared == .notApplicable })
    }
}
