import Database
import Documents
import Glibc
import Identity
import Rulebook
import Submissions
import TestProcesses
import Testing

@testable import Server

/// A firm's installation and a supervisor's, each a process of its own, over TLS on loopback, worked by people in browsers.
@Suite("A firm and a supervisor as two processes", .serialized)
struct ExchangeProcessTests {
    private struct Pair {
        let scratch: Scratch
        let firm: Installation
        let supervisor: Installation

        init() async throws {
            scratch = try Scratch()
            supervisor = try await Installation(scratch, "supervisor", .supervisor, role: "examiner")
            firm = try await Installation(scratch, "alpha", .firm, role: "ciso")
            try await supervisor.start()
            try await firm.start()
            try await supervisor.signIn()
            try await firm.signIn()
        }

        /// The digits of a fingerprint that a page shows.
        static func digits(_ page: String) -> String? {
            page.firstMatch(of: /<strong>((?:\d{5} ?){12})<\/strong>/).map { String($0.1) }
        }

        /// Both sides compare and register keys.
        func introduce(address: String? = nil) async throws {
            let trust = String(decoding: try Files.read(supervisor.path + "/tls/server.pem"), as: UTF8.self)
            let set = try await firm.post(
                "/submissions/partner",
                [("address", address ?? supervisor.origin), ("trust", trust), ("firm", "alpha"), ("name", "alpha 證券")])
            #expect(set.status == 303, "\(set.text)")
            let theirs = try #require(Self.digits(try await supervisor.get("/submissions/keys").text))
            let announced: String
            if address == nil {
                announced = try await firm.get("/submissions/pin").text
            } else {
                let file = try await supervisor.get("/submissions/key/file").body
                announced = try await firm.upload("/submissions/pin/file", file).text
            }
            #expect(Self.digits(announced) == theirs)
            let value = try #require(announced.firstMatch(of: /name="announcement" value="([^"]+)"/)).1
            let pinned = try await firm.post(
                "/submissions/pin",
                [
                    (
                        "announcement",
                        // Browsers send the end of a line as two characters.
                        String(value).replacing("&quot;", with: "\"").replacing("&amp;", with: "&").replacing("\n", with: "\r\n")
                    )
                ])
            #expect(pinned.status == 303)
            #expect(try await firm.post("/submissions/keys/new", [("contact", "林美")]).status == 303)
            let own = try await firm.get("/submissions/keys").text
            if address != nil {
                let package = try #require(own.matches(of: /href="\/submissions\/packages\/([0-9a-f]{64})"/).last).1
                let registration = try await firm.get("/submissions/packages/\(package)").body
                let answer = try await supervisor.upload("/submissions/import", registration).text
                try await carry(answer, kind: .receipt)
            }
            let keys = try await supervisor.get("/submissions/keys").text
            let key = try #require(keys.firstMatch(of: /\/submissions\/keys\/([0-9a-f]{64})\/register/)).1
            let comparing = try await supervisor.get("/submissions/keys/\(key)/register").text
            #expect(Self.digits(comparing).map { own.contains($0) } == true)
            let registered = try await supervisor.post("/submissions/keys/\(key)/register", [("reason", "compared by phone")])
            #expect(registered.status == 303, "\(registered.text)")
            if address == nil {
                #expect(try await deliver().contains("tried=ok"))
            } else {
                try await bring(.receipt)
            }
            #expect(try await firm.get("/submissions/keys").text.contains("已登記"))
        }

        func deliver() async throws -> String { try await firm.post("/submissions/deliver", []).location }

        /// Carries the answer that a page of the supervisor's offers to the firm.
        func carry(_ page: String, kind: PackageKind) async throws {
            let hash = try #require(page.firstMatch(of: /\/submissions\/packages\/([0-9a-f]{64})/)).1
            let bytes = try await supervisor.get("/submissions/packages/\(hash)").body
            #expect(try Envelope.read(bytes, limit: 1 << 26).kind == kind)
            _ = try await firm.upload("/submissions/import", bytes)
        }

        /// Brings the newest package of a kind from the supervisor's list to the firm.
        func bring(_ kind: PackageKind) async throws {
            let list = try JSONReader.read(try await supervisor.get("/submissions/outgoing?format=json").body)
            let rows = list["rows"]?.list ?? []
            let hash = try #require(rows.first { $0["kind"]?.text == kind.rawValue }?["package"]?.text)
            let bytes = try await supervisor.get("/submissions/packages/\(hash)").body
            let page = try await firm.upload("/submissions/import", bytes)
            #expect(page.text.contains("notice good"), "\(kind) \(page.text)")
        }

        /// Prepares, looks at, and signs the next version.
        ///
        /// - Returns: hash of its payload, and where its page is.
        func file(_ quarter: Quarter) async throws -> (payload: String, page: String) {
            let (payload, page) = try await prepare(quarter)
            try await sign(payload, page)
            return (payload, page)
        }

