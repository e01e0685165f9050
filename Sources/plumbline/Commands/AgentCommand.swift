internal import ArgumentParser
internal import Checks
internal import Documents
internal import Glibc
internal import HostAgent
internal import Rulebook

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Send this host's facts to a server, once or on a schedule.",
        discussion: """
            The token is made on the server for one host only, and can send facts and nothing else. It is read from a file that only its owner may \
            read, so that it stands in no list of processes. The server's certificate is checked; where it is self-signed, copy \
            DATA/tls/server.pem to the host and name it with --trust.

            EXAMPLES
              plumbline agent --server https://plumbline.example.com:8443 --token-file /etc/plumbline/agent.token
              plumbline agent --server https://10.1.2.3:8443 --token-file agent.token --trust server.pem --every "6 h"

            EXIT STATUS
              0  sent (or ended by SIGTERM)   65 the server refused it   69 no answer   77 others may read the token
            """)

    @Option(help: ArgumentHelp("The server's address.", valueName: "url"))
    var server: String

    @Option(name: .customLong("token-file"), help: ArgumentHelp("File with the token, mode 0600.", valueName: "file"))
    var tokenFile: String

    @Option(help: ArgumentHelp("Certificates to trust, PEM; the system's when left out.", valueName: "file"))
    var trust: String?

    @Option(help: ArgumentHelp("Again and again, such as \"6 h\"; once when left out.", valueName: "time"))
    var every: String?

    func validate() throws {
        if let every, Unit.seconds(of: every).map({ $0 < 60 }) ?? true {
            throw ValidationError("--every: a length of time of at least a minute is expected, such as \"6 h\"")
        }
    }

    func run() async throws {
        let transport = try AgentTransport(address: server, token: try Self.token(tokenFile), trust: trust)
        let agent = FactsAgent(
            collect: { try await Collector(Host.live(), version: Plumbline.version).collect { _ in } }, send: transport.send,
            pause: { try await Task.sleep(for: .seconds($0)) }, tell: { Terminal.write($0 + "\n") },
            jitter: { Int.random(in: 0..<max(1, $0)) })
        let seconds = every.flatMap { Unit.seconds(of: $0) }
        let outcome = if let seconds { try await agent.run(every: seconds) } else { try await agent.once() }
        switch outcome {
        case .kept: return
        case .refused: throw ExitCode(65)
        case .unanswered: throw ExitCode(69)
        }
    }

    private static func token(_ path: String) throws -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DocumentError(.notFound, source: path, reason: "there is no such file") }
        guard status.st_mode & 0o077 == 0 else {
            Terminal.complain("plumbline: \(path): others may read the token (chmod 600, and make a new one)")
            throw ExitCode(77)
        }
        let bytes = try DocumentFile.read(path, limit: 4_096)
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard (16...512).contains(token.utf8.count), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw DocumentError(.badValue, source: path, reason: "a token is one line of letters, digits and signs")
        }
        return token
    }
}
