import Database
import Documents
import GRDB
import Glibc
import Rulebook
import Submissions
import Supervision
import TestProcesses
import Testing
import Workspace

@testable import Server

@Suite("The yearly report rests on signed submissions")
struct YearlySignedTests {
    private let answers: [String: Submissions.Answer] = ["class": .yes, "audit": .no, "va": .notApplicable]

    /// A market of one firm that filed its answers with its own signature.
    private func filed() async throws -> (world: ExchangeWorld, alpha: ExchangeWorld.Party, payload: String) {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let questionnaire = try #require(world.supervision.questionnaires.first { $0.id == "market-2017" })
        let entries = questionnaire.questions.map { Answers.Entry(question: $0.id, answer: answers[$0.id]) }
        let version = try await alpha.desk.prepare(
            alpha.quarter, signer: .init(name: "林美", role: "資訊安全長"),
            answers: Answers(
                questionnaire: questionnaire.reference, asOf: alpha.quarter.firstDay, entries: entries,
                signature: .init(name: "林美", role: "資訊安全長", at: Instant(seconds: world.clock.microseconds / 1_000_000))),
            world.actor)
        try await alpha.desk.sign(version.id, payload: version.payload, world.actor)
        try await alpha.deliver()
        return (world, alpha, version.payload)
    }

    private func freeze(_ world: ExchangeWorld, _ year: Int) async throws -> ReportIssue {
        try await world.supervision.yearlyReports.freeze(year, reason: "test", world.actor) { _, _ throws(SupervisionError) in [:]
        }
    }

    @Test("each row names the signed payload it rests on; the package is read again and bears it")
    func signed() async throws {
        let (world, alpha, payload) = try await filed()
        let desk = world.supervision.yearlyReports
        let issue = try await freeze(world, alpha.quarter.year)
        let content = try desk.store.content(issue).content
        let row = try #require(content.snapshot.rows(.answers).first { $0[1].text == "alpha" })
        #expect(row[8].text == "submission" && row[9].text == payload)
        #expect(content.figures["status.class.all.yes"]?.numerator == 1 && content.figures["status.audit.all.no"]?.numerator == 1)
        #expect(content.figures["status.va.all.not-applicable"]?.numerator == 1)
        let found = try await desk.verify(issue)
        #expect(found.isSame && found.signedCount == 1, "\(found.figures) \(found.rows) \(found.documents)")
        await alpha.close()
        await world.close()
    }

    @Test("a row that says something else than what was signed, and a package that is damaged or gone, are named")
    func tampered() async throws {
        let (world, alpha, payload) = try await filed()
        let desk = world.supervision.yearlyReports
        // Somebody changes the market's row past every store: the frozen report rests on what nobody signed.
        try await world.supervisor.change(world.actor) { db, trail in
            try db.execute(sql: "UPDATE standings SET declared = replace(declared, '2', '1') WHERE firm = 'alpha'")
            trail.note(TrailEntry("test.tamper", .init("standing")))
        }
        let issue = try await freeze(world, alpha.quarter.year)
        let differs = try await desk.verify(issue)
        #expect(differs.documents.map(\.problem) == [.differs] && differs.documents.first?.sha256 == payload)
        // The key is taken out of use: what it signed before still stands, and the row still differs.
        try await world.supervisor.change(world.actor) { db, trail in
            try db.execute(sql: "UPDATE inbox_keys SET valid_from = NULL WHERE firm = 'alpha'")
            trail.note(TrailEntry("test.tamper", .init("key")))
        }
        #expect(try await desk.verify(issue).documents.map(\.problem) == [.unsigned])
        let package = try await world.supervisor.read { db in
            try #require(try String.fetchOne(db, sql: "SELECT package FROM inbox_versions"))
        }
        let file = world.scratch.path + "/supervisor/evidence/sha256/\(package.prefix(2))/\(package)"
        #expect(chmod(file, 0o600) == 0)
        var bytes = try DocumentFile.read(file, limit: 1 << 24)
        bytes[bytes.count / 2] ^= 1
        #expect(unlink(file) == 0)
        try DocumentFile.write(bytes, to: file)
        #expect(try await desk.verify(issue).documents.map(\.problem) == [.damaged])
        #expect(unlink(file) == 0)
        #expect(try await desk.verify(issue).documents.map(\.problem) == [.missing])
        await alpha.close()
        await world.close()
    }
}
