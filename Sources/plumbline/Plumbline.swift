public import ArgumentParser
internal import Documents
internal import Glibc
public import Rulebook

/// The one program: collector, judge and reports.
@main
struct Plumbline: AsyncParsableCommand {
    /// Version of the program.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "plumbline",
        abstract: "Judge a host and a firm against Taiwan's securities and futures security baseline.",
        discussion: """
            Start with `plumbline check`: it looks at this host (reading only), judges every clause that binds, and shows the setting that \
            decided each. Without a profile it asks a few questions, or assumes the strictest firm and says so.

            EXAMPLES
              plumbline check                                  judge this host
              plumbline check --clause cnfa-6.5                one clause, down to the fact and the file
              plumbline check --profile firm.yaml --lang en    as your firm, in English
              plumbline collect -o facts.json                  only collect; inspect the file before you pass it on
              plumbline assess --facts web1.json --facts db1.json --profile firm.yaml
              plumbline tier firm.yaml --what-if fhc_subsidiary=true

            EXIT STATUS
              0  everything that applies is compliant     1  something is not
              2  nothing known to be wrong, but something is undetermined
              64 wrong usage   65 bad input   66 no such file   73 cannot write   74 read error
            """,
        version: version,
        subcommands: [
            CheckCommand.self, CollectCommand.self, AssessCommand.self, TierCommand.self, RulebookCommand.self, ChecksCommand.self,
            VaultCommand.self,
        ])

    /// Runs the command line. Errors go to standard error in one line with what to do; the exit status follows sysexits.h.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let error as DocumentError {
            Terminal.complain("plumbline: \(error)")
            Glibc.exit(error.exitStatus)
        } catch {
            exit(withError: error)
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