        func prepare(_ quarter: Quarter) async throws -> (payload: String, page: String) {
            let prepared = try await firm.post(
                "/submissions/new", [("quarter", quarter.description), ("name", "林美"), ("role", "資訊安全長")])
            #expect(prepared.status == 303, "\(prepared.text)")
            let preview = try await firm.get(prepared.location)
            let manifest = try await firm.get(prepared.location + "/manifest").body
            let payload = HexText.sha256(manifest)
            #expect(preview.status == 200 && preview.text.contains(payload) && preview.text.contains("twse-"))
            return (payload, prepared.location)
        }

        func sign(_ payload: String, _ page: String) async throws {
            let signed = try await firm.post(page + "/sign", [("payload", payload)])
            #expect(signed.status == 303, "\(signed.text)")
        }

        func package(_ page: String) async throws -> [UInt8] {
            let text = try await firm.get(page).text
            let hash = try #require(text.firstMatch(of: /\/submissions\/packages\/([0-9a-f]{64})/)).1
            return try await firm.get("/submissions/packages/\(hash)").body
        }

        func states(_ side: Installation) async throws -> [String] {
            let list = try JSONReader.read(try await side.get("/submissions?format=json").body)
            return (list["rows"]?.list ?? []).map {
                "\($0["quarter"]?.text ?? "") \($0["version"]?.integer ?? 0) \($0["state"]?.text ?? "")"
            }
        }

        func stop() async {
            #expect(await firm.stop() == 0)
            #expect(await supervisor.stop() == 0)
        }
    }

    private var quarter: Quarter {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Quarter(containing: Instant(seconds: Int64(time.tv_sec)).date(in: .taipei))
    }

    @Test("register keys, submit a quarter, be returned, answer, be accepted; wrong packages are refused; revoke a key")
    func online() async throws {
        let pair = try await Pair()
        try await pair.introduce()
        let (payload, page) = try await pair.file(quarter)
        #expect(try await pair.states(pair.firm) == ["\(quarter) 1 submitted"])
        #expect(try await pair.states(pair.supervisor) == ["\(quarter) 1 submitted"])
        let version = "/submissions/versions/\(payload)"
        #expect(HexText.sha256(try await pair.supervisor.get(version + "/manifest").body) == payload)
        let package = try await pair.package(page)
        // Replayed, tampered, wrongly signed, misdirected: by anybody who can reach the address.
        var codes: [RefusalCode: [UInt8]] = [:]
        func expect(_ code: RefusalCode, _ bytes: [UInt8]) async throws {
            let answer = try await pair.supervisor.exchange(bytes)
            let envelope = try Envelope.read(answer.body, limit: 1 << 26)
            guard answer.status == 422,
                case .refusal(let notice) = try Message.read(envelope.payload, .refusal, limits: .authored)
            else {
                Issue.record("\(code): \(answer.status)")
                return
            }
            #expect(notice.code == code && notice.package == HexText.sha256(bytes))
            codes[code] = answer.body
        }
        try await expect(.replayed, package)
        var tampered = package
        let mark = Array("\"signature\":\"".utf8)
        let spot = try #require(package.indices.first { package[$0...].starts(with: mark) }) + mark.count
        tampered[spot] = package[spot] == 0x41 ? 0x42 : 0x41
        try await expect(.badSignature, tampered)
        try await expect(.malformed, Array(package.dropLast(2)))
        let envelope = try Envelope.read(package, limit: 1 << 26)
        try await expect(.unknownKey, try Envelope(.submission, envelope.payload, by: SigningKey()).bytes)
        let key = try #require(envelope.signatures.first).key
        let secret = try SigningKey.load(key, from: pair.firm.path + "/keys")
        guard case .submission(var manifest) = try Message.read(envelope.payload, .submission, limits: .collected) else {
            Issue.record("no manifest")
            return
        }
        manifest.header.id = String(repeating: "5", count: 32)
        manifest.header.recipient = PublicKey.id(SigningKey().publicKey)
        try await expect(.wrongRecipient, try Message.submission(manifest).signed(by: secret).bytes)
        // The firm takes the refusals that are made out to it, and notes those that are not.
        for body in codes.values { _ = try await pair.firm.upload("/submissions/import", body) }
        var forged = try #require(codes[.replayed])
        forged[forged.count / 2] ^= 1
        #expect(try await pair.firm.upload("/submissions/import", forged).text.contains("role=\"alert\""))
        try await correspond(pair, version)
        // Revoked: from now on nothing of that key is taken.
        let revoked = try await pair.supervisor.post("/submissions/keys/\(key)/revoke", [("reason", "lost")])
        #expect(revoked.status == 303)
        let (second, _) = try await pair.file(quarter.previous)
        #expect(try await pair.states(pair.firm).contains("\(quarter.previous) 1 refused"))
        #expect(try await pair.states(pair.supervisor) == ["\(quarter) 1 accepted"])
        await pair.stop()
        try trails(pair, payload, second, HexText.sha256(package))
    }

