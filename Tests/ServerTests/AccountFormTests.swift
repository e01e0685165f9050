import Database
import Documents
import HTTPTypes
import Identity
import Reports
import Rulebook
import Testing

@testable import Server

@Suite("Forms about accounts: one bounded parser for each")
struct AccountFormTests {
    @Test("a local time: with minutes, with seconds, a day as its beginning or end, and nothing else")
    func localTime() {
        let zone = Zone.taipei
        func read(_ text: String, endOfDay: Bool = false) -> String? {
            LocalTime.instant(text, in: zone, endOfDay: endOfDay)?.text(in: zone)
        }
        #expect(read("2026-11-20T18:30") == "2026-11-20T18:30:00+08:00")
        #expect(read("2026-11-20 18:30:05") == "2026-11-20T18:30:05+08:00")
        #expect(read("2026-11-20") == "2026-11-20T00:00:00+08:00")
        #expect(read("2026-11-20", endOfDay: true) == "2026-11-21T00:00:00+08:00")
        for text in [
            "", "T", "2026-02-30", "2026-11-20T24:00", "2026-11-20T18", "2026-11-20T18:30Z", "2026-11-20T18:30:00+00:00",
            "2026-11-20TT1",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
        let instant = Instant(seconds: 1_795_000_020)
        #expect(LocalTime.instant(LocalTime.text(instant, in: zone), in: zone, endOfDay: false) == instant)
    }

    @Test("conditions of use: any usual separator, and the first that is none is named")
    func conditions() throws {
        let read = try ConditionsForm.read(
            addresses: " 192.0.2.0/24,198.51.100.7；2001:db8::/32 ", hours: "1-5 08:00-18:30; 6 09:00-12:00、")
        #expect(read.sources.count == 3 && read.hours.map(\.description) == ["1-5 08:00-18:30", "6 09:00-12:00"])
        let again = try ConditionsForm.read(addresses: ConditionsForm.addresses(read), hours: ConditionsForm.hours(read))
        #expect(again == read)
        #expect(try ConditionsForm.read(addresses: "", hours: "  ") == UseConditions())
        #expect(throws: ConditionsForm.Flaw(field: "addresses", text: "192.0.2.1/24")) {
            try ConditionsForm.read(addresses: "192.0.2.1/24", hours: "")
        }
        #expect(throws: ConditionsForm.Flaw(field: "hours", text: "weekdays")) {
            try ConditionsForm.read(addresses: "", hours: "weekdays")
        }
        let many = (0...ConditionsForm.limit).map { "192.0.2.\($0)" }.joined(separator: " ")
        #expect(throws: ConditionsForm.Flaw.self) { try ConditionsForm.read(addresses: many, hours: "") }
    }

    @Test("contact data: empty fields are none, spaces at the ends are no part")
    func contact() {
        let form = FormFields([("display", " 林美 "), ("mail", ""), ("phone", " +886 2 ")])
        #expect(ContactForm.read(form) == ContactForm.Values(display: "林美", mail: nil, phone: "+886 2"))
    }

    @Test("days of a token: whole, above nothing, at most what the policy gives")
    func lifetime() {
        let most = 90 * 86_400
        #expect(TokenLifetime.seconds("90", most: most) == most)
        for text in ["", "0", "-1", "91", "1.5", "99999", "٣"] {
            #expect(TokenLifetime.seconds(text, most: most) == nil, "\(text)")
        }
    }

    @Test("what a browser calls itself, in two words")
    func browsers() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
        #expect(BrowserName.short(chrome) == "Chrome 139 · Linux")
        #expect(BrowserName.short(chrome + " Edg/139.0.1") == "Edge 139 · Linux")
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
        #expect(BrowserName.short(phone) == "Safari 18 · iPhone")
        #expect(BrowserName.short("") == nil && BrowserName.short("something") == nil)
        #expect(BrowserName.short("Chrome/") == "Chrome" && BrowserName.short("curl/8.1") == "curl 8")
    }

    @Test("what stands in the way is said in the form, or ends the visit")
    func refusals() async throws {
        let taken = try await IdentityError.refusal { throw IdentityError(.taken, "there is one") }
        #expect(taken?.code == .taken)
        #expect(try await IdentityError.refusal {} == nil)
        await #expect(throws: IdentityError.self) {
            _ = try await IdentityError.refusal { throw IdentityError(.forbidden, "no") }
        }
        await #expect(throws: Failure.self) { _ = try await IdentityError.refusal { throw Failure.notFound() } }
        let wordings = [try Wording.shipped(.chinese), try Wording.shipped(.english)]
        for code in IdentityError.Code.allCases where IdentityError(code, "").isForForm {
            for wording in wordings { #expect(IdentityError(code, "x").text(wording) != "refusal.\(code.rawValue)") }
        }
    }

    @Test("what can be done with a row is in no export")
    func exports() {
        let list = Listing<Int>(
            name: "x", columns: [.init("number", "Number", { .integer($0) }), .acts("Act") { _, _ in }], text: { "\($0)" },
            schema: "x/1")
        #expect(list.node(7) == .object([("number", 7)]))
    }

    @Test("what an address asks of the trail, and what it cannot ask")
    func trailQuestions() {
        func ask(_ fields: (String, String)...) -> TrailQuestion { TrailQuestion(FormFields(fields.map { ($0.0, $0.1) })) }
        let all = ask(
            ("who", "mei.lin"), ("object", "account:account-7"), ("result", "refused"), ("from", "12"), ("format", "csv"))
        #expect(
            all.filter?.who == "mei.lin" && all.filter?.object == .init("account", "account-7") && all.filter?.result == .refused)
        #expect(all.start == 12 && all.limit == TrailReader.pageLimit)
        #expect(all.address(from: 3) == "/trail?who=mei.lin&object=account%3Aaccount-7&result=refused&from=3")
        #expect(ask(("object", "account")).filter?.kind == "account")
        let day = ask(("after", "2026-11-20"), ("before", "2026-11-20"))
        #expect(day.filter?.occurred.map { $0.upperBound - $0.lowerBound } == 86_400_000_000)
        #expect(ask(("after", "yesterday")).wrong == "after" && ask(("before", "x")).wrong == "before")
        #expect(ask(("after", "2026-11-21"), ("before", "2026-11-19")).wrong == "before")
        #expect(ask(("result", "perhaps")).filter == nil)
        #expect(ask().filter == TrailFilter() && ask().address(from: nil) == "/trail")
    }

    @Test("a time that was taken, in hundredths of a second")
    func seconds() {
        #expect(
            TrailVerifyPage.seconds(.milliseconds(1_234)) == "1.23 s" && TrailVerifyPage.seconds(.milliseconds(59)) == "0.05 s")
    }
}
