import Documents
import Rulebook
import Testing

@testable import Submissions

@Suite("Answers: what is read, and what they come to")
struct AnswerTests {
    private func signed() throws -> Answers {
        let questionnaire = try Shelf.questionnaire("market-2017")
        var answers = try Shelf.answers(
            questionnaire, ["class": .yes, "audit": .no, "waf": .notApplicable], notes: ["isms": "導入中\n預計明年取得"])
        answers.entries[0].evidence = [String(repeating: "0a", count: 32)]
        answers.signature = Answers.Signature(name: "測試 人員", role: "資安長", at: Instant(seconds: 1_514_700_000))
        return answers
    }

    @Test("what is written is read again, and says no answer with a word")
    func roundTrip() throws {
        let answers = try signed()
        let bytes = CanonicalJSON.bytes(of: answers.node)
        #expect(try AnswersReader.read(bytes, origin: "test") == answers)
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"answer\": null"))
    }

    @Test(
        "a wrong document is refused with its key",
        arguments: [
            ("\"plumbline.answers/1\"", "\"plumbline.answers/2\"", "schema"),
            ("\"as_of\": \"2017-12-31\"", "\"as_of\": \"2017-02-30\"", "as_of"),
            ("\"answer\": \"yes\"", "\"answer\": \"maybe\"", "answers[0].answer"),
            ("\"answer\": \"yes\"", "\"answer\": true", "answers[0].answer"),
            ("\"answer\": \"yes\",\n", "", "answers[0].answer"),
            ("\"question\": \"audit\"", "\"question\": \"class\"", "answers[2].question"),
            ("\"question\": \"audit\"", "\"question\": \"Audit\"", "answers[2].question"),
            ("\"0a0a", "\"0A0a", "answers[0].evidence"),
            ("\"role\": \"資安長\"", "\"role\": \"\"", "signed_by.role"),
            ("\"role\": \"資安長\"", "\"role\": \"資安長\\u0007\"", "signed_by.role"),
            ("\"at\": \"2017", "\"at\": \"2017x", "signed_by.at"),
            ("導入中", "導入中\\u0000", "answers[1].note"),
            ("\"version\": \"2017-04\"", "\"version\": 2017", "questionnaire.version"),
            ("\"as_of\"", "\"secret\": 1, \"as_of\"", "secret"),
        ])
    func refused(from: String, to: String, key: String) throws {
        let text = String(decoding: CanonicalJSON.bytes(of: try signed().node), as: UTF8.self)
        let broken = text.replacing(from, with: to)
        #expect(broken != text)
        do {
            _ = try AnswersReader.read(Array(broken.utf8), origin: "answers.json")
            Issue.record("\(to) was read")
        } catch {
            #expect(error.key == key && error.source == "answers.json", "\(error)")
        }
    }

    @Test("bytes changed at random are refused, or read as answers that say what was written")
    func mutations() throws {
        let original = CanonicalJSON.bytes(of: try signed().node)
        var generator = SplitMix(state: 11)
        var (read, refused) = (0, 0)
        for _ in 0..<4_000 {
            var bytes = original
            for _ in 0...(generator.next() % 3) {
                let place = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 4 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(bytes[place], at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + Int(generator.next() % 40)))
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            do {
                let found = try AnswersReader.read(bytes, origin: "mutation")
                // What passes is a document of this kind: written and read again it is the same.
                #expect(try AnswersReader.read(CanonicalJSON.bytes(of: found.node), origin: "again") == found)
                read += 1
            } catch { refused += 1 }
        }
        #expect(read > 100 && refused > 1_000, "\(read) \(refused)")
    }

    @Test("documents beyond a limit are refused before anything is made of them")
    func limits() throws {
        var answers = try signed()
        answers.entries = (0...Questionnaire.limit).map { .init(question: "q\($0)", answer: .yes) }
        #expect(throws: DocumentError.self) { try AnswersReader.read(CanonicalJSON.bytes(of: answers.node), origin: "many") }
        answers.entries = [.init(question: "class", answer: .yes, note: String(repeating: "長", count: 700))]
        #expect(throws: DocumentError.self) { try AnswersReader.read(CanonicalJSON.bytes(of: answers.node), origin: "long") }
        let large = [UInt8](repeating: 0x20, count: Answers.limits.bytes + 1)
        #expect(throws: DocumentError.self) { try AnswersReader.read(large, origin: "large") }
    }

    @Test("missing is never yes: whatever is known, a question without an answer counts as none")
    func missing() throws {
        for id in ["market-2017", "twse-2018-standard"] {
            let questionnaire = try Shelf.questionnaire(id)
            for tier in ["1", "2", "3", "4", nil] {
                for online in [true, false, nil] {
                    let found = AnswerCheck(
                        questionnaire, firm: Shelf.firm(tier: tier, online: online),
                        answers: try Shelf.answers(questionnaire, [:]))
                    #expect(found.items.allSatisfy { $0.declared != .yes && $0.declared != .no })
                    #expect(found.items.count == questionnaire.questions.count)
                }
            }
        }
    }

    @Test("not applicable of systems is the firm's word and wants a reason; of the firm it is the register's")
    func notApplicable() throws {
        let questionnaire = try Shelf.questionnaire("market-2017")
        let firm = Shelf.firm(tier: "1", online: true)
        let bare = AnswerCheck(questionnaire, firm: firm, answers: try Shelf.answers(questionnaire, ["va": .notApplicable]))
        #expect(bare.remarks(on: "va").map(\.code) == [.unexplained] && bare.isConsistent)
        let explained = AnswerCheck(
            questionnaire, firm: firm, answers: try Shelf.answers(questionnaire, ["va": .notApplicable], notes: ["va": "無關鍵系統"]))
        #expect(try explained.remarks.isEmpty && explained.item("va").declared == .notApplicable)
        let ofFirm = AnswerCheck(questionnaire, firm: firm, answers: try Shelf.answers(questionnaire, ["hc": .notApplicable]))
        #expect(try ofFirm.remarks(on: "hc").map(\.code) == [.applies] && ofFirm.item("hc").declared == .noAnswer)
    }

    @Test("answers to another version, or to what was not asked, are not taken for answers")
    func foreign() throws {
        let (market, standard) = (try Shelf.questionnaire("market-2017"), try Shelf.questionnaire("twse-2018-standard"))
        let firm = Shelf.firm(tier: "1", online: true)
        let found = AnswerCheck(market, firm: firm, answers: try Shelf.answers(standard, ["mon": .yes]))
        #expect(Set(found.remarks.map(\.code)).isSuperset(of: [.anotherQuestionnaire, .notAsked]) && !found.isConsistent)
    }

    @Test("who is no securities firm is asked nothing")
    func outside() throws {
        let questionnaire = try Shelf.questionnaire("market-2017")
        let found = AnswerCheck(
            questionnaire, firm: FirmView(facts: ["entity_kinds": ["fcm"]], decisions: [:]),
            answers: try Shelf.answers(questionnaire, [:]))
        #expect(found.items.allSatisfy { $0.state == .notApplicable })
    }
}
