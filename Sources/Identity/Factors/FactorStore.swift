internal import Database
internal import GRDB
internal import Rulebook

/// Second factors in the database: secrets of authenticator programs sealed, recovery codes as keyed hashes, public keys of security keys.
enum FactorStore {
    /// Factors of an account that are accepted or flagged, in the order they were set up.
    static func list(_ db: Connection, _ account: AccountID) throws -> [Factor] {
        try Row.fetchAll(db, sql: "SELECT * FROM identity_factor WHERE account = ? ORDER BY id", arguments: [account.number])
            .compactMap { row in
                guard let kind = FactorKind(rawValue: row["kind"]) else { return nil }
                return Factor(
                    id: row["id"], kind: kind, label: row["label"], createdAt: Instant(seconds: row["created_at"]),
                    lastUsed: row.instant("last_used"), flaggedAt: row.instant("flagged_at"))
            }
    }

    /// Whether the account has a second factor; recovery codes alone are none. A flagged security key still counts: else whoever holds a copy
    /// of it could, by flagging it, make the password enough.
    static func hasFactor(_ db: Connection, _ account: AccountID) throws -> Bool {
        try list(db, account).contains { $0.kind != .recovery }
    }

    /// Whether one of them can be shown.
    static func hasUsableFactor(_ db: Connection, _ account: AccountID) throws -> Bool {
        try list(db, account).contains { $0.kind != .recovery && $0.flaggedAt == nil }
    }

