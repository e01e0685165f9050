import Glibc
import TestProcesses
import Testing
import Vault
import VaultNetwork

/// Logs and witnesses as processes of their own, speaking over loopback.
@Suite("Witnesses as processes")
struct WitnessProcessTests {
    /// A witness that is running.
    private struct Service {
        let running: Running
        let key: String
        let url: String

        init(_ state: String, key: String, log: String) async throws {
            running = try Plumbline.start(
                "vault", "witness", "serve", "--state", state, "--key", key, "--log", log, "--listen", "127.0.0.1:0")
            let (first, second) = (await running.line() ?? "", await running.line() ?? "")
            guard first.hasPrefix("witness "), second.hasPrefix("listening on ") else {
                throw Failure("the witness did not start: \(first) \(second) \(await running.finish().output)")
            }
            self.key = String(first.dropFirst("witness ".count))
            url = String(second.dropFirst("listening on ".count))
        }
    }

    /// A log with two witnesses' keys.
    private struct Place {
        let scratch: Scratch
        let log: String
        let vkey: String

        init() async throws {
            scratch = try Scratch()
            log = scratch.path + "/log"
            vkey = try await Self.done("vault", "init", log, "--name", "net.example/log", "--segment-height", "8")
            for name in ["w1", "w2"] {
                _ = try await Self.done("vault", "witness", "key", "\(name).example", scratch.path + "/\(name).key")
            }
        }

        func serve(_ name: String) async throws -> Service {
            try await Service(scratch.path + "/\(name).state", key: scratch.path + "/\(name).key", log: vkey)
        }

        func append(_ count: Int, to log: String? = nil, mark: String = "line") async throws {
            let lines = (0..<count).map { "\(mark) \($0)\n" }.joined()
            let run = try await Plumbline.run("vault", "append", log ?? self.log, try scratch.write(lines, "input"))
            guard run.status == 0 else { throw Failure(run.output) }
        }

        /// A policy with these witnesses, of which so many must cosign.
        func policy(_ threshold: Int, _ services: Service...) throws -> String {
            var text = ""
            for (number, service) in services.enumerated() { text += "witness w\(number) \(service.key) \(service.url)\n" }
            text += "group all \(threshold) " + services.indices.map { "w\($0)" }.joined(separator: " ") + "\nquorum all\n"
            return try scratch.write(text, "policy")
        }

        static func done(_ arguments: String...) async throws -> String {
            let run = try await Running(Plumbline.path, arguments).finish()
            guard run.status == 0 else { throw Failure(run.output) }
            return String(run.output.split(separator: "\n").last ?? "")
        }
    }

    @Test("two witnesses cosign what grows; the cosigned note verifies, and the writer's own checkpoint stays as it was")
    func growing() async throws {
        let place = try await Place()
        let (first, second) = (try await place.serve("w1"), try await place.serve("w2"))
        let policy = try place.policy(2, first, second)
        for count in [300, 0, 1, 700] {
            if count > 0 { try await place.append(count) }
            let run = try await Plumbline.run("vault", "checkpoint", place.log, "--policy", policy)
            #expect(run.status == 0, "\(run.output)")
            let cosigned = try #require(try VaultReader(directory: place.log).cosigned())
            #expect(run.output == String(decoding: cosigned.note, as: UTF8.self))
            #expect(cosigned.finding.witnesses.count == 2)
            let own = try Files.read(place.log + "/checkpoint")
            #expect(cosigned.note.starts(with: own) && cosigned.note.count > own.count)
        }
        #expect(try VaultReader(directory: place.log).cosigned()?.finding.checkpoint.size == 1_001)
        // What the writer does afterwards is not hindered by the files that lie beside its own.
        try await place.append(10)
        #expect(try await Plumbline.run("vault", "verify", place.log).output.hasSuffix("sound\n"))
    }

    @Test("a copy of the log with the same key cannot show a second history: the witness refuses it")
    func fork() async throws {
        let place = try await Place()
        let witness = try await place.serve("w1")
        let policy = try place.policy(1, witness)
        try await place.append(300)
        let copy = place.scratch.path + "/copy"
        for ending in ["", ".key", ".register"] { try await Files.copy(place.log + ending, copy + ending) }
        try await place.append(40, mark: "true")
        #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", policy).status == 0)
        // Shorter than what was cosigned, of the same length, and longer.
        for count in [20, 20, 100] {
            try await place.append(count, to: copy, mark: "false")
            let run = try await Plumbline.run("vault", "checkpoint", copy, "--policy", policy)
            #expect(run.status == 76, "\(run.output)")
            #expect(run.output.contains("w1.example"))
            #expect(try VaultReader(directory: copy).cosigned() == nil)
        }
        #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", policy).status == 0)
    }

