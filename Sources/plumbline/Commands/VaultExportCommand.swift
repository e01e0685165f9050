internal import ArgumentParser
internal import Vault

extension VaultCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write a package that proves itself without this program: records, tiles, checkpoint, policy, Python verifier.",
            discussion: """
                The policy (C2SP tlog-policy) in the package holds the log's key and the witnesses whose cosignatures the package must bear: \
                those of --policy, else those of the last cosigned checkpoint. When the log grew since then, the package is signed by the log \
                alone, and this is told; run plumbline vault checkpoint --policy first. Whoever receives the package passes the policy he \
                trusts with --policy, or at least the log's key with --key.

                EXAMPLES
                  plumbline vault checkpoint /srv/logs/trading --policy trading.policy
                  plumbline vault export /srv/logs/trading /media/auditor/trading
                  python3 /media/auditor/trading/verify.py --policy trading.policy
                """)

        @OptionGroup var place: Place
        @Argument(help: ArgumentHelp("The package's directory; must not exist.", valueName: "package"))
        var package: String
        @Option(help: ArgumentHelp("The policy the package must keep.", valueName: "file"))
        var policy: String?

        func run() async throws {
            try await VaultCommand.run {
                let trust = try policy.map { path throws(VaultError) in try TrustPolicy.read(path) }
                let reader = try VaultReader(directory: place.base)
                let finding = try reader.export(to: package, policy: trust)
                if finding.witnesses.isEmpty {
                    Terminal.complain("plumbline: no witness cosigned this checkpoint; the package is signed by the log alone")
                }
                Terminal.write(
                    """
                    exported \(finding.checkpoint.size) records to \(package), cosigned by \(finding.witnesses.count) witnesses; verify them \
                    with: python3 \(package)/verify.py

                    """)
            }
        }
    }
}