    /// Returned with a question, answered, accepted.
    private func correspond(_ pair: Pair, _ version: String) async throws {
        let asked = try await pair.supervisor.post(version + "/return", [("item-1", ""), ("text-1", "請說明防火牆。")])
        #expect(asked.status == 303, "\(asked.text)")
        #expect(try await pair.deliver().contains("tried=ok"))
        #expect(try await pair.states(pair.firm) == ["\(quarter) 1 returned"])
        let reply = "/submissions/quarters/\(quarter)/reply"
        #expect(try await pair.firm.get(reply).text.contains("請說明防火牆。"))
        #expect(try await pair.firm.post(reply, [("answer-q1", "已於本季汰換。"), ("by", "林美")]).status == 303)
        #expect(try await pair.states(pair.supervisor) == ["\(quarter) 1 answered"])
        #expect(try await pair.supervisor.get(version).text.contains("已於本季汰換。"))
        #expect(try await pair.supervisor.post(version + "/accept", [("note", "")]).status == 303)
        #expect(try await pair.deliver().contains("tried=ok"))
        #expect(try await pair.states(pair.firm) == ["\(quarter) 1 accepted"])
    }

    private func trails(_ pair: Pair, _ payload: String, _ second: String, _ package: String) throws {
        let (firm, supervisor) = (try pair.firm.trail(), try pair.supervisor.trail())
        func has(_ trail: [TrailRecord], _ action: String, _ detail: String, _ value: String) -> Bool {
            trail.contains { $0.entry.action == action && $0.entry.details[detail] == value }
        }
        #expect(has(firm, "submission.sign", "sha256", payload) && has(supervisor, "submission.receive", "sha256", payload))
        #expect(has(firm, "submission.sign", "package", package) && has(supervisor, "submission.receive", "package", package))
        for action in ["submission.return", "submission.reply", "submission.accept", "key.register", "key.revoke"] {
            #expect(supervisor.contains { $0.entry.action == action }, "\(action)")
        }
        for action in [
            "exchange.pin", "key.make", "key.registered", "submission.received", "submission.reply", "submission.refused",
        ] {
            #expect(firm.contains { $0.entry.action == action }, "\(action)")
        }
        #expect(has(firm, "submission.refused", "sha256", second))
        let refused = Set(supervisor.filter { $0.entry.result == .refused }.compactMap(\.entry.reason))
        for code in [RefusalCode.replayed, .badSignature, .malformed, .unknownKey, .wrongRecipient, .keyRevoked] {
            #expect(refused.contains(code.rawValue), "\(code)")
        }
        // At the firm: the refusals that came, by their code, and the one that somebody forged.
        let told = Set(firm.compactMap { $0.entry.details["code"] })
        for code in [RefusalCode.replayed, .wrongRecipient, .keyRevoked] { #expect(told.contains(code.rawValue), "\(code)") }
        #expect(firm.contains { $0.entry.action == "exchange.receive" && $0.entry.result == .refused })
    }

    @Test("by file: the same way without a network between the two")
    func offline() async throws {
        let pair = try await Pair()
        try await pair.introduce(address: "")
        let (payload, page) = try await pair.file(quarter)
        #expect(try await pair.states(pair.firm) == ["\(quarter) 1 queued"])
        let package = try await pair.package(page)
        try await pair.carry(try await pair.supervisor.upload("/submissions/import", package).text, kind: .receipt)
        #expect(try await pair.states(pair.firm) == ["\(quarter) 1 submitted"])
        let again = try await pair.supervisor.upload("/submissions/import", package).text
        #expect(again.contains("role=\"alert\""))
        try await pair.carry(again, kind: .refusal)
        let version = "/submissions/versions/\(payload)"
        #expect(try await pair.supervisor.post(version + "/return", [("item-1", ""), ("text-1", "請補充。")]).status == 303)
        try await pair.bring(.questions)
        let reply = "/submissions/quarters/\(quarter)/reply"
        #expect(try await pair.firm.post(reply, [("answer-q1", "補充如附。"), ("by", "林美")]).status == 303)
        let list = try await pair.firm.get("/submissions").text
        let hash = try #require(list.matches(of: /\/submissions\/packages\/([0-9a-f]{64})/).first).1
        let answers = try await pair.firm.get("/submissions/packages/\(hash)").body
        #expect(try Envelope.read(answers, limit: 1 << 20).kind == .reply)
        try await pair.carry(try await pair.supervisor.upload("/submissions/import", answers).text, kind: .receipt)
        #expect(try await pair.supervisor.post(version + "/accept", [("note", "")]).status == 303)
        try await pair.bring(.acceptance)
        #expect(try await pair.states(pair.firm) == ["\(quarter) 1 accepted"])
        #expect(try await pair.states(pair.supervisor) == ["\(quarter) 1 accepted"])
        await pair.stop()
        try await commands(pair, package)
        let (firm, supervisor) = (try pair.firm.trail(), try pair.supervisor.trail())
        #expect(firm.contains { $0.entry.details["code"] == RefusalCode.replayed.rawValue })
        #expect(supervisor.contains { $0.entry.result == .refused && $0.entry.reason == RefusalCode.replayed.rawValue })
        #expect(supervisor.contains { $0.entry.action == "submission.receive" && $0.entry.details["origin"] == "file" })
    }

    /// The same by the command line, on directories whose servers are stopped.
    private func commands(_ pair: Pair, _ first: [UInt8]) async throws {
        let (firm, supervisor) = (pair.firm.path, pair.supervisor.path)
        func run(_ arguments: String..., status: Int32 = 0) async throws -> String {
            let run = try await Running(Plumbline.path, ["submission"] + arguments).finish()
            #expect(run.status == status, "\(arguments): \(run.output)")
            return run.output
        }
        let quarter = quarter.previous.description
        let prepared = try await run("prepare", "--data", firm, "--quarter", quarter, "--name", "林美", "--role", "CISO")
        let number = String(prepared.prefix { $0 != " " })
        #expect(try await run("preview", "--data", firm, number).contains(quarter))
        #expect(try await run("preview", "--data", firm, number, "--raw").contains("\"schema\":\"plumbline.submission/1\""))
        _ = try await run("sign", "--data", firm, number)
        let (package, answer, key) = (pair.scratch.path + "/p", pair.scratch.path + "/a", pair.scratch.path + "/k")
        _ = try await run("export", "--data", firm, number, "-o", package)
        let registration = try #require(
            try await run("keys", "--data", firm).firstMatch(of: /registered  package ([0-9a-f]{64})/)
        ).1
        _ = try await run("export", "--data", firm, String(registration), "-o", key)
        #expect(try await run("verify", package, "--key", key).contains("plumbline.submission/1"))
        let stranger = PublicKey.text(SigningKey().publicKey)
        _ = try await run("verify", package, "--key", stranger, status: 1)
        _ = try await run("verify", firm + "/plumbline.sqlite", "--key", stranger, status: 65)
        _ = try await run("import", "--data", supervisor, package, "-o", answer)
        _ = try await run("import", "--data", firm, answer)
        // Twice: refused, with a signed refusal for the way back.
        _ = try await run("import", "--data", supervisor, package, "-o", answer, status: 1)
        _ = try await run("import", "--data", firm, answer)
        _ = try await run("export", "--data", supervisor, "key", "-o", key)
        #expect(try await run("verify", answer, "--key", key).contains("plumbline.refusal/1"))
        // Nobody answers at no address.
        _ = try await run("send", "--data", firm)
        _ = try await run("prepare", "--data", supervisor, "--quarter", quarter, "--name", "x", "--role", "y", status: 65)
        #expect(try await run("--help").contains("plumbline submission import"))
    }