    private static func insert(
        _ db: Connection, _ account: AccountID, _ kind: FactorKind, label: String, secret: [UInt8], credential: [UInt8]? = nil,
        counter: Int64 = 0, at now: Instant
    ) throws {
        try db.execute(
            sql:
                "INSERT INTO identity_factor (account, kind, label, secret, credential, counter, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                account.number, kind.rawValue, tidied(label, 64), blob(secret), credential.map { blob($0) }, counter, now.seconds,
            ])
    }

    static func addTOTP(
        _ db: Connection, _ account: AccountID, label: String, secret: [UInt8], usedStep: Int64, _ context: IdentityContext
    ) throws {
        let sealed = try context.keys.seal(secret, .factor, context: "\(account) totp", effects: context.effects)
        try insert(db, account, .totp, label: label, secret: sealed, counter: usedStep, at: context.now)
    }

    static func addSecurityKey(
        _ db: Connection, _ account: AccountID, label: String, _ credential: WebAuthn.Credential, at now: Instant
    ) throws {
        let isTaken = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM identity_factor WHERE credential = ?)", arguments: [blob(credential.id)])
        guard isTaken == false else { throw IdentityError(.taken, "this security key is set up already") }
        try insert(
            db, account, .securityKey, label: label, secret: credential.key.stored, credential: credential.id,
            counter: Int64(credential.signCount), at: now)
    }

    /// Replaces the recovery codes of an account.
    static func setRecovery(_ db: Connection, _ account: AccountID, _ codes: [[UInt8]], _ context: IdentityContext) throws {
        try db.execute(sql: "DELETE FROM identity_factor WHERE account = ? AND kind = 'recovery'", arguments: [account.number])
        for code in codes {
            try insert(db, account, .recovery, label: "", secret: recoveryHash(code, account, context), at: context.now)
        }
    }

    private static func recoveryHash(_ code: [UInt8], _ account: AccountID, _ context: IdentityContext) -> [UInt8] {
        context.keys.sign(Array("\(account)\n".utf8) + code, .recovery)
    }

    static func remove(_ db: Connection, _ account: AccountID, _ id: Int64?) throws -> Int {
        try db.execute(
            sql: "DELETE FROM identity_factor WHERE account = ?1 AND (?2 IS NULL OR id = ?2)", arguments: [account.number, id])
        return db.changesCount
    }

    static func securityKeys(_ db: Connection, _ account: AccountID) throws -> [[UInt8]] {
        try Row.fetchAll(
            db,
            sql:
                "SELECT credential FROM identity_factor WHERE account = ? AND kind = 'security-key' AND flagged_at IS NULL ORDER BY id",
            arguments: [account.number]
        ).map { bytes($0["credential"]) }
    }

    // MARK: Proving

    /// Checks a proof and uses it up: steps of authenticator programs, recovery codes and counts never work twice. Failures count in a bucket
    /// of their own (L6), and a locked bucket verifies nothing.
    ///
    /// `challenge` is what a security key had to sign; nil when none was asked. True when it is proven.
    static func prove(
        _ db: Connection, _ trail: inout TrailBook, _ account: AccountID, _ proof: FactorProof, challenge: [UInt8]?,
        _ context: IdentityContext
    ) throws -> Bool {
        let now = context.now
        var machine = try LockoutStore.machine(db, account, .factor)
        if let change = machine.expire(at: now) { trail.note(.lockout(change, account, .factor)) }
        func refuse(_ reason: String) -> Bool {
            trail.note(TrailEntry("factor.refuse", .init("account", account.description), .refused, reason: reason))
            return false
        }
        guard !machine.isLocked(at: now) else { return refuse("locked") }
        let failure: String?
        switch proof {
        case .totp(let code): failure = try proveTOTP(db, account, code, context)
        case .recovery(let code): failure = try proveRecovery(db, account, code, context)
        case .securityKey(let answer): failure = try proveKey(db, &trail, account, answer, challenge, context)
        }
        guard let failure else {
            if let change = machine.succeed(at: now) { trail.note(.lockout(change, account, .factor)) }
            try LockoutStore.put(db, account, .factor, machine)
            trail.note(TrailEntry("factor.prove", .init("account", account.description), details: ["kind": proof.kind.rawValue]))
            return true
        }
        let change = machine.fail(
            at: now, threshold: context.policy[.factorLockThreshold], duration: context.policy[.lockDuration])
        try LockoutStore.put(db, account, .factor, machine)
        if case .locked(let until) = change { trail.note(.lockout(.locked(until: until), account, .factor)) }
        return refuse(failure)
    }

    private static func proveTOTP(_ db: Connection, _ account: AccountID, _ code: String, _ context: IdentityContext) throws
        -> String?
    {
        for row in try rows(db, account, .totp) {
            let secret = try context.keys.open(bytes(row["secret"]), .factor, context: "\(account) totp")
            if let step = TOTP.match(code, secret: secret, at: context.now, after: row["counter"]) {
                try used(db, row["id"], counter: step, at: context.now)
                return nil
            }
        }
        return "wrong-code"
    }

    private static func proveRecovery(
        _ db: Connection, _ account: AccountID, _ code: String, _ context: IdentityContext
    ) throws -> String? {
        guard let code = RecoveryCodes.bytes(code) else { return "wrong-recovery-code" }
        let hash = recoveryHash(code, account, context)
        for row in try rows(db, account, .recovery) where Encodings.isSame(bytes(row["secret"]), hash) {
            _ = try remove(db, account, row["id"])
            return nil
        }
        return "wrong-recovery-code"
    }

    private static func proveKey(
        _ db: Connection, _ trail: inout TrailBook, _ account: AccountID, _ answer: SecurityKeyAnswer, _ challenge: [UInt8]?,
        _ context: IdentityContext
    ) throws -> String? {
        guard let challenge else { return "no-challenge" }
        for row in try rows(db, account, .securityKey) where bytes(row["credential"]) == answer.credential {
            guard let key = CredentialKey(stored: bytes(row["secret"])) else { return "damaged-key" }
            let counter: Int64 = row["counter"]
            let credential = WebAuthn.Credential(id: answer.credential, key: key, signCount: UInt32(clamping: counter))
            let assertion = WebAuthn.Assertion(
                credential: answer.credential, clientData: answer.clientData, authenticatorData: answer.authenticatorData,
                signature: answer.signature)
            let next: WebAuthn.Credential
            do throws(WebAuthn.Refusal) {
                next = try context.webAuthn.check(assertion, credential, challenge: challenge)
            } catch {
                if error == .signCount {
                    try db.execute(
                        sql: "UPDATE identity_factor SET flagged_at = ? WHERE id = ?",
                        arguments: [context.now.seconds, row["id"] as Int64])
                    trail.note(TrailEntry("factor.flag", .init("account", account.description), reason: "counted-backwards"))
                }
                return error.rawValue
            }
            try used(db, row["id"], counter: Int64(next.signCount), at: context.now)
            return nil
        }
        return "unknown-key"
    }

    private static func rows(_ db: Connection, _ account: AccountID, _ kind: FactorKind) throws -> [Row] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM identity_factor WHERE account = ? AND kind = ? AND flagged_at IS NULL ORDER BY id",
            arguments: [account.number, kind.rawValue])
    }

    private static func used(_ db: Connection, _ id: Int64, counter: Int64, at now: Instant) throws {
        try db.execute(
            sql: "UPDATE identity_factor SET counter = ?, last_used = ? WHERE id = ?", arguments: [counter, now.seconds, id])
    }
}

extension FactorProof {
    /// What kind of factor it proves.
    var kind: FactorKind {
        switch self {
        case .totp: .totp
        case .recovery: .recovery
        case .securityKey: .securityKey
        }
    }
}

extension IdentityContext {
    /// The checker of security keys for this installation's origin.
    var webAuthn: WebAuthn { WebAuthn(site: configuration.site, origin: configuration.origin) }
}