    @Test("a witness keeps what it knows when it ends, is asked to end, or is killed between requests")
    func restarts() async throws {
        let place = try await Place()
        var witness = try await place.serve("w1")
        let copy = place.scratch.path + "/copy"
        try await place.append(10)
        for ending in ["", ".key", ".register"] { try await Files.copy(place.log + ending, copy + ending) }
        try await place.append(5, to: copy, mark: "false")
        for (round, signal) in [SIGTERM, SIGKILL, SIGINT, SIGKILL].enumerated() {
            try await place.append(7 + round)
            #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", place.policy(1, witness)).status == 0)
            witness.running.signal(signal)
            #expect(await witness.running.finish().status == (signal == SIGKILL ? -SIGKILL : 0))
            witness = try await place.serve("w1")
            #expect(try await Plumbline.run("vault", "checkpoint", copy, "--policy", place.policy(1, witness)).status == 76)
        }
        #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", place.policy(1, witness)).status == 0)
        // A second witness on the same state is refused.
        #expect(
            try await Plumbline.run(
                "vault", "witness", "serve", "--state", place.scratch.path + "/w1.state", "--key", place.scratch.path + "/w1.key",
                "--log", place.vkey, "--listen", "127.0.0.1:0"
            ).status == 75)
    }

    @Test("a quorum that is not reached is an exit status of its own, and keeps nothing; what a witness said before still counts")
    func quorum() async throws {
        let place = try await Place()
        let (first, second) = (try await place.serve("w1"), try await place.serve("w2"))
        let (both, one) = (try place.policy(2, first, second), try Files.read(place.policy(1, first, second)))
        let either = try place.scratch.write(one, "either")
        _ = try place.policy(2, first, second)
        try await place.append(3)
        second.running.signal(SIGKILL)
        _ = await second.running.finish()
        let refused = try await Plumbline.run("vault", "checkpoint", place.log, "--policy", both)
        #expect(refused.status == 2)
        #expect(refused.output.contains("w2.example") && refused.output.contains("1 of 2"))
        #expect(access(place.log + "/checkpoint.cosigned", F_OK) != 0)
        #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", either).status == 0)
        first.running.signal(SIGKILL)
        _ = await first.running.finish()
        // The same checkpoint again: the first witness is gone, its cosignature is not.
        #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", either).status == 0)
        try await place.append(1)
        #expect(try await Plumbline.run("vault", "checkpoint", place.log, "--policy", either).status == 2)
    }

    @Test("while another program appends, the checkpoint that it signed last is cosigned")
    func beside() async throws {
        let place = try await Place()
        let witness = try await place.serve("w1")
        try await place.append(10)
        let writer = try Running(Plumbline.path, ["vault", "append", place.log, "--indices", "--batch", "1"], isFed: true)
        // Whole chunks are read at once, so a line alone is acknowledged alone.
        writer.say("while appending")
        #expect(await writer.line() == "10 10")
        let run = try await Plumbline.run("vault", "checkpoint", place.log, "--policy", place.policy(1, witness))
        #expect(
            run.status == 0 && run.output.contains("another program appends") && run.output.contains("net.example/log\n1"),
            "\(run.output)")
        writer.signal(SIGKILL)
        _ = await writer.finish()
        #expect(
            try await Plumbline.run("vault", "checkpoint", place.log, "--policy", place.policy(1, witness)).output.contains(
                "log\n11\n")
        )
    }

    @Test("what is no request is answered as HTTP says: unknown path, method, body too long, unknown log, foreign key")
    func badRequests() async throws {
        let place = try await Place()
        let witness = try await place.serve("w1")
        let transport = WebTransport.live()
        func status(_ method: String, _ path: String, _ body: [UInt8] = []) async throws -> Int {
            try await transport.exchange(WebRequest(method, witness.url + path, body: .bytes(body))).status
        }
        #expect(try await status("GET", "/") == 404)
        #expect(try await status("GET", "/add-checkpoint") != 200)
        #expect(try await status("GET", "/../../lock/checkpoint") == 404)
        #expect(try await status("POST", "/add-checkpoint") == 400)
        #expect(try await status("POST", "/add-checkpoint", [UInt8](repeating: 0x61, count: WitnessRequest.byteLimit + 1)) == 413)
        #expect(try await status("POST", "/add-checkpoint", [UInt8](repeating: 0x61, count: 9)) == 400)
        let other = place.scratch.path + "/other"
        #expect(try await Plumbline.run("vault", "init", other, "--name", "other.example/log").status == 0)
        let unknown = try await Plumbline.run("vault", "checkpoint", other, "--policy", place.policy(1, witness))
        #expect(unknown.status == 2 && unknown.output.contains("does not know the log"))
        let posed = place.scratch.path + "/posed"
        #expect(try await Plumbline.run("vault", "init", posed, "--name", "net.example/log").status == 0)
        let denied = try await Plumbline.run("vault", "checkpoint", posed, "--policy", place.policy(1, witness))
        #expect(denied.status == 2 && denied.output.contains("does not accept the log's signature"))
    }

    @Test("keys and arguments that are wrong have their exit status, and a secret is never printed")
    func arguments() async throws {
        let place = try await Place()
        let key = place.scratch.path + "/w1.key"
        func serve(_ key: String, _ log: String, _ listen: String) async throws -> Run {
            try await Plumbline.run(
                "vault", "witness", "serve", "--state", place.scratch.path + "/s", "--key", key, "--log", log, "--listen", listen)
        }
        #expect(try await Plumbline.run("vault", "witness", "key", "w1.example", key).status == 73)
        #expect(try await Plumbline.run("vault", "witness", "key", "a b", key + "2").status == 65)
        #expect(try await serve(key, "nonsense", "127.0.0.1:0").status == 65)
        #expect(try await serve(key, place.vkey, "nowhere").status == 65)
        #expect(try await serve(key + "3", place.vkey, "127.0.0.1:0").status == 66)
        let foreign = try await serve(place.log + ".key", place.vkey, "127.0.0.1:0")
        #expect(foreign.status == 65 && !foreign.output.contains("PRIVATE"))
        #expect(try await serve(key, place.vkey, "192.0.2.1:1").status == 69)
        chmod(key, 0o644)
        #expect(try await serve(key, place.vkey, "127.0.0.1:0").status == 65)
    }
}
