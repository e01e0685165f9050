internal import ArgumentParser
internal import Documents
internal import Reports
internal import Rulebook
internal import Submissions

struct QuestionnaireCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "questionnaire",
        abstract: "Questionnaires: make them from rule packs, check them, look at them, check answers.",
        discussion: """
            EXAMPLES
              plumbline questionnaire list
              plumbline questionnaire generate twse-2018 --group standard -o standard.yaml
              plumbline questionnaire lint standard.yaml
              plumbline questionnaire show market-2017
              plumbline questionnaire check answers.json --profile firm.yaml
            """,
        subcommands: [List.self, Generate.self, Lint.self, Show.self, Check.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the questionnaires that come with Plumbline.")
        @OptionGroup var common: CommonOptions

        func run() throws {
            let wording = try common.wording()
            for found in try QuestionnaireReader.shipped(try common.rulebook()) {
                Terminal.write("\(found.id)  \(found.version)  \(found.questions.count)  \(wording(found.title))\n")
            }
        }
    }

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a questionnaire from a rule pack: one question for each duty of firms, or for each of its parts.",
            discussion: """
                Checks that come with Plumbline for the pack are added to a questionnaire of its whole graded standard; --checks names others.

                EXAMPLES
                  plumbline questionnaire generate twse-2018 --group standard
                  plumbline questionnaire generate cnfa-2022 -o cnfa.yaml
                """)

        @Argument(help: ArgumentHelp("The rule pack's id.", valueName: "pack"))
        var pack: String
        @Option(help: ArgumentHelp("Only clauses under this heading (may be given several times).", valueName: "heading"))
        var group: [String] = []
        @Option(
            name: .customLong("checks-file"),
            help: ArgumentHelp("Checks between answers, instead of those shipped.", valueName: "file"))
        var checksFile: String?
        @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
        var output: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rulebook = try common.rulebook()
            guard let found = rulebook.packs.first(where: { $0.id == pack }) else {
                throw ValidationError("there is no rule pack \"\(pack.clipped)\"; `plumbline rulebook list` names them all")
            }
            let made = try QuestionnaireGenerator.make(
                from: found, groups: group.isEmpty ? nil : group, checks: try checks(), rulebook: rulebook,
                words: try common.wording().catalog)
            let text = Array(BlockYAML.text(made.node).utf8)
            guard let output else { return Terminal.write(text) }
            try DocumentFile.write(text, to: output, mode: 0o644)
        }

        private func checks() throws -> [Questionnaire.Check] {
            guard let checksFile else { return group == ["standard"] ? try QuestionnaireGenerator.shippedChecks(for: pack) : [] }
            let (about, checks) = try QuestionnaireGenerator.readChecks(try DocumentFile.document(checksFile))
            guard about == pack else { throw ValidationError("\(checksFile) is about \(about.clipped), not \(pack.clipped)") }
            return checks
        }
    }

    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Check questionnaires; say what is wrong, in which file, line and key, and which duties nobody is asked about.")

        @Argument(help: ArgumentHelp("Files.", valueName: "file"))
        var files: [String]
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rulebook = try common.rulebook()
            var worst: Int32 = 0
            for file in files {
                do throws(DocumentError) {
                    let found = try QuestionnaireReader.read(try DocumentFile.document(file), rulebook: rulebook, origin: file)
                    Terminal.write("\(file): ok: \(found.id) \(found.version), \(found.questions.count) questions\n")
                    let groups = Set(found.questions.compactMap { rulebook.clause($0.clause)?.group })
                    let pack = rulebook.packs.first { $0.id == found.pack }
                    for missing in pack.map({ found.unasked(of: $0, groups: groups) }) ?? [] {
                        Terminal.write("\(file): not asked: \(missing)\n")
                    }
                } catch {
                    Terminal.complain("plumbline: \(error)")
                    worst = max(worst, error.exitStatus)
                }
            }
            if worst != 0 { throw ExitCode(worst) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a questionnaire: its questions, whom they concern, its checks.")

        @Argument(help: ArgumentHelp("A shipped questionnaire's id, or a file.", valueName: "questionnaire"))
        var name: String
        @Flag(help: "As a document in JSON, as it is hashed.")
        var json = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let found = try QuestionnaireFile.find(name, try common.rulebook())
            if json { return Terminal.write(CanonicalJSON.bytes(of: found.node)) }
            Terminal.write(QuestionnaireReport.text(found, try common.wording(), Terminal.style))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold answers against their questionnaire, the firm's profile and each other.",
            discussion: """
                Exit status 0: nothing contradicts; 1: something does; 2: nothing does, but questions that apply have no answer.

                EXAMPLES
                  plumbline questionnaire check answers.json
                  plumbline questionnaire check answers.json --profile firm.yaml --questionnaire own.yaml
                """)

        @Argument(help: ArgumentHelp("The answers (JSON).", valueName: "answers"))
        var answers: String
        @Option(help: ArgumentHelp("The firm's profile; without one nothing is known of it.", valueName: "file"))
        var profile: String?
        @Option(help: ArgumentHelp("The questionnaire, when it is none of the shipped ones.", valueName: "file"))
        var questionnaire: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            let rulebook = try common.rulebook()
            let answers = try AnswersReader.read(
                try DocumentFile.read(answers, limit: Answers.limits.bytes), origin: answers)
            let found = try QuestionnaireFile.find(questionnaire ?? answers.questionnaire.id, rulebook)
            let check = AnswerCheck(found, firm: try view(rulebook, on: answers.asOf), answers: answers)
            Terminal.write(QuestionnaireReport.text(check, try common.wording(), Terminal.style))
            if !check.isConsistent { throw ExitCode(1) }
            if check.count(.noAnswer) > 0 { throw ExitCode(2) }
        }

        private func view(_ rulebook: Rulebook, on day: CivilDate) throws -> FirmView {
            guard let profile else { return FirmView(facts: [:], decisions: [:], parameters: rulebook.parameters) }
            let found = try ProfileReader.read(try DocumentFile.document(profile), rulebook: rulebook, origin: profile).asOf(day)
            var decisions: [String: String] = [:]
            for outcome in DecisionEngine.decide(rulebook, profile: found, asOf: day) {
                if let value = outcome.value { decisions[outcome.decision.id] = value }
            }
            return FirmView(facts: found.firm, decisions: decisions, parameters: rulebook.parameters)
        }
    }
}

