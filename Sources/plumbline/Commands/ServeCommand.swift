internal import ArgumentParser
internal import Checks
internal import Database
internal import Documents
internal import Glibc
internal import HostAgent
internal import Identity
internal import Reports
internal import Rulebook
internal import SelfCheck
internal import Server
internal import Submissions
internal import Supervision
internal import Vault
internal import Workspace

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Start the server people sign in to.",
        discussion: """
            On a directory that does not exist it makes keys, certificate, database and trail, and prints a one-time set-up link. The certificate is \
            self-signed at first: put your own into DIR/tls/server.pem and DIR/tls/server.key; they are taken up within half a minute, without a \
            restart. One server runs on a directory. SIGTERM and SIGINT end it after the visits under way.

            EXAMPLES
              plumbline serve
              plumbline serve --data /srv/plumbline --host plumbline.example.com --port 8443
              plumbline serve --data /srv/supervisor --role supervisor
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data = "var/plumbline"

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var listen = "127.0.0.1"

    @Option(help: ArgumentHelp("The port; 0 for one that is free.", valueName: "port"))
    var port = 8443

    @Option(help: ArgumentHelp("The name people reach it by, for links and the certificate.", valueName: "name"))
    var host = "localhost"

    @Option(help: ArgumentHelp("The port people reach it by, where it is another one.", valueName: "port"))
    var publicPort: Int?

    @Option(
        help: ArgumentHelp(
            "Whose installation this is: firm or supervisor. Said once, when the directory is made; firm when left out.",
            valueName: "role"))
    var role: String?

    @Flag(
        name: .customLong("factor-for-all"), inversion: .prefixedNo,
        help: "Everybody needs a second factor, not only administrators.")
    var everyoneNeedsFactor = true

    @Flag(
        name: .customLong("watch-allow-local"),
        help: "Let the service watch of a supervisor probe this machine and private networks. For tests only; its pages say so.")
    var watchAllowsLocal = false

    func validate() throws {
        guard (0...65_535).contains(port), (1...65_535).contains(publicPort ?? 1) else {
            throw ValidationError("a port is 0 to 65535")
        }
        guard role.map({ Side(rawValue: $0) != nil }) ?? true else { throw ValidationError("--role is firm or supervisor") }
        guard port != 0 || publicPort != nil else { throw ValidationError("--port 0 needs --public-port") }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let error as StorageError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        } catch let error as IdentityError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(70)
        }
    }

    private func serve() async throws {
        let shown = publicPort ?? port
        let origin = shown == 443 ? "https://\(host)" : "https://\(host):\(shown)"
        let directory = try Self.directory(data)
        let house = try await House.open(
            directory, role: role, common: common, origin: origin, everyoneNeedsFactor: everyoneNeedsFactor,
            watchAllowsLocal: watchAllowsLocal)
        let services = house.services
        let (certificate, key) = (directory.tls + "/server.pem", directory.tls + "/server.key")
        let isNew = try ServerCertificate.ensure(certificate: certificate, key: key, host: host, now: Terminal.now.seconds)
        let metrics = Metrics()
        let log = ServerLog.standardError(now: House.now)
        let platform = CommonServer.platform(
            services, routes: try house.routes(metrics), catalog: try Wording.shipped(.chinese).catalog,
            log: log,
            metrics: metrics, now: House.now, random: IdentityEffects.live.random)
        if isNew { Terminal.complain("plumbline: a self-signed certificate was made: \(certificate)") }
        let link = try await services.identity.setup.isNeeded() ? try await services.identity.setup.makeLink() : nil
        let diary = PlatformDiary(
            house.database, version: Plumbline.version, everyoneNeedsFactor: everyoneNeedsFactor,
            transport: PlatformServer.transport)
        // A trail that takes nothing stops changes, not reading: the server starts, and its log says why.
        await Self.tell(log) { try await diary.started() }
        let sweeper = Task { await Self.sweep(services, diary, log) }
        let courier = Task { await Self.deliver(house, log) }
        let watch = house.watch(log)
        var failure: (any Error)?
        do {
            try await PlatformServer(platform, hub: services.hub).run(
                host: listen, port: port, certificate: certificate, key: key,
                ready: { port in
                    Terminal.write("\(origin)  (\(listen):\(port))\n")
                    if let link { Terminal.write("set-up link, works once: \(link)\n") }
                }, ending: {})
        } catch {
            failure = error
        }
        // Also where it could not listen: what was begun is ended in order.
        sweeper.cancel()
        courier.cancel()
        watch?.cancel()
        await watch?.value
        await Self.tell(log) { try await services.identity.sessions.saveActivity() }
        await Self.tell(log) { try await diary.stopped() }
        await house.close()
        if let failure { throw failure }
    }

    static func directory(_ path: String) throws -> DataDirectory {
        // The folders above it are made, as for any program that keeps its data somewhere.
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += (parent.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            mkdir(parent, 0o755)
        }
        return try DataDirectory.openOrCreate(path)
    }

    /// Notes something; where that fails, the log says so.
    private static func tell(_ log: ServerLog, _ body: () async throws -> Void) async {
        do { try await body() } catch { log(.error, "note.failed", [("detail", "\(error)")]) }
    }

    /// Brings a firm's packages to its supervisor and fetches mail, as its policy says when.
    private static func deliver(_ house: House, _ log: ServerLog) async {
        guard case .firm(let firm) = house.content else { return }
        while !Task.isCancelled {
            do {
                let report = try await firm.workspace.courier.round(isForced: false)
                if let report, !report.trouble.isEmpty { log(.warning, "exchange.waits", [("detail", report.trouble)]) }
            } catch { log(.error, "exchange.failed", [("detail", "\(error)")]) }
            try? await Task.sleep(for: .seconds(20))
        }
    }

    /// Ends what has run out, once a minute, and tells the trail now and then that the server is there.
    private static func sweep(_ services: Services, _ diary: PlatformDiary, _ log: ServerLog) async {
        let interval = Int64(services.identity.policy[.trailHeartbeat])
        var told = House.now()
        while !Task.isCancelled {
            do { try await services.identity.sweep() } catch { log(.error, "sweep.failed", [("detail", "\(error)")]) }
            // A clock that was set back tells at once, too.
            if abs(House.now() - told) / 1_000_000 >= interval {
                await tell(log) { try await diary.alive() }
                told = House.now()
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }
}

/// Everything a server stands on, open.
struct House {
    /// The rooms of one side or the other.
    enum Content {
        case firm(FirmServices)
        case supervisor(SupervisorServices)
    }

    var content: Content
    var database: GovernanceDatabase

    var services: Services {
        switch content {
        case .firm(let services): services.common
        case .supervisor(let services): services.common
        }
    }

    func routes(_ metrics: Metrics) throws -> RouteTable {
        switch content {
        case .firm(let services): try FirmServer.routes(services, metrics: metrics)
        case .supervisor(let services): try SupervisorServer.routes(services, metrics: metrics)
        }
    }

    static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    static func open(
        _ directory: DataDirectory, role: String?, common: CommonOptions, origin: String, everyoneNeedsFactor: Bool,
        watchAllowsLocal: Bool = false
    ) async throws -> House {
        let rulebook = try common.rulebook()
        let library = try common.library(rulebook)
        let policy = try PolicyReader.shipped(rulebook)
        let database = try await GovernanceDatabase.open(
            directory, migrations: migrations, settings: try settings(policy))
        do {
            return try await open(
                database, role: role, rulebook, library, policy, origin: origin, everyoneNeedsFactor: everyoneNeedsFactor,
                watchAllowsLocal: watchAllowsLocal)
        } catch {
            await database.close()
            throw error
        }
    }

    /// The tables of both sides: which of them are filled depends on the role.
    static let migrations =
        InstallationStore.migrations + IdentitySchema.migrations + Workspace.migrations + Supervision.migrations

    private static func open(
        _ database: GovernanceDatabase, role: String?, _ rulebook: Rulebook, _ library: CheckLibrary, _ policy: IdentityPolicy,
        origin: String, everyoneNeedsFactor: Bool, watchAllowsLocal: Bool
    ) async throws -> House {
        let role = try await InstallationStore(database).settle(role, standard: Side.firm.rawValue)
        let side = Side(rawValue: role) ?? .firm
        let configuration = try IdentityConfiguration(side: side, origin: origin, everyoneNeedsFactor: everyoneNeedsFactor)
        let directory = database.directory
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: directory.keys + "/identity.key", effects: .live),
            policy: policy, roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: configuration)
        let services = Services(identity: identity, database: database, hub: EventHub())
        switch side {
        case .firm:
            let workspace = try await Workspace(
                database, rulebook: rulebook, library: library, program: Plumbline.version,
                transport: .live(try ExchangePolicy.shipped()), now: now)
            let firm = FirmServices(
                services, workspace: workspace,
                collect: { try await Collector(Host.live(), version: Plumbline.version).collect { _ in } })
            return House(content: .firm(firm), database: database)
        case .supervisor:
            let supervision = try Supervision(database, rulebook: rulebook, program: Plumbline.version, now: now)
            try await supervision.exchange.prepare()
            var common = services
            common.parties = .firms(of: supervision, now: now)
            let supervisor = SupervisorServices(common, supervision: supervision, watchAllowsLocal: watchAllowsLocal)
            return House(content: .supervisor(supervisor), database: database)
        }
    }

    /// How long the trail is kept is decided by the policy, when the server first opens it.
    private static func settings(_ policy: IdentityPolicy) throws -> DatabaseSettings {
        var settings = DatabaseSettings()
        let origin = policy.values[.trailRetention]?.parameter?.description ?? PolicySetting.trailRetention.rawValue
        settings.retention = (
            try Retention(name: "trail", days: policy[.trailRetention] / 86_400), try Order(by: "plumbline serve", reason: origin)
        )
        return settings
    }

    /// Watches firms' services from now on; nil for a firm, which watches nobody.
    func watch(_ log: ServerLog) -> Task<Void, Never>? {
        guard case .supervisor(let services) = content else { return nil }
        let runner = WatchService.runner(services, log)
        return Task { await runner.run() }
    }

    func close() async { await database.close() }
}
