import AsyncHTTPClient
import Checks
import Database
import Documents
import Glibc
import NIOCore
import NIOHTTP1
import NIOSSL
import Rulebook
import Submissions
import Supervision
import Synchronization
import TestProcesses
import Testing
import Workspace

@testable import Identity
@testable import Server

/// A real `plumbline serve` on loopback with data of its own, and a person who signs in to it as a browser does.
final class Installation: Sendable {
    let path: String
    let port: Int
    let side: Side
    /// The first passwords: of the worker, who works with the content.
    private let first: String
    private let running = Mutex<Running?>(nil)
    private let client: HTTPClient
    private let cookies = Mutex<[String: String]>([:])
    private static let password = "Larch7-Copper!Vellum_Ox"

    var origin: String { "https://localhost:\(port)" }
    var directory: DataDirectory { get throws { try DataDirectory.open(path) } }

    /// An installation with two accounts; its server is not running yet.
    init(_ scratch: Scratch, _ name: String, _ side: Side, role: String) async throws {
        (path, self.side) = (scratch.path + "/" + name, side)
        port = try Self.freePort()
        let database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(path),
            migrations: InstallationStore.migrations + IdentitySchema.migrations + Workspace.migrations + Supervision.migrations)
        _ = try await InstallationStore(database).settle(side.rawValue, standard: side.rawValue)
        let rulebook = try ShippedFiles.rulebook()
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: path + "/keys/identity.key", effects: .live),
            policy: try PolicyReader.shipped(rulebook), roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: side, origin: "https://localhost:\(port)"))
        let link = try await identity.setup.makeLink()
        let made = try await identity.setup.finish(
            String(link.split(separator: "#").last ?? ""),
            administrator: NewPerson(name: ServerWorld.name("keeper"), person: "E-1", displayName: "Keeper"),
            worker: NewPerson(name: ServerWorld.name("mei.lin"), person: "E-2", displayName: "林美"),
            role: RoleName(rawValue: role), client: Client(address: SourceAddress("192.0.2.1")))
        first = made.last?.password.text ?? ""
        try await Self.fill(database, side, rulebook, name)
        await database.close()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(tlsConfiguration: tls, redirectConfiguration: .disallow))
    }

    deinit { client.shutdown { _ in } }

    private static func fill(_ database: GovernanceDatabase, _ side: Side, _ rulebook: Rulebook, _ name: String) async throws {
        let actor = TrailActor.system("test")
        guard side == .firm else {
            let supervision = try Supervision(database, rulebook: rulebook, now: { Self.now() })
            try await supervision.institution.decide(name: "範例中心", actor)
            let firms = ["alpha", "beta"].map { id in
                Firm(id: id, names: [.init(from: CivilDate(day: 10_000), legal: "\(id) 證券", short: id)])
            }
            return try await supervision.register.save(firms, after: [:], reason: "test", actor)
        }
        let workspace = try await Workspace(
            database, rulebook: rulebook, library: try CheckLibrary.load(rulebook: rulebook, adding: []), now: { Self.now() })
        let document: Node = .object([
            ("schema", .text(Profile.schema)), ("name", .text("\(name) 證券")),
            ("firm", .object([("entity_kinds", ["securities", "fcm"])])),
        ])
        _ = try await workspace.firm.decide(document, after: 0, reason: "test", actor)
        try await workspace.systems.save(SystemEntry(id: "order", name: "下單系統", hosts: ["host-1"]), isNew: true, actor)
        _ = try await workspace.hosts.keep(
            try ServerWorld.facts("host-1", deny: 5, at: now() / 1_000_000), origin: "test", actor)
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// A port that was free just now, so that a server that is started again has the same address.
    private static func freePort() throws -> Int {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(file, pointer, length) == 0 && getsockname(file, pointer, &length) == 0
            }
        }
        guard file >= 0, isBound else { throw TestProcesses.Failure("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    // MARK: The process

    func start() async throws {
        let process = try Plumbline.start(
            "serve", "--data", path, "--port", String(port), "--host", "localhost", "--no-factor-for-all")
        while let line = await process.line() {
            guard line.hasPrefix(origin) else { continue }
            running.withLock { $0 = process }
            return
        }
        throw TestProcesses.Failure("the server did not start: \(await process.finish().output)")
    }

    /// Ends the server.
    ///
    /// - Returns: its exit status, or minus the signal.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async -> Int32 {
        guard let process = running.withLock({ $0 }) else { return 0 }
        process.signal(signal)
        let status = await process.finish().status
        running.withLock { $0 = nil }
        return status
    }

    func kill() { running.withLock { $0?.signal(SIGKILL) } }

    // MARK: The browser

    /// What came back.
    struct Page: Sendable {
        var status: Int
        var location: String
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8] = [], type: String? = nil, isBrowser: Bool = true
    ) async throws -> Page {
        var request = HTTPClientRequest(url: origin + path)
        request.method = method
        if isBrowser {
            request.headers.add(name: "Origin", value: origin)
            let held = cookies.withLock { $0 }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            if !held.isEmpty { request.headers.add(name: "Cookie", value: held.joined(separator: "; ")) }
        }
        if let type { request.headers.add(name: "Content-Type", value: type) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(90))
        let bytes = Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        for line in response.headers["Set-Cookie"] {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard isBrowser, pair.count == 2 else { continue }
            cookies.withLock { $0[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1]) }
        }
        return Page(status: Int(response.status.code), location: response.headers.first(name: "Location") ?? "", body: bytes)
    }

    func get(_ path: String) async throws -> Page {
        let page = try await send(.GET, path)
        guard page.status == 303, page.location.hasPrefix("/prove") else { return page }
        try await prove(page.location)
        return try await send(.GET, path)
    }

    /// Sends a form, with the word that the page of the session holds.
    func post(_ path: String, _ fields: [(String, String)]) async throws -> Page {
        func once() async throws -> Page {
            let form = [("csrf", try await word())] + fields
            return try await send(
                .POST, path, body: Array(FormFields.query(form).utf8), type: "application/x-www-form-urlencoded")
        }
        let page = try await once()
        guard page.status == 303, page.location.hasPrefix("/prove") else { return page }
        try await prove(page.location)
        return try await once()
    }

    /// Hands in a file on a page.
    func upload(_ path: String, _ file: [UInt8]) async throws -> Page {
        let head = Array("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".utf8)
        let body = head + file + Array("\r\n--x--\r\n".utf8)
        func once() async throws -> Page {
            let target = path + "?" + FormFields.query([("csrf", try await word())])
            return try await send(.POST, target, body: body, type: "multipart/form-data; boundary=x")
        }
        let page = try await once()
        guard page.status == 303, page.location.hasPrefix("/prove") else { return page }
        try await prove(page.location)
        return try await once()
    }

    private func word() async throws -> String {
        let page = try await send(.GET, "/me").text
        return page.firstMatch(of: /name="csrf" value="([^"]+)"/).map { String($0.1) } ?? ""
    }

    private func prove(_ location: String) async throws {
        let form = [("csrf", try await word()), ("password", Self.password), ("next", "/me")]
        let page = try await send(
            .POST, "/prove", body: Array(FormFields.query(form).utf8), type: "application/x-www-form-urlencoded")
        guard page.status == 303, !page.location.hasPrefix("/prove") else {
            throw TestProcesses.Failure("not proven: \(page.status) \(page.location)")
        }
    }

    /// Signs in: at first with the password that was handed over, which is changed then.
    func signIn() async throws {
        func form(_ path: String, _ fields: [(String, String)]) async throws -> Page {
            try await send(.POST, path, body: Array(FormFields.query(fields).utf8), type: "application/x-www-form-urlencoded")
        }
        var page = try await form("/sign-in", [("name", "mei.lin"), ("password", Self.password)])
        if page.status != 303 { page = try await form("/sign-in", [("name", "mei.lin"), ("password", first)]) }
        if page.location.hasPrefix("/sign-in/password") {
            page = try await form("/sign-in/password", [("new", Self.password), ("again", Self.password)])
        }
        guard page.status == 303, page.location == "/" else {
            throw TestProcesses.Failure("not signed in: \(page.status) \(page.location)")
        }
    }

    /// Posts a package as a program does.
    func exchange(_ package: [UInt8]) async throws -> Page {
        try await send(.POST, "/api/v1/exchange", body: package, type: "application/json", isBrowser: false)
    }

    // MARK: The trail

    /// All records of the trail, oldest first; the server is stopped.
    func trail() throws -> [TrailRecord] {
        let reader = try TrailReader(try directory)
        var records: [TrailRecord] = []
        var next: UInt64?
        repeat {
            let page = try reader.find(TrailFilter(), from: next, limit: 1_000)
            records += page.hits.map(\.record)
            next = page.next
        } while next != nil
        return records.reversed()
    }
}
