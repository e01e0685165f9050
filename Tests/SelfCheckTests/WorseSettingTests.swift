import Assessment
import Checks
import Database
import Documents
import Glibc
import Rulebook
import SelfCheck
import TestProcesses
import Testing
import Vault

@testable import Identity
@testable import Server

/// Each setting made worse, and the clause that says so.
@Suite("Plumbline judged by Plumbline: what is worse is found")
struct WorseSettingTests {
    /// A change of the tables, and the clauses it breaches.
    struct Forgery: Sendable, CustomTestStringConvertible {
        var name: String
        var sql: String
        var clauses: Set<String>
        var testDescription: String { name }
    }

    static let forgeries = [
        Forgery(name: "an administrator without a second factor", sql: "DELETE FROM identity_factor", clauses: ["cnfa-6.2"]),
        Forgery(
            name: "an administrator's session that showed none", sql: "UPDATE identity_session SET has_factor = 0",
            clauses: ["cnfa-6.2"]),
        Forgery(
            name: "a password stored by MD5",
            sql: "UPDATE identity_account SET password = '$1$abcdefgh$qJxWTlIx0tZcLVlCVCLZp.' WHERE id = 2",
            clauses: ["cnfa-6.11"]),
        Forgery(
            name: "a digest without a mark",
            sql: "UPDATE identity_account SET password = '5f4dcc3b5aa765d61d8327deb882cf99' WHERE id = 1",
            clauses: ["cnfa-6.11"]),
        Forgery(
            name: "a hash that costs less",
            sql: "UPDATE identity_old_password SET password = replace(password, 'm=19456', 'm=4096') WHERE account = 1",
            clauses: ["cnfa-6.11"]),
        Forgery(
            name: "an account that nobody asked for",
            sql: """
                INSERT INTO identity_account (name, likeness, person, display_name, state, is_break_glass, conditions, created_at, password_state)
                    VALUES ('mallory', 'mallory', 'E-9', 'M', 'active', 0, '{"hours":[],"sources":[]}', unixepoch(), 'none');
                INSERT INTO identity_role (account, role) SELECT id, 'officer' FROM identity_account WHERE name = 'mallory'
                """, clauses: ["cnfa-3.1", "cnfa-4.2", "cnfa-4.3"]),
        Forgery(
            name: "an account that was taken away",
            sql: """
                DELETE FROM identity_session; DELETE FROM identity_factor; DELETE FROM identity_old_password;
                DELETE FROM identity_role WHERE account = 2; DELETE FROM identity_account WHERE id = 2
                """, clauses: ["cnfa-3.1"]),
        Forgery(
            name: "an account disabled behind the trail's back",
            sql: "UPDATE identity_account SET state = 'disabled' WHERE id = 2",
            clauses: ["cnfa-3.1"]),
        Forgery(
            name: "roles that exclude each other", sql: "INSERT INTO identity_role (account, role) VALUES (1, 'officer')",
            clauses: ["cnfa-3.1", "cnfa-3.8", "cnfa-4.10"]),
        Forgery(
            name: "a party that nobody gave", sql: "UPDATE identity_account SET party = 'firm-b' WHERE id = 2",
            clauses: ["cnfa-3.1"]),
        Forgery(
            name: "a role nobody knows", sql: "UPDATE identity_role SET role = 'emperor' WHERE account = 2", clauses: ["cnfa-3.8"]
        ),
        Forgery(
            name: "a name that is nobody's",
            sql: "UPDATE identity_account SET name = 'helpdesk', likeness = 'helpdesk' WHERE id = 2",
            clauses: ["cnfa-6.1"]),
        Forgery(
            name: "an account of nobody", sql: "UPDATE identity_account SET person = NULL WHERE id = 2", clauses: ["cnfa-6.1"]),
        Forgery(
            name: "an identity number as a name",
            sql: "UPDATE identity_account SET name = 'a123456789', likeness = 'a123456789' WHERE id = 2", clauses: ["cnfa-3.7"]),
        Forgery(
            name: "a temporary account past its end",
            sql: "UPDATE identity_account SET temporary_until = created_at - 60 WHERE id = 2", clauses: ["cnfa-3.2"]),
        Forgery(
            name: "a temporary account for a year",
            sql: "UPDATE identity_account SET temporary_until = created_at + 31536000 WHERE id = 2", clauses: ["cnfa-3.2"]),
        Forgery(
            name: "an account unused for a hundred days",
            sql: "UPDATE identity_account SET last_sign_in = last_sign_in - 8640000 WHERE id = 2", clauses: ["cnfa-3.3"]),
        Forgery(
            name: "in with the initial password",
            sql: "UPDATE identity_account SET password_state = 'initial', initial_until = password_set_at + 600",
            clauses: ["cnfa-6.3"]),
        Forgery(
            name: "three failures and no lock",
            sql: "INSERT INTO identity_lockout (account, bucket, failures) VALUES (2, 'shared', 3)", clauses: ["cnfa-6.5"]),
        Forgery(
            name: "a reset token for a day",
            sql:
                "INSERT INTO identity_ticket (hash, purpose, account, payload, created_at, expires_at) VALUES (x'00', 'reset', 2, x'7b7d', unixepoch(), unixepoch() + 86400)",
            clauses: ["cnfa-6.9"]),
        Forgery(
            name: "a session the trail knows nothing of",
            sql: "UPDATE identity_session SET reference = 'unheard-of' WHERE account = 2",
            clauses: ["cnfa-3.6", "cnfa-3.9", "cnfa-3.11"]),
    ]

