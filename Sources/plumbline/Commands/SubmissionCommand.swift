internal import ArgumentParser
internal import Database
internal import Documents
internal import HostAgent
internal import Identity
internal import Rulebook
internal import Submissions
internal import Supervision
internal import Workspace

struct SubmissionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submission",
        abstract: "File with the supervisor, or take what firms file, where no server runs: prepare, sign, carry, verify.",
        discussion: """
            A firm prepares a submission from what stands, looks at it, signs it, and sends it or carries it as a file; the supervisor reads the file \
            and hands a signed receipt or refusal back. `verify` needs nothing but the file and a key. The others work on a data directory whose \
            server is stopped; while it runs, use its pages. Whoever may read the directory may do all of this: the trail notes their name.

            EXAMPLES
              plumbline submission prepare --data /srv/firm --quarter 2026-Q4 --name "林美" --role CISO
              plumbline submission preview --data /srv/firm 3
              plumbline submission sign --data /srv/firm 3
              plumbline submission export --data /srv/firm 3 -o alpha-2026-Q4.plumbline
              plumbline submission import --data /srv/supervisor alpha-2026-Q4.plumbline -o receipt.plumbline
              plumbline submission import --data /srv/firm receipt.plumbline
              plumbline submission verify alpha-2026-Q4.plumbline --key alpha-key.plumbline

            \(SubmissionData.statuses)
            """,
        subcommands: [
            PrepareCommand.self, PreviewCommand.self, SignCommand.self, SendCommand.self, ImportCommand.self, ExportCommand.self,
            VerifyPackageCommand.self, KeysCommand.self,
        ])
}

/// A data directory whose server is stopped, open for one command.
struct SubmissionData {
    static let statuses = """
        EXIT STATUS
          0  done, taken, or right   1  refused, or not sent yet   65 not a package, or not ours   66 no such file or version
          70 not its turn            74 file call failed           75 a server runs on the directory
        """

    /// The rooms of one side or the other.
    enum Room {
        case firm(Workspace)
        case supervisor(Supervision)
    }

    let database: GovernanceDatabase
    let room: Room

    /// Runs a body on a directory; errors become one line and an exit status.
    static func run(_ path: String, _ body: (Room, TrailActor) async throws -> Void) async throws {
        do {
            let data = try await open(path)
            do {
                try await body(data.room, DataCommand.actor)
            } catch {
                await data.database.close()
                throw error
            }
            await data.database.close()
        } catch let error as StorageError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        } catch let error as WorkspaceError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        } catch let error as SupervisionError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        }
    }

    private static func open(_ path: String) async throws -> SubmissionData {
        let rulebook = try ShippedFiles.rulebook()
        let database = try await GovernanceDatabase.open(try DataDirectory.open(path), migrations: House.migrations)
        do {
            let side = try await InstallationStore(database).role().flatMap(Side.init(rawValue:)) ?? .firm
            switch side {
            case .firm:
                let workspace = try await Workspace(
                    database, rulebook: rulebook, library: try CommonOptions.parse([]).library(rulebook),
                    program: Plumbline.version,
                    transport: .live(try ExchangePolicy.shipped()), now: House.now)
                return SubmissionData(database: database, room: .firm(workspace))
            case .supervisor:
                let supervision = try Supervision(database, rulebook: rulebook, program: Plumbline.version, now: House.now)
                try await supervision.exchange.prepare()
                return SubmissionData(database: database, room: .supervisor(supervision))
            }
        } catch {
            await database.close()
            throw error
        }
    }

    /// Runs a body on a firm's directory.
    static func firm(_ path: String, _ body: (Workspace, TrailActor) async throws -> Void) async throws {
        try await run(path) { room, actor in
            guard case .firm(let workspace) = room else {
                throw StorageError(.foreign, "the directory is a supervisor's", at: path, remedy: "name a firm's")
            }
            try await body(workspace, actor)
        }
    }

    /// Writes a package where it is wanted, and says so.
    static func write(_ bytes: [UInt8], to path: String) throws {
        if path == "-" { return Terminal.write(bytes) }
        try DocumentFile.write(bytes, to: path, mode: 0o644)
        Terminal.write("\(path)  \(HexText.sha256(bytes))\n")
    }
}

