public import ArgumentParser
internal import Documents
internal import Glibc
public import Rulebook
internal import Server

/// The one program: collector, judge and reports.
@main
struct Plumbline: AsyncParsableCommand {
    /// Version of the program.
    static let version = ServerIdentity.version

    static let configuration = CommandConfiguration(
        commandName: "plumbline",
        abstract: "Judge a host and a firm against Taiwan's securities and futures security baseline.",
        discussion: """
            Start with `plumbline check`: it looks at this host (reading only), judges every clause that binds, and shows the setting that \
            decided each. Without a profile it asks a few questions, or assumes the strictest firm and says so.

            EXAMPLES
              plumbline check                        judge this host
              plumbline check --clause cnfa-6.5      one clause, down to its file
              plumbline check --profile firm.yaml    as your firm
              plumbline collect -o facts.json        only collect, to inspect
              plumbline assess --facts facts.json    judge what was collected
              plumbline tier firm.yaml               tier, class, obligations
              plumbline rulebook list                the clauses

            EXIT STATUS
              0   everything that applies is compliant
              1   something is not
              2   nothing known to be wrong, but something is undetermined
              64  wrong usage       65  bad input      66  no such file
              73  cannot write      74  read error
            """,
        version: version,
        subcommands: [
            CheckCommand.self, CollectCommand.self, AssessCommand.self, TierCommand.self, RulebookCommand.self,
            ChecksCommand.self, QuestionnaireCommand.self,
            ServeCommand.self, DemoCommand.self, AgentCommand.self, BackupCommand.self, RestoreCommand.self, VerifyCommand.self,
            VaultCommand.self, SubmissionCommand.self, IncidentCommand.self, ReportCommand.self,
        ])

    /// Runs the command line. Errors go to standard error in one line with what to do; the exit status follows sysexits.h.
    static func main() async {
        raiseFileLimit()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            Terminal.exitIfCut()
        } catch let error as DocumentError {
            Terminal.complain("plumbline: \(error)")
            Glibc.exit(error.exitStatus)
        } catch {
            if error is ExitCode { Terminal.exitIfCut() }
            exit(withError: error)
        }
    }
}

extension Plumbline {
    /// Collectors run side by side, each with files and pipes of its own: the soft limit of open files is raised to the hard one, and a limit
    /// that would make running programs fail half-way ends the program with a clear word instead.
    private static func raiseFileLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = min(limit.rlim_max, 4096)
            setrlimit(resource, &limit)
        }
        if limit.rlim_cur < 128 {
            Terminal.complain("plumbline: only \(limit.rlim_cur) open files are allowed; at least 128 are needed (ulimit -n 128)")
            Glibc.exit(71)
        }
    }
}

extension DocumentError {
    /// Exit status after sysexits.h.
    var exitStatus: Int32 {
        switch code {
        case .notFound: 66
        case .writeFailed: 73
        case .unreadable: 74
        default: 65
        }
    }
}

extension Language: ExpressibleByArgument {}
