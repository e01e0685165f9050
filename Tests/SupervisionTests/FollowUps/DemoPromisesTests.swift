import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("The demonstration market's promises")
struct DemoPromisesTests {
    @Test("every promise may be made, about a clause that is, and some of them slip")
    func shipped() throws {
        let promises = try DemoPromises.shipped()
        let rulebook = try ShippedFiles.rulebook()
        var (moved, back) = (0, 0)
        for (firm, quarters) in promises.claims {
            var before: [String: FollowUp.Content] = [:]
            for (quarter, claims) in quarters.sorted(by: { $0.key < $1.key }) {
                for claim in claims {
                    #expect(rulebook.clause(claim.item) != nil)
                    let last = before[claim.item]
                    let problems = FollowUpRules.problems(claim.content, after: last, by: .firm, on: quarter.lastDay)
                    #expect(problems.isEmpty, "\(firm) \(quarter) \(claim.item): \(problems)")
                    if let last, let old = last.due, let new = claim.content.due, old < new { moved += 1 }
                    if let last, claim.content.progress < last.progress { back += 1 }
                    before[claim.item] = claim.content
                }
            }
        }
        #expect(moved > 20 && back > 5, "\(moved) \(back)")
    }

    @Test("a file that is wrong is refused with its place")
    func refusals() throws {
        func read(_ text: String) throws -> DemoPromises { try DemoPromises.read(try YAMLReader.read(Array(text.utf8))) }
        let schema = "schema: plumbline.demo-promises/1\n"
        #expect(try read(schema + "firms: {a: {2017-Q1: [{item: twse-waf, state: open}]}}").claims.count == 1)
        for text in ["firms: {a: {2017-Q5: []}}", "firms: {a: {2017-Q1: [{item: x}]}}", "firms: {}\nmore: 1", "firms: {a: []}"] {
            #expect(throws: DocumentError.self) { try read(schema + text) }
        }
    }
}
