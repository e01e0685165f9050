import Database
import HTTPTypes
import Reports
import Rulebook
import Testing

@testable import Server

@Suite("The page of components")
struct StylePageTests {
    @Test("shows a chart of every kind in both languages, none refused, every name once", arguments: Language.allCases)
    func charts(language: Language) async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["officer"]))
        let cookies = [Cookie.session: "any", Cookie.language: language.rawValue]
        let page = try await world.send(.get, "/style", cookies: cookies).text
        let wording = try Wording.shipped(language)
        for kind in Chart.Kind.allCases { #expect(page.contains(">\(wording("chart.\(kind.rawValue)"))</p>"), "\(kind)") }
        #expect(page.matches(of: /<figure class="chart"/).count == 10)
        #expect(!page.contains("role=\"alert\""))
        let ids = page.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        await world.services.database.close()
    }
}
