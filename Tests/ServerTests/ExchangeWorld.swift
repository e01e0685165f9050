import Checks
import Database
import Documents
import Rulebook
import Submissions
import Supervision
import Synchronization
import TestProcesses
import Testing
import Vault
import Workspace

/// Firms and a supervisor, each with data of their own, and a way between them on which everything can go wrong.
final class ExchangeWorld: Sendable {
    /// What goes wrong on the way.
    enum Fault: Sendable {
        case none
        /// Nothing arrives.
        case unreachable
        /// The package arrives, the answer does not.
        case answerLost
        /// A bit of the package is turned over.
        case packageTampered
        /// A bit of the answer is turned over.
        case answerTampered
        /// Another supervisor answers.
        case impostor
    }

    let scratch: Scratch
    let clock = Clock()
    let fault = Mutex(Fault.none)
    /// What arrived at the supervisor.
    let arrived = Mutex<[[UInt8]]>([])
    let supervisor: GovernanceDatabase
    let supervision: Supervision
    let impostor: Supervision
    private let impostorDatabase: GovernanceDatabase
    let rulebook: Rulebook
    let actor = TrailActor.console(uid: 1, name: "test")

    init() async throws {
        let (scratch, clock) = (try Scratch(), clock)
        self.scratch = scratch
        rulebook = try ShippedFiles.rulebook()
        supervisor = try await Self.database(scratch.path + "/supervisor", Supervision.migrations, clock)
        let tell = tell
        supervision = try Supervision(
            supervisor, rulebook: rulebook,
            standings: { _, manifest, state in tell.say("\(manifest.firm.id) \(manifest.version) \(state.rawValue)") },
            now: { clock.microseconds })
        impostorDatabase = try await Self.database(scratch.path + "/impostor", Supervision.migrations, clock)
        impostor = try Supervision(impostorDatabase, rulebook: rulebook, now: { clock.microseconds })
        try await supervision.exchange.prepare()
        try await impostor.exchange.prepare()
        let firms = ["alpha", "beta"].map { id in
            Firm(id: id, names: [.init(from: CivilDate(day: 10_000), legal: "\(id) 證券", short: id)])
        }
        try await supervision.register.save(firms, after: [:], reason: "test", actor)
    }

    let tell = TellBox()

    static func database(_ path: String, _ migrations: [Migration], _ clock: Clock) async throws -> GovernanceDatabase {
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        return try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(path), migrations: migrations, settings: settings,
            effects: DatabaseEffects(
                now: { clock.microseconds }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
    }

    /// A firm with something to file.
    func firm(_ id: String) async throws -> Party {
        let clock = clock
        let database = try await Self.database(scratch.path + "/" + id, Workspace.migrations, clock)
        let workspace = try await Workspace(
            database, rulebook: rulebook, library: try CheckLibrary.load(rulebook: rulebook, adding: []), program: "9.9",
            transport: ExchangeTransport(
                post: { [weak self] _, package in await self?.post(package) ?? .unanswered("gone") },
                key: { [weak self] _ in await self?.key() ?? .unanswered("gone") }), now: { clock.microseconds })
        let document: Node = .object([
            ("schema", .text(Profile.schema)), ("name", .text("\(id) 證券")),
            ("firm", .object([("entity_kinds", ["securities", "fcm"])])),
        ])
        _ = try await workspace.firm.decide(document, after: 0, reason: "test", actor)
        try await workspace.systems.save(SystemEntry(id: "order", name: "下單系統", hosts: ["host-1"]), isNew: true, actor)
        _ = try await workspace.hosts.keep(
            try ServerWorld.facts("host-1", deny: 5, at: clock.microseconds / 1_000_000), origin: "test", actor)
        return Party(id: id, database: database, workspace: workspace, world: self)
    }

    private func post(_ package: [UInt8]) async -> ExchangeTransport.Outcome {
        let fault = fault.withLock { $0 }
        if case .unreachable = fault { return .unanswered("connection refused") }
        var sent = package
        if case .packageTampered = fault { sent[sent.count / 2] ^= 1 }
        arrived.withLock { $0.append(sent) }
        let exchange = if case .impostor = fault { impostor.exchange } else { supervision.exchange }
        guard var answer = try? await exchange.receive(sent, from: "192.0.2.9") else { return .unanswered("no answer") }
        if case .answerLost = fault { return .unanswered("connection reset") }
        if case .answerTampered = fault { answer.bytes[answer.bytes.count / 2] ^= 1 }
        return .answered(answer.bytes)
    }

    private func key() async -> ExchangeTransport.Outcome {
        guard let package = try? await supervision.exchange.announcement().package else { return .unanswered("none") }
        return .answered(package)
    }

    /// Actions, results and reasons of a trail, oldest first.
    static func trail(_ database: GovernanceDatabase) async throws -> [TrailRecord] {
        try await database.flushTrail()
        return try await database.trail().find(TrailFilter(), limit: 1_000).hits.map(\.record).reversed()
    }

    func close() async {
        await supervisor.close()
        await impostorDatabase.close()
    }

    /// A firm's installation.
    struct Party: Sendable {
        let id: String
        let database: GovernanceDatabase
        let workspace: Workspace
        let world: ExchangeWorld
        var desk: SubmissionDesk { workspace.submissions }

        /// Keys exchanged, compared and registered.
        func introduce() async throws {
            try await desk.setPartner(
                address: "https://supervisor.example:8443", trust: "", firm: id, name: "\(id) 證券", world.actor)
            try await desk.pin(try desk.announcement(try await desk.fetchAnnouncement()), world.actor)
            let key = try await desk.makeKey(contact: "林美", world.actor)
            try await deliver()
            try await world.supervision.exchange.confirmKey(key, reason: "compared by phone", world.actor)
            try await deliver()
        }

        @discardableResult
        func deliver() async throws -> ExchangeCourier.Report? { try await workspace.courier.round(isForced: true) }

        var quarter: Quarter { Quarter(containing: Instant(seconds: world.clock.microseconds / 1_000_000).date(in: .taipei)) }

        /// Prepares and signs the next version.
        @discardableResult
        func file() async throws -> FiledVersion {
            let version = try await desk.prepare(quarter, signer: .init(name: "林美", role: "資訊安全長"), world.actor)
            try await desk.sign(version.id, payload: version.payload, world.actor)
            return try await desk.version(version.id)
        }

        func close() async { await database.close() }
    }
}

/// What whoever counts was told.
final class TellBox: Sendable {
    private let said = Mutex<[String]>([])

    func say(_ text: String) { said.withLock { $0.append(text) } }
    var all: [String] { said.withLock { $0 } }
}
