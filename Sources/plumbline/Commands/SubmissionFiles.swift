internal import ArgumentParser
internal import Database
internal import Documents
internal import Submissions
internal import Supervision
internal import Workspace

/// Packages as files: taken in, handed out, verified; and the keys that go with them.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take a package from a file; a supervisor's answer is written for the way back.",
        discussion: """
            At a supervisor: a submission, answers, a registration or revocation of a key; the answer is a signed receipt or refusal, also when the \
            package is refused. At a firm: a receipt, a refusal, questions, an acceptance.
            """)

    @OptionGroup var place: DataOption

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where a supervisor's answer goes; - for standard output.", valueName: "file"))
    var output: String?

    @Argument(help: ArgumentHelp("The package.", valueName: "file"))
    var file: String

    func run() async throws {
        let bytes = try DocumentFile.read(file, limit: try ExchangePolicy.shipped().packageBytes)
        try await SubmissionData.run(place.data) { room, actor in
            switch room {
            case .firm(let workspace):
                switch try await workspace.submissions.take(bytes, origin: "file", actor) {
                case .kept(let message): Terminal.write("taken: \(message.kind.rawValue)\n")
                case .known: Terminal.write("known already\n")
                case .refused(let refusal):
                    Terminal.complain("plumbline: refused: \(refusal)")
                    throw ExitCode(1)
                }
            case .supervisor(let supervision):
                let answer = try await supervision.exchange.receive(bytes, from: nil, bearer: actor)
                if let output { try SubmissionData.write(answer.bytes, to: output) }
                if let refusal = answer.refusal {
                    Terminal.complain("plumbline: refused: \(refusal.rawValue)")
                    throw ExitCode(1)
                }
            }
        }
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a signed package to a file, to be carried.")

    @OptionGroup var place: DataOption

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to; - for standard output.", valueName: "file"))
    var output: String

    @Argument(
        help: ArgumentHelp(
            "At a firm: number of a version, or SHA-256 of a package. At a supervisor: SHA-256 of a package, or `key` for its own key.",
            valueName: "what"))
    var what: String

    func run() async throws {
        try await SubmissionData.run(place.data) { room, _ in
            switch room {
            case .firm(let workspace):
                var hash = what
                if let number = Int64(what) {
                    guard let package = try await workspace.submissions.version(number).package else {
                        throw WorkspaceError.conflict("version \(number) is not signed")
                    }
                    hash = package
                }
                try SubmissionData.write(try await workspace.submissions.file(hash), to: output)
            case .supervisor(let supervision):
                let exchange = supervision.exchange
                let bytes = what == "key" ? try await exchange.announcement().package : try await exchange.file(what)
                try SubmissionData.write(bytes, to: output)
            }
        }
    }
}

struct VerifyPackageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a package with nothing but the file and a key.",
        discussion: """
            Says whether the package is in its canonical form, what it says, and whether one of the keys signed it. Whether a key is whose it is claimed \
            to be, and whether the package's turn had come, only the two sides know.

            EXAMPLES
              plumbline submission verify alpha.plumbline --key alpha-key.plumbline
              plumbline submission verify alpha.plumbline --key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo
            """)

    @Option(
        help: ArgumentHelp(
            "The signer's public key in base64url, or a file with its registration (may be given several times).",
            valueName: "key"))
    var key: [String] = []

    @Argument(help: ArgumentHelp("The package.", valueName: "file"))
    var file: String

    func validate() throws {
        guard !key.isEmpty else {
            throw ValidationError("--key is needed: a signature proves something only with the signer's key")
        }
    }

    func run() async throws {
        let policy = try ExchangePolicy.shipped()
        let bytes = try DocumentFile.read(file, limit: policy.packageBytes)
        do {
            let envelope = try Envelope.read(bytes, limit: policy.packageBytes)
            let limits = DocumentLimits(bytes: policy.packageBytes, depth: 24, values: policy.payloadValues)
            let message = try Message.read(envelope.payload, envelope.kind, limits: limits)
            let signers = try key.map { try Self.publicKey($0, policy) }.filter { envelope.isSigned(by: $0) }
            guard !signers.isEmpty else { throw PackageRefusal(.badSignature, "none of the keys signed it") }
            Terminal.write(
                """
                package   \(HexText.sha256(bytes))
                payload   \(envelope.payloadHash)
                kind      \(envelope.kind.rawValue)
                firm      \(message.header.firm.map { "\($0.name) (\($0.id))" } ?? "-")
                made      \(message.header.created)
                signed    \(signers.map { PublicKey.id($0) }.joined(separator: " "))

                """)
        } catch let refusal as PackageRefusal {
            Terminal.complain("plumbline: \(file): \(refusal)")
            throw ExitCode(refusal.code == .badSignature ? 1 : 65)
        }
    }

    private static func publicKey(_ text: String, _ policy: ExchangePolicy) throws -> [UInt8] {
        if let key = PublicKey.read(text) { return key }
        let envelope = try Envelope.read(try DocumentFile.read(text, limit: policy.packageBytes), limit: policy.packageBytes)
        guard envelope.kind == .registration,
            case .registration(let registration) = try Message.read(envelope.payload, .registration, limits: .authored),
            envelope.isSigned(by: registration.key)
        else { throw PackageRefusal(.unknownKind, "\(text) is no registration of a key") }
        return registration.key
    }
}

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "List keys with the digits that people compare by phone; make or pin one.")

    @OptionGroup var place: DataOption

    @Option(help: ArgumentHelp("A firm: make a key; who compares its fingerprint, and under which number.", valueName: "contact"))
    var make: String?

    @Option(help: ArgumentHelp("A firm: believe the supervisor's key in this file; compare its digits first.", valueName: "file"))
    var pin: String?

    func run() async throws {
        try await SubmissionData.run(place.data) { room, actor in
            switch room {
            case .firm(let workspace):
                let desk = workspace.submissions
                if let pin {
                    let bytes = try DocumentFile.read(pin, limit: 65_536)
                    try await desk.pin(try desk.announcement(bytes), actor)
                }
                if let make { _ = try await desk.makeKey(contact: make, actor) }
                if let partner = try await desk.partner(), let key = partner.key {
                    Self.show("supervisor \(partner.keyName)", key)
                }
                for key in try await desk.keys() { Self.show("own, \(key.state.rawValue)  package \(key.registration)", key.key) }
            case .supervisor(let supervision):
                guard pin == nil, make == nil else {
                    throw SupervisionError.conflict("keys of firms are made and pinned by firms")
                }
                let exchange = supervision.exchange
                Self.show("own", try await exchange.announcement().registration.key)
                for key in try await exchange.keys() { Self.show("firm \(key.firm), \(key.state.rawValue)", key.key) }
            }
        }
    }

    private static func show(_ title: String, _ key: [UInt8]) {
        let (hex, spoken) = PublicKey.fingerprint(key)
        Terminal.write("\(title)\n  \(spoken.joined(separator: " "))\n  \(hex.joined(separator: " "))\n")
    }
}
