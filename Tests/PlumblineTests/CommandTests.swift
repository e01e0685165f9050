import Documents
import Testing

private let firm = """
    schema: plumbline.profile/1
    name: 範例
    firm: {entity_kinds: [securities], capital: 5000000000, fhc_subsidiary: false, online_ratio_last_year: 0.6, online_ratio_year_before: 0.6, custody_businesses: [securities-lending], online_orders: true, dedicated_unit_ordered: false}
    systems: [{id: order, hosts: [h1], facts: {key_system: true, internet_facing: true}}]
    """

@Suite("Bad input: one clear error with a position, a status, and nothing half-written")
struct BadInputTests {
    @Test(arguments: [
        ("{\"schema\": \"plumbline.facts/1\", ", "syntax", ":1:33"),
        (String(repeating: "[", count: 500_000), "too-deep", ":1:65"),
        ("{\"a\": \"\u{7F}\"}", "missing-key", ":1:1"), ("[]", "wrong-type", ":1:1"), ("", "syntax", ":1:1"),
        ("{\"schema\": \"plumbline.facts/9\"}", "bad-value", ":1:12"),
    ])
    func facts(text: String, code: String, place: String) async throws {
        let scratch = try Scratch()
        let file = try scratch.write(text, "facts.json")
        let run = try await Program.run("assess", "--facts", file, "-o", "\(scratch.path)/report.txt")
        #expect(run.status == 65)
        #expect(run.error.contains("\(file)\(place)"), "\(run.error)")
        #expect(run.error.contains("[\(code)]"))
        #expect(run.error.split(separator: "\n").count == 1)
        #expect(run.output.isEmpty)
        #expect(scratch.names == ["facts.json"])
    }

    @Test("A gibibyte is refused without being read", arguments: ["facts.json", "firm.yaml"])
    func huge(_ name: String) async throws {
        let scratch = try Scratch()
        let file = try scratch.sparse(name, bytes: 1 << 30)
        let run = name.hasSuffix("json") ? try await Program.run("assess", "--facts", file) : try await Program.run("tier", file)
        #expect(run.status == 65)
        #expect(run.error.contains("[too-large]"))
    }

    @Test("Bytes that are not UTF-8, in facts, profile, rules and checks")
    func utf8() async throws {
        let scratch = try Scratch()
        let bytes = Array("schema: x\nname: ".utf8) + [0xFF, 0x0A]
        let file = try scratch.write(bytes, "bad.yaml")
        for arguments in [
            ["tier", file], ["check", "--rules", file], ["check", "--checks", file], ["check", "--records", file],
        ] {
            let run = try await Program.run(arguments[0], arguments[1], arguments.count > 2 ? arguments[2] : "--json")
            #expect(run.status == 65)
            #expect(run.error.contains("bad.yaml:2:7"), "\(run.error)")
        }
    }

    @Test("An alias bomb is refused at its first anchor")
    func aliases() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("schema: plumbline.profile/1\na: &a [1]\nb: [*a, *a]\n", "firm.yaml")
        let run = try await Program.run("tier", file)
        #expect(run.status == 65)
        #expect(run.error.contains("firm.yaml:2:4"))
        #expect(run.error.contains("[alias]"))
    }

    @Test("Usage errors are 64, missing files 66")
    func usage() async throws {
        #expect(try await Program.run("check", "--nonsense").status == 64)
        #expect(try await Program.run("check", "--clause", "cnfa-99").status == 64)
        #expect(try await Program.run("assess").status == 64)
        #expect(try await Program.run("tier", "/nowhere/firm.yaml").status == 66)
        #expect(try await Program.run("tier", "/dev/zero").status == 65)
        let scratch = try Scratch()
        let file = try scratch.write(firm, "firm.yaml")
        #expect(try await Program.run("tier", file, "--what-if", "nonsense=1").status == 64)
        #expect(try await Program.run("collect", "--only", "pam", "-o", "/nowhere/x.json").status == 73)
    }

    @Test("A looser override is refused with its place and what to do instead")
    func looser() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(firm + "\noverrides: {cnfa-6.5.lock_threshold: 5}\n", "firm.yaml")
        let run = try await Program.run("tier", file)
        #expect(run.status == 65)
        #expect(run.error.contains("firm.yaml:5:"))
        #expect(run.error.contains("waivers"))
    }
}