    @Test("the supervisor is killed while packages arrive: each version is there once or comes later, with its receipt")
    func killed() async throws {
        let pair = try await Pair()
        try await pair.introduce()
        let supervisor = pair.supervisor
        var payloads: [String] = []
        // From before a package came to after it was answered.
        for (round, wait) in [0, 10, 20, 30, 45, 70, 120].enumerated() {
            let quarter = Quarter(index: quarter.index - round)
            let (payload, page) = try await pair.prepare(quarter)
            let killer = Task {
                try await Task.sleep(for: .milliseconds(wait))
                supervisor.kill()
            }
            try await pair.sign(payload, page)
            try await killer.value
            #expect(await supervisor.stop(SIGKILL) == -SIGKILL)
            try await supervisor.start()
            // A connection of before the kill may be tried first.
            for _ in 0..<3 { _ = try await pair.deliver() }
            for side in [pair.firm, supervisor] {
                let states = try await pair.states(side).filter { $0.hasPrefix("\(quarter) ") }
                #expect(states == ["\(quarter) 1 submitted"], "\(side.side), killed after \(wait) ms")
            }
            payloads.append(payload)
        }
        await pair.stop()
        let trail = try pair.supervisor.trail()
        for payload in payloads {
            let received = trail.filter { $0.entry.action == "submission.receive" && $0.entry.details["sha256"] == payload }
            #expect(received.count == 1)
        }
        #expect(try await Plumbline.run("verify", pair.supervisor.path).status == 0)
    }
}