    @Test(arguments: forgeries)
    func tables(_ forgery: Forgery) async throws {
        let world = try await PlatformWorld()
        try world.forge(forgery.sql)
        try expect(world, try world.collect(), forgery.clauses)
    }

    /// The clauses are breached, whether in part or whole.
    private func expect(_ world: PlatformWorld, _ facts: HostFacts, _ clauses: Set<String>) throws {
        let verdicts = try world.judge(facts)
        let breached = Set(verdicts.filter { $0.value == .nonCompliant || $0.value == .partly }.keys)
        #expect(breached.isSuperset(of: clauses), "breached: \(breached.sorted())")
    }

    @Test("an overdue review, before the first one and after it")
    func review() async throws {
        let world = try await PlatformWorld()
        world.clock.advance(days: 184)
        try expect(world, try world.collect(), ["cnfa-3.3"])
        let reviewed = try await PlatformWorld()
        try reviewed.forge(
            "INSERT INTO identity_review (opened_by, opened_at, signed_by, signed_at) VALUES (1, 0, 1, \(reviewed.clock.now.seconds))"
        )
        #expect(try reviewed.judge(try reviewed.collect())["cnfa-3.3"] == .compliant)
        reviewed.clock.advance(days: 184)
        try expect(reviewed, try reviewed.collect(), ["cnfa-3.3"])
    }

    @Test(
        "keys, database and folders that others can read",
        arguments: [
            ("/keys/trail.key", mode_t(0o644), ["cnfa-8.7", "cnfa-8.8"]), ("/keys/identity.key", 0o640, ["cnfa-8.7"]),
            ("/tls/server.key", 0o604, ["cnfa-8.7"]), ("/vault/trail.epoch", 0o644, ["cnfa-8.7"]),
            ("/plumbline.sqlite", 0o660, ["cnfa-8.7"]), ("/vault", 0o755, ["cnfa-4.10", "cnfa-8.7"]), ("", 0o711, ["cnfa-4.10"]),
        ])
    func modes(_ path: String, _ mode: mode_t, _ clauses: [String]) async throws {
        let world = try await PlatformWorld()
        #expect(chmod(world.path + path, mode) == 0)
        let facts = try world.collect()
        try expect(world, facts, Set(clauses))
        // Custody is advice: not following it is no breach.
        #expect(try world.judge(facts)["cnfa-8.6"] == .undetermined)
    }

    @Test("a key copied into the certificate's file, a link, a key too old")
    func keys() async throws {
        let world = try await PlatformWorld()
        let key = try Files.read(world.path + "/tls/server.key")
        try Files.write(try Files.read(world.path + "/tls/server.pem") + key, world.path + "/tls/server.pem", mode: 0o644)
        try expect(world, try world.collect(), ["cnfa-8.7"])
        let linked = try await PlatformWorld()
        #expect(symlink("/etc/passwd", linked.path + "/keys/other.key") == 0)
        try expect(linked, try linked.collect(), ["cnfa-4.10", "cnfa-8.7"])
        let old = try await PlatformWorld()
        var times = [timeval(tv_sec: 1_000_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000_000, tv_usec: 0)]
        #expect(utimes(old.path + "/keys/identity.key", &times) == 0)
        try expect(old, try old.collect(), ["cnfa-8.4"])
    }

    @Test("a certificate past its end, and near it")
    func certificate() async throws {
        let world = try await PlatformWorld()
        for days in [370, 28] as [Int64] {
            world.clock.advance(days: days)
            try expect(world, try world.collect(), ["cnfa-8.4"])
        }
        #expect(try world.collect().groups["tls"]?["certificate"]?["days_left"]?.integer ?? 0 < 0)
    }

    @Test("a damaged record of the trail, a register gone, an older copy of the tables")
    func trail() async throws {
        let world = try await PlatformWorld()
        try await Files.copy(world.path + "/plumbline.sqlite", world.scratch.path + "/older.sqlite")
        let active = world.path + "/vault/trail/active"
        let list = try await Running("/bin/ls", [active]).finish().output
        let name = try #require(list.split(separator: "\n").first { $0.hasSuffix(".wal") })
        var bytes = try Files.read("\(active)/\(name)")
        // In the midst of what was written, not in what a crash could have torn.
        let written = bytes.lastIndex { $0 != 0 } ?? 0
        let place = written / 2
        bytes[place] ^= 1
        try Files.write(bytes, "\(active)/\(name)", mode: 0o640)
        try expect(world, try world.collect(), ["cnfa-4.11", "cnfa-3.6"])
        let unregistered = try await PlatformWorld()
        #expect(unlink(unregistered.path + "/vault/trail.register") == 0)
        try expect(unregistered, try unregistered.collect(), ["cnfa-4.11"])
        let rolled = try await PlatformWorld()
        try await Files.copy(rolled.path + "/plumbline.sqlite", rolled.scratch.path + "/older.sqlite")
        try await rolled.serve { house in try await house.diary.alive() }
        try await Files.copy(rolled.scratch.path + "/older.sqlite", rolled.path + "/plumbline.sqlite")
        try expect(rolled, try rolled.collect(), ["cnfa-4.11"])
    }

