internal import ArgumentParser
internal import Server
internal import Vault

extension VaultCommand {
    struct WitnessCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "witness",
            abstract: "Be a witness for other people's logs: cosign only what continues what was cosigned before.",
            discussion: """
                A witness is worth something when another person runs it on another machine than the log's.

                EXAMPLES
                  plumbline vault witness key witness.example.org /etc/plumbline/witness.key
                  plumbline vault witness serve --state /var/lib/witness --key /etc/plumbline/witness.key \\
                      --log "logs.example.com/trading+1a2b3c4d+AV…" --listen 127.0.0.1:8090
                """,
            subcommands: [Key.self, Serve.self])

        struct Key: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make a witness's key and print its public half, for policies.",
                discussion: """
                    The file has mode 0600 and is never overwritten. A key serves one witness with one state only.

                    EXAMPLE
                      plumbline vault witness key witness.example.org /etc/plumbline/witness.key
                    """)

            @Argument(
                help: ArgumentHelp("The witness's name, such as witness.example.org; no spaces, no plus sign.", valueName: "name")
            )
            var name: String
            @Argument(help: ArgumentHelp("The new key file.", valueName: "file"))
            var file: String

            func run() async throws {
                try await VaultCommand.run { Terminal.write("\(try WitnessKeyFile.create(file, name: name))\n") }
            }
        }

        struct Serve: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Answer POST /add-checkpoint (C2SP tlog-witness) until SIGTERM.",
                discussion: """
                    The state remembers the last checkpoint of each log and is durable before a cosignature is given out. Never put back an older \
                    copy of it, and never start a second witness with the same key elsewhere: either would sign a second history.

                    It speaks plain HTTP. Listen on this machine only, and let a proxy that has a certificate speak to the outside; the \
                    protocol itself needs no secrecy, for logs and witnesses verify each other's signatures.
                    Monitors read the last checkpoint at /HASH/checkpoint, where HASH is SHA-256 of the log's name.

                    EXAMPLE
                      plumbline vault witness serve --state /var/lib/witness --key /etc/plumbline/witness.key \\
                          --log "logs.example.com/trading+1a2b3c4d+AV…"
                    """)

            @Option(help: ArgumentHelp("The state's directory; made when it is not there.", valueName: "dir"))
            var state: String
            @Option(help: ArgumentHelp("The witness's key file.", valueName: "file"))
            var key: String
            @Option(help: ArgumentHelp("A log's key, as plumbline vault stats shows it; once for each log.", valueName: "vkey"))
            var log: [String]
            @Option(help: ArgumentHelp("Address and port; port 0 takes one that is free.", valueName: "address:port"))
            var listen = "127.0.0.1:8090"

            func run() async throws {
                try await VaultCommand.run {
                    let (host, port) = try address()
                    let logs = try log.map { text throws(VaultError) in try NoteVerifier(text: text) }
                    let witness = try Witness(directory: state, signer: try WitnessKeyFile.read(key), logs: logs)
                    try await WitnessService(witness).run(host: host, port: port) { port in
                        Terminal.write(
                            "witness \(witness.verifier)\nlistening on http://\(host.contains(":") ? "[\(host)]" : host):\(port)\n"
                        )
                    }
                }
            }

            private func address() throws(VaultError) -> (host: String, port: Int) {
                guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]),
                    colon > listen.startIndex
                else {
                    throw VaultError(
                        .badInput, "not an address and port: \(listen)", remedy: "such as 127.0.0.1:8090 or [::1]:8090")
                }
                let host = listen[..<colon]
                return (
                    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host), Int(port)
                )
            }
        }
    }
}
