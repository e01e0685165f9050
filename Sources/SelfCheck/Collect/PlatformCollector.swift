public import Checks
public import Database
public import Documents
internal import Glibc
public import Identity
internal import Rulebook
public import Vault

/// Makes the facts document of the platform itself (`Packs/facts/plumbline.yaml`) from its data directory: what is in force, in the tables, in the trail,
/// in its files. Reads only, whether a server runs on the directory or not.
public struct PlatformCollector: Sendable {
    /// What the platform is called as a host, and as a system of its firm.
    public static let name = "plumbline"

    let inspector: DataInspector
    let policy: IdentityPolicy
    let roles: RoleBook
    let transport: TransportSettings
    private let version: String
    private let files: FileEffects

    /// A collector.
    ///
    /// - Parameters:
    ///   - path: of the data directory.
    ///   - policy: the numbers that a server on it works with.
    ///   - roles: the roles it knows.
    ///   - transport: how it takes connections.
    ///   - version: of this program.
    ///   - files: clock, room, file calls.
    /// - Throws: `.notFound`, `.foreign` when there is no data directory; `.file`.
    public init(
        _ path: String, policy: IdentityPolicy, roles: RoleBook, transport: TransportSettings,
        version: String,
        files: FileEffects = .live
    ) throws(StorageError) {
        inspector = try DataInspector(path, files: files)
        (self.policy, self.roles, self.transport) = (policy, roles, transport)
        (self.version, self.files) = (version, files)
    }

    /// A group as it was found.
    enum Group {
        /// Its facts, and what could not be known.
        case facts(Node, gaps: [String] = [])
        /// Nothing, and why.
        case nothing(SourceState, String)
    }

    private var instant: Instant { Instant(seconds: files.now() / 1_000_000) }

    /// Collects. What cannot be read is noted as a gap and stops nothing.
    ///
    /// - Returns: the facts.
    /// - Throws: `DocumentError` only when the document does not keep its own form, which is a defect.
    public func collect() throws(DocumentError) -> HostFacts {
        let began = instant
        var groups: [(name: String, group: Group)] = [("policy", policyFacts)]
        groups += fromTables(at: began)
        groups += [("tls", tlsFacts(at: began)), ("files", fileFacts), ("time", timeFacts)]
        let document = Node.object([
            ("schema", .text(HostFacts.schema)), ("facts_schema", .text(FactSchema.plumbline)),
            ("collector", .object([("name", "plumbline"), ("version", .text(version)), ("user", .integer(geteuid()))])),
            ("host", .object([("name", .text(Self.name)), ("system", .text("Plumbline \(version)"))])),
            ("began", .text(began.description)), ("collected", .text(instant.description)),
            ("sources", .object(groups.map { ($0.name, Self.source($0.group)) })),
            (
                "facts",
                .object(
                    groups.map { item in if case .facts(let node, _) = item.group { (item.name, node) } else { (item.name, nil) }
                    })
            ),
        ])
        return try HostFacts(document, origin: "")
    }

    private static func source(_ group: Group) -> Node {
        switch group {
        case .facts(_, let gaps):
            .object([
                ("state", .text((gaps.isEmpty ? SourceState.read : .partial).rawValue)),
                ("gaps", gaps.isEmpty ? nil : .list(gaps.map { .object([("what", .text($0)), ("why", "not known")]) })),
            ])
        case .nothing(let state, let reason): .object([("state", .text(state.rawValue)), ("reason", .text(reason))])
        }
    }

    /// What stands in tables and trail: both as of one state.
    private func fromTables(at now: Instant) -> [(name: String, group: Group)] {
        let names = ["server", "accounts", "roles", "sessions", "review", "trail", "backup"]
        let (survey, moment, role): (IdentitySurvey, TrailMoment, String?)
        do throws(StorageError) {
            (survey, moment, role) = try inspector.read { db in
                (try IdentitySurveyStore.read(db), try TrailMoment(db), try InstallationStore.role(db))
            }
        } catch {
            return names.map { ($0, .nothing(.failed, "\(error)")) }
        }
        // A directory whose role nobody ever said is a firm's, as it is for the server.
        let side = role.flatMap(Side.init(rawValue:)) ?? .firm
        var tally = TrailTally()
        let trail: TrailSurvey
        do throws(StorageError) {
            trail = try inspector.trail(moment) { tally.add($0) }
        } catch {
            trail = TrailSurvey(unreadable: error)
        }
        let view = TableView(survey: survey, tally: tally, trail: trail, policy: policy, roles: roles, side: side, now: now)
        return [
            ("server", view.server), ("accounts", view.accounts), ("roles", view.roleFacts), ("sessions", view.sessions),
            ("review", view.review), ("trail", trailFacts(view)), ("backup", view.backup),
        ]
    }
}
