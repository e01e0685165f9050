internal import ArgumentParser
internal import Documents
internal import Reports
internal import Rulebook

struct TierCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tier",
        abstract: "Decide a firm's tier and class from its profile, with reasons; try changes.",
        discussion: """
            A fact that is missing is never guessed toward the laxer side: the decision is then undetermined and names what is missing.
            With --what-if the obligations that would change are listed.

            EXAMPLES
              plumbline tier firm.yaml
              plumbline tier firm.yaml --what-if capital=3500000000
              plumbline tier firm.yaml --what-if switch.P1=average --what-if custody_businesses=none
              plumbline tier firm.yaml --as-of 2018-07-01 --json
            """)

    @Argument(help: ArgumentHelp("The firm's profile.", valueName: "firm.yaml"))
    var profile: String

    @Option(
        name: .customLong("what-if"),
        help: ArgumentHelp(
            "A firm fact to change, KEY=VALUE; KEY may also be system.SYSTEM.KEY or switch.NAME. `null` makes it unknown.",
            valueName: "key=value"))
    var whatIf: [String] = []

    @Option(name: .customLong("as-of"), help: ArgumentHelp("The day it is for; today when left out.", valueName: "date"))
    var asOf: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let asOf, CivilDate(asOf) == nil { throw ValidationError("--as-of: \"\(asOf.clipped)\" is not a date (2026-11-20)") }
    }

    func run() throws {
        let wording = try common.wording()
        let rulebook = try common.rulebook()
        let given = try ProfileReader.read(try DocumentFile.document(profile), rulebook: rulebook, origin: profile)
        let day = asOf.flatMap { CivilDate($0) } ?? Terminal.now.date(in: given.policy.zone)
        let table = ScopeTable(rulebook)
        let before = ObligationSet(rulebook, table: table, profile: given, asOf: day)
        var after: ObligationSet?
        if !whatIf.isEmpty {
            var changed = given.asOf(day)
            for change in whatIf { try apply(change, to: &changed, rulebook) }
            after = ObligationSet(rulebook, table: table, profile: changed, asOf: day)
        }
        let difference = after.map { ObligationDifference(from: before, to: $0) }
        if json {
            Terminal.write(CanonicalJSON.bytes(of: TierReport.node(before, after, difference)))
        } else {
            Terminal.write(TierReport.text(before, after, difference, wording, Terminal.style))
        }
        if (after ?? before).decisions.contains(where: { $0.state == .undetermined }) { throw ExitCode(2) }
    }

    private func apply(_ change: String, to profile: inout Profile, _ rulebook: Rulebook) throws {
        guard let sign = change.firstIndex(of: "=") else {
            throw ValidationError("--what-if: \"\(change.clipped)\" is not KEY=VALUE")
        }
        let key = change[..<sign].trimmed
        let text = change[change.index(after: sign)...].trimmed
        let parts = key.split(separator: ".").map(String.init)
        if parts.first == "switch", parts.count == 2 {
            let owners = rulebook.packs.flatMap(\.decisions).filter { decision in
                decision.switches.contains { $0.name == parts[1] && $0.values.contains { $0.value == text } }
            }
            guard !owners.isEmpty else {
                throw ValidationError("--what-if: there is no switch \(parts[1].clipped) with a reading \"\(text.clipped)\"")
            }
            for decision in owners { profile.policy.switches[decision.id, default: [:]][parts[1]] = text }
            return
        }
        if parts.first == "system", parts.count == 3 {
            guard let index = profile.systems.firstIndex(where: { $0.id == parts[1] }) else {
                throw ValidationError("--what-if: there is no system \"\(parts[1].clipped)\"")
            }
            profile.systems[index].facts[parts[2]] = try value(text, "system.\(parts[2])", rulebook)
            return
        }
        let name = parts.first == "firm" ? parts.dropFirst().joined(separator: ".") : key
        profile.firm[name] = try value(text, "firm.\(name)", rulebook)
    }

    private func value(_ text: String, _ key: String, _ rulebook: Rulebook) throws -> Node? {
        guard let fact = rulebook.fact(key) else {
            let known = rulebook.facts.filter(\.isOfFirm).map(\.name).sorted().joined(separator: ", ")
            throw ValidationError("--what-if: no rule pack knows the fact \(key.clipped); facts of a firm: \(known)")
        }
        if text == "null" { return nil }
        let node = ProfileValue.parse(text, as: fact)
        do throws(DocumentError) { try fact.check(node, path: key) } catch {
            throw ValidationError("--what-if: \(key): \(error.reason)")
        }
        return node
    }
}
