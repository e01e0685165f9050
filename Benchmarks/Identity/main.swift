// Measures what a stranger could measure (T1): whether the time of a refused sign-in tells which accounts exist, are locked or disabled; and
// what a hash costs. Interleaved requests with real Argon2id, a real database and a real trail, in a scratch folder.
//
//     identity-benchmark [ROUNDS] [--without-hash]
//
// Without the hash, the difference of everything else is seen, which the hash hides on a machine that is not quiet.
//
// Ends with status 1 when a median is off by more than 1 ms or Mann-Whitney finds a difference (p ≤ 0.01).

import Crypto
import Database
import Glibc
import Identity
import Rulebook
import Synchronization
import TestProcesses

/// A clock that moves when it is told to, so that limits and locks are where the measurement wants them.
final class Clock: Sendable {
    private let seconds = Mutex<Int64>(1_800_000_000)

    var now: Instant { Instant(seconds: seconds.withLock { $0 }) }
    func advance(_ count: Int64) { seconds.withLock { $0 += count } }
}

/// How long something took, in ms: what a stranger sees, and the processor's time, which neighbours on the machine change less.
struct Cost {
    var elapsed: Double
    var processor: Double

    init(_ body: () async throws -> Void) async rethrows {
        func now(_ clock: clockid_t) -> Double {
            var time = timespec()
            clock_gettime(clock, &time)
            return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
        }
        let start = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
        try await body()
        (elapsed, processor) = (now(CLOCK_MONOTONIC) - start.0, now(CLOCK_PROCESS_CPUTIME_ID) - start.1)
    }
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.count % 2 == 1 ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
}

/// Two-sided p of the Mann-Whitney U test, by the normal approximation; times have no ties.
func mannWhitney(_ left: [Double], _ right: [Double]) -> Double {
    let ranked = (left.map { ($0, true) } + right.map { ($0, false) }).sorted { $0.0 < $1.0 }
    let rankSum = ranked.enumerated().reduce(0.0) { $0 + ($1.element.1 ? Double($1.offset + 1) : 0) }
    let (first, second) = (Double(left.count), Double(right.count))
    let deviation = rankSum - first * (first + 1) / 2 - first * second / 2
    let spread = (first * second * (first + second + 1) / 12).squareRoot()
    return erfc(abs(deviation) / spread / 2.0.squareRoot())
}

/// What an authenticator program shows.
func code(_ secret: String, at now: Instant) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    var (bytes, group, held): ([UInt8], UInt32, Int) = ([], 0, 0)
    for letter in secret.utf8 {
        group = group << 5 | UInt32(letters.firstIndex(of: letter) ?? 0)
        held += 5
        if held >= 8 {
            held -= 8
            bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(held)))
        }
    }
    let step = now.seconds / 30
    let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(56 - 8 * $0)) }
    let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: bytes)))
    let offset = Int(mac[19] & 15)
    let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let digits = String(number % 1_000_000)
    return String(repeating: "0", count: 6 - digits.count) + digits
}

/// An installation with accounts in every state that a stranger might ask about.
struct Bench {
    let service: IdentityService
    let clock: Clock
    var admin: Session

    private static func address(_ number: Int) -> Client {
        Client(address: SourceAddress("10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"))
    }

