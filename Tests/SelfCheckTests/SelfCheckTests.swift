import Assessment
import Database
import Documents
import GRDB
import Glibc
import Rulebook
import SelfCheck
import TestProcesses
import Testing
import Vault

@testable import Checks
@testable import Identity
@testable import Server

/// Clauses of the articles that the platform is judged by.
private func isOurs(_ clause: String) -> Bool {
    ["cnfa-3.", "cnfa-4.", "cnfa-6.", "cnfa-8."].contains { clause.hasPrefix($0) }
}

extension Verdict {
    /// Something is known to be wrong.
    fileprivate var isBreach: Bool { self == .nonCompliant || self == .partly }
}

@Suite("Plumbline judged by Plumbline")
struct SelfCheckTests {
    @Test(
        "after a first run: nothing of articles 3, 4, 6 and 8 is breached, and what is left open is what the documentation says")
    func fresh() async throws {
        let world = try await PlatformWorld()
        let facts = try world.collect()
        #expect(facts.sources.filter { $0.value.state != .read }.map(\.key) == ["backup"])
        let verdicts = try world.judge(facts).filter { isOurs($0.key) }
        #expect(verdicts.filter { $0.value.isBreach || $0.value == .adviceNotAdopted }.isEmpty)
        let compliant: Set = [
            "cnfa-3.2", "cnfa-3.7", "cnfa-3.12", "cnfa-4.1", "cnfa-4.5", "cnfa-4.6", "cnfa-4.8", "cnfa-4.9", "cnfa-4.10",
            "cnfa-4.11",
            "cnfa-6.1", "cnfa-6.2", "cnfa-6.3", "cnfa-6.4", "cnfa-6.5", "cnfa-6.7", "cnfa-6.11", "cnfa-8.1", "cnfa-8.3",
            "cnfa-8.4",
            "cnfa-8.5",
        ]
        #expect(Set(verdicts.filter { $0.value == .compliant }.keys) == compliant)
        #expect(Set(verdicts.filter { $0.value == .notApplicable }.keys) == ["cnfa-6.6"])
        let documentation = try Files.read(
            #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Documentation/self-check.md")
        let open = verdicts.filter { $0.value == .undetermined }.keys.sorted()
        for clause in open {
            #expect(String(decoding: documentation, as: UTF8.self).contains("| \(clause) |"), "\(clause) is not explained")
        }
        #expect(open.count == verdicts.count - compliant.count - 1)
    }

    @Test("a supervisor's directory is judged by a supervisor's roles, and a directory of before roles were said by a firm's")
    func supervisor() async throws {
        let world = try await PlatformWorld(side: .supervisor)
        func undefined() throws -> [Node] {
            guard case .list(let names)? = try world.collect().groups["roles"]?["undefined"]?.value else {
                throw Failure("no list of undefined roles")
            }
            return names
        }
        #expect(try undefined().isEmpty)
        let (firm, verdicts) = (try await PlatformWorld(), try world.judge(try world.collect()))
        #expect(verdicts == (try firm.judge(try firm.collect())))
        #expect(!verdicts.filter { isOurs($0.key) }.values.contains { $0.isBreach })
        // The same accounts would be wrong at a firm.
        try world.forge("DROP TABLE installation")
        #expect(try undefined().count == 1)
        #expect(try world.judge(try world.collect())["cnfa-3.8"] == .nonCompliant)
    }

    @Test("every group and every fact is one that the schema declares")
    func schema() async throws {
        let world = try await PlatformWorld()
        let schema = try FactSchema.shipped(FactSchema.plumbline)
        let facts = try world.collect()
        #expect(Set(facts.sources.keys) == Set(schema.groups.map(\.name)))
        func walk(_ node: Node, _ keys: [String]) {
            guard keys.last != "from", schema.type(of: keys)?.isSetting != true else { return }
            #expect(schema.type(of: keys) != nil, "\(keys.joined(separator: ".")) is not declared")
            for entry in node.entries ?? [] { walk(entry.node, keys + [entry.key]) }
            for item in node.list ?? [] { for entry in item.entries ?? [] { walk(entry.node, keys + [entry.key]) } }
        }
        for (name, node) in facts.groups { walk(node, [name]) }
        for (name, node) in facts.groups {
            #expect(schema.conforming(node, [name]) == node, "\(name) holds values of another type")
        }
    }

    @Test("no secret and no person stands in the facts")
    func secrets() async throws {
        let world = try await PlatformWorld()
        let text = String(decoding: try world.collect().bytes, as: UTF8.self)
        for word in PlatformWorld.persons + PlatformWorld.passwords + ["張偉偉", "林美美", "secret.mail", "$argon2id$", "PRIVATE"] {
            #expect(!text.contains(word), "\(word) stands in the facts")
        }
        let hashes = try DataInspector(world.path).read { db in
            try String.fetchAll(
                db, sql: "SELECT hex(hash) FROM identity_session UNION ALL SELECT hex(secret) FROM identity_factor")
        }
        #expect(hashes.count > 2)
        for hash in hashes { #expect(!text.lowercased().contains(hash.lowercased())) }
    }

    @Test("looking at a stopped server's directory changes nothing in it")
    func stopped() async throws {
        let world = try await PlatformWorld()
        let before = try await world.snapshot()
        _ = try world.collect()
        #expect(try await world.snapshot() == before)
        #expect(before.contains("plumbline.sqlite") && !before.contains("-wal"))
    }

    @Test("a running server goes on, and keeps its lock")
    func running() async throws {
        let world = try await PlatformWorld()
        try await world.serve { house in
            let facts = try world.collect()
            #expect(try world.judge(facts).filter { isOurs($0.key) && $0.value.isBreach }.isEmpty)
            #expect(facts.groups["server"]?["stopped"] == nil)
            // What is noted while it looks is left for the next look, and breaks nothing.
            try await house.diary.alive()
            #expect(try world.collect().groups["trail"]?["sound"]?.bool == true)
            await #expect(throws: StorageError.self) {
                _ = try await GovernanceDatabase.open(house.database.directory, migrations: IdentitySchema.migrations)
            }
        }
        #expect(try world.collect().groups["server"]?["stopped"] != nil)
    }

    @Test("after a crash everything is still seen")
    func crash() async throws {
        let world = try await PlatformWorld()
        try await world.serve { house in
            try await house.database.flushTrail()
            try await Files.copy(world.path, world.scratch.path + "/crashed")
        }
        let facts = try PlatformCollector(
            world.scratch.path + "/crashed", policy: world.policy, roles: try RoleReader.shipped(),
            transport: PlatformServer.transport,
            version: "test", files: world.effects
        ).collect()
        #expect(facts.groups["trail"]?["sound"]?.bool == true, "\(facts.groups["trail"]?["findings"]?.list ?? [])")
        #expect(facts.groups["accounts"]?["list"]?.list?.count == 2)
    }

    @Test("what is missing is a gap, never a pass")
    func missing() async throws {
        let world = try await PlatformWorld()
        #expect(unlink(world.path + "/tls/server.pem") == 0)
        var verdicts = try world.judge(try world.collect())
        for clause in ["cnfa-3.12", "cnfa-6.4", "cnfa-8.1", "cnfa-8.3", "cnfa-8.4"] {
            #expect(verdicts[clause] == .undetermined, "\(clause)")
        }
        _ = try await Running("/bin/rm", ["-rf", world.path + "/vault/trail"]).finish()
        verdicts = try world.judge(try world.collect())
        #expect(verdicts["cnfa-4.11"] == .nonCompliant)
        for clause in ["cnfa-3.1", "cnfa-4.1", "cnfa-4.5", "cnfa-4.8"] { #expect(verdicts[clause] == .undetermined, "\(clause)") }
        #expect(unlink(world.path + "/plumbline.sqlite") == 0)
        verdicts = try world.judge(try world.collect())
        for clause in ["cnfa-3.2", "cnfa-6.1", "cnfa-6.2", "cnfa-6.5", "cnfa-6.11", "cnfa-4.11"] {
            #expect(verdicts[clause] == .undetermined, "\(clause)")
        }
        #expect(throws: StorageError.self) {
            try PlatformCollector(
                world.scratch.path + "/none", policy: world.policy, roles: try RoleReader.shipped(),
                transport: PlatformServer.transport,
                version: "test")
        }
    }

    @Test("signed records make compliant what the platform shows in part, all but its own review, and cannot mend a breach")
    func records() async throws {
        let world = try await PlatformWorld()
        let facts = try world.collect()
        let open = try world.judge(facts).filter { isOurs($0.key) && $0.value == .undetermined }.keys
        for clause in open {
            // Reviews are signed on the platform, where each account is decided about.
            let wanted: Verdict = clause == "cnfa-3.3" ? .undetermined : .compliant
            #expect(try world.judge(facts, signed: clause)[clause] == wanted, "\(clause)")
        }
        #expect(chmod(world.path + "/keys/trail.key", 0o644) == 0)
        #expect(try world.judge(try world.collect(), signed: "cnfa-8.7")["cnfa-8.7"] == .nonCompliant)
    }

    @Test("the command: text and JSON, exit status, what it refuses")
    func command() async throws {
        let world = try await PlatformWorld()
        let run = try await Plumbline.run("check", "--self", "--data", world.path, "--lang", "en", "--clause", "cnfa-6.5")
        #expect(
            run.status == 2 && run.output.contains("platform.lockout") && run.output.contains("identity/policy.yaml"),
            "\(run.output)")
        let json = try await Plumbline.run("check", "--self", "--data", world.path, "--format", "json")
        #expect(try JSONReader.read(Array(json.output.utf8))["schema"]?.text == "plumbline.assessment/1")
        let facts = world.scratch.path + "/facts.json"
        let saved = try await Plumbline.run(
            "check", "--self", "--data", world.path, "--save-facts", facts, "--format", "html", "-o",
            world.scratch.path + "/report.html")
        #expect(saved.status == 2)
        #expect(try HostFacts(try JSONReader.read(try Files.read(facts)), origin: facts).facts == FactSchema.plumbline)
        #expect(chmod(world.path + "/keys/identity.key", 0o644) == 0)
        #expect(try await Plumbline.run("check", "--self", "--data", world.path).status == 1)
        #expect(try await Plumbline.run("check", "--data", world.path).status == 64)
        #expect(try await Plumbline.run("check", "--self", "--data", world.scratch.path + "/none").status == 66)
        #expect(try await Plumbline.run("check", "--self", "--data", world.scratch.path).status == 65)
    }
}
