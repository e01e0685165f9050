internal import ArgumentParser
internal import Glibc
internal import Rulebook
internal import Vault

struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Keep records so that nobody can change, drop or backdate one unseen.",
        discussion: """
            A vault is a directory with one writer. Its signing key and its register lie beside it (DIR.key, DIR.register) unless named: put the \
            register on another disk or machine, for it is what refuses an older copy of the directory.

            EXAMPLES
              plumbline vault init /srv/logs/trading --name logs.example.com/trading
              journalctl -o json | plumbline vault append /srv/logs/trading
              plumbline vault search /srv/logs/trading denied --newest --limit 20
              plumbline vault verify /srv/logs/trading
              plumbline vault prove /srv/logs/trading 4711

            EXIT STATUS
              0  done, or sound   1  damage found, nothing found, or an alarm   2  too few witnesses
              65 bad input or damaged   66 no vault   69 disk too full, or no answer over the network   73 exists already
              74 file call failed   75 locked, try again   76 rolled back or forked   77 forbidden by a hold, or by the other side
            """,
        subcommands: [
            Initialize.self, Append.self, Search.self, Read.self, Index.self, Verify.self, Prove.self, SignCheckpoint.self,
            Seal.self, Keep.self, HoldCommand.self, Prune.self, Shred.self, Export.self, Backup.self, Copy.self, Fetch.self,
            WitnessCommand.self, Stats.self, ForecastCommand.self,
        ])

    /// Where a vault, its key and its register lie.
    struct Place: ParsableArguments {
        @Argument(help: ArgumentHelp("The vault's directory.", valueName: "dir"))
        var directory: String

        @Option(help: ArgumentHelp("The signing key's file; DIR.key when left out.", valueName: "file"))
        var key: String?

        @Option(help: ArgumentHelp("The register's file; DIR.register when left out.", valueName: "file"))
        var register: String?

        var base: String { directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory }
        var keyPath: String { key ?? base + ".key" }
        var checkpoints: CheckpointRegister { .file(register ?? base + ".register") }

        /// The vault, open for writing; tells what opening had to put right.
        func open() throws(VaultError) -> VaultLog {
            let log = try VaultLog(directory: base, signer: try KeyFile.read(keyPath), register: checkpoints)
            if log.recovery.pruned > 0 { Terminal.complain("plumbline: an interrupted pruning was finished") }
            if let cut = log.recovery.cut {
                Terminal.complain("plumbline: a torn write was cut at \(cut); its records were never acknowledged")
            }
            return log
        }
    }

    /// Runs a body; an error of the vault becomes one line and an exit status after sysexits.h.
    static func run(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as VaultError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        }
    }
}

extension VaultError {
    /// Exit status after sysexits.h.
    fileprivate var exitStatus: Int32 {
        switch code {
        case .noQuorum: 2
        case .notFound: 66
        case .network: 69
        case .exists: 73
        case .file, .stopped: 74
        case .locked: 75
        case .rolledBack, .rootMismatch: 76
        case .full: 69
        case .held: 77
        case .denied: 77
        case .damaged, .foreign, .badInput, .outOfRange, .notProven, .expired, .erased: 65
        }
    }
}

