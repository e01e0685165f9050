import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("The life of an incident")
struct LifecycleTests {
    private func refusal(_ story: Story, _ action: IncidentAction, by: String = "chen") -> IncidentRefusal? {
        var copy = story
        do throws(IncidentRefusal) { try copy.act(action, by: by) } catch { return error }
        return nil
    }

    private func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

    @Test("From knowing to closed: three notices, nothing owed at the end, and the events alone tell the same")
    func whole() throws {
        var story = try Story.whole()
        #expect(story.incident.openDuties(story.rules.clocks).isEmpty)
        try story.act("15:00:01", .close)
        #expect(story.incident.phase == .closed)
        #expect(story.incident.submissions.map(\.number) == [1, 2, 3])
        #expect(Incident(7, story.events) == story.incident)
        guard case .met(let filed) = try story.obligation(.preliminary).state else { Issue.record("not met"); return }
        #expect(filed.due == (try instant("2026-11-19T10:08:00+08:00")))
        #expect(filed.late == 0)
        for (event, stamp) in story.events {
            let bytes = CanonicalJSON.bytes(of: try NodeEncoder.node(of: event))
            #expect(try NodeDecoder.value(IncidentEvent.self, try JSONReader.read(bytes)) == event)
            #expect(try NodeDecoder.value(Stamp.self, try NodeEncoder.node(of: stamp)) == stamp)
        }
    }

    @Test(
        "W8: a preliminary notice at 10:08:00 is in time, at 10:08:01 a second late",
        arguments: [("10:08:00", 0), ("10:08:01", 1)])
    func w8(_ time: String, _ late: Int64) throws {
        var story = try Story()
        try story.act(.declare)
        try story.act(.write(Story.preliminary))
        try story.act(time, .file(FilingRequest(.notice(.preliminary))))
        #expect(story.incident.settled[ObligationID("market", .preliminary)]?.late == late)
        switch try story.obligation(.preliminary).state {
        case .met: #expect(late == 0)
        case .late(_, let seconds): #expect(seconds == late)
        default: Issue.record("neither met nor late")
        }
    }

    @Test("Reminders of the market's clock come at 15, 25 and 30 minutes, and again after")
    func reminders() throws {
        let story = try Story()
        let aware = try instant("2026-11-19T09:38:00+08:00")
        let duty = try story.obligation(.preliminary)
        #expect(duty.reminders.map { ($0 - aware) / 60 } == [15, 25, 30, 45, 90])
        #expect(duty.reminders(after: aware.adding(seconds: 900), upTo: aware.adding(seconds: 1800)).count == 2)
        #expect(duty.secondsLeft(at: aware.adding(seconds: 1801)) == -1)
    }

    @Test("A clock that goes back does not make a late notice punctual")
    func clockBack() throws {
        var story = try Story()
        try story.act(.declare)
        try story.act("10:30:00", .write(Story.preliminary))
        try story.act("10:00:00", .file(FilingRequest(.notice(.preliminary))))
        #expect(story.incident.settled[ObligationID("market", .preliminary)]?.late == Int64(1_320))
        #expect(story.incident.submissions[0].at == (try instant("2026-11-19T10:30:00+08:00")))
    }

    @Test("A correction of the time of knowing changes no lateness that stands, and the other judgement is shown")
    func frozen() throws {
        var story = try Story()
        try story.act(.declare)
        try story.act(.write(Story.preliminary))
        try story.act("10:08:01", .file(FilingRequest(.notice(.preliminary))))
        let later = try instant("2026-11-19T09:39:00+08:00")
        #expect(refusal(story, .mark(.aware, at: later, reason: " ")) == .reason)
        try story.act("10:09:00", .mark(.aware, at: later, reason: "值班紀錄時間誤植"))
        #expect(story.incident.settled[ObligationID("market", .preliminary)]?.late == 1)
        let other = story.incident.recomputed(story.rules.clocks)
        #expect(other.map(\.late) == [0])
        #expect(other.map(\.filed.late) == [1])
    }

    @Test("Under a later version of the rules what was filed stands as it was judged, and what is owed is judged anew")
    func versions() throws {
        var story = try Story()
        try story.act(.declare)
        try story.act(.write(Story.preliminary))
        try story.act("10:08:00", .file(FilingRequest(.notice(.preliminary))))
        var rules = story.rules
        rules.clocks.regimes[0].versions[0].rules[0].span = .seconds(60)
        #expect(story.incident.obligations(rules.clocks).first?.state == (try story.obligation(.preliminary).state))
        #expect(story.incident.recomputed(rules.clocks).map(\.late) == [29 * 60])
    }

