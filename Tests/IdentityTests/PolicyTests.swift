import Documents
import Testing

@testable import Identity
@testable import Rulebook

@Suite("Policy")
struct PolicyTests {
    private var text: String {
        get throws {
            let file = try #require(ShippedFiles.files(in: "identity").first { $0.name == "identity/policy.yaml" })
            return String(decoding: file.bytes, as: UTF8.self)
        }
    }

    private func refusal(_ text: String) throws -> DocumentError? {
        let rulebook = try ShippedFiles.rulebook()
        do throws(DocumentError) {
            _ = try PolicyReader.read(try YAMLReader.read(Array(text.utf8)), rulebook: rulebook)
            return nil
        } catch { return error }
    }

    @Test("Numbers of the regulation come from the clauses")
    func regulation() throws {
        let rulebook = try ShippedFiles.rulebook()
        let policy = try shippedPolicy()
        func number(_ name: String, _ unit: Unit) throws -> Int {
            let id = try #require(ParameterID(name))
            let parameter = try #require(rulebook.parameters[id])
            return try #require(parameter.quantity.converted(to: unit)?.integer)
        }
        #expect(policy[.lockThreshold] == (try number("cnfa-6.5.lock_threshold", .failure)))
        #expect(policy[.lockDuration] == (try number("cnfa-6.5.lock_duration", .second)))
        #expect(policy[.passwordMaxAge] == (try number("cnfa-6.7.max_age", .second)))
        #expect(policy[.passwordHistory] == (try number("cnfa-6.7.history", .generation)))
        #expect(policy[.reviewGap] == (try number("cnfa-3.3.review_gap", .second)))
        #expect(policy.values[.lockThreshold]?.parameter?.description == "cnfa-6.5.lock_threshold")
    }

    @Test("P1 the shipped cost of hashing is at least OWASP's minimum")
    func cost() throws {
        let policy = try shippedPolicy()
        #expect(policy[.hashMemory] >= 19 * 1024)
        #expect(policy[.hashPasses] >= 2)
        #expect(HashCost(memory: policy[.hashMemory], passes: policy[.hashPasses], lanes: policy[.hashLanes]) != nil)
    }

    @Test("A firm may be stricter and never looser")
    func stricter() throws {
        let policy = try shippedPolicy()
        let strict = try policy.stricter([.lockThreshold: 2, .lockDuration: 3_600, .sessionIdle: 600])
        #expect(strict[.lockThreshold] == 2)
        #expect(strict[.lockDuration] == 3_600)
        #expect(strict.values[.lockThreshold]?.isOverridden == true)
        for loose in [
            [PolicySetting.lockThreshold: 4], [.lockDuration: 899], [.passwordHistory: 2], [.sessionIdle: 901],
            [.lockThreshold: 0],
        ] {
            #expect(throws: IdentityError.self) { try policy.stricter(loose) }
        }
    }

    @Test("A firm's stricter parameter holds here, its waiver does not")
    func firm() throws {
        let rulebook = try ShippedFiles.rulebook()
        let threshold = try #require(ParameterID("cnfa-6.5.lock_threshold"))
        let day = try #require(CivilDate("2026-11-20"))
        var profile = Profile(name: "firm", firm: [:], systems: [])
        profile.overrides = [(threshold, ExactNumber(2), .none)]
        let strict = ParametersInForce(rulebook, profile: profile, asOf: day)
        #expect(try PolicyReader.shipped(rulebook, firm: strict)[.lockThreshold] == 2)
        profile.overrides = []
        profile.waivers = [
            (
                Waiver(
                    parameter: threshold, value: ExactNumber(9), owner: "a", approver: "b", reason: "c",
                    expires: day.adding(days: 9)), .none
            )
        ]
        let waived = ParametersInForce(rulebook, profile: profile, asOf: day)
        #expect(waived.values[threshold]?.quantity.number == ExactNumber(9))
        #expect(try PolicyReader.shipped(rulebook, firm: waived)[.lockThreshold] == 3)
    }

