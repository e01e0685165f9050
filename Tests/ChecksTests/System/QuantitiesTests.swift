import Documents
import Testing

@testable import Checks

@Suite struct QuantitiesTests {
    @Test(arguments: [
        ("90d", 7_776_000), ("1month", 2_629_800), ("2week", 1_209_600), ("2weeks 3 days", 1_468_800), ("5min 20s", 320),
        ("5min20s", 320),
        ("3600", 3600), ("1y", 31_557_600), ("0", 0), ("500ms", 0), ("1.5h", 5400), ("infinity", Int.max), ("\"1d\"", 86_400),
        ("1M", 2_629_800),
    ])
    func timeSpansAreSystemds(_ text: String, _ seconds: Int) { #expect(TimeSpan.seconds(text) == seconds) }

    @Test(arguments: ["", "abc", "5 parsecs", "d", "-5s", "999999999999999999999s", "9999999999999y", "1..5h."])
    func whatIsNoTimeSpanGivesNothing(_ text: String) { #expect(TimeSpan.seconds(text) == nil) }

    @Test(arguments: [
        ("4G", 4 << 30), ("512M", 512 << 20), ("512 MB", 512 << 20), ("100", 100), ("1.5K", 1024 + 510), ("2t", 2 << 40),
    ])
    func sizesAreToTheBase1024(_ text: String, _ bytes: Int) { #expect(ByteSize.bytes(text) == bytes) }

    @Test(arguments: ["", "10%", "G", "-1", "1.G", "99999999999999999999", "9999999999E"])
    func whatIsNoSizeGivesNothing(_ text: String) { #expect(ByteSize.bytes(text) == nil) }

    @Test(arguments: [
        ("a.conf", "*.conf", true), ("a.conf", "*", true), ("a.conf", "a.????", true), ("a.conf", "b*", false),
        ("abc", "a*b*c", true),
        ("", "*", true), ("aaaa", "a*b", false),
    ])
    func patternsMatchAsInTheShell(_ name: String, _ glob: String, _ matches: Bool) {
        #expect(Conf.matches(name, glob: glob) == matches)
    }

    @Test func randomTextNeverTraps() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("0123456789.dhmsywkMGTE infinity%\"-+é".utf8)
        for _ in 0..<20_000 {
            let bytes = random.bytes(Int.random(in: 0...24, using: &random)).map { alphabet[Int($0) % alphabet.count] }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = TimeSpan.seconds(text)
            _ = ByteSize.bytes(text)
            _ = Conf.quotedWords(text)
            _ = Conf.unquote(text)
            _ = Conf.scaledUp(text, by: 1000)
            _ = ClockState.milliseconds(text)
        }
    }
}

@Suite struct SystemdConfigTests {
    private func config(_ files: [String: String], links: [String: String] = [:]) -> SystemdConfig {
        SystemdConfig(Probe(TreeHost(files: files, links: links).host), name: "journald.conf", section: "Journal")
    }

    @Test func theMainFileOfTheHighestFolderCountsAlone() {
        let config = config([
            "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\n",
            "/usr/lib/systemd/journald.conf": "[Journal]\nStorage=none\nSeal=no\n",
        ])
        #expect(config.text("Storage") == .init(text: "persistent", from: "/etc/systemd/journald.conf:2"))
        #expect(config.text("Seal") == nil)
    }

    @Test func dropInsOverrideInOrderOfTheirNames() {
        let config = config([
            "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent",
            "/etc/systemd/journald.conf.d/10-a.conf": "[Journal]\nStorage=volatile\nSystemMaxUse=4G",
            "/usr/lib/systemd/journald.conf.d/20-b.conf": "[Journal]\nStorage=none",
        ])
        #expect(config.text("Storage") == .init(text: "none", from: "/usr/lib/systemd/journald.conf.d/20-b.conf:2"))
        #expect(config.bytes("SystemMaxUse")?.at("value")?.integer == 4 << 30)
    }

    @Test func aDropInOfHigherRankMasksOneOfTheSameName() {
        let config = config([
            "/etc/systemd/journald.conf.d/a.conf": "[Journal]\nSeal=no",
            "/usr/lib/systemd/journald.conf.d/a.conf": "[Journal]\nSeal=yes\nStorage=none",
        ])
        #expect(config.text("Seal")?.text == "no")
        #expect(config.text("Storage") == nil)
    }

    @Test func commentsSectionsEmptyValuesAndContinuedLines() {
        let config = config([
            "/etc/systemd/journald.conf":
                "# x\n[Other]\nStorage=none\n[Journal]\n;Seal=no\nSeal=yes\nStorage = auto \nMaxRetentionSec=1month\\\n 2week\nStorage=\n"
        ])
        #expect(config.text("Storage") == nil)
        #expect(config.text("Seal")?.text == "yes")
        #expect(config.seconds("MaxRetentionSec")?.at("value")?.integer == 2_629_800 + 1_209_600)
    }
}
