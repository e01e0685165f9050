import Testing

@testable import Vault

@Suite("Search: the command line")
struct SearchCommandTests {
    @Test("search and index as a person runs them")
    func commands() throws {
        let scratch = try Scratch()
        let (log, input) = (scratch.path + "/log", scratch.path + "/input")
        #expect(try Program.run("vault", "search", log, "x").status == 66)
        #expect(try Program.run("vault", "init", log, "--name", "cli.example/log", "--segment-height", "8").status == 0)
        let lines = (0..<600).map {
            "{\"id\":\"id\($0)\",\"actor\":{\"name\":\"\($0 % 2 == 0 ? "alice" : "bob")\"},\"text\":\"資訊安全 \($0)\"}"
        }
        try FileEffects.live.replace(input, Array((lines + ["bad \u{1B}[2J \u{202E}line"]).joined(separator: "\n").utf8))
        #expect(try Program.run("vault", "append", log, input, "--batch", "100", "--no-index").status == 0)
        let first = try Program.run("vault", "search", log, "--field", "id=id77")
        #expect(first.status == 0 && first.output.hasPrefix("77 20") && first.output.contains(" - \(lines[77])\n"))
        #expect(first.output.contains("1 hit; ") && first.output.contains("2 of 2 segments searched without an index"))
        #expect(try Program.run("vault", "index", log).output.hasPrefix("indexed 2 of 2 segments, "))
        #expect(try Program.run("vault", "index", log).output.hasPrefix("indexed 0 of 2 segments"))
        #expect(try Program.run("vault", "index", log, "--rebuild").output.hasPrefix("indexed 2 of 2 segments"))
        #expect(try Program.run("vault", "verify", log).output.hasSuffix("sound\n"))
        let second = try Program.run("vault", "search", log, "--field", "id=id77")
        #expect(second.status == 0 && second.output.hasPrefix("77 ") && !second.output.contains("without an index"))
        #expect(
            try Program.run("vault", "search", log, "安全", "--field", "actor.name=bob", "--count").output.hasPrefix(
                "300\n300 hits; "))
        let newest = try Program.run("vault", "search", log, "資訊", "--newest", "--limit", "2", "--json").output
        #expect(
            newest.hasPrefix("{\"index\":599,") && newest.contains("\n{\"index\":598,")
                && newest.contains("go on with --start 597"))
        #expect(try Program.run("vault", "search", log, "--contains", "[2J").output.contains("600 "))
        #expect(try Program.run("vault", "search", log, "--contains", "[2J").output.contains("bad \\u{1b}[2J \\u{202e}line\n"))
        #expect(try Program.run("vault", "search", log, "nobody").status == 1)
        #expect(try Program.run("vault", "search", log, "--from", "2020-01-01", "--to", "2020-01-02", "--scan").status == 1)
        #expect(
            try Program.run("vault", "search", log, "--from", "2020-01-01T08:00:00.5+08:00", "--count").output.hasPrefix("601\n"))
        #expect(try Program.run("vault", "search", log, "--from", "yesterday").status == 65)
        #expect(try Program.run("vault", "search", log, "--field", "novalue").status == 65)
        #expect(try Program.run("vault", "search", log, "--", "--").status == 65)
        #expect(try Program.run("vault", "search", log, "--json", "--count").status == 64)
    }
}
