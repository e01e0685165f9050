internal import ArgumentParser
internal import Checks
internal import Documents
internal import Reports
internal import Rulebook

struct RulebookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rulebook", abstract: "Read, compare and check rule packs.",
        subcommands: [List.self, Show.self, Diff.self, Lint.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the rule packs and their clauses.",
            discussion: "EXAMPLES\n  plumbline rulebook list\n  plumbline rulebook list cnfa-2022 --json")

        @Argument(help: ArgumentHelp("Only this pack.", valueName: "pack"))
        var pack: String?
        @Flag(help: "Print JSON.")
        var json = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rulebook = try common.rulebook()
            let packs = rulebook.packs.filter { pack == nil || $0.id == pack }
            guard !packs.isEmpty else {
                throw ValidationError("there is no pack; there are: \(rulebook.packs.map(\.id).joined(separator: ", "))")
            }
            if json {
                Terminal.write(CanonicalJSON.bytes(of: .list(packs.map(RulebookReport.node))))
            } else {
                Terminal.write(RulebookReport.list(packs, try common.wording(), Terminal.style))
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one clause: what it asks, whom it binds, its numbers, how it can be verified.",
            discussion: "EXAMPLE\n  plumbline rulebook show cnfa-6.5 --lang en")

        @Argument(help: ArgumentHelp("The clause.", valueName: "clause"))
        var clause: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rulebook = try common.rulebook()
            guard let index = rulebook.index(of: clause) else {
                throw ValidationError("there is no clause \"\(clause.clipped)\"; `plumbline rulebook list` names them all")
            }
            let library = try common.library(rulebook)
            Terminal.write(RulebookReport.clause(index, rulebook, library, try common.wording(), Terminal.style))
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare two rule packs: clauses added, removed, changed, and which way their numbers moved.",
            discussion: "EXAMPLE\n  plumbline rulebook diff cnfa-2022 cnfa-2027.yaml\n\nExit status 0: the same; 1: they differ.")

        @Argument(help: ArgumentHelp("A shipped pack's id, or a file.", valueName: "old"))
        var old: String
        @Argument(help: ArgumentHelp("A shipped pack's id, or a file.", valueName: "new"))
        var new: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let changes = RulePackDifference(from: try pack(old), to: try pack(new)).changes
            Terminal.write(RulebookReport.difference(changes, try common.wording(), Terminal.style))
            if !changes.isEmpty { throw ExitCode(1) }
        }

        private func pack(_ name: String) throws -> RulePack {
            if let shipped = try common.rulebook().packs.first(where: { $0.id == name }) { return shipped }
            return try RulePackReader.read(try DocumentFile.document(name), origin: name)
        }
    }

    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a rule pack, check pack, profile, records or facts file; say what is wrong and where.",
            discussion: """
                The kind is taken from the file's own `schema` line. Nothing is judged and nothing is changed.

                EXAMPLES
                  plumbline rulebook lint my-rules.yaml
                  plumbline rulebook lint checks/*.yaml firm.yaml facts.json
                """)

        @Argument(help: ArgumentHelp("Files.", valueName: "file"))
        var files: [String]
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rulebook = try common.rulebook()
            var worst: Int32 = 0
            for file in files {
                do throws(DocumentError) {
                    Terminal.write("\(file): \(try Linter.lint(file, rulebook))\n")
                } catch {
                    Terminal.complain("plumbline: \(error)")
                    worst = max(worst, error.exitStatus)
                }
            }
            if worst != 0 { throw ExitCode(worst) }
        }
    }
}

struct ChecksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checks",
        abstract: "List the checks and what each looks at.",
        discussion: "EXAMPLES\n  plumbline checks\n  plumbline checks linux.lockout --lang en")

    @Argument(help: ArgumentHelp("Show this check in full.", valueName: "check"))
    var check: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        let rulebook = try common.rulebook()
        // Those of hosts, then those of the platform itself.
        let libraries = [try common.library(rulebook), try common.library(rulebook, facts: FactSchema.plumbline)]
        let wording = try common.wording()
        guard let check else {
            return libraries.forEach { Terminal.write(RulebookReport.checks($0, wording, Terminal.style)) }
        }
        guard let found = libraries.flatMap(\.checks).first(where: { $0.id == check }) else {
            throw ValidationError("there is no check \"\(check.clipped)\"; `plumbline checks` lists them")
        }
        Terminal.write(RulebookReport.check(found, wording, Terminal.style))
    }
}
