internal import Documents
internal import HTTPTypes
internal import Identity
internal import Submissions
internal import Supervision
internal import Synchronization

/// Where firms' programs hand in packages. The signature is the access: nobody signs in here.
struct ExchangeRoutes: Sendable {
    let services: SupervisorServices
    private let limiter: SourceLimiter

    init(services: SupervisorServices) {
        self.services = services
        let policy = services.supervision.exchange.policy
        limiter = SourceLimiter(burst: policy.sourceBurst, interval: policy.sourceInterval)
    }

    private static let package = Schemas.object([
        ("schema", Schemas.choice([Envelope.schema])), ("kind", Schemas.choice(PackageKind.allCases.map(\.rawValue))),
        ("payload", Schemas.text),
        (
            "signatures",
            .object([
                ("type", "array"), ("items", Schemas.object([("key", Schemas.text), ("signature", Schemas.text)])),
            ])
        ),
    ])

    var routes: [Route] {
        let exchange = services.supervision.exchange
        let limiter = limiter
        return [
            .api(
                .post, "/exchange", .anyone(because: "what is taken is signed by a key that the supervisor registered"),
                body: .bytes(limit: exchange.policy.packageBytes),
                gate: { visit in
                    guard let seconds = limiter.take(visit.address, at: visit.now / 1_000_000) else { return }
                    throw Failure(
                        .tooManyRequests, "limited", ["seconds": String(seconds)], headers: [.retryAfter: String(seconds)])
                },
                Operation(
                    "exchange",
                    "Hand in one signed package; the answer is a signed receipt or mail (200), or a signed refusal (422)",
                    takes: Self.package, gives: Self.package)
            ) { visit in
                guard visit.headers[.contentType].map({ $0.hasPrefix("application/json") }) ?? false else {
                    throw Failure(.unsupportedMediaType, "media-type")
                }
                let answer = try await exchange.receive(visit.body, from: visit.address, code: visit.code)
                if answer.submission != nil { services.hub.tell("market") }
                return Answer(answer.refusal == nil ? .ok : .unprocessableContent, "application/json", answer.bytes)
            },
            .api(
                .get, "/exchange/key", .anyone(because: "firms compare and pin the supervisor's public key"),
                Operation(
                    "getExchangeKey", "The announcement of the supervisor's key, signed by it: compare its fingerprint by phone",
                    gives: Self.package)
            ) { _ in Answer(.ok, "application/json", try await exchange.announcement().package) },
        ]
    }
}

/// How often one network address may send, before anything is read: so many at once, then one every so many seconds. In memory.
final class SourceLimiter: Sendable {
    /// Addresses remembered at once.
    private static let limit = 20_000

    private let burst: Int64
    private let interval: Int64
    /// When the debt of an address is paid, UTC seconds.
    private let paid = Mutex<[String: Int64]>([:])

    init(burst: Int, interval: Int) { (self.burst, self.interval) = (Int64(burst), Int64(interval)) }

    /// Takes one; nil when it may go on, else after how many seconds it may be tried again.
    func take(_ address: String, at now: Int64) -> Int? {
        paid.withLock { paid in
            if paid.count >= Self.limit, paid[address] == nil {
                paid = paid.filter { $0.value > now }
                // A flood of addresses makes those forgotten that owe least.
                if paid.count >= Self.limit {
                    for (key, _) in paid.sorted(by: { $0.value < $1.value }).prefix(Self.limit / 8) { paid[key] = nil }
                }
            }
            // A clock that was set back does not lock anybody out for longer than the whole burst.
            let debt = min(max(0, (paid[address] ?? now) - now), burst * interval)
            guard debt + interval <= burst * interval else { return Int(debt + interval - burst * interval) }
            paid[address] = now + debt + interval
            return nil
        }
    }
}
