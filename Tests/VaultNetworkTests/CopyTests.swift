import Glibc
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import VaultNetwork

@Suite(
    "Copies to a store",
    .enabled(if: Emulator.isHere, "8 tests skipped: the S3 emulator is not here (Scripts/moto.sh installs it)"))
struct CopyTests {
    private static func copy(_ log: CopiedLog, _ prefix: String, _ more: String...) async throws -> Run {
        let store = try await Emulator.get()
        let arguments = [
            "vault", "copy", log.directory, "--to", "s3://locked/\(prefix)", "--endpoint", store.url, "--keep", "30",
        ]
        return try await Running(Plumbline.path, arguments + more, environment: store.environment).finish()
    }

    private static func fetch(_ prefix: String, _ directory: String, _ more: String...) async throws -> Run {
        let store = try await Emulator.get()
        let arguments = ["vault", "fetch", "s3://locked/\(prefix)", directory, "--endpoint", store.url]
        return try await Running(Plumbline.path, arguments + more, environment: store.environment).finish()
    }

    @Test("copied, read back, locked against removal, copied again with nothing new, grown, and restored")
    func roundTrip() async throws {
        let store = try await Emulator.get()
        let (log, prefix) = (try await CopiedLog(600), store.prefix())
        let first = try await Self.copy(log, prefix, "--verify")
        #expect(
            first.status == 0 && first.output.hasPrefix("copied 5 of 5 objects") && first.output.hasSuffix("5 objects: sound\n"),
            "\(first.output)")
        let segment = "\(prefix)/sealed/000000000001.segment"
        let state = await store.act("object", segment)
        #expect(state.hasPrefix("1 COMPLIANCE \(StoreTime.text(StoreTime.now + 29 * 86_400).prefix(4))"), "\(state)")
        #expect(await store.act("delete", segment) == "AccessDenied")
        #expect(try await Self.copy(log, prefix).output.hasPrefix("copied 0 of 5 objects"))
        try await log.append(424)
        // Two new segments, all of the log: no proof is needed.
        #expect(try await Self.copy(log, prefix, "--verify").output.hasPrefix("copied 3 of 6 objects"))
        #expect(await store.act("object", segment).hasPrefix("1 COMPLIANCE"))
        let restored = log.scratch.path + "/restored"
        let fetched = try await Self.fetch(prefix, restored, "--key", log.vkey)
        #expect(fetched.status == 0 && fetched.output.hasPrefix("restored 1024 of 1024 records"), "\(fetched.output)")
        let verified = try await Plumbline.run("vault", "verify", restored, "--register", log.directory + ".register")
        #expect(verified.status == 0 && verified.output.hasSuffix("sound\n"), "\(verified.output)")
        #expect(try await Self.fetch(prefix, restored).status == 73)
        #expect(try await Self.fetch(prefix, restored + "2", "--key", log.vkey.replacing("log+", with: "log+0")).status == 65)
    }

    @Test("records that no sealed segment held are told, and named as missing by verify")
    func tail() async throws {
        let (log, prefix) = (try await CopiedLog(600), try await Emulator.get().prefix())
        #expect(try await Self.copy(log, prefix).output.contains("2 segments, 512 of 600 records"))
        let restored = log.scratch.path + "/restored"
        let fetched = try await Self.fetch(prefix, restored)
        #expect(fetched.status == 0 && fetched.output.contains("88 records of the checkpoint were in no sealed segment"))
        #expect(try VaultReader(directory: restored).size == 512)
        let verified = try await Plumbline.run("vault", "verify", restored, "--register", log.directory + ".register")
        #expect(verified.status == 1 && verified.output.contains("knows 600 records, the log has 512"))
    }

    @Test("other bytes laid over a copy, or a copy hidden, are found; restoring refuses them")
    func damaged() async throws {
        let store = try await Emulator.get()
        for (command, word) in [("overwrite", "other bytes"), ("hide", "missing")] {
            let (log, prefix) = (try await CopiedLog(300), store.prefix())
            #expect(try await Self.copy(log, prefix).status == 0)
            let name = "\(prefix)/sealed/000000000000.segment"
            #expect(await store.act(command, name) == "done")
            let copy = VaultCopy(try store.client(prefix))
            let plan = try log.plan
            let wrong = try await copy.verify(plan)
            let found = try #require(wrong.first)
            #expect(
                wrong.count == 1 && found.code == .damaged && found.what.contains(word) && found.place == "s3://locked/\(name)",
                "\(wrong)")
            #expect(try await Self.fetch(prefix, log.scratch.path + "/restored").status != 0)
            // What was hidden is put again below; what lies there with other bytes is never overwritten.
            let again = try await Self.copy(log, prefix, "--verify")
            #expect(command == "hide" ? again.status == 0 : again.status == 73, "\(again.output)")
        }
    }

    @Test("a copy that is killed at any moment goes on, and nothing is put twice")
    func interrupted() async throws {
        let store = try await Emulator.get()
        let (log, prefix) = (try await CopiedLog(5_000), store.prefix())
        // How long a whole copy takes here and now: on one machine milliseconds, on a busy one a minute.
        let began = ContinuousClock.now
        #expect(try await Self.copy(log, store.prefix()).status == 0)
        let whole = ContinuousClock.now - began
        var killed = 0
        let items = try log.plan.items
        for round in 0..<12 {
            let arguments = [
                "vault", "copy", log.directory, "--to", "s3://locked/\(prefix)", "--endpoint", store.url, "--keep", "30",
            ]
            let running = try Running(Plumbline.path, arguments, environment: store.environment)
            // From at once to about the whole: a machine that was busy a moment ago is quick now.
            try await Task.sleep(for: whole * (round * round) / 144)
            running.signal(SIGKILL)
            if await running.finish().status == -SIGKILL { killed += 1 }
        }
        let last = try await Self.copy(log, prefix, "--verify")
        #expect(last.status == 0 && last.output.hasSuffix("22 objects: sound\n"), "\(last.output)")
        #expect(killed > 0)
        for item in items {
            #expect(await store.act("object", "\(prefix)/\(item.name)").hasPrefix("1 COMPLIANCE"), "\(item.name)")
        }
    }

    @Test(
        "a wrong secret, no secret, a secret that others can read, no Object Lock, another log, nobody there: each its own exit status, no secret told"
    )
    func refused() async throws {
        let store = try await Emulator.get()
        let (log, prefix) = (try await CopiedLog(300), store.prefix())
        func copy(_ environment: [String: String], to: String = "s3://locked/", endpoint: String? = nil, _ more: String...)
            async throws
            -> Run
        {
            let arguments = [
                "vault", "copy", log.directory, "--to", to + prefix, "--endpoint", endpoint ?? store.url, "--keep", "1",
            ]
            let run = try await Running(Plumbline.path, arguments + more, environment: environment).finish()
            #expect(!run.output.contains(store.secret) && !run.output.contains("wrong-secret"), "\(run.output)")
            return run
        }
        var wrong = store.environment
        wrong["AWS_SECRET_ACCESS_KEY"] = "wrong-secret"
        let denied = try await copy(wrong)
        #expect(denied.status == 77 && denied.output.contains("the store refused"), "\(denied.output)")
        #expect(try await copy([:]).status == 65)
        let text = "# of the store\nAWS_ACCESS_KEY_ID=\(store.key)\nAWS_SECRET_ACCESS_KEY=\(store.secret)\n"
        let open = try log.scratch.write(text, "open", mode: 0o640)
        #expect(try await copy([:], "--credentials", open).status == 65)
        #expect(try await copy([:], "--credentials", log.scratch.write("\(store.secret)\n", "odd", mode: 0o600)).status == 65)
        #expect(try await copy([:], "--credentials", log.scratch.write(text, "closed", mode: 0o600)).status == 0)
        #expect(try await copy(store.environment, to: "s3://plain/").status == 65)
        #expect(try await copy(store.environment, to: "s3://nowhere/").status == 66)
        #expect(try await copy(store.environment, endpoint: "http://127.0.0.1:1").status == 69)
        #expect(try await copy(store.environment, endpoint: "https://" + store.url.dropFirst(7)).status == 69)
        // A prefix holds one log.
        #expect(try await Self.copy(await CopiedLog(300), prefix).status == 73)
        #expect(try await Self.fetch(prefix + "x", log.scratch.path + "/none").status == 66)
        let past = try await copy(store.environment, to: "s3://locked/", endpoint: nil, "--keep-until", "2001-01-01")
        #expect(past.status == 64)
    }

    @Test(
        "a store that fails for a moment is asked again with the same bytes; an answer that was lost does no harm; one that goes on failing is an error"
    )
    func faults() async throws {
        let store = try await Emulator.get()
        let prefix = store.prefix()
        let live = WebTransport.live()
        let script = Mutex<[Fault]>([])
        let waits = Mutex<[Int]>([])
        let transport = WebTransport { request throws(VaultError) in
            switch script.withLock({ $0.isEmpty ? .none : $0.removeFirst() }) {
            case .none: return try await live.exchange(request)
            case .status(let status): return WebAnswer(status: status, headers: [], body: [])
            case .unreachable: throw VaultError(.network, "no answer")
            case .lost:
                _ = try await live.exchange(request)
                throw VaultError(.network, "no answer")
            }
        }
        let client = try store.client(prefix, transport: transport) { time in waits.withLock { $0.append(time) } }
        let until = StoreTime.now + 86_400
        script.withLock { $0 = [.status(503), .unreachable, .status(500), .status(409)] }
        guard case .stored = try await client.put("a", .bytes([1, 2, 3]), until: until) else { return #expect(Bool(false)) }
        let paused = waits.withLock { $0 }
        #expect(
            paused.count == 4 && zip(paused, [200, 400, 800, 1_600]).allSatisfy { $0 >= $1 && $0 <= $1 * 3 / 2 }, "\(paused)")
        script.withLock { $0 = [.lost] }
        guard case .present = try await client.put("b", .bytes([4]), until: until) else { return #expect(Bool(false)) }
        await #expect(throws: VaultError(.exists, "", at: "s3://locked/\(prefix)/b")) {
            _ = try await client.put("b", .bytes([5]), until: until)
        }
        #expect(try await client.get("b", limit: 10) == [4])
        script.withLock { $0 = Array(repeating: .status(503), count: 5) }
        await #expect(throws: VaultError(.network, "", at: "s3://locked/\(prefix)/c")) {
            _ = try await client.put("c", .bytes([5]), until: until)
        }
        #expect(try await client.head("c") == nil)
        // What is read in pieces begins anew with each try.
        script.withLock { $0 = [.lost] }
        #expect(try await client.digest("a").count == 3)
        await #expect(throws: VaultError(.network, "", at: store.url)) { _ = try await client.get("a", limit: 2) }
    }

    @Test("a legal hold is put and taken away")
    func hold() async throws {
        let store = try await Emulator.get()
        let prefix = store.prefix()
        let client = try store.client(prefix)
        _ = try await client.put("a", .bytes([1]), until: StoreTime.now + 86_400)
        try await client.hold("a", isHeld: true)
        #expect(try await client.head("a")?.isHeld == true)
        #expect(await store.act("object", "\(prefix)/a").hasSuffix(" ON"))
        try await client.hold("a", isHeld: false)
        #expect(try await client.head("a")?.isHeld == false)
    }

    @Test("a large file is sent and fetched in pieces, and its bytes come back")
    func large() async throws {
        let store = try await Emulator.get()
        let (client, scratch) = (try store.client(store.prefix()), try Scratch())
        let bytes = (0..<9_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let path = try scratch.write(bytes, "large")
        _ = try await client.put("large", .file(path), until: StoreTime.now + 86_400)
        try await client.download("large", to: scratch.path + "/back")
        #expect(try Files.read(scratch.path + "/back") == bytes)
        #expect(try await client.list("") == ["large"])
    }
}

/// What a transport does with a request.
private enum Fault {
    case none
    case status(Int)
    case unreachable
    /// It arrives, and its answer does not.
    case lost
}
