internal import Documents
internal import HTTPTypes
internal import Hummingbird
package import Identity
internal import NIOCore
internal import NIOSSL
internal import Reports
package import Rulebook

/// Who somebody is, asked of `Identity` by the platform. Closures, so that every route can be tried with every role.
package struct Authenticator: Sendable {
    /// The account behind a session's token; nil when it holds no more. `isActivity` keeps the session alive.
    package var session: @Sendable (_ cookie: String, _ visit: Visit, _ isActivity: Bool) async throws -> SignedIn?
    /// The account behind an API token.
    package var token: @Sendable (_ token: String, _ visit: Visit) async throws -> SignedIn?
    /// Whether somebody has an account, and if not, whether the visit holds the one-time link of the first run.
    package var isSetUp: @Sendable (_ visit: Visit) async throws -> SetUpState

    /// What is known of the first run.
    package enum SetUpState: Sendable {
        /// Nobody has an account, and this is the link's token.
        case open
        /// Nobody has an account, and this is not.
        case waiting
        /// There are accounts.
        case done
    }

    package init(
        session: @escaping @Sendable (String, Visit, Bool) async throws -> SignedIn?,
        token: @escaping @Sendable (String, Visit) async throws -> SignedIn?,
        isSetUp: @escaping @Sendable (Visit) async throws -> SetUpState
    ) {
        (self.session, self.token, self.isSetUp) = (session, token, isSetUp)
    }
}

/// What the platform needs to answer.
package struct Platform: Sendable {
    package var routes: RouteTable
    package var authenticator: Authenticator
    /// The words of both languages.
    package var catalog: TextCatalog
    package var log: ServerLog
    package var metrics: Metrics
    /// Firm or supervisor.
    package var side: Side
    /// UTC microseconds.
    package var now: @Sendable () -> Int64
    /// The origins pages may come from: `https://host:port`.
    package var origins: Set<String>
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    package var proxies: Set<String> = []
    /// Draws a word nobody can guess, of so many bytes, in base64url.
    package var random: @Sendable (Int) -> String
    /// How a page looks that says what went wrong.
    package var page: @Sendable (_ failure: Failure, _ visit: Visit) -> [UInt8]

    package init(
        routes: RouteTable, authenticator: Authenticator, catalog: TextCatalog, log: ServerLog, metrics: Metrics,
        side: Side, origins: Set<String>, now: @escaping @Sendable () -> Int64, random: @escaping @Sendable (Int) -> String,
        page: @escaping @Sendable (_ failure: Failure, _ visit: Visit) -> [UInt8]
    ) {
        (self.routes, self.authenticator, self.catalog, self.log) = (routes, authenticator, catalog, log)
        (self.metrics, self.side, self.origins, self.now) = (metrics, side, origins, now)
        (self.random, self.page) = (random, page)
    }
}

/// Where a request came from.
struct VisitSource: InitializableFromSource, Sendable {
    let address: String

    init(address: String) { self.address = address }

    init(source: ApplicationRequestContextSource) { address = source.channel.remoteAddress?.ipAddress ?? "" }
}

/// The one way through the server: every request passes the same gates in the same order, and every answer, errors included, has the same headers.
struct Responder: HTTPResponder {
    typealias Context = VisitSource

    /// Longest path with its query.
    static let pathLimit = 4_096
    /// Longest form.
    static let formLimit = 64 << 10
    /// A body that takes longer is given up.
    static let bodySeconds: Int64 = 60

    let platform: Platform

