internal import ArgumentParser
internal import Database
internal import Documents
internal import Server
internal import Supervision

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Make a data directory with invented content, to look around in.",
        subcommands: [DemoMarketCommand.self])
}

struct DemoMarketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "market",
        abstract: "A supervisor's directory with the demonstration market: 74 invented firms, four quarters of answers.",
        discussion: """
            Everything goes through the same stores and leaves the same trail as a supervisor's own work. The directory must be new, or a supervisor's \
            whose register is empty. No name in it is a real firm's.

            EXAMPLE
              plumbline demo market --data var/market
              plumbline serve --data var/market
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data = "var/market"

    func run() async throws {
        do {
            try await load()
        } catch let error as StorageError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        } catch let error as SupervisionError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(73)
        }
    }

    private func load() async throws {
        let house = try await House.open(
            try ServeCommand.directory(data), role: "supervisor", common: common, origin: "https://localhost:8443",
            everyoneNeedsFactor: true)
        guard case .supervisor(let services) = house.content else {
            await house.close()
            throw SupervisionError.conflict("\(data) is a firm's directory")
        }
        do {
            try await DemoMarket.shipped(services.supervision.rulebook).load(into: services.supervision) { step in
                Terminal.complain("plumbline: \(step)")
            }
        } catch {
            await house.close()
            throw error
        }
        await house.close()
        Terminal.write("the demonstration market is in \(data); start it with: plumbline serve --data \(data)\n")
    }
}
