import Glibc
import Testing

@testable import Vault

@Suite("Orders from the command line")
struct OrderCommandTests {
    private let by = ["--by", "K. Lin", "--reason", "case 7"]

    private func run(_ arguments: [String], input: String = "/dev/null") throws -> (status: Int32, output: String) {
        let (process, output) = try Program.start(["vault"] + arguments, input: input, both: true)
        defer { close(output) }
        var all: [UInt8] = []
        while let more = Program.readSome(output) { all += more }
        return (Program.wait(process), String(decoding: all, as: UTF8.self))
    }

    @Test("personal fields: appended, read, revealed, held, erased; the subject never stands in log or errors")
    func personal() throws {
        let scratch = try Scratch()
        let (log, input) = (scratch.path + "/log", scratch.path + "/input")
        #expect(try run(["init", log, "--name", "cli.example/crm", "--segment-height", "8"]).status == 0)
        let line =
            #"{"source":"crm","time":"2026-11-21T08:30:00.000000Z","fields":{"action":"read"},"#
            + #""subject":"C100","personal":{"name":"Wang Xiaoming"},"body":"customer record read"}"#
        try FileEffects.live.replace(input, Array((line + "\n").utf8))
        #expect(try run(["append", log, "--format", "records", input]).status == 0)
        #expect(try FileEffects.live.permissions(log + ".subjects") == 0o600)
        let plain = try run(["read", log, "0"])
        #expect(
            plain.output.contains("name = (personal)") && plain.output.contains("action = read") && !plain.output.contains("Wang")
        )
        #expect(try run(["search", log, "--source", "crm", "--field", "action=read"]).output.contains("customer record read"))
        let revealed = try run(["read", log, "0", "--reveal"] + by)
        #expect(revealed.output.contains("name = Wang Xiaoming"), "\(revealed.output)")
        #expect(try run(["hold", log, "--all"] + by).output.hasPrefix("hold 1 stands"))
        #expect(try run(["hold", log]).output.contains("by K. Lin: case 7"))
        try FileEffects.live.replace(input, Array("C100\n".utf8))
        let held = try run(["shred", log] + by, input: input)
        #expect(held.status == 77 && !held.output.contains("C100"))
        #expect(try run(["hold", log, "--release", "1"] + by).status == 0)
        #expect(try run(["hold", log, "--release", "1"] + by).status == 65)
        #expect(try run(["shred", log] + by, input: input).output == "erased 1 key\n")
        #expect(try run(["shred", log] + by, input: input).status == 66)
        #expect(try run(["read", log, "0", "--reveal"] + by).output.contains("name = (erased)"))
        let verified = try run(["verify", log])
        #expect(verified.status == 0 && verified.output.contains("5 control records hold"), "\(verified.output)")
        for bad in [
            "{", #"{"personal":{"a":"Wang"}}"#, #"{"Wang":1}"#, #"{"body":7}"#, #"{"time":"Wang"}"#,
            #"{"subject":"","personal":{"a":"Wang"}}"#, #"{"fields":["Wang"]}"#,
        ] {
            try FileEffects.live.replace(input, Array((bad + "\n").utf8))
            let refused = try run(["append", log, "--format", "records", input])
            #expect(
                refused.status == 65 && refused.output.contains("line 1") && !refused.output.contains("Wang"),
                "\(bad): \(refused.output)")
        }
    }

    @Test("keep, prune, forecast, backup, daily seal: what a person sees and the exit statuses")
    func care() throws {
        let scratch = try Scratch()
        let (log, input, copy) = (scratch.path + "/log", scratch.path + "/input", scratch.path + "/copy")
        #expect(try run(["init", log, "--name", "cli.example/log", "--segment-height", "8"]).status == 0)
        try FileEffects.live.replace(input, (0..<600).flatMap { Array("line \($0)\n".utf8) })
        #expect(try run(["append", log, input, "--source", "web"]).status == 0)
        #expect(try run(["prune", log] + by).status == 65)
        #expect(try run(["keep", log, "--class", "core", "--days", "0"] + by).status == 65)
        #expect(try run(["keep", log, "--class", "core", "--days", "1096"] + by).output == "records are kept 1096 days (core)\n")
        #expect(try run(["prune", log, "--dry-run"] + by).output == "nothing would be pruned\n")
        #expect(try run(["prune", log] + by).output == "nothing pruned\n")
        #expect(try run(["seal", log, "--day"]).output.contains("epoch 1 begins"))
        let forecast = try run(["forecast", log])
        #expect(forecast.output.contains("rate        undetermined") && forecast.output.contains("kept        1096 days (core)"))
        #expect(try run(["backup", log, copy]).output.hasPrefix("603 records, 2 segments copied, 0 there already"))
        #expect(try run(["backup", log, copy]).output.hasPrefix("603 records, 0 segments copied, 2 there already"))
        #expect(try run(["verify", copy, "--without-register"]).output.hasSuffix("sound\n"))
        #expect(try run(["verify", copy]).status == 1)
        let stats = try run(["stats", log]).output
        #expect(stats.contains("epoch       1") && stats.contains("records     603") && stats.contains("day sealed  up to"))
        // A hold without its order, and impossible ones.
        #expect(try run(["hold", log, "--all"]).status == 64)
        #expect(try run(["hold", log, "--records", "9-3"] + by).status == 65)
        #expect(try run(["hold", log, "--from", "2026-11-31"] + by).status == 65)
        #expect(try run(["hold", log, "--all", "--by", "a\nb", "--reason", "c"]).status == 65)
    }

    @Test("an offline root key vouches for the first epoch, and is not needed again")
    func rootKey() throws {
        let scratch = try Scratch()
        let (log, key) = (scratch.path + "/log", scratch.path + "/root.key")
        let made = try run(["init", log, "--name", "cli.example/log", "--root-key", key])
        #expect(made.status == 0 && made.output.contains("root cli.example/log/root+"))
        let identity = try VaultReader(directory: log).identity
        #expect(try identity.root == KeyFile.read(key).verifier)
        #expect(unlink(key) == 0)
        #expect(try run(["seal", log, "--day"]).status == 0)
        #expect(try run(["verify", log]).output.hasSuffix("sound\n"))
        // Without the root's signature the identity does not hold.
        let whole = String(decoding: try FileEffects.live.contents(log + "/identity", limit: 4_096), as: UTF8.self)
        let cut = whole.split(separator: "\n", omittingEmptySubsequences: false).dropLast(2).joined(separator: "\n") + "\n"
        try FileEffects.live.replace(log + "/identity", Array(cut.utf8))
        #expect(try run(["stats", log]).status == 65)
    }

    @Test("a line that comes alone is acknowledged at once, though more may follow")
    func alone() throws {
        let scratch = try Scratch()
        let log = scratch.path + "/log"
        #expect(try run(["init", log, "--name", "cli.example/log"]).status == 0)
        let fifo = scratch.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        let writer = open(fifo, O_RDWR)
        defer { close(writer) }
        let (process, output) = try Program.start(["vault", "append", log, "--indices"], input: fifo)
        defer { close(output) }
        for number in 0..<3 {
            let line = Array("line \(number)\n".utf8)
            #expect(write(writer, line, line.count) == line.count)
            #expect(Program.readSome(output).map { String(decoding: $0, as: UTF8.self) } == "\(number) \(number)\n")
        }
        kill(process, SIGKILL)
        #expect(Program.wait(process) == -SIGKILL)
        #expect(try VaultReader(directory: log).size == 3)
    }
}