    init(_ path: String, hasher: PasswordHasher) async throws {
        let clock = Clock()
        let rulebook = try ShippedFiles.rulebook()
        let database = try await GovernanceDatabase.open(try DataDirectory.create(path), migrations: IdentitySchema.migrations)
        let effects = IdentityEffects(now: { clock.now }, random: IdentityEffects.live.random)
        service = try IdentityService(
            database: database, keys: try IdentityKeys(path: "\(path)/keys/identity.key", effects: effects),
            policy: try PolicyReader.shipped(rulebook), roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: .firm, origin: "https://plumbline.example.com"), effects: effects,
            hasher: hasher)
        self.clock = clock
        let client = Self.address(1)
        guard let name = AccountName("first.admin"), let ticket = try await service.setup.makeLink().split(separator: "#").last
        else {
            throw Failure("no set-up link")
        }
        let made = try await service.setup.finish(
            String(ticket), name: name, person: "E-1", displayName: "First", mail: nil, client: client)
        let desk = service.signIn
        guard
            case .mustChangePassword(let first, _) = try await desk.signIn(
                name: name.text, password: Password(made.password.text), client: client),
            case .mustEnrolFactor(let second) = try await desk.choosePassword(
                first, Password("Qu1et^Moth-Below_Ten"), client: client),
            let enrolment = try await desk.beginTOTP(second, client: client),
            case (.signedIn(let session), _) = try await desk.finishTOTP(
                second, enrolment.ticket, code: code(enrolment.secret, at: clock.now), label: "", client: client),
            let admin = try await service.sessions.find(session.cookie, client: client, isPolling: false)
        else { throw Failure("the administrator cannot sign in") }
        self.admin = admin
    }

    func make(_ name: String) async throws -> AccountID {
        guard let account = AccountName(name) else { throw Failure(name) }
        let new = NewAccount(name: account, person: name, displayName: name, roles: [RoleName(rawValue: "officer")])
        let request = try await service.requests.ask(.create(new), reason: "benchmark", by: admin.principal)
        guard case .created(let id, _) = try await service.requests.carryOut(request, by: admin.principal) else {
            throw Failure("\(name) was not made")
        }
        return id
    }

    func refuse(_ name: String, _ password: String, _ number: Int) async throws -> Cost {
        let client = Self.address(number)
        return try await Cost {
            guard case .refused = try await service.signIn.signIn(name: name, password: Password(password), client: client) else {
                throw Failure("\(name) was let in")
            }
        }
    }
}

/// Whether a stranger learns nothing.
func measure() async throws -> Bool {
    let rounds = CommandLine.arguments.dropFirst().compactMap { Int($0) }.first ?? 200
    let hasher =
        CommandLine.arguments.contains("--without-hash")
        ? PasswordHasher { password, salt, _, _ in Array(SHA256.hash(data: salt + password)) } : .argon2
    let scratch = try Scratch()
    let bench = try await Bench("\(scratch.path)/data", hasher: hasher)
    // Each account is asked for so seldom that neither the lock nor the limit of the account comes in between.
    for number in 0...rounds / 2 { for kind in ["known", "empty"] { _ = try await bench.make("\(kind).\(number)x") } }
    var source = 1_000
    for number in 0...rounds / 6 {
        _ = try await bench.make("locked.\(number)x")
        for _ in 0..<3 {
            source += 1
            _ = try await bench.refuse("locked.\(number)x", "wrong", source)
        }
    }
    for number in 0...rounds / 8 {
        let id = try await bench.make("disabled.\(number)x")
        try await bench.service.accounts.disable(id, reason: "benchmark", by: bench.admin.principal)
    }

    var times: [String: [Cost]] = [:]
    for round in 0..<rounds {
        let paths = [
            ("known", "known.\(round / 2)x", "Wr0ng-Kelp_Orbit!"), ("unknown", "unknown.\(round)x", "Wr0ng-Kelp_Orbit!"),
            ("empty", "empty.\(round / 2)x", ""), ("locked", "locked.\(round / 6)x", "Wr0ng-Kelp_Orbit!"),
            ("disabled", "disabled.\(round / 8)x", "Wr0ng-Kelp_Orbit!"),
        ]
        for (path, name, password) in paths.shuffled() {
            source += 1
            times[path, default: []].append(try await bench.refuse(name, password, source))
        }
    }
    func shown(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }
    /// Prints one kind of time; true when no path differs from the known account's.
    func judge(_ title: String, _ value: (Cost) -> Double) -> Bool {
        let known = (times["known"] ?? []).map(value)
        var isEqual = true
        print("\(title): median ms, difference to \"known\", Mann-Whitney p")
        for path in ["known", "unknown", "empty", "locked", "disabled"] {
            let values = (times[path] ?? []).map(value)
            let (difference, p) = (median(values) - median(known), mannWhitney(values, known))
            isEqual = isEqual && (path == "known" || (abs(difference) <= 1 && p > 0.01))
            print("  \(path): \(shown(median(values)))  \(shown(difference))  p \(shown(p))")
        }
        return isEqual
    }
    print("refused sign-ins, \(rounds) of each, interleaved")
    _ = judge("processor time", \.processor)
    let isEqual = judge("elapsed time", \.elapsed)
    print(isEqual ? "a stranger learns nothing from the time" : "the times differ")
    return isEqual
}

let isQuiet = try await measure()
exit(isQuiet ? 0 : 1)
