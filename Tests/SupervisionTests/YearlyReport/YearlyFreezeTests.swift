import Database
import Documents
import Rulebook
import TestProcesses
import Testing

@testable import Supervision

@Suite("Frozen yearly reports")
struct YearlyFreezeTests {
    private let actor = TrailActor.system("test")

    @Test("what changes later leaves a frozen report as it was, byte for byte; verifying names every difference")
    func frozen() async throws {
        let world = try await SupervisionWorld.demo()
        let desk = world.supervision.yearlyReports
        let issue = try await world.freeze()
        #expect(issue.name == "2017-1")
        #expect(try await desk.verify(issue).isSame)
        let file = try desk.store.file("full.json", of: issue)
        let before = try desk.store.content(issue).content.snapshot.bytes

        // A firm is renamed, and another answers otherwise after all.
        var (firm, version) = try await world.supervision.register.firm("f001")
        firm.names[0].short = "改名"
        try await world.supervision.register.save([firm], after: ["f001": version], reason: "renamed", actor)
        let quarter = try #require(Quarter("2017-Q4"))
        let layout = try #require(try await world.supervision.standings.layouts(in: quarter).first)
        let rows = try await world.supervision.standings.rows(in: quarter, layout: layout.number)
        var row = try #require(rows.first { $0.declared.contains(1) })
        let place = try #require(row.declared.firstIndex(of: 1))
        row.declared[place] = 2
        try await world.supervision.standings.put(source: layout.source, items: layout.items, [row], reason: "late", actor)

        let (sameFile, sameBytes) = (
            try desk.store.file("full.json", of: issue) == file, try desk.store.content(issue).content.snapshot.bytes == before
        )
        #expect(sameFile && sameBytes)
        let found = try await desk.verify(issue)
        #expect(!found.isSame)
        #expect(found.rows.contains { $0.table == "firms" && $0.row == "f001" && $0.column == "name" && $0.found == "改名" })
        #expect(found.rows.contains { $0.table == "answers" && $0.row == "2017-Q4 \(row.firm)" && $0.column == "answers" })
        let item = layout.items[place]
        let share = try #require(found.figures.first { $0.id == "status.\(item).all.share" })
        #expect(share.source == .live && share.frozen != share.found && !share.found.isEmpty)
        // Nothing of what was frozen differs from its own rows.
        #expect(!found.figures.contains { $0.source == .frozen })
        // The next one is another issue, of what stands now.
        #expect(try await world.freeze().name == "2017-2")
        #expect(try await desk.store.issues(2017).map(\.number) == [2, 1])
        await world.database.close()
    }

