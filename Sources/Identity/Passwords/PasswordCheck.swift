internal import Database
internal import Rulebook

/// Checking a password: the look-up, the one Argon2id evaluation, and the transaction that counts.
///
/// Whoever the name belongs to, and whatever state the account is in, the same is done in the same order: one look-up, one evaluation (of a
/// dummy when there is nothing to compare with), one transaction that notes one or more trail entries. So neither the answer nor its time
/// tells a stranger anything (T1, L3).
struct PasswordCheck: Sendable {
    /// Why a sign-in cannot succeed whatever the password is. None of these counts as a failure.
    enum Obstacle: String {
        case unknownName = "unknown-name"
        case disabled
        case removed
        case ended
        case outsideConditions = "outside-conditions"
        case initialPasswordEnded = "initial-password-ended"
        case noPassword = "no-password"
        case locked
    }

    /// What was found out before the transaction.
    struct Attempt: Sendable {
        var account: AccountID?
        var bucket: LockoutBucket
        /// The hash that was compared; when another stands there in the transaction, somebody changed the password meanwhile.
        var compared: PasswordHash?
        var obstacle: Obstacle?
        var isRight: Bool
        /// The same password under the cost of today, when the stored one is weaker.
        var stronger: PasswordHash?
    }

    /// What the transaction decided.
    enum Outcome: Sendable {
        case right(Account)
        case refused
    }

    let context: IdentityContext

    /// Looks the account up and evaluates the password. Exactly one hash is computed, and a second one only after a right password whose
    /// stored hash is weaker than today's cost.
    func attempt(
        _ password: Password, name: String, client: Client, bucket fixed: LockoutBucket? = nil
    ) async throws(IdentityError) -> Attempt {
        let now = context.now
        let known = AccountName(name)
        let found = try await context.read { db throws -> (Account, AccountStore.Credentials, LockoutBucket, LockoutMachine)? in
            let account = try known.flatMap { try AccountStore.find(db, name: $0) }
            // For a name that nobody has, as much is read of somebody else, and forgotten.
            guard let subject = try account ?? AccountStore.first(db) else { return nil }
            let credentials = try AccountStore.credentials(db, subject.id)
            let bucket = fixed ?? self.bucket(client, subject.id, credentials.deviceEpoch, at: now)
            let machine = try LockoutStore.machine(db, subject.id, bucket)
            return account.map { ($0, credentials, bucket, machine) }
        }
        var obstacle: Obstacle? = .unknownName
        if let found {
            obstacle = self.obstacle(found.0, client, at: now)
            if obstacle == nil, found.3.isLocked(at: now) { obstacle = .locked }
            if obstacle == nil, found.1.password == nil { obstacle = .noPassword }
        }
        let stored = obstacle == nil ? found?.1.password : nil
        let compared = stored ?? context.dummy
        let longest = context.policy[.passwordLongest]
        let bytes = Array(password.bytes.prefix(longest))
        let hash = try await context.gate.hash(bytes, salt: compared.salt, cost: compared.cost, length: compared.hash.count)
        let isSame = Encodings.isSame(hash, compared.hash)
        var attempt = Attempt(
            account: found?.0.id, bucket: found?.2 ?? .shared, compared: stored, obstacle: obstacle,
            isRight: isSame && stored != nil && !password.isEmpty && password.bytes.count <= longest)
        if attempt.isRight, compared.cost.isWeaker(than: context.cost) { attempt.stronger = try await make(password) }
        return attempt
    }

    /// A new hash of a password with today's cost.
    func make(_ password: Password) async throws(IdentityError) -> PasswordHash {
        let salt = context.effects.random(PasswordHash.saltLength)
        return PasswordHash(
            cost: context.cost, salt: salt, hash: try await context.gate.hash(password.bytes, salt: salt, cost: context.cost))
    }

    /// Whether a password is the one of a hash.
    func matches(_ password: Password, _ hash: PasswordHash) async throws(IdentityError) -> Bool {
        let computed = try await context.gate.hash(password.bytes, salt: hash.salt, cost: hash.cost, length: hash.hash.count)
        return Encodings.isSame(computed, hash.hash)
    }

    private func bucket(_ client: Client, _ account: AccountID, _ epoch: Int, at now: Instant) -> LockoutBucket {
        let cookie = client.device.flatMap { DeviceCookie($0, account: account, epoch: epoch, at: now, keys: context.keys) }
        return cookie.map { .device($0.device) } ?? .shared
    }

    private func obstacle(_ account: Account, _ client: Client, at now: Instant) -> Obstacle? {
        switch account.state {
        case .removed: return .removed
        case .disabled: return .disabled
        case .active: break
        }
        if !account.isUsable(at: now) { return .ended }
        if !account.conditions.allow(client.address, at: now, in: context.configuration.zone) { return .outsideConditions }
        if let until = account.initialUntil, account.passwordState == .initial, now >= until { return .initialPasswordEnded }
        return nil
    }

    /// Counts the attempt and says how it ended. The state is looked at again: what ran beside this one may have locked the account.
    ///
    /// `action` is the trail's word for what was attempted, as `sign-in`; `claimed` the name that was typed.
    func settle(
        _ attempt: Attempt, client: Client, claimed: String, action: String, _ db: Connection, _ trail: inout TrailBook
    ) throws -> Outcome {
        let now = context.now
        func refuse(_ reason: String, _ id: String) -> Outcome {
            trail.note(TrailEntry("\(action).refuse", .init("account", id), .refused, reason: reason))
            return .refused
        }
        let known = try attempt.account.flatMap { try AccountStore.find(db, $0) }
        let subject = try known ?? AccountStore.first(db)
        let present = try subject.flatMap { try AccountStore.credentials(db, $0.id).password }
        var machine = try subject.map { try LockoutStore.machine(db, $0.id, attempt.bucket) } ?? LockoutMachine()
        // Someone may have typed a password into the field of the name, so the trail gets a keyed digest of it.
        let digest = context.keys.sign(Array(claimed.utf8), .unknownName).prefix(8)
        guard let account = known else { return refuse(Obstacle.unknownName.rawValue, "unknown-\(Encodings.hex(digest))") }
        let id = account.id
        if let obstacle = obstacle(account, client, at: now) { return refuse(obstacle.rawValue, id.description) }
        if let change = machine.expire(at: now) { trail.note(.lockout(change, id, attempt.bucket)) }
        guard !machine.isLocked(at: now) else { return refuse(Obstacle.locked.rawValue, id.description) }
        // A lock that ended, or a password that was set, between look-up and here: nothing was verified, so nothing is counted.
        guard attempt.obstacle == nil, present == attempt.compared else {
            try LockoutStore.put(db, id, attempt.bucket, machine)
            return refuse(attempt.obstacle?.rawValue ?? "changed-meanwhile", id.description)
        }
        guard attempt.isRight else {
            let change = machine.fail(
                at: now, threshold: context.policy[.lockThreshold], duration: context.policy[.lockDuration])
            try LockoutStore.put(db, id, attempt.bucket, machine)
            if case .locked(let until) = change {
                trail.note(.lockout(.locked(until: until), id, attempt.bucket))
                try MessageStore.put(db, .locked(until: until), to: account, context)
            }
            return refuse("wrong-password", id.description)
        }
        if let change = machine.succeed(at: now) { trail.note(.lockout(change, id, attempt.bucket)) }
        try LockoutStore.put(db, id, attempt.bucket, machine)
        if let stronger = attempt.stronger { try AccountStore.rehash(db, id, stronger) }
        return .right(account)
    }
}