@Suite("Commands")
struct CommandTests {
    @Test("tier decides, explains, and lists what a change would change")
    func tier() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(firm, "firm.yaml")
        let plain = try await Program.run("tier", file)
        #expect(plain.status == 0)
        #expect(plain.output.contains("securities-tier") || plain.output.contains("Tier 2"))
        let run = try await Program.run("tier", file, "--what-if", "capital=3500000000", "--json")
        let node = try JSONReader.read(Array(run.output.utf8))
        #expect(
            node["now"]?["decisions"]?.list?.contains { $0["decision"]?.text == "securities-tier" && $0["value"]?.text == "2" }
                == true)
        #expect(
            node["what_if"]?["decisions"]?.list?.contains {
                $0["decision"]?.text == "securities-tier" && $0["value"]?.text == "3"
            } == true)
        let changes = node["changes"]?.list?.compactMap { $0["clause"]?.text } ?? []
        #expect(changes.contains("twse-func"))
        #expect(try await Program.run("tier", file, "--what-if", "capital=null").status == 2)
    }

    @Test("check judges every leaf duty of the strictest firm on this very host, and its facts judge the same later")
    func check() async throws {
        let scratch = try Scratch()
        let facts = "\(scratch.path)/facts.json"
        let run = try await Program.run("check", "--format", "json", "--save-facts", facts, "--all")
        #expect((0...2).contains(run.status))
        let node = try JSONReader.read(Array(run.output.utf8))
        let verdicts = try #require(node["verdicts"]?.list)
        let judged = Set(verdicts.compactMap { $0["clause"]?.text })
        #expect(judged.count { $0.hasPrefix("cnfa-") } == 79)
        #expect(verdicts.allSatisfy { $0["verdict"]?.text != nil && $0["reason"]?.text != nil })
        let again = try await Program.run("assess", "--facts", facts, "--at", try #require(node["at"]?.text), "--format", "json")
        let second = try JSONReader.read(Array(again.output.utf8))
        func summary(_ node: Node) -> [String] {
            (node["verdicts"]?.list ?? []).map { "\($0["clause"]?.text ?? "") \($0["verdict"]?.text ?? "")" }
        }
        #expect(summary(node) == summary(second))
        #expect(again.status == run.status)
        #expect(!run.output.contains("$y$") && !run.output.contains("$6$"))
    }

    @Test("Old facts are undetermined, not what they once were")
    func stale() async throws {
        let scratch = try Scratch()
        let facts = "\(scratch.path)/facts.json"
        #expect(try await Program.run("collect", "-o", facts).status == 0)
        let run = try await Program.run("assess", "--facts", facts, "--at", "2099-01-01T00:00:00Z", "--format", "json")
        #expect(run.status == 2)
        let node = try JSONReader.read(Array(run.output.utf8))
        #expect(
            node["verdicts"]?.list?.allSatisfy {
                $0["verdict"]?.text == "undetermined" || $0["verdict"]?.text == "not-applicable"
            } == true)
    }

    @Test("Both languages, the opened clause, and HTML that holds no foreign markup")
    func renderings() async throws {
        #expect(try await Program.run("check", "--lang", "zh-TW").output.contains("無法判定"))
        #expect(try await Program.run("check", "--lang", "en").output.contains("undetermined"))
        let opened = try await Program.run("check", "--clause", "cnfa-6.5", "--lang", "en")
        #expect(opened.output.contains("cnfa-6.5.lock_threshold: ≤ 3 failure"))
        #expect(opened.output.contains("linux.lockout"))
        let html = try await Program.run("check", "--format", "html", "--lang", "en")
        #expect(html.output.hasPrefix("<!DOCTYPE html>"))
        #expect(html.output.contains("<html lang=\"en\">"))
        #expect(!html.output.contains("<script"))
    }

    @Test("rulebook list, show, diff, lint; checks; completions")
    func rulebook() async throws {
        let list = try await Program.run("rulebook", "list")
        #expect(list.output.contains("79 leaf duties"))
        #expect(try await Program.run("rulebook", "show", "cnfa-6.7").output.contains("history"))
        #expect(try await Program.run("rulebook", "diff", "cnfa-2022", "cnfa-2022").status == 0)
        #expect(try await Program.run("rulebook", "diff", "cnfa-2022", "twse-2018").status == 1)
        #expect(try await Program.run("checks", "linux.lockout").output.contains("faillock"))
        #expect(try await Program.run("--generate-completion-script", "bash").output.contains("plumbline"))
        let scratch = try Scratch()
        let wrong = try scratch.write("schema: plumbline.rulepack/1\nid: x\nversion: 1\n", "pack.yaml")
        let lint = try await Program.run("rulebook", "lint", wrong)
        #expect(lint.status == 65)
        #expect(lint.error.contains("pack.yaml:"))
    }

    @Test("A firm adds checks by adding a file")
    func ownChecks() async throws {
        let scratch = try Scratch()
        let pack = """
            schema: plumbline.checkpack/1
            id: house
            version: "1"
            facts: linux
            title: {zh-TW: 自訂, en: own}
            checks:
              - id: house.zone
                title: {zh-TW: 時區, en: zone}
                covers: [{clause: cnfa-4.8, extent: part}]
                severity: low
                requires: [time]
                assert: {fact: time.zone, eq: Nowhere/Land}
                explain: {zh-TW: 看時區, en: looks at the zone}
                remedy: {zh-TW: 改時區, en: set the zone}
                fixtures:
                  - {name: right, expect: pass, facts: {time: {zone: Nowhere/Land}}}
                  - {name: wrong, expect: fail, because: [UTC], facts: {time: {zone: UTC}}}
            """
        _ = try scratch.write(pack, "house.yaml")
        let run = try await Program.run("check", "--checks", scratch.path, "--clause", "cnfa-4.8", "--lang", "en")
        #expect(run.output.contains("house.zone"))
        let lying = try scratch.write(
            pack.replacing("expect: pass", with: "expect: undetermined").replacing("house\n", with: "liar\n"), "house.yaml")
        let refused = try await Program.run("check", "--checks", lying)
        #expect(refused.status == 65)
        #expect(refused.error.contains("house.yaml:"))
    }
}