extension WorkspaceError {
    fileprivate var exitStatus: Int32 {
        switch self {
        case .storage(let error): error.exitStatus
        case .document(let error): error.exitStatus
        case .notFound: 66
        case .conflict: 70
        case .refused: 65
        }
    }
}

extension SupervisionError {
    fileprivate var exitStatus: Int32 {
        switch self {
        case .storage(let error): error.exitStatus
        case .document(let error): error.exitStatus
        case .notFound: 66
        case .conflict, .refused: 70
        case .fields: 65
        }
    }
}

/// The option that every command on a directory has.
struct DataOption: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory; its server is stopped.", valueName: "dir"))
    var data = "var/plumbline"
}

private struct PrepareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare", abstract: "Judge everything again and put the next version of a quarter together; nothing leaves."
    )

    @OptionGroup var place: DataOption

    @Option(help: ArgumentHelp("The quarter, such as 2026-Q4.", valueName: "quarter"))
    var quarter: String

    @Option(help: ArgumentHelp("Name of whoever answers for it.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("What that person is in the firm.", valueName: "role"))
    var role: String

    func validate() throws {
        guard Quarter(quarter) != nil else { throw ValidationError("--quarter is of the form 2026-Q4") }
        guard !name.isEmpty, !role.isEmpty else { throw ValidationError("--name and --role are not empty") }
    }

    func run() async throws {
        guard let quarter = Quarter(quarter) else { return }
        try await SubmissionData.firm(place.data) { workspace, actor in
            let version = try await workspace.submissions.prepare(quarter, signer: .init(name: name, role: role), actor)
            Terminal.write("\(version.id)  \(version.quarter) version \(version.version)  \(version.payload)\n")
        }
    }
}

private struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "Show exactly what leaves, or has left.")

    @OptionGroup var place: DataOption

    @Flag(help: "The document itself: every byte that is signed.")
    var raw = false

    @Argument(help: ArgumentHelp("Number of the version, as prepare printed it.", valueName: "version"))
    var version: Int64

    func run() async throws {
        try await SubmissionData.firm(place.data) { workspace, _ in
            let version = try await workspace.submissions.version(version)
            let manifest = try workspace.submissions.manifest(version)
            if raw { return Terminal.write(Message.submission(manifest).payload) }
            var counts: [String: Int] = [:]
            for entry in manifest.assessment?.verdicts ?? [] { counts[entry.verdict.rawValue, default: 0] += 1 }
            Terminal.write(
                """
                firm       \(manifest.firm.name) (\(manifest.firm.id))
                quarter    \(manifest.quarter), version \(manifest.version)
                signed by  \(manifest.signer.name), \(manifest.signer.role)
                state      \(version.state.rawValue)
                sha256     \(version.payload)
                recipient  \(manifest.header.recipient ?? "")
                rules      \(manifest.rulePacks.map { "\($0.id) \($0.version)" }.joined(separator: ", "))
                evidence   \(manifest.evidence.count) files, named by hash; none of them leaves

                """)
            for (verdict, count) in counts.sorted(by: { $0.key < $1.key }) { Terminal.write("\(verdict)  \(count)\n") }
        }
    }
}

private struct SignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a version exactly as it was prepared, and put it on its way.")

    @OptionGroup var place: DataOption

    @Argument(help: ArgumentHelp("Number of the version.", valueName: "version"))
    var version: Int64

    func run() async throws {
        try await SubmissionData.firm(place.data) { workspace, actor in
            let desk = workspace.submissions
            try await desk.sign(version, payload: try await desk.version(version).payload, actor)
            Terminal.write("package  \(try await desk.version(version).package ?? "")\n")
        }
    }
}

private struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send what waits to the supervisor's server, and fetch mail.")

    @OptionGroup var place: DataOption

    func run() async throws {
        try await SubmissionData.firm(place.data) { workspace, _ in
            let report = try await workspace.courier.round(isForced: true)
            let waiting = try await workspace.submissions.outbox().filter { $0.state == .waiting }
            Terminal.write("answered  \(report?.answered ?? 0)\nwaiting   \(waiting.count)\n")
            for entry in waiting { Terminal.write("\(entry.package.prefix(16))  \(entry.kind.rawValue)  \(entry.trouble)\n") }
            if !waiting.isEmpty { throw ExitCode(1) }
        }
    }
}
