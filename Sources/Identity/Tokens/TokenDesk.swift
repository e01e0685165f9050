internal import Database
internal import Rulebook

/// Tokens of programs: made, used, revoked.
public struct TokenDesk: Sendable {
    let context: IdentityContext

    /// Makes a token for a program of one's own.
    ///
    /// - Parameters:
    ///   - label: what the person calls it; 1 to 64 bytes.
    ///   - permissions: what it may do: a part of what one may oneself. What wants a fresh proof of identity a program can never do.
    ///   - lifetime: seconds; at most the policy's.
    ///   - session: whose program it is.
    /// - Returns: the token, to be shown once.
    /// - Throws: `.notFresh`; `.forbidden` when a permission is not one's own, or wants a fresh proof; `.badInput`; `.storage`.
    public func make(
        label: String, permissions: Set<Permission>, lifetime: Int, _ session: Session
    ) async throws(IdentityError) -> NewAccessToken {
        try context.demandFresh(session.principal)
        guard !permissions.isEmpty else { throw IdentityError(.badInput, "a token may do at least one thing") }
        for permission in permissions.sorted() {
            guard session.principal.may(permission), context.roles.rules[permission]?.needsFreshAuthentication == false else {
                throw IdentityError(.forbidden, "\(permission.rawValue) cannot be given to a program")
            }
        }
        return try await make(
            .person, session.account.id, label: label, host: nil, permissions, lifetime: lifetime, longest: .apiTokenLifetime,
            session.principal)
    }

    /// Makes the token of a host's agent, which may hand in that host's facts and nothing else.
    ///
    /// - Parameters:
    ///   - host: the host's name as its facts say it; 1 to 253 bytes.
    ///   - lifetime: seconds; at most the policy's.
    ///   - principal: who answers for it.
    /// - Returns: the token, to be shown once.
    /// - Throws: `.forbidden`; `.notFresh`; `.badInput`; `.storage`.
    public func makeAgent(host: String, lifetime: Int, by principal: Principal) async throws(IdentityError) -> NewAccessToken {
        try context.demand(.agentsManage, of: principal)
        guard let account = principal.account else { throw IdentityError(.badInput, "somebody must answer for an agent") }
        guard (1...253).contains(host.utf8.count), host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw IdentityError(.badInput, "the host's name is missing or cannot be one")
        }
        return try await make(
            .agent, account, label: host, host: host, [.factsUpload], lifetime: lifetime, longest: .agentTokenLifetime, principal)
    }

    private func make(
        _ kind: AccessToken.Kind, _ account: AccountID, label: String, host: String?, _ permissions: Set<Permission>,
        lifetime: Int,
        longest: PolicySetting, _ principal: Principal
    ) async throws(IdentityError) -> NewAccessToken {
        guard (60...context.policy[longest]).contains(lifetime) else {
            throw IdentityError(.badInput, "a token lives for 60 s to \(context.policy[longest] / 86_400) days")
        }
        guard (1...64).contains(tidied(label, 253).utf8.count) || kind == .agent else {
            throw IdentityError(.badInput, "a token has a name of 1 to 64 bytes")
        }
        let context = context
        let now = context.now
        let secret = context.effects.random(TokenText.length)
        let token = AccessToken(
            reference: Encodings.hex(context.effects.random(8)), kind: kind, account: account, label: tidied(label, 253),
            host: host,
            permissions: permissions, createdAt: now, expiresAt: now.adding(seconds: Int64(lifetime)), lastUsed: nil)
        return try await context.change(principal.trailActor) { db, trail in
            try TokenStore.insert(db, Digest.sha256(secret), token)
            var details = [
                "account": account.description, "permissions": permissions.sorted().map(\.rawValue).joined(separator: " "),
                "until": token.expiresAt.description,
            ]
            if let host { details["host"] = host }
            trail.note(TrailEntry("token.make", .init("token", token.reference), details: details))
            return NewAccessToken(text: TokenText.write(kind, secret), token: token)
        }
    }

    /// Who acts with a token; nil when there is no such token, it has ended, or whoever answers for it may not be used (any more).
    ///
    /// The first use of a day (UTC) is noted in the trail.
    ///
    /// - Throws: `.limited`; `.storage`.
    public func find(_ text: String, client: Client) async throws(IdentityError) -> (principal: Principal, token: AccessToken)? {
        guard let (kind, secret) = TokenText.read(text) else {
            // Guesses are counted; genuine programs never come here.
            try context.limit(client)
            return nil
        }
        let found = try await context.read { db throws -> (AccessToken, Account)? in
            guard let token = try TokenStore.find(db, Digest.sha256(secret)), token.kind == kind,
                let account = try AccountStore.find(db, token.account)
            else { return nil }
            return (token, account)
        }
        guard let (token, account) = found else {
            try context.limit(client)
            return nil
        }
        let now = context.now
        guard now < token.expiresAt, account.isUsable(at: now) else { return nil }
        let permissions: Set<Permission>
        switch kind {
        case .person:
            guard account.conditions.allow(client.address, at: now, in: context.configuration.zone) else { return nil }
            guard context.roles.areOfParty(account.roles) == (account.party != nil) else { return nil }
            permissions = token.permissions.intersection(context.roles.permissions(of: account.roles))
        case .agent:
            // Given by an administrator, who may not touch content: what the agent may do does not come from the giver's own roles.
            permissions = token.permissions
        }
        let principal = Principal(
            kind: .token, account: account.id, permissions: permissions, party: account.party, provenAt: nil,
            trailActor: .agent(
                id: token.reference, name: token.host ?? "\(account.name) (\(token.label))", address: client.address?.description,
                code: client.code))
        if token.lastUsed?.date(in: .utc) != now.date(in: .utc) {
            try await context.change(principal.trailActor) { db, trail in
                try TokenStore.setUsed(db, token.reference, at: now)
                trail.note(TrailEntry("token.use", .init("token", token.reference)))
            }
        }
        return (principal, token)
    }

    /// One's own tokens, or, with the permission, everybody's.
    ///
    /// - Throws: `.forbidden`; `.storage`.
    public func list(of account: AccountID?, for principal: Principal) async throws(IdentityError) -> [AccessToken] {
        if account == nil || account != principal.account { try context.demand(.accountsRead, of: principal) }
        return try await context.read { db in try TokenStore.list(db, account) }
    }

    /// Ends a token: one's own, or, with the permission, anybody's.
    ///
    /// - Throws: `.notFound`; `.forbidden`; `.storage`.
    public func revoke(_ reference: String, by principal: Principal) async throws(IdentityError) {
        try await context.change(principal.trailActor) { db, trail in
            guard let token = try TokenStore.list(db, nil).first(where: { $0.reference == reference }) else {
                throw IdentityError(.notFound, "there is no such token")
            }
            // To end something wants no fresh proof.
            let mayAny = principal.may(.accountsChange) || (token.kind == .agent && principal.may(.agentsManage))
            guard mayAny || token.account == principal.account else {
                throw IdentityError(.forbidden, "this is somebody else's token")
            }
            _ = try TokenStore.remove(db, reference)
            trail.note(TrailEntry("token.revoke", .init("token", reference)))
        }
    }
}