    @Test("Closing is refused while anything is owed, with the list of it")
    func openDuties() throws {
        var story = try Story()
        try story.act(.declare)
        try story.act("09:50:00", .resolve(at: try instant("2026-11-19T09:45:00+08:00")))
        let notices = [NoticeKind.preliminary, .formal, .closing].map { OpenDuty.notice(ObligationID("market", $0)) }
        #expect(refusal(story, .close) == .dutiesOpen(notices))
        #expect(refusal(story, .withdraw(reason: "誤報")) == .dutiesOpen(notices))
        try story.act(.write(Story.preliminary))
        try story.act(.file(FilingRequest(.notice(.preliminary))))
        try story.act(.receive(submission: 1), by: "twse")
        try story.act(.ask("影響客戶數？", answerBy: nil), by: "twse")
        #expect(refusal(story, .close) == .dutiesOpen(Array(notices.dropFirst()) + [.question(1)]))
        try story.act(.answer(question: 1, text: "約三千戶"))
        try story.act(.sendBack(reason: "請補充"), by: "twse")
        #expect(refusal(story, .close) == .dutiesOpen(Array(notices.dropFirst()) + [.returned]))
    }

    @Test("A notice need not be given once somebody else agrees, and never by one person alone")
    func excuses() throws {
        var story = try Story()
        let duty = ObligationID("market", .formal)
        #expect(refusal(story, .approveExcuse(duty)) == .notProposed(duty))
        #expect(refusal(story, .proposeExcuse(duty, reason: "")) == .reason)
        try story.act(.proposeExcuse(duty, reason: "查為例行測試"))
        #expect(refusal(story, .proposeExcuse(duty, reason: "再次")) == .proposedAlready(duty))
        #expect(refusal(story, .approveExcuse(duty)) == .samePerson)
        #expect(try story.obligation(.formal).isOpen)
        try story.act(.approveExcuse(duty), by: "lin")
        guard case .excused(let excuse) = try story.obligation(.formal).state else { Issue.record("not excused"); return }
        #expect((excuse.by, excuse.approvedBy) == ("chen", "lin"))
        #expect(refusal(story, .proposeExcuse(duty, reason: "再次")) == .notOwed(duty))
        for notice in [NoticeKind.preliminary, .closing] {
            try story.act(.proposeExcuse(ObligationID("market", notice), reason: "查為例行測試"))
            try story.act(.approveExcuse(ObligationID("market", notice)), by: "lin")
        }
        try story.act(.withdraw(reason: "非資安事件"))
        #expect(story.incident.phase == .withdrawn)
    }

    @Test("An incident that comes back to life owes its closing notice again; the first one stands")
    func reopened() throws {
        var story = try Story.whole()
        try story.act("15:10:00", .reopen(reason: "攻擊再起"))
        #expect(try !story.obligation(.closing).isOpen)
        #expect(try story.obligation(.closing, round: 1).isOpen)
        try story.act("16:00:00", .resolve(at: try instant("2026-11-19T15:50:00+08:00")))
        #expect(refusal(story, .close) == .dutiesOpen([.notice(ObligationID("market", .closing, round: 1))]))
        try story.act("16:30:00", .file(FilingRequest(.notice(.closing))))
        #expect(story.incident.submissions.last?.version == 2)
        try story.act("16:31:00", .close)
        #expect(story.incident.settled[ObligationID("market", .closing)]?.submission == 3)
        #expect(story.incident.settled[ObligationID("market", .closing, round: 1)]?.submission == 4)
    }

