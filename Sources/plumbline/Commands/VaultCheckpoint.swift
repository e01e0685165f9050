internal import ArgumentParser
internal import Rulebook
internal import Vault
internal import VaultNetwork

extension VaultCommand {
    struct SignCheckpoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "checkpoint",
            abstract: "Compute the root twice, sign a checkpoint, put it in the register and print it; have witnesses cosign it.",
            discussion: """
                With --policy the witnesses named there are asked to cosign: other machines, run by others, that sign only what continues what \
                they signed before. Whoever holds the log's key then cannot show two histories. The policy is a text file (C2SP tlog-policy):

                  witness w1 witness.example.org+1a2b3c4d+BJ… https://witness.example.org
                  witness w2 witness.example.net+5e6f7a8b+BK… https://witness.example.net
                  group witnesses any w1 w2
                  quorum witnesses

                The cosigned checkpoint is printed and kept as DIR/checkpoint.cosigned, the policy as DIR/policy; DIR/checkpoint stays as the \
                writer left it. While another program appends, the checkpoint that it signed last is cosigned. When the quorum is not \
                reached nothing is kept, and the exit status is 2.

                EXAMPLES
                  plumbline vault checkpoint /srv/logs/trading
                  plumbline vault checkpoint /srv/logs/trading --policy /etc/plumbline/trading.policy
                """)

        @OptionGroup var place: Place
        @Option(help: ArgumentHelp("Have the witnesses of this policy cosign.", valueName: "file"))
        var policy: String?

        func run() async throws {
            try await VaultCommand.run {
                guard let policy else { return Terminal.write(try await place.open().checkpoint()) }
                let trust = try TrustPolicy.read(policy)
                let reader = try await signed()
                let transport = WebTransport.live(connectSeconds: 10, idleSeconds: 30)
                let gathered = try await CosignedCheckpoint.gather(reader, policy: trust) { prefix, body throws(VaultError) in
                    try await transport.witness(prefix, body)
                }
                for failure in gathered.failures {
                    let kept = gathered.times[failure.witness] == nil ? "" : "; what it cosigned before still counts"
                    Terminal.complain("plumbline: \(failure.witness.name): \(failure.error)\(kept)")
                }
                // A second history outweighs any number of other cosignatures.
                if let fork = gathered.failures.first(where: { $0.error.code == .rolledBack }) { throw fork.error }
                guard gathered.isQuorum else {
                    throw VaultError(
                        .noQuorum,
                        "the quorum is not reached: \(gathered.times.count) of \(trust.witnesses.count) witnesses cosigned",
                        at: policy, remedy: "nothing was kept; try again")
                }
                try gathered.store(reader, policy: trust)
                Terminal.write(gathered.note.bytes)
            }
        }

        /// A view of the log after a checkpoint of it was signed: by this program, or by the one that is appending.
        private func signed() async throws(VaultError) -> VaultReader {
            do {
                let log = try place.open()
                _ = try await log.checkpoint()
                return await log.snapshot()
            } catch  where error.code == .locked {
                Terminal.complain("plumbline: another program appends; the checkpoint that it signed last is cosigned")
                return try VaultReader(directory: place.base)
            }
        }
    }
}
