internal import Database
internal import Rulebook

/// Reviewing accounts and their rights every half-year. Nobody reviews their own account, so a review takes two people.
public struct ReviewDesk: Sendable {
    let context: IdentityContext

    /// How it stands: when the next review is due, and whether one is going on. Due is counted from the last sign-off, at first from the first
    /// account.
    ///
    /// - Throws: `.storage`.
    public func status() async throws(IdentityError) -> ReviewStatus {
        let policy = context.policy
        let now = context.now
        return try await context.read { db in
            let reviews = try ReviewStore.list(db)
            let signed = reviews.compactMap(\.signedAt).max()
            let start = try signed ?? AccountStore.all(db).first?.createdAt ?? now
            let due = start.adding(seconds: Int64(policy[.reviewGap]))
            return ReviewStatus(
                lastSigned: signed, due: due, isOverdue: now > due, isNear: due - now <= Int64(policy[.reviewNotice]),
                open: reviews.last { $0.signedAt == nil }?.id)
        }
    }

    /// All reviews, oldest first.
    ///
    /// - Throws: `.forbidden`; `.storage`.
    public func list(for principal: Principal) async throws(IdentityError) -> [AccountReview] {
        try context.demand(.accountsRead, of: principal)
        return try await context.read { db in try ReviewStore.list(db) }
    }

    /// A review.
    ///
    /// - Throws: `.forbidden`; `.notFound`; `.storage`.
    public func find(_ id: Int64, for principal: Principal) async throws(IdentityError) -> AccountReview {
        try context.demand(.accountsRead, of: principal)
        return try await context.read { db in try ReviewStore.find(db, id) }
    }

    /// Begins a review of all accounts as they are now.
    ///
    /// - Returns: its number.
    /// - Throws: `.forbidden`; `.wrongState` when one is going on; `.storage`.
    public func open(by principal: Principal) async throws(IdentityError) -> Int64 {
        try context.demand(.accountsReview, of: principal)
        let account = try person(principal)
        let context = context
        return try await context.change(principal.trailActor) { db, trail in
            guard try !ReviewStore.list(db).contains(where: { $0.signedAt == nil }) else {
                throw IdentityError(.wrongState, "a review is going on")
            }
            let id = try ReviewStore.open(db, by: account, at: context.now, context.policy)
            trail.note(TrailEntry("review.open", .init("review", "\(id)")))
            return id
        }
    }

    /// Decides about an account. `.disable` disables it at once; `.change` wants a note of what is to change.
    ///
    /// - Throws: `.secondPerson` for one's own account; `.badInput` when the note is missing; `.wrongState` when the review is signed off;
    ///   `.lastAdministrator`; `.forbidden`; `.notFound`; `.storage`.
    public func decide(
        _ review: Int64, _ account: AccountID, _ decision: AccountReview.Decision, note: String = "", by principal: Principal
    ) async throws(IdentityError) {
        try context.demand(.accountsReview, of: principal)
        let reviewer = try person(principal)
        guard reviewer != account else { throw IdentityError(.secondPerson, "somebody else must review your account") }
        guard decision == .keep || (3...500).contains(note.utf8.count) else { throw IdentityError(.badInput, "a note is needed") }
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let found = try ReviewStore.find(db, review)
            guard found.signedAt == nil else { throw IdentityError(.wrongState, "the review is signed off") }
            guard found.items.contains(where: { $0.account == account }) else {
                throw IdentityError(.notFound, "the account is not part of this review")
            }
            if decision == .disable, try AccountStore.require(db, account).state == .active {
                try AccountDesk(context: context).disable(account, reason: "review \(review): \(note)", db, &trail)
            }
            try ReviewStore.decide(db, review, account, decision, note: note, by: reviewer, at: context.now)
            trail.note(
                TrailEntry(
                    "review.decide", .init("account", account.description), reason: note.isEmpty ? nil : tidied(note, 500),
                    details: ["review": "\(review)", "decision": decision.rawValue]))
        }
    }

    /// Signs a review off: every account has a decision.
    ///
    /// - Throws: `.wrongState` when decisions are missing, or it is signed off; `.forbidden`; `.notFound`; `.storage`.
    public func sign(_ review: Int64, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsReview, of: principal)
        let signer = try person(principal)
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let found = try ReviewStore.find(db, review)
            guard found.signedAt == nil else { throw IdentityError(.wrongState, "the review is signed off") }
            guard found.undecided == 0 else {
                throw IdentityError(.wrongState, "\(found.undecided) of \(found.items.count) accounts have no decision yet")
            }
            try ReviewStore.sign(db, review, by: signer, at: context.now)
            trail.note(TrailEntry("review.sign", .init("review", "\(review)"), details: ["accounts": "\(found.items.count)"]))
        }
    }

    private func person(_ principal: Principal) throws(IdentityError) -> AccountID {
        guard principal.kind == .person, let account = principal.account else {
            throw IdentityError(.forbidden, "a person reviews accounts")
        }
        return account
    }
}