    @Test("Notices come in order, the first one once, with the fields they must have")
    func order() throws {
        var story = try Story()
        #expect(refusal(story, .file(FilingRequest(.notice(.preliminary)))) == .phase(.draft))
        try story.act(.declare)
        #expect(
            refusal(story, .file(FilingRequest(.notice(.preliminary))))
                == .missing(["title", "description", "category", "impact", "severity", "state"]))
        try story.act(.write(Story.preliminary))
        #expect(refusal(story, .file(FilingRequest(.notice(.formal)))) == .earlierFirst(ObligationID("market", .preliminary)))
        try story.act(.file(FilingRequest(.notice(.preliminary))))
        #expect(refusal(story, .file(FilingRequest(.notice(.preliminary)))) == .nobodyToTell)
        #expect(
            refusal(story, .file(FilingRequest(.notice(.preliminary), regimes: ["market"])))
                == .settledAlready(ObligationID("market", .preliminary)))
        #expect(refusal(story, .file(FilingRequest(.notice(.formal)))) == .missing(["types", "discovery", "actions_taken"]))
        #expect(refusal(story, .file(FilingRequest(.notice(.closing)))) == .phase(.open))
        #expect(refusal(story, .file(FilingRequest(.correction(of: 2)))) == .submission(2))
        #expect(refusal(story, .file(FilingRequest(.notice(.formal), regimes: ["dora"]))) == .regime("dora"))
        try story.act(.file(FilingRequest(.correction(of: 1))))
        #expect(story.incident.submissions[1].previous == story.incident.submissions[0].hash)
        #expect(story.incident.submissions[0].hash.count == 64)
    }

    @Test("A notice given by telephone counts from the call, with a note, and shows both times")
    func fallback() throws {
        var story = try Story()
        try story.act(.declare)
        try story.act("11:00:00", .write(Story.preliminary))
        let call = try instant("2026-11-19T10:05:00+08:00")
        func file(_ channel: FilingChannel, _ given: Instant, _ note: String) -> IncidentAction {
            .file(FilingRequest(.notice(.preliminary), channel: channel, given: given, note: note))
        }
        #expect(refusal(story, file(.web, call, "平台無法連線，電洽值班窗口")) == .given)
        #expect(refusal(story, file(.phone, call, " ")) == .given)
        #expect(refusal(story, file(.phone, try instant("2026-11-19T09:37:59+08:00"), "電洽")) == .given)
        let future = try instant("2026-11-19T11:00:01+08:00")
        #expect(refusal(story, file(.phone, future, "電洽")) == .future(future))
        try story.act(file(.phone, call, "平台無法連線，電洽值班窗口，通話紀錄另存"))
        let submission = try #require(story.incident.submissions.first)
        #expect(submission.given == call)
        #expect(submission.at == (try instant("2026-11-19T11:00:00+08:00")))
        #expect(submission.settled.map(\.late) == [0])
    }

    @Test("A near miss tells nobody until it becomes an incident; whether it is a drill is said once")
    func nearMiss() throws {
        var story = try Story(nearMiss: true)
        #expect(story.incident.obligations(story.rules.clocks).isEmpty)
        try story.act(.declare)
        try story.act(.write(Story.preliminary))
        #expect(refusal(story, .file(FilingRequest(.notice(.preliminary)))) == .nearMiss)
        #expect(refusal(story, .bind("dora")) == .nearMiss)
        try story.act(.upgrade(regimes: []))
        #expect(refusal(story, .upgrade(regimes: [])) == .noNearMiss)
        #expect(try story.obligation(.preliminary).isOpen)
        try story.act(.file(FilingRequest(.notice(.preliminary))))
        #expect(try Story(drill: true).incident.isDrill)
    }

    @Test("Whoever says that personal data are touched has said who must be told; a draft is shown as one")
    func personalData() throws {
        var story = try Story()
        try story.act(.write(["personal_data": .flag(true)]))
        let duty = try story.obligation(.preliminary, "personal-data")
        #expect(duty.status == .draft)
        #expect(duty.state == .running(.at(try instant("2026-11-22T09:38:00+08:00"))))
        try story.act(.write(["personal_data": .flag(true)]))
        #expect(story.incident.regimes == ["market", "personal-data"])
    }

    @Test("A notice whose clock nobody started is not in time: that cannot be determined")
    func unclassified() throws {
        var story = try Story(regimes: ["dora"])
        try story.act(.declare)
        try story.act(.write(Story.preliminary))
        try story.act(.file(FilingRequest(.notice(.preliminary))))
        guard case .undetermined = try story.obligation(.preliminary, "dora").state else { Issue.record("determined"); return }
        #expect(story.incident.settled[ObligationID("market", .preliminary)]?.late == 0)
    }

    @Test("Moments in the wrong order or of the future are refused")
    func moments() throws {
        var story = try Story()
        try story.act(.mark(.occurred, at: try instant("2026-11-19T09:30:00+08:00"), reason: ""))
        let future = try instant("2026-11-19T09:40:00+08:00")
        #expect(refusal(story, .mark(.detected, at: future, reason: "")) == .future(future))
        #expect(
            refusal(story, .mark(.detected, at: try instant("2026-11-19T09:29:59+08:00"), reason: ""))
                == .order(.occurred, .detected))
        #expect(
            refusal(story, .mark(.aware, at: try instant("2026-11-19T09:29:59+08:00"), reason: "更正")) == .order(.occurred, .aware)
        )
        #expect(refusal(story, .mark(.closed, at: try instant("2026-11-19T09:38:00+08:00"), reason: "")) == .moment(.closed))
        try story.act(.declare)
        #expect(refusal(story, .resolve(at: try instant("2026-11-19T09:30:00+08:00"))) == .order(.occurred, .resolved))
        #expect(throws: IncidentRefusal.future(try instant("2026-11-19T09:38:00+08:00"))) {
            try Incident.begin(
                1, IncidentStart(aware: try instant("2026-11-19T09:38:00+08:00")),
                Stamp(at: try instant("2026-11-19T09:37:59+08:00"), by: "chen"), story.rules)
        }
        #expect(throws: IncidentRefusal.regime("market")) { try Story(aware: "2018-06-29T09:00:00+08:00") }
    }

    @Test("The value that was told first and the one told last at the end are both kept")
    func bothValues() throws {
        var story = try Story.whole()
        #expect(story.incident.told("category").reported == .text("ddos"))
        try story.act("15:00:01", .close)
        try story.act("15:30:00", .write(["category": .text("failure")]))
        try story.act(.file(FilingRequest(.correction(of: 3))))
        #expect(story.incident.told("category").reported == .text("ddos"))
        #expect(story.incident.told("category").final == .text("failure"))
    }

    @Test(
        "A value that does not fit its field is refused with its place",
        arguments: [
            ("nothing", FieldValue.text("x"), "nothing"), ("customers", .number(-1), "customers"),
            ("title", .text("a\nb"), "title"),
            ("category", .text("flood"), "category"), ("systems", .list([.text("a"), .text("a")]), "systems"),
            ("systems", .list([]), "systems"),
            ("core_system", .text("yes"), "core_system"), ("next_update", .text("2026-11-19T09:38:00"), "next_update"),
            ("resolution_estimate", .text("3 hours"), "resolution_estimate"), ("loss", .text("-0.5"), "loss"),
            ("services", .list([.record(["users_share": .text("1.01")])]), "services[0].users_share"),
            ("lessons", .list([.record(["actions": .list([.record(["due": .text("soon")])])])]), "lessons[0].actions[0].due"),
            ("title", .text(String(repeating: "字", count: 256)), "title"),
        ])
    func faults(_ field: String, _ value: FieldValue, _ path: String) throws {
        guard case .faults(let faults) = refusal(try Story(), .write([field: value])) else { Issue.record("written"); return }
        #expect(faults.map(\.path) == [path])
    }

    @Test("A case holds a bounded amount of text, whatever its fields allow one by one")
    func bounded() throws {
        let long = FieldValue.text(String(repeating: "字", count: 65_535))
        var story = try Story()
        let fields = ["description", "equipment", "artefacts", "accounts", "evidence", "customers_told"]
        for field in fields.dropLast() { try story.act(.write([field: long])) }
        #expect(refusal(story, .write([fields[5]: long])) == .full)
        try story.act(.write(["equipment": nil]))
        try story.act(.write([fields[5]: long]))
        #expect(
            refusal(story, .proposeExcuse(ObligationID("market", .formal), reason: String(repeating: "x", count: 4_001)))
                == .reason)
    }

    @Test(
        "A span of time is read as ISO 8601 writes it",
        arguments: [
            ("PT3H30M", 210), ("P1DT4H", 1_680), ("PT0M", 0), ("P1M", nil), ("P1Y2M3DT4H5M", nil), ("", -1), ("P", -1),
            ("PT", -1), ("P1", -1),
            ("PT1D", -1), ("P1H", -1), ("PT5M3H", -1), ("P1D2D", -1), ("P0000000001D", -1), ("pt1h", -1), ("PT1H ", -1),
            ("P1DT", -1),
        ])
    func durations(_ text: String, _ minutes: Int?) {
        let read = Duration8601(text)
        #expect((read == nil) == (minutes == -1))
        if let read { #expect(read.minutes == minutes) }
    }
}
