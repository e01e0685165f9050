import Database
import GRDB
import TestProcesses
import Testing

@Suite("Texts in the trail")
struct TrailTextTests {
    static let hostile: [String] = [
        "", "plain", "中文 名稱 資安", "tab\tnew\nline\r", "nul\0byte", "quote\" back\\slash \\u{41}", "\u{1B}[2J\u{1B}]0;owned\u{7}",
        "\u{202E}gnp.exe", "a\u{200B}b\u{FEFF}c", "\u{2028}\u{2029}", "\", \"sequence\": 1, \"x\": \"",
        "<script>alert(1)</script>",
        "'; DROP TABLE thing; --", "e\u{301}\u{301}\u{301}", "\u{E000}\u{10FFFF}", "👩‍👩‍👧‍👦", String(repeating: "長", count: 5_000),
        String(repeating: "\\", count: 5_000), String(repeating: "\u{1}", count: 5_000), String(repeating: "\"", count: 5_000),
    ]

    /// Undoes the escapes.
    private static func plain(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            if rest.first == "\\" {
                result.append("\\")
                rest.removeFirst()
            } else {
                let digits = rest.dropFirst(2).prefix { $0 != "}" }
                rest = rest.dropFirst(3 + digits.count)
                if let value = UInt32(String(digits), radix: 16), let scalar = Unicode.Scalar(value) { result.append(scalar) }
            }
        }
        return String(result)
    }

    private static func check(_ text: String) {
        let escaped = TrailText.escaped(text)
        #expect(escaped.utf8.count <= TrailText.limit)
        #expect(
            escaped.unicodeScalars.allSatisfy {
                ![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned].contains(
                    $0.properties.generalCategory)
            })
        if escaped.unicodeScalars.last == "…", text.unicodeScalars.last != "…" {
            #expect(text.unicodeScalars.starts(with: plain(String(escaped.unicodeScalars.dropLast())).unicodeScalars))
        } else {
            #expect(plain(escaped).unicodeScalars.elementsEqual(text.unicodeScalars))
        }
    }

    @Test("whatever comes, the kept text is bounded, shows no control character, and says what it was", arguments: hostile)
    func escaped(_ text: String) { Self.check(text) }

    @Test("random texts")
    func random() {
        var state: UInt64 = 7
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        for _ in 0..<2_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<next(400) {
                let value = UInt32(next(next(2) == 0 ? 0x110 : 0x110000))
                if let scalar = Unicode.Scalar(value) { text.append(scalar) }
            }
            Self.check(String(text))
        }
    }

    @Test("hostile texts in every place go through database and vault as they were kept")
    func stored() async throws {
        let data = try TestData()
        let database = try await data.open()
        for text in Self.hostile {
            let actor = TrailActor.account(id: text, name: text, address: text, session: text, code: text)
            try await database.change(actor) { _, trail in
                let details = Dictionary(uniqueKeysWithValues: (0..<TrailEntry.detailLimit).map { ("detail-\($0)", text) })
                trail.note(TrailEntry("thing.look", .init("thing", text), .refused, reason: text, details: details))
            }
            try await database.change(.anonymous(claiming: text)) { _, trail in
                trail.note(TrailEntry("sign-in.try", .init("account")))
            }
        }
        try await database.flushTrail()
        let records = try trailRecords(database.directory.trail).filter { $0.entry.action == "thing.look" }
        #expect(records.count == Self.hostile.count)
        for (record, text) in zip(records, Self.hostile) {
            let kept = TrailText.escaped(text)
            #expect(record.entry.object.id == kept && record.entry.reason == kept && record.actor.name == kept)
            #expect(record.entry.details.count == TrailEntry.detailLimit && record.entry.details.values.allSatisfy { $0 == kept })
            #expect(record.body.allSatisfy { $0 >= 0x20 || $0 == 0x0A })
        }
        await database.close()
        #expect(try DataVerifier(data.path).run().isSound)
    }

    @Test(
        "what the program says by itself must be of the grammar; otherwise nothing is changed",
        arguments: [
            TrailEntry("add", .init("thing")), TrailEntry("Thing.add", .init("thing")), TrailEntry("thing.", .init("thing")),
            TrailEntry("thing.add\n", .init("thing")), TrailEntry("thing.add", .init("")),
            TrailEntry("thing.add", .init("a thing")),
            TrailEntry("thing.add", .init("thing"), details: ["Name": ""]),
            TrailEntry("thing.add", .init("thing"), details: ["": ""]),
            TrailEntry("thing." + String(repeating: "x", count: 60), .init("thing")),
            TrailEntry(
                "thing.add", .init("thing"), details: Dictionary(uniqueKeysWithValues: (0..<25).map { ("detail-\($0)", "") })),
        ])
    func grammar(_ entry: TrailEntry) async throws {
        let data = try TestData()
        let database = try await data.open()
        let found = await code {
            try await database.change(alice) { db, trail in
                try db.execute(sql: "INSERT INTO thing (name) VALUES ('x')")
                trail.note(entry)
            }
        }
        #expect(found == .badEntry)
        #expect(try await database.names().isEmpty)
        await database.close()
    }

    @Test("a secret shows itself in no text")
    func secret() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump([secret], to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", "\(["a": secret])", dumped,
        ]
        for text in texts { #expect(!text.contains("hunter2"), "\(text)") }
        #expect(secret.reveal { $0.count } == 7)
    }
}
