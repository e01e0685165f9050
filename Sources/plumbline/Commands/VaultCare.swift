internal import ArgumentParser
internal import Vault

extension VaultCommand {
    struct ForecastCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forecast",
            abstract: "Tell how many days the disk will last at the rate of late; exit status 1 when it is an alarm.",
            discussion: """
                The rate is that of the sealed segments of the last days. From 80 % of the disk on there is an alarm; from 95 % on the vault \
                accepts nothing, loudly, and loses nothing.

                EXAMPLE
                  plumbline vault forecast /srv/logs/trading
                """)

        @OptionGroup var place: Place
        @Option(help: ArgumentHelp("How far back the rate looks.", valueName: "days"))
        var over = 30

        func validate() throws {
            guard (1...3_660).contains(over) else { throw ValidationError("--over: 1 to 3660") }
        }

        func run() async throws {
            try await VaultCommand.run {
                let settings = VaultSettings()
                let forecast = try VaultReader(directory: place.base).forecast(days: over)
                let used = forecast.space.percentUsed
                Terminal.write(
                    """
                    disk        \(forecast.space.total) bytes, \(Self.tenths(used)) % used, \(forecast.space.free) free
                    log         \(forecast.bytes) bytes

                    """)
                if let basis = forecast.basis {
                    Terminal.write(
                        """
                        rate        \(Int(basis.recordsPerDay)) records and \(Int(basis.bytesPerDay)) bytes a day \
                        (\(basis.records) records from \(UTCTime.text(basis.period.lowerBound)) to \(UTCTime.text(basis.period.upperBound)))
                        alarm at    \(Int(settings.alarmPercent)) %: \(Self.text(forecast, settings.alarmPercent))
                        refusal at  \(Int(settings.refusePercent)) %: \(Self.text(forecast, settings.refusePercent))

                        """)
                } else {
                    Terminal.write("rate        undetermined: two sealed segments and an hour between them are needed\n")
                }
                if let retention = forecast.retention {
                    Terminal.write("kept        \(retention.days) days (\(retention.name))")
                    Terminal.write(forecast.bytesWhenFull.map { ", then the log has about \(Int($0)) bytes\n" } ?? "\n")
                } else {
                    Terminal.write("kept        for ever: it was never decided how long (plumbline vault keep)\n")
                }
                if used >= settings.alarmPercent {
                    Terminal.write("ALARM       the disk is \(Self.tenths(used)) % full\n")
                    throw ExitCode(1)
                }
            }
        }

        private static func tenths(_ value: Double) -> String { "\((value * 10).rounded(.down) / 10)" }

        private static func text(_ forecast: Forecast, _ percent: Double) -> String {
            if let days = forecast.days(toPercent: percent) { return days == 0 ? "now" : "in \(tenths(days)) days" }
            return forecast.fits(percent: percent) == true ? "not reached: records expire before" : "undetermined"
        }
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy a log while it is written to; the copy is the log as it was at one moment.",
            discussion: """
                Run again, it copies only what is new. The copy holds no keys: keep the signing key, the epoch's key (DIR.epoch) and the keys \
                of data subjects (DIR.subjects) by other means, the last two never longer than the data they protect.

                EXAMPLES
                  plumbline vault backup /srv/logs/trading /mnt/backup/trading
                  plumbline vault verify /mnt/backup/trading --without-register
                """)

        @OptionGroup var place: Place
        @Argument(help: ArgumentHelp("The copy's directory; new, or an earlier backup of the same log.", valueName: "copy"))
        var copy: String

        func run() async throws {
            try await VaultCommand.run {
                let line = ProgressLine()
                let report = try VaultBackup(of: place.base, to: copy) { done, total in line.show("segment \(done) of \(total)") }
                    .run()
                line.clear()
                Terminal.write(
                    "\(report.size) records, \(report.copied) segments copied, \(report.kept) there already\nroot \(report.root)\n"
                )
            }
        }
    }
}