extension VaultCommand {
    struct Initialize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make a new vault, its key and its register.",
            discussion: "EXAMPLE\n  plumbline vault init /srv/logs/trading --name logs.example.com/trading")

        @OptionGroup var place: Place
        @Option(
            help: ArgumentHelp("The log's name, such as logs.example.com/trading; no spaces, no plus sign.", valueName: "name"))
        var name: String
        @Option(help: ArgumentHelp("A sealed segment holds two to this power records: 8 to 16.", valueName: "height"))
        var segmentHeight = 16
        @Option(
            help: ArgumentHelp(
                "An offline key that vouches for the first epoch's key; made when it is not there. Take the file away afterwards: it is not needed again.",
                valueName: "file"))
        var rootKey: String?

        func run() async throws {
            try await VaultCommand.run {
                let signer: NoteSigner
                if access(place.keyPath, F_OK) == 0 {
                    signer = try KeyFile.read(place.keyPath)
                    guard signer.verifier.name == name else {
                        throw VaultError(
                            .exists, "the key is that of \(signer.verifier.name)", at: place.keyPath,
                            remedy: "name another key file")
                    }
                } else {
                    signer = try KeyFile.create(place.keyPath, name: name)
                }
                var root: NoteSigner?
                if let rootKey {
                    root =
                        access(rootKey, F_OK) == 0 ? try KeyFile.read(rootKey) : try KeyFile.create(rootKey, name: name + "/root")
                }
                try VaultLog.create(
                    directory: place.base, signer: signer, register: place.checkpoints, segmentHeight: segmentHeight, root: root)
                Terminal.write("\(signer)\n")
                if let root { Terminal.write("root \(root)\n") }
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rehash everything and say where damage is; changes nothing.",
            discussion: """
                EXAMPLES
                  plumbline vault verify /srv/logs/trading --register /mnt/other/trading.register
                  plumbline vault verify /mnt/backup/trading --without-register
                """)

        @OptionGroup var place: Place
        @Flag(help: "Verify a copy that has no register; that it is not an older state cannot be told then.")
        var withoutRegister = false

        func run() async throws {
            try await VaultCommand.run {
                let line = ProgressLine()
                let register = withoutRegister ? nil : place.checkpoints
                let report = try VaultVerifier(directory: place.base, register: register) { done, total in
                    line.show("segment \(done) of \(total)")
                }.verify()
                line.clear()
                for damage in report.damages { Terminal.write("\(damage)\n") }
                Terminal.write("\(report.records) of \(report.size) records rehashed\n")
                if report.expired > 0 { Terminal.write("\(report.expired) records expired and were pruned; their hashes hold\n") }
                if report.controls > 0 { Terminal.write("\(report.controls) control records hold\n") }
                for remark in report.remarks { Terminal.write("note: \(remark)\n") }
                if let root = report.root { Terminal.write("root \(root)\n") }
                if let checkpoint = report.checkpoint { Terminal.write("checkpoint of \(checkpoint.size) records\n") }
                Terminal.write(report.isSound ? "sound\n" : "DAMAGED: \(report.damages.count)\n")
                if !report.isSound { throw ExitCode(1) }
            }
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a proof that a record is in the checkpoint (C2SP tlog-proof), or that one size continues another.",
            discussion: """
                EXAMPLES
                  plumbline vault prove /srv/logs/trading 4711
                  plumbline vault prove /srv/logs/trading --since 4000
                """)

        @OptionGroup var place: Place
        @Argument(help: ArgumentHelp("The record's index.", valueName: "index"))
        var index: UInt64?
        @Option(help: ArgumentHelp("Prove that the checkpoint continues the log as it was at this size.", valueName: "size"))
        var since: UInt64?

        func validate() throws {
            guard (index == nil) != (since == nil) else { throw ValidationError("give either an index or --since") }
        }

        func run() async throws {
            try await VaultCommand.run {
                let reader = try VaultReader(directory: place.base)
                let (note, checkpoint) = try reader.checkpoint()
                guard checkpoint.size <= reader.size, try reader.root(size: checkpoint.size) == checkpoint.root else {
                    throw VaultError(
                        .rolledBack, "the checkpoint is not that of this log", at: place.base,
                        remedy: "run plumbline vault verify")
                }
                var text: String
                if let index {
                    let path = try reader.inclusionProof(index: index, size: checkpoint.size)
                    try MerkleProof.verifyInclusion(
                        leaf: .leaf(reader.record(index)), index: index, size: checkpoint.size, path: path, root: checkpoint.root)
                    text = "c2sp.org/tlog-proof@v1\nindex \(index)\n" + path.map { "\($0)\n" }.joined()
                } else {
                    let first = since ?? 0
                    let path = try reader.consistencyProof(first: first, second: checkpoint.size)
                    let root = try reader.root(size: first)
                    try MerkleProof.verifyConsistency(
                        first: first, firstRoot: root, second: checkpoint.size, secondRoot: checkpoint.root, path: path)
                    text = "old \(first) \(root)\n" + path.map { "\($0)\n" }.joined()
                }
                text += "\n" + String(decoding: note, as: UTF8.self)
                Terminal.write(text)
            }
        }
    }

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Finish what is pending: recover, seal full segments, sign a checkpoint; with --day write the daily seal now.",
            discussion: """
                Segments are sealed by themselves when they are full, and a day is sealed with the first record of the next (UTC). A daily seal \
                counts the records of each source, names the silent ones, and says how the clock was; it is signed with a key that is erased \
                then.

                EXAMPLES
                  plumbline vault seal /srv/logs/trading
                  plumbline vault seal /srv/logs/trading --day
                """)

        @OptionGroup var place: Place
        @Flag(help: "Write the daily seal of everything up to now, and begin the next epoch.")
        var day = false

        func run() async throws {
            try await VaultCommand.run {
                let log = try place.open()
                if day {
                    try await log.sealDay()
                    if await log.snapshot().state.epoch > 0 {
                        Terminal.write("epoch \(await log.snapshot().state.epoch) begins\n")
                    }
                }
                try await log.settle()
                _ = try await log.checkpoint()
                let reader = await log.snapshot()
                Terminal.write(
                    "\(reader.segments) segments sealed, \(reader.size - reader.sealedSize) records in the active one\n")
            }
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how many records, segments and bytes there are, and the last checkpoint.",
            discussion: "EXAMPLE\n  plumbline vault stats /srv/logs/trading")

        @OptionGroup var place: Place

        func run() async throws {
            try await VaultCommand.run {
                let reader = try VaultReader(directory: place.base)
                let bytes = try reader.bytesOnDisk()
                let checkpoint = try reader.checkpoint().checkpoint
                let last = reader.size == 0 ? "never" : "\(Instant(seconds: reader.lastReceived / 1_000_000))"
                Terminal.write(
                    """
                    log         \(reader.identity.origin)
                    key         \(reader.identity.verifier)
                    records     \(reader.size)
                    sealed      \(reader.sealedSize) in \(reader.segments) segments, \(bytes.sealed) bytes
                    pruned      \(reader.prunedSegments) of these segments; records from \(reader.state.retained) on are kept
                    index       \(bytes.index) bytes
                    active      \(reader.size - reader.sealedSize) in \(reader.frames) frames, \(bytes.active) bytes of files
                    received    \(last)
                    checkpoint  \(checkpoint.size)
                    kept        \(reader.state.retention.map { "\($0.days) days (\($0.name))" } ?? "for ever: not decided")
                    holds       \(reader.state.holds.count)
                    epoch       \(reader.state.epoch)
                    day sealed  \(reader.state.sealedUntil.map { "up to \(UTCTime.text($0)), record \(reader.state.lastSeal ?? 0)" } ?? "never")

                    """)
            }
        }
    }
}