    func respond(to request: Request, context: VisitSource) async throws -> Response {
        let start = ContinuousClock.now
        var visit = visit(request, context)
        var answer: Answer
        do {
            answer = try await pass(request, &visit)
        } catch {
            answer = self.answer(Self.failure(error), visit)
        }
        SecurityHeaders.add(to: &answer.headers, nonce: visit.nonce, isImmutable: answer.isImmutable)
        let took = ContinuousClock.now - start
        platform.metrics.answered(
            status: answer.status.code, seconds: Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
        return response(answer, isHead: request.method == .head)
    }

    private func visit(_ request: Request, _ context: VisitSource) -> Visit {
        var visit = Visit(
            method: request.method, path: "", parameters: [:], query: FormFields(), form: FormFields(), body: [],
            headers: request.headers, address: context.address, code: platform.random(9), nonce: platform.random(18),
            wording: wording(nil, nil), side: platform.side, signedIn: nil, now: platform.now())
        if platform.proxies.contains(context.address), let list = request.headers[SecurityHeaders.named("X-Forwarded-For")],
            let last = list.split(separator: ",").last
        {
            visit.address = String(last.trimmingSpaces.prefix(64))
        }
        let language = visit.cookie(Cookie.language).flatMap { Language(rawValue: $0) }
        visit.wording = wording(language, request.headers[.acceptLanguage])
        return visit
    }

    private func wording(_ chosen: Language?, _ accepted: String?) -> Wording {
        Wording(chosen ?? Self.language(accepted), catalog: platform.catalog)
    }

    /// Chinese unless a browser prefers English.
    static func language(_ accepted: String?) -> Language {
        for part in (accepted ?? "").split(separator: ",") {
            let tag = part.prefix { $0 != ";" }.trimmingSpaces.lowercased()
            if tag.hasPrefix("zh") { return .chinese }
            if tag.hasPrefix("en") { return .english }
        }
        return .chinese
    }

    // MARK: The gates

    private func pass(_ request: Request, _ visit: inout Visit) async throws -> Answer {
        let target = request.head.path ?? ""
        guard target.utf8.count <= Self.pathLimit else { throw Failure(.uriTooLong, "too-long") }
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        visit.path = String(halves.first ?? "")
        guard visit.path.hasPrefix("/"), let segments = Self.segments(visit.path) else { throw Failure.bad("address") }
        do {
            if halves.count == 2 { visit.query = try FormFields(halves[1].utf8) }
        } catch {
            throw Failure.bad("address", detail: "query: \(error)")
        }
        switch platform.routes.match(visit.method, segments) {
        case .nothing: throw Failure.notFound()
        case .otherMethods(let methods):
            throw Failure(
                .methodNotAllowed, "method", headers: [.allow: Set(methods.map(\.rawValue)).sorted().joined(separator: ", ")])
        case .route(let route, let parameters):
            visit.parameters = parameters
            try await identify(route, &visit)
            let redirect = try await admit(route, &visit)
            if let redirect { return redirect }
            try route.gate?(visit)
            try await read(request, route, &visit)
            try checkOrigin(route, visit)
            return try await route.handler(visit)
        }
    }

    /// Decoded segments; nil when one is empty of meaning (`.`, `..`), holds control characters or a slash, or cannot be decoded.
    static func segments(_ path: String) -> [String]? {
        var segments: [String] = []
        for part in path.split(separator: "/") {
            guard let segment = FormFields.decode(part.utf8, plus: false), segment != ".", segment != "..",
                !segment.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "/" || $0 == "\\" })
            else { return nil }
            segments.append(segment)
        }
        return segments
    }

    private func identify(_ route: Route, _ visit: inout Visit) async throws {
        if let header = visit.headers[.authorization] {
            guard route.isForPrograms, header.lowercased().hasPrefix("bearer ") else {
                throw Failure(.unauthorized, "token", headers: [.wwwAuthenticate: "Bearer"])
            }
            let token = String(header.dropFirst("bearer ".count))
            guard let signedIn = try await platform.authenticator.token(token, visit) else {
                throw Failure(.unauthorized, "token", headers: [.wwwAuthenticate: "Bearer"])
            }
            visit.signedIn = signedIn
        } else if let token = visit.cookie(Cookie.session) {
            visit.signedIn = try await platform.authenticator.session(token, visit, route.isActivity)
        }
    }

    /// Lets a visit in, sends it elsewhere, or refuses it.
    private func admit(_ route: Route, _ visit: inout Visit) async throws -> Answer? {
        let next = "?" + FormFields.query([("next", returnPath(visit))])
        func signIn() -> Answer? { route.isForPrograms ? nil : .see("/sign-in" + (visit.path == "/" ? "" : next)) }
        let refused = Failure(.unauthorized, "sign-in", headers: route.isForPrograms ? [.wwwAuthenticate: "Bearer"] : [:])
        switch route.access {
        case .anyone: return nil
        case .setUp:
            guard case .open = try await platform.authenticator.isSetUp(visit) else { throw Failure.notFound() }
            return nil
        case .signedIn, .permitted:
            guard let signedIn = visit.signedIn else {
                if case .waiting = try await platform.authenticator.isSetUp(visit), !route.isForPrograms { return .see("/setup") }
                if let answer = signIn() { return answer }
                throw refused
            }
            if case .permitted(let permission) = route.access, !signedIn.principal.may(permission) {
                throw Failure.forbidden("\(permission.rawValue) is missing")
            }
            if case .signedIn = route.access, signedIn.isToken { throw Failure.forbidden("a token is nobody") }
            if route.isFresh, !signedIn.isFresh { return .see("/prove" + next) }
            return nil
        }
    }

    /// Where somebody goes on after signing in or proving who they are: the page they wanted, or the one whose form they sent.
    private func returnPath(_ visit: Visit) -> String {
        guard visit.method != .get else { return visit.path }
        guard let segments = Self.segments(visit.path), case .route = platform.routes.match(.get, segments) else { return "/" }
        return visit.path
    }

    private func read(_ request: Request, _ route: Route, _ visit: inout Visit) async throws {
        let limit: Int
        switch route.body {
        case .none: return
        case .form: limit = Self.formLimit
        case .bytes(let most): limit = most
        }
        // Who says beforehand that it is too much need not send it.
        if let told = visit.headers[.contentLength].flatMap({ Int($0) }), told > limit {
            throw Failure(.contentTooLarge, "too-large", ["limit": String(limit)])
        }
        let bytes = try await Self.collect(request, limit)
        if case .form = route.body {
            guard visit.headers[.contentType].map({ $0.hasPrefix("application/x-www-form-urlencoded") }) ?? bytes.isEmpty else {
                throw Failure(.unsupportedMediaType, "media-type")
            }
            do { visit.form = try FormFields(bytes) } catch { throw Failure.bad("form", detail: "\(error)") }
        } else {
            visit.body = bytes
        }
    }

    private static func collect(_ request: Request, _ limit: Int) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask {
                do {
                    return Array(try await request.body.collect(upTo: limit).readableBytesView)
                } catch is NIOTooManyBytesError {
                    throw Failure(.contentTooLarge, "too-large", ["limit": String(limit)])
                } catch let error as IOError {
                    // Who asks has gone: nobody reads the answer, and nothing is wrong with the server.
                    throw Failure.bad("left", detail: "the visitor left: \(error.errnoCode)")
                } catch let error where error is ChannelError || error is NIOSSLError {
                    throw Failure.bad("left", detail: "the visitor left: \(error)")
                }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(bodySeconds))
                throw Failure(.requestTimeout, "too-slow")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    /// What changes something must come from our own pages (S3): the browser's own word for where from, and a word of the session that
    /// only our pages hold. Tokens are sent by no browser by itself.
    private func checkOrigin(_ route: Route, _ visit: Visit) throws {
        guard visit.method != .get, visit.method != .head, visit.signedIn?.isToken != true else { return }
        if case .anyone = route.access, route.isForPrograms || route.path == "/csp-report" { return }
        let site = visit.headers[SecurityHeaders.named("Sec-Fetch-Site")]
        let origin = visit.headers[.origin]
        // Our own policy of no referrer makes browsers write "null" here; then their other word decides.
        let named = origin == "null" ? nil : origin
        guard named.map({ platform.origins.contains($0) }) ?? (site == "same-origin"), site ?? "same-origin" == "same-origin"
        else {
            throw Failure(.forbidden, "origin", detail: "origin \(origin ?? "none"), site \(site ?? "none")")
        }
        guard let signedIn = visit.signedIn else { return }
        let given = visit.form["csrf"] ?? visit.headers[SecurityHeaders.named("X-CSRF-Token")] ?? visit.query["csrf"]
        guard let given, Self.isEqual(given, signedIn.csrf) else {
            throw Failure(.forbidden, "origin", detail: "the form's word is wrong")
        }
    }

    /// Compares without telling by its time where two texts differ.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Answers

    static func failure(_ error: any Error) -> Failure {
        if let failure = error as? Failure { return failure }
        if let failing = error as? any FailureConvertible { return failing.failure }
        return Failure(.internalServerError, "internal", detail: "\(type(of: error)): \(error)")
    }

    private func answer(_ failure: Failure, _ visit: Visit) -> Answer {
        let isOurs = failure.status.code >= 500
        if isOurs || !failure.detail.isEmpty {
            platform.log(
                isOurs ? .error : .warning, "visit.failed",
                [
                    ("code", visit.code), ("status", String(failure.status.code)), ("method", visit.method.rawValue),
                    ("path", visit.path), ("address", visit.address), ("account", visit.signedIn?.name ?? ""),
                    ("detail", failure.detail),
                ])
        }
        var answer: Answer
        if visit.path.hasPrefix("/api/") {
            answer = .json(
                .object([
                    ("error", .text(failure.sentence)),
                    ("message", .text(visit.wording("error.\(failure.sentence)", failure.values))), ("code", .text(visit.code)),
                ]), failure.status)
        } else {
            answer = .html(platform.page(failure, visit), failure.status)
        }
        for field in failure.headers { answer.headers.append(field) }
        return answer
    }

    private func response(_ answer: Answer, isHead: Bool) -> Response {
        var headers = answer.headers
        switch answer.content {
        case .bytes(let bytes):
            if isHead || bytes.isEmpty {
                headers[.contentLength] = String(bytes.count)
                return Response(status: answer.status, headers: headers)
            }
            return Response(status: answer.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .events(let source):
            let metrics = platform.metrics
            return Response(
                status: answer.status, headers: headers,
                body: ResponseBody { writer in
                    metrics.streams(1)
                    defer { metrics.streams(-1) }
                    // A line at once, so that the browser knows that it is connected.
                    try await writer.write(ByteBuffer(string: ": here\n\nretry: 5000\n\n"))
                    for await topic in source.stream {
                        let text = topic == EventHub.pulse ? ": here\n\n" : "event: \(topic)\ndata: new\n\n"
                        try await writer.write(ByteBuffer(string: text))
                    }
                    try await writer.finish(nil)
                })
        }
    }
}

/// An error of a room below that knows what a visitor may be told.
package protocol FailureConvertible: Error {
    /// What the visitor is told.
    var failure: Failure { get }
}