    @Test("a trail kept for a month, or for a time nobody decided")
    func retention() async throws {
        let world = try await PlatformWorld(retention: 31)
        try expect(world, try world.collect(), ["cnfa-4.1"])
        // The next start decides it; a longer time that the firm decided would stay.
        try await world.serve()
        #expect(try world.judge(try world.collect())["cnfa-4.1"] == .compliant)
        try await world.serve(retention: 3_650)
        try await world.serve()
        #expect(try world.collect().groups["trail"]?["retention_days"]?.integer == 3_650)
    }

    @Test("a full disk, a clock too far off, a clock nobody keeps, a server that fell silent")
    func surroundings() async throws {
        let world = try await PlatformWorld()
        try expect(world, try world.collect { $0.space = { _ in DiskSpace(total: 100 << 30, free: 19 << 30) } }, ["cnfa-4.6"])
        try expect(
            world,
            try world.collect { $0.clockHealth = { ClockHealth(isSynchronized: true, maximumError: 1_000_001, boot: "") } },
            ["cnfa-4.9"])
        let unknown = try world.collect {
            $0.clockHealth = { ClockHealth(isSynchronized: false, maximumError: 16_000_000, boot: "") }
        }
        #expect(try world.judge(unknown)["cnfa-4.9"] == .undetermined)
        world.clock.advance(days: 2)
        #expect(try world.judge(try world.collect())["cnfa-4.7"] == .undetermined, "it was stopped in order")
        try await world.serve(stopping: false)
        world.clock.advance(days: 2)
        try expect(world, try world.collect(), ["cnfa-4.7"])
    }

    @Test(
        "numbers that are looser than the clauses",
        arguments: [
            (PolicySetting.lockThreshold, 5, "cnfa-6.5"), (.lockDuration, 899, "cnfa-6.5"),
            (.passwordMaxAge, 7_776_001, "cnfa-6.7"),
            (.passwordMinAge, 0, "cnfa-6.7"), (.passwordHistory, 2, "cnfa-6.7"), (.passwordMinLengthWithFactor, 8, "cnfa-6.7"),
            (.passwordMinClasses, 3, "cnfa-6.7"), (.sessionIdle, 901, "cnfa-3.4"), (.sessionIdle, 901, "cnfa-3.5"),
            (.administratorFactors, 1, "cnfa-6.2"), (.tokenLifetime, 601, "cnfa-6.9"), (.puzzleBits, 0, "cnfa-6.8"),
        ])
    func policy(_ setting: PolicySetting, _ number: Int, _ clause: String) async throws {
        let world = try await PlatformWorld()
        var values = world.policy.values
        values[setting]?.number = number
        try expect(
            world, try world.collect(policy: IdentityPolicy(values: values, genericNames: world.policy.genericNames)), [clause])
    }

    @Test("an old version of TLS, a port without it, a weak suite")
    func transport() async throws {
        let world = try await PlatformWorld()
        let suites = PlatformServer.transport.suites
        for worse in [
            TransportSettings(minimum: .tls11, suites: suites, plainListeners: 0),
            TransportSettings(minimum: .tls12, suites: suites, plainListeners: 1),
            TransportSettings(minimum: .tls12, suites: suites + ["TLS_RSA_WITH_AES_128_CBC_SHA"], plainListeners: 0),
        ] {
            try expect(world, try world.collect(transport: worse), ["cnfa-3.12", "cnfa-6.4", "cnfa-8.1"])
        }
        let short = TransportSettings(minimum: .tls12, suites: ["TLS_AES_128_GCM_SHA256"], plainListeners: 0)
        #expect(try world.judge(try world.collect(transport: short))["cnfa-8.5"] == .adviceNotAdopted)
    }

    @Test("a backup is seen, and an old one is no breach")
    func backup() async throws {
        let world = try await PlatformWorld()
        #expect(try world.judge(try world.collect())["cnfa-5.2"] == .undetermined)
        let made = try await Plumbline.run("backup", world.path, world.scratch.path + "/backup")
        #expect(made.status == 0)
        #expect(try world.collect().groups["backup"]?["count"]?.integer == 1)
        world.clock.advance(days: 3)
        #expect(try world.judge(try world.collect())["cnfa-5.2"] == .undetermined)
    }
}