/// Finding a questionnaire by its id or file.
enum QuestionnaireFile {
    static func find(_ name: String, _ rulebook: Rulebook) throws(DocumentError) -> Questionnaire {
        if let shipped = try QuestionnaireReader.shipped(rulebook).first(where: { $0.id == name }) { return shipped }
        return try QuestionnaireReader.read(try DocumentFile.document(name), rulebook: rulebook, origin: name)
    }
}

/// Questionnaires and checked answers as text.
enum QuestionnaireReport {
    static func text(_ found: Questionnaire, _ wording: Wording, _ style: TextStyle) -> String {
        var out =
            "\(wording(found.title))\n\(found.id) \(found.version) · \(found.pack) \(found.packVersion) · sha256:\(found.reference.sha256)\n"
        for section in found.sections {
            out += "\n\(wording(section.title))\n"
            for question in found.questions(in: section.id) {
                let clause = question.clause + (question.aspect.map { ".\($0)" } ?? "")
                out += wrapped("\(question.id) (\(clause))  \(wording(question.text))", style)
                for difference in question.differs {
                    out += wrapped("  ≠ \(difference.reference) \(wording(difference.text))", style)
                }
            }
        }
        if !found.checks.isEmpty { out += "\n\(wording("survey.checks"))\n" }
        for check in found.checks {
            out += wrapped("\(check.severity == .error ? "✗" : "!") \(check.id)  \(wording(check.says))", style)
        }
        return out
    }

    static func text(_ check: AnswerCheck, _ wording: Wording, _ style: TextStyle) -> String {
        var out = ""
        for item in check.items {
            let answer = item.entry?.answer.map { wording("survey.answer.\($0.rawValue)") } ?? wording("survey.answer.none")
            out += wrapped(
                "\(item.question.id)  \(wording("survey.state.\(item.state.rawValue)"))  \(answer)  \(wording(item.question.title))",
                style)
        }
        for remark in check.remarks {
            let says = remark.says.map { wording($0) } ?? wording("survey.remark.\(remark.code.rawValue)", ["id": remark.id])
            let place = remark.questions.joined(separator: ", ")
            out += wrapped("\(remark.severity == .error ? "✗" : "!") \(place.isEmpty ? remark.id : place): \(says)", style)
        }
        return out
    }

    private static func wrapped(_ text: String, _ style: TextStyle) -> String {
        TextColumns.wrapped(text, max(20, style.columns - 2)).map { "  \($0)\n" }.joined()
    }
}
