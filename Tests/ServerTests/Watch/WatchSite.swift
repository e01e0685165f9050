import HTTPTypes
import Identity
import Rulebook
import Supervision
import Synchronization

@testable import Server

/// A supervisor's server without a network, with one firm and what people do at the service watch.
final class WatchSite: Sendable {
    let world: SupervisorWorld
    private let person = Mutex<SignedIn?>(nil)

    var services: SupervisorServices { world.services }
    var clock: Clock { world.clock }

    init(allowsLocal: Bool = false) async throws {
        world = try await SupervisorWorld(watchAllowsLocal: allowsLocal)
        try await world.register("mountain", short: "山岳<證券>")
    }

    /// Everybody who asks is this one from now on.
    func become(_ names: [String], account: String = "test.person") {
        let signedIn = world.person(names, name: account)
        person.withLock { $0 = signedIn }
        world.impersonate(signedIn)
    }

    /// What the one who asks may do.
    func may(_ permission: Permission) -> Bool { person.withLock { $0?.principal.may(permission) ?? false } }

    /// Sends a request as a browser on one of our pages would.
    func send(
        _ method: HTTPRequest.Method, _ target: String, form: [(String, String)]? = nil, language: String = "en"
    ) async throws -> Reply {
        try await world.send(
            method, target, form: form.map { $0 + [("csrf", "form-token")] }, headers: [("Accept-Language", language)],
            cookies: [Cookie.session: "any"])
    }

    /// What the form of a good target sends.
    static func fields(_ changes: [(String, String)] = []) -> [(String, String)] {
        let standard = [
            ("firm", "mountain"), ("id", "orders"), ("name", "下單 <網站>"), ("kind", "https"),
            ("host", "orders.mountain.example.com"), ("port", "443"), ("path", "/login"), ("status_from", "200"),
            ("status_to", "399"), ("text", ""), ("interval", "1"), ("timeout", "10"), ("tolerance", "3"), ("hours", "always"),
            ("reason", "yearly plan"),
        ]
        return standard.map { field in changes.first { $0.0 == field.0 } ?? field }
    }

    /// A target that is asked for and agreed to, through the pages.
    func watch(_ changes: [(String, String)] = []) async throws {
        become(["examiner"], account: "first.person")
        _ = try await send(.post, "/watch/new", form: Self.fields(changes))
        become(["analyst"], account: "second.person")
        let id = changes.first { $0.0 == "id" }?.1 ?? "orders"
        let until = Instant(seconds: clock.microseconds / 1_000_000).date(in: .taipei).adding(days: 30).description
        _ = try await send(
            .post, "/watch/\(id)/approve", form: [("version", "1"), ("until", until), ("outcome", "agree"), ("note", "")])
    }

    /// Probes what may be probed for some minutes of the clock.
    func run(minutes: Int, _ prober: WatchProber) async {
        let clock = clock
        let steady = Mutex<Int64>(0)
        let runner = WatchRunner(
            services.supervision, prober: prober,
            effects: WatchEffects(
                now: { clock.microseconds }, steady: { steady.withLock { $0 } },
                sleep: { _ in
                    for _ in 0..<40 { await Task.yield() }
                    guard steady.withLock({ $0 }) < Int64(minutes) * 60_000 else { throw CancellationError() }
                    clock.pass(1)
                    steady.withLock { $0 += 1_000 }
                }, random: { $0 / 2 }, tell: {}, complain: { _ in }))
        await runner.run()
    }
}
