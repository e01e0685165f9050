import Glibc
import Rulebook
import Testing

@Suite("Embedded files")
struct EmbeddedFilesTests {
    /// The folder of the data, from where this test stands.
    private var root: String { #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Packs" }

    @Test(
        "Every file of Packs is embedded",
        arguments: [
            "rulebooks", "checks", "facts", "identity", "texts", "questionnaires", "questionnaire-checks", "supervision", "demo",
            "incidents", "reports",
        ])
    func complete(_ folder: String) throws {
        let directory = try #require(opendir("\(root)/\(folder)"))
        defer { closedir(directory) }
        var found: Set<String> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasSuffix(".yaml") || name.hasSuffix(".txt") || name.hasSuffix(".py") { found.insert("\(folder)/\(name)") }
        }
        #expect(Set(ShippedFiles.files(in: folder).map(\.name)) == found)
        #expect(!found.isEmpty)
    }
}