    @Test("freezing needs a reason, and leaves hashes in the trail")
    func trail() async throws {
        let world = try await SupervisionWorld.demo()
        let desk = world.supervision.yearlyReports
        await #expect(throws: SupervisionError.self) {
            _ = try await desk.freeze(2017, reason: " ", actor) { _, _ throws(SupervisionError) in [:] }
        }
        #expect(try await desk.store.issues().isEmpty)
        let issue = try await world.freeze()
        #expect(issue.sha256.count == 64 && issue.snapshot.count == 64 && issue.sha256 != issue.snapshot)
        // Two snapshots of the same have different hashes: nobody can try out what a hash is of.
        #expect(try await world.draft().snapshot.hash != issue.snapshot)
        await world.database.close()
    }

    @Test("a section's text is written in versions, refused with a figure nobody knows, and given back to the template")
    func texts() async throws {
        let world = try await SupervisionWorld.demo()
        let store = world.supervision.yearlyReports.store
        let text = ReportTexts(chinese: ["共{market.firms}家。"], english: ["{market.firms} firms."])
        try await store.write(text, section: "market", year: 2017, after: 0, reason: "shorter", actor)
        func paragraphs() async throws -> [ReportDocument.Block] {
            let document = try await world.draft().document(.full, .english, try world.catalog(), number: nil)
            return document.sections.first { $0.id == "market" }?.blocks ?? []
        }
        #expect(try await paragraphs().contains(.paragraph("74 firms.")))
        await #expect(throws: SupervisionError.self) {
            try await store.write(text, section: "market", year: 2017, after: 0, reason: "at the same time", actor)
        }
        for wrong in [
            ReportTexts(chinese: ["{market.secret}"], english: ["a"]), ReportTexts(chinese: ["甲"], english: []),
            ReportTexts(chinese: ["甲"], english: [String(repeating: "a", count: 8_001)]),
        ] {
            await #expect(throws: SupervisionError.self) {
                try await store.write(wrong, section: "market", year: 2017, after: 1, reason: "wrong", actor)
            }
        }
        try await store.write(nil, section: "market", year: 2017, after: 1, reason: "as before", actor)
        #expect(try await !paragraphs().contains(.paragraph("74 firms.")))
        #expect(try await store.history(2017, "market").map(\.version) == [2, 1])
        await world.database.close()
    }

    // MARK: Without Plumbline

    /// Runs the program that comes with a manifest.
    private func check(_ manifest: Node, _ hash: String, _ scratch: Scratch) async throws -> Run {
        let program = try #require(ShippedFiles.files(in: "reports").first { $0.name == "reports/verify.py" })
        let (script, file) = (scratch.path + "/verify.py", scratch.path + "/manifest.json")
        try DocumentFile.write(program.bytes, to: script)
        try DocumentFile.write(CanonicalJSON.bytes(of: manifest), to: file)
        return try await Running("/usr/bin/env", ["python3", script, file, hash]).finish()
    }

    @Test("a program of Python's standard library recomputes every figure, and names what somebody changed")
    func withoutPlumbline() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        let (manifest, hash) = (content.manifest(.full, number: "2017-1"), content.snapshot.hash)
        let sound = try await check(manifest, hash, world.scratch)
        #expect(sound.status == 0, "\(sound.output)")
        #expect(sound.output.contains("\(content.figures.list.count) figures recomputed, all the same"))

        func changed(_ path: [String], _ change: (Node) -> Node) -> Node { manifest.changing(path[...], change) }
        // A figure; each of its parts.
        for (key, value) in [("value", Node.text("99.99")), ("numerator", 1), ("denominator", 1), ("state", "suppressed")] {
            let place = try #require(content.figures.list.firstIndex { $0.id == "status.mail.4.share" })
            let run = try await check(changed(["figures", "\(place)", key]) { _ in value }, hash, world.scratch)
            #expect(run.status == 1 && run.output.contains("status.mail.4.share"), "\(run.output)")
        }
        // A row: figures and hash both tell.
        let row = changed(["snapshot", "tables", "answers", "rows", "0", "3"]) { _ in .text(String(repeating: "2", count: 13)) }
        let run = try await check(row, hash, world.scratch)
        #expect(run.status == 1 && run.output.contains("snapshot: SHA-256") && run.output.contains("recomputed"))
        // A hash of a signed document changes no figure; the snapshot's hash tells.
        let signed = changed(["snapshot", "tables", "answers", "rows", "0", "9"]) { _ in .text(String(repeating: "0", count: 64))
        }
        #expect(try await check(signed, hash, world.scratch).output.contains("the manifest says"))
        // Who changes the manifest's hash as well is told by the report's.
        let other = changed(["snapshot_sha256"]) { _ in .text(String(repeating: "0", count: 64)) }
        #expect(try await check(other, hash, world.scratch).status == 1)
        // The public manifest is none that could be recomputed.
        #expect(try await check(content.manifest(.published, number: nil), hash, world.scratch).status == 2)
        await world.database.close()
    }
}

extension Node {
    /// The document with one place changed.
    func changing(_ path: ArraySlice<String>, _ change: (Node) -> Node) -> Node {
        guard let key = path.first else { return change(self) }
        let rest = path.dropFirst()
        if let list {
            return .list(list.enumerated().map { "\($0)" == key ? $1.changing(rest, change) : $1 })
        }
        return .object((entries ?? []).map { ($0.key, $0.key == key ? $0.node.changing(rest, change) : $0.node) })
    }
}
