internal import ArgumentParser
internal import Database
internal import Glibc
internal import Vault

/// Backup, restoration and verification of a data directory. Exit statuses are those of the vault's commands.
enum DataCommand {
    static let statuses = """
        EXIT STATUS
          0  done, or sound   1  damage found
          65 damaged, or not ours   66 no such directory or backup   69 disk too full   73 something is there already
          74 file call failed   75 in use, try again   76 database and trail disagree   77 belongs to others, or others can read it
        """

    /// Runs a body; an error of storage becomes one line and an exit status after sysexits.h.
    static func run(_ body: (ProgressLine) throws -> Void) throws {
        let line = ProgressLine()
        do {
            try body(line)
        } catch let error as StorageError {
            line.clear()
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        }
    }

    /// The person at this terminal, as the system knows it.
    static var actor: TrailActor {
        let uid = geteuid()
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return .console(uid: uid, name: String(uid))
        }
        return .console(uid: uid, name: String(cString: name))
    }
}

extension StorageError {
    /// Exit status after sysexits.h.
    var exitStatus: Int32 {
        switch code {
        case .notFound: 66
        case .full, .trailFull: 69
        case .exists: 73
        case .file, .closed, .cancelled: 74
        case .locked, .busy: 75
        case .rolledBack, .trailBroken: 76
        case .exposed: 77
        case .foreign, .damaged, .newer, .migration, .notNoted, .badEntry, .constraint: 65
        case .unexpected: 70
        }
    }
}

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a data directory while its server runs; the copy is consistent.",
        discussion: """
            Copies database, trail and other vaults, evidence, keys and certificates. THE BACKUP HOLDS THE KEYS: whoever has it can sign as this \
            installation. Keep it as well guarded as the machine (it is made readable by its owner only), and encrypt it when it leaves the house. \
            Keys of data subjects are not in it, so that erasing them erases.

            The manifest is written last, with the SHA-256 of every file; a directory without it is no backup. Its own SHA-256 is printed: keep \
            it elsewhere. The trail notes that a backup was made.

            EXAMPLES
              plumbline backup /srv/plumbline /mnt/backup/2026-11-21
              plumbline verify /mnt/backup/2026-11-21

            \(DataCommand.statuses)
            """)

    @Argument(help: ArgumentHelp("The data directory.", valueName: "data"))
    var data: String
    @Argument(help: ArgumentHelp("The backup's directory; new, or empty.", valueName: "target"))
    var target: String

    func run() async throws {
        try DataCommand.run { line in
            let report = try DataBackup(
                of: DataDirectory.open(data), to: target, program: Plumbline.version, actor: DataCommand.actor
            ) { line.show($0) }.run()
            line.clear()
            let bytes = report.manifest.files.reduce(0) { $0 + $1.bytes }
            Terminal.write(
                """
                as of     \(UTCTime.text(report.manifest.asOf))
                files     \(report.manifest.files.count), \(bytes) bytes
                trail     \(report.manifest.trailRecords) records
                manifest  \(report.sha256)

                """)
            for remark in report.remarks { Terminal.write("note: \(remark)\n") }
        }
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory from a backup, after checking all of it.",
        discussion: """
            The directory is made beside its place and renamed when everything in it was verified; nothing is left when that fails. The trail goes on \
            with a record that it was restored; what was recorded after the backup is not in it. A register of the trail that is kept elsewhere will \
            refuse it: what was lost must be admitted there.

            EXAMPLE
              plumbline restore /mnt/backup/2026-11-21 /srv/plumbline

            \(DataCommand.statuses)
            """)

    @Argument(help: ArgumentHelp("The backup's directory.", valueName: "backup"))
    var backup: String
    @Argument(help: ArgumentHelp("The data directory to make; new, or empty.", valueName: "data"))
    var data: String

    func run() async throws {
        try DataCommand.run { line in
            let manifest = try DataRestore(from: backup, to: data, actor: DataCommand.actor) { line.show($0) }.run()
            line.clear()
            Terminal.write(
                "restored \(manifest.files.count) files as of \(UTCTime.text(manifest.asOf)), \(manifest.trailRecords) records of the trail\n"
            )
        }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove a data directory or a backup: manifest, database, trail, vaults, evidence. Changes nothing.",
        discussion: """
            A server may run meanwhile. Checks the manifest of a backup; the database's integrity and references; that database and trail agree and \
            that the trail's records follow one another without gaps; every byte of every vault; and that evidence hashes to its names.

            EXAMPLES
              plumbline verify /srv/plumbline
              plumbline verify /mnt/backup/2026-11-21

            \(DataCommand.statuses)
            """)

    @Argument(help: ArgumentHelp("A data directory or a backup.", valueName: "directory"))
    var directory: String

    func run() async throws {
        try DataCommand.run { line in
            let report = try DataVerifier(directory) { line.show($0) }.run()
            line.clear()
            for finding in report.findings { Terminal.write("\(finding)\n") }
            if report.isBackup { Terminal.write("\(report.files) files as the manifest says\n") }
            Terminal.write(
                """
                \(report.migrations) migrations
                \(report.trailRecords) records of the trail in order, \(report.waiting) waiting in the database
                \(report.rehashed) leaves of vaults rehashed
                \(report.evidence) files of evidence hash to their names

                """)
            for remark in report.remarks { Terminal.write("note: \(remark)\n") }
            Terminal.write(report.isSound ? "sound\n" : "DAMAGED: \(report.findings.count)\n")
            if !report.isSound { throw ExitCode(1) }
        }
    }
}