@Suite("Care with what is there")
struct CareTests {
    @Test("Nothing that is not a regular file is replaced")
    func devices() async throws {
        let scratch = try Scratch()
        let run = try await Program.run("collect", "--only", "pam", "-o", "/dev/null")
        #expect(run.status == 73)
        #expect(run.error.contains("not a regular file"))
        #expect(try await Program.run("collect", "--only", "pam", "-o", scratch.path).status == 73)
    }

    @Test("A file system without anything in it is collected, with nothing known")
    func emptyRoot() async throws {
        let scratch = try Scratch()
        let run = try await Program.run("collect", "--root", scratch.path)
        #expect(run.status == 0, "\(run.error)")
        let node = try JSONReader.read(Array(run.output.utf8))
        #expect(node["host"]?["system"] == nil)
        let facts = try scratch.write(run.output, "facts.json")
        let judged = try await Program.run("assess", "--facts", facts, "--format", "json")
        let verdicts = try JSONReader.read(Array(judged.output.utf8))["verdicts"]?.list ?? []
        #expect(!verdicts.isEmpty)
        #expect(!verdicts.contains { $0["verdict"]?.text == "compliant" })
    }

    @Test("A record of a system that the firm does not have is refused")
    func unknownSystem() async throws {
        let scratch = try Scratch()
        let profile = try scratch.write(firm, "firm.yaml")
        let records = try scratch.write(
            "schema: plumbline.records/1\nrecords:\n  - {clause: cnfa-5.3, system: odrer, kind: duty, state: signed, date: 2026-06-30, by: a}\n",
            "records.yaml")
        let run = try await Program.run("assess", "--profile", profile, "--records", records)
        #expect(run.status == 65)
        #expect(run.error.contains("records.yaml:3:5"))
        #expect(run.error.contains("order"))
    }
}
