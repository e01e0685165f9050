import Assessment
import Checks
import Documents
import Glibc
import HTML
import Rulebook
import Testing

@testable import Reports

@Suite("Words")
struct WordingTests {
    private func catalog() throws -> TextCatalog {
        try TextCatalog(try ShippedFiles.files(in: "texts").map { try YAMLReader.read($0.bytes) })
    }

    @Test("Every value that is shown has a name in both languages")
    func values() throws {
        let names = Set(try catalog().names)
        var wanted = Verdict.allCases.map { "verdict.\($0.rawValue)" } + Reason.allCases.map { "reason.\($0.rawValue)" }
        wanted += Force.allCases.map { "force.\($0.rawValue)" } + CheckResult.allCases.map { "result.\($0.rawValue)" }
        wanted +=
            SourceState.allCases.map { "source.\($0.rawValue)" } + VerificationMethod.allCases.map { "method.\($0.rawValue)" }
        wanted += Cadence.Kind.allCases.map { "cadence.\($0.rawValue)" } + Severity.allCases.map { "severity.\($0.rawValue)" }
        wanted += SubjectKind.allCases.map { "subject.\($0.rawValue)" } + Record.State.allCases.map { "state.\($0.rawValue)" }
        wanted += ["nothing", "no", "unknown", "part", "yes"].map { "say.\($0)" }
        wanted += ["added", "removed", "force", "cadence", "certainty"].map { "change.\($0)" }
        wanted +=
            ["no-evidence", "within", "exceeded-before", "overdue"].map { "gap.\($0)" }
            + ["met", "at-risk", "missed"].map { "count.\($0)" }
        #expect(Set(wanted).subtracting(names).isEmpty)
    }

    @Test("Every name that the sources ask for is in the catalogue")
    func names() throws {
        // Pages and commands have their words in files of their own.
        let names = Set(try Wording.shipped(.english).catalog.names)
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Sources"
        var asked: Set<String> = []
        for target in ["Reports", "plumbline"] { try collect("\(root)/\(target)", &asked) }
        #expect(asked.count > 60)
        #expect(asked.subtracting(names).isEmpty, "\(asked.subtracting(names).sorted())")
    }

    /// Texts in quotes right after `wording(` or in lists of names, as far as they have no interpolation.
    private func collect(_ path: String, _ asked: inout Set<String>) throws {
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasPrefix(".") { continue }
            if name.hasSuffix(".swift") {
                let text = String(decoding: try DocumentFile.read("\(path)/\(name)", limit: 1 << 20), as: UTF8.self)
                for match in text.matches(of: /wording\(\s*"([a-z.-]+)"/) { asked.insert(String(match.1)) }
                for match in text.matches(of: /"((?:report|state|html|tier|show|list|ask)\.[a-z-]+)"/) {
                    asked.insert(String(match.1))
                }
            } else {
                try collect("\(path)/\(name)", &asked)
            }
        }
    }

    @Test("A catalogue whose languages name different placeholders is refused")
    func placeholders() throws {
        let text = "schema: plumbline.texts/1\ntexts:\n  a: {zh-TW: \"{x} 項\", en: \"{y} items\"}\n"
        #expect(throws: DocumentError.self) { try TextCatalog(try YAMLReader.read(Array(text.utf8))) }
    }

    @Test(
        "Rates are rounded half up to two decimals, and nothing is a rate of nothing",
        arguments: [
            (8, 11, "72.73 %"), (10, 11, "90.91 %"), (16, 24, "66.67 %"), (1, 12, "8.33 %"), (0, 5, "0.00 %"), (5, 5, "100.00 %"),
            (0, 0, "—"), (1, 800, "0.13 %"),
            (15, 56, "26.79 %"), (23, 24, "95.83 %"),
        ])
    func rates(fulfilled: Int, applicable: Int, text: String) { #expect(Wording.rate(fulfilled, of: applicable) == text) }
}

@Suite("Columns")
struct ColumnTests {
    @Test func widths() {
        #expect(TextColumns.width("資安 ok") == 7)
        #expect(TextColumns.padded("資安", 6) == "資安  ")
        #expect(TextColumns.cut("資訊安全長", 7) == "資訊安…")
        #expect(TextColumns.wrapped("one two three", 7) == ["one two", "three"])
        #expect(TextColumns.wrapped("資訊安全長期貨商", 8).allSatisfy { TextColumns.width($0) <= 8 })
    }

    @Test("Wrapping loses nothing and keeps to the width, unless a word is longer", arguments: 4...40)
    func wrapping(columns: Int) {
        let text =
            "pam.services[login].lockout.deny = 5 失敗 (/etc/security/faillock.conf:3); 應 ≤ 3 failure (cnfa-6.5.lock_threshold) 另有 12 項"
        let lines = TextColumns.wrapped(text, columns)
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
        #expect(lines.allSatisfy { TextColumns.width($0) <= columns })
    }
}

@Suite("HTML writer")
struct HTMLTests {
    @Test("Nothing from outside becomes markup")
    func escaping() {
        var writer = HTMLWriter()
        writer.element("p", ("title", "\"><script>alert(1)</script>&"), text: "<b>&amp;\u{0}</b>")
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(
            text == "<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;\">&lt;b&gt;&amp;amp;\u{FFFD}&lt;/b&gt;</p>")
    }

    @Test func structure() {
        let bytes = HTMLWriter.document(language: "zh-TW") { page in
            page.element("body") { body in
                body.void("br")
                body.element("p", ("class", nil), text: "x")
            }
        }
        #expect(
            String(decoding: bytes, as: UTF8.self) == "<!DOCTYPE html>\n<html lang=\"zh-TW\"><body><br><p>x</p></body></html>\n")
    }
}