    @Test("A wrong file is refused with line and key")
    func refusals() throws {
        let text = try text
        #expect(try refusal(text) == nil)
        let broken = text.replacing("  session_limit:", with: "  session_limits:")
        #expect(try refusal(broken)?.code == .missingKey)
        let unknown = try #require(try refusal(text + "\nextra: 1\n"))
        #expect(unknown.code == .unknownKey)
        #expect(unknown.position.line > 0)
        let loose = try #require(try refusal(text.replacing("min_length, value: 15}", with: "min_length, value: 8}")))
        #expect(loose.key == "settings.password_min_length.value")
        let missing = try #require(try refusal(text.replacing("cnfa-6.5.lock_threshold", with: "cnfa-6.5.lock_thresh")))
        #expect(missing.key == "settings.lock_threshold.param")
        #expect(try refusal(text.replacing("cnfa-6.5.lock_threshold", with: "cnfa-6.5.lock_duration")) != nil)
        #expect(try refusal(text.replacing("unit: KiB", with: "unit: MiB"))?.key == "settings.hash_memory.unit")
        #expect(
            try refusal(text.replacing("generic_names:\n  [admin", with: "generic_names:\n  [Admin"))?.key == "generic_names[0]")
    }
}

@Suite("Roles")
struct RoleTests {
    private var text: String {
        get throws {
            let file = try #require(ShippedFiles.files(in: "identity").first { $0.name == "identity/roles.yaml" })
            return String(decoding: file.bytes, as: UTF8.self)
        }
    }

    private func refusal(_ text: String) throws -> DocumentError? {
        do throws(DocumentError) {
            _ = try RoleReader.read(try YAMLReader.read(Array(text.utf8)))
            return nil
        } catch { return error }
    }

    @Test("A1 an administrator has no access to content, an auditor changes nothing")
    func leastPrivilege() throws {
        let roles = try RoleReader.shipped()
        for permission in roles.permissions(of: [RoleName(rawValue: "administrator")]) {
            #expect(roles.rules[permission]?.area == .platform)
        }
        for permission in roles.permissions(of: [RoleName(rawValue: "auditor")]) {
            #expect(roles.rules[permission]?.changes == false)
        }
        #expect(roles.permissions(of: [RoleName(rawValue: "nobody")]).isEmpty)
    }

    @Test("Roles that exclude each other are not held together")
    func exclusions() throws {
        let roles = try RoleReader.shipped()
        func objection(_ names: [String], _ side: Side = .firm) -> Text? {
            roles.objection(to: Set(names.map { RoleName(rawValue: $0) }), on: side)
        }
        for role in roles.roles where role.name.rawValue != "administrator" && role.sides.contains(.firm) {
            #expect(objection(["administrator", role.name.rawValue]) != nil, "\(role.name.rawValue)")
        }
        #expect(objection(["auditor", "officer"]) != nil)
        #expect(objection(["auditor"]) == nil)
        #expect(objection(["ciso", "signatory"]) == nil)
        #expect(objection(["examiner"]) != nil)
        #expect(objection(["examiner"], .supervisor) == nil)
        #expect(objection(["chief"]) != nil)
    }

    @Test("A2 S4 dangerous permissions want a second person and a fresh proof")
    func dangerous() throws {
        let roles = try RoleReader.shipped()
        for permission in [Permission.rolesGrant, .accountsRemove, .accountsCreate, .retentionChange] {
            #expect(roles.rules[permission]?.approver != nil)
            #expect(roles.rules[permission]?.needsFreshAuthentication == true)
        }
        for rule in roles.rules.values { if rule.approver != nil { #expect(rule.changes) } }
    }

    @Test("Every permission belongs to a role, on a side that can use it")
    func complete() throws {
        let roles = try RoleReader.shipped()
        for permission in Permission.allCases {
            #expect(roles.roles.contains { $0.permissions.contains(permission) }, "\(permission)")
        }
        #expect(
            Set(roles.roles.map(\.name.rawValue)) == [
                "ciso", "officer", "it-operations", "system-owner", "auditor", "duty-officer", "signatory", "examiner", "analyst",
                "secretary", "respondent", "administrator",
            ])
    }

    @Test("A wrong file is refused with line and key")
    func refusals() throws {
        let text = try text
        #expect(try refusal(text) == nil)
        #expect(try refusal(text.replacing("  logs.read: {", with: "  log.read: {"))?.code == .missingKey)
        let unknown = try #require(
            try refusal(text.replacing("\nroles:\n", with: "\n  logs.burn: {area: content, title: {zh-TW: a, en: b}}\nroles:\n")))
        #expect(unknown.code == .unknownKey)
        let role = try #require(
            try refusal(
                text.replacing(
                    "[trail.read, accounts.read, accounts.request, accounts.approve, accounts.create",
                    with: "[trail.read, logs.read, accounts.create")))
        #expect(role.key == "incompatible[0]")
        #expect(
            try refusal(text.replacing("approver: retention.change", with: "approver: nobody"))?.key
                == "permissions.retention.change.approver")
        #expect(try refusal(text.replacing("    administers: true\n", with: ""))?.reason.contains("administers") == true)
    }
}
