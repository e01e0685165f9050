internal import Rulebook

/// What every account must keep, whoever makes or changes it. Pure.
struct AccountRules: Sendable {
    let policy: IdentityPolicy
    let roles: RoleBook
    let side: Side

    /// Refuses an account that may not exist.
    ///
    /// - Throws: `.badInput`.
    func check(_ new: NewAccount, at now: Instant) throws(IdentityError) {
        guard !policy.genericNames.contains(new.name.text) else {
            throw IdentityError(.badInput, "\"\(new.name)\" is nobody's name; an account belongs to one person")
        }
        guard (1...64).contains(new.person.utf8.count) else {
            throw IdentityError(.badInput, "the person's number in the firm is missing or too long")
        }
        guard (1...128).contains(new.displayName.utf8.count) else {
            throw IdentityError(.badInput, "the person's name is missing or too long")
        }
        try check(mail: new.mail, phone: new.phone)
        try check(roles: new.roles, party: new.party)
        guard !new.isBreakGlass || roles.administers(new.roles) else {
            throw IdentityError(.badInput, "only an administrator can be kept for emergencies")
        }
        guard !new.isBreakGlass || new.temporaryUntil == nil else {
            throw IdentityError(.badInput, "an account for emergencies does not end by itself")
        }
        if let end = new.temporaryUntil { try check(end: end, at: now) }
    }

    /// Longest key of a party in bytes.
    static let partyLimit = 63

    /// Refuses roles that one person may not hold, and a party where there should be none or the other way round.
    func check(roles names: Set<RoleName>, party: String?) throws(IdentityError) {
        guard !names.isEmpty else { throw IdentityError(.badInput, "an account has at least one role") }
        if let objection = roles.objection(to: names, on: side) { throw IdentityError(.badInput, objection[.english]) }
        guard roles.areOfParty(names) == (party != nil) else {
            throw IdentityError(
                .badInput, party == nil ? "these roles act for a party, which is missing" : "these roles act for no party")
        }
        guard let party else { return }
        let isKey = party.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard (1...Self.partyLimit).contains(party.utf8.count), isKey else {
            throw IdentityError(.badInput, "the party's key is missing, too long, or none")
        }
    }

    /// Refuses an end that is past, or later than a temporary account may live.
    func check(end: Instant, at now: Instant) throws(IdentityError) {
        guard end > now, end - now <= Int64(policy[.temporaryLongest]) else {
            throw IdentityError(
                .badInput, "a temporary account ends within \(policy[.temporaryLongest] / 86_400) days from now")
        }
    }

    /// Refuses what cannot be an address or a telephone number.
    func check(mail: String?, phone: String?) throws(IdentityError) {
        if let mail {
            let parts = mail.split(separator: "@", omittingEmptySubsequences: false)
            let isPlain = mail.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value < 0x7F && !"<>,;:\"\\()[]".unicodeScalars.contains($0)
            }
            guard mail.utf8.count <= 254, isPlain, parts.count == 2, !parts[0].isEmpty, parts[1].contains("."),
                parts[1].first != ".", parts[1].last != "."
            else { throw IdentityError(.badInput, "the mail address cannot be one") }
        }
        if let phone {
            guard (3...32).contains(phone.utf8.count),
                phone.unicodeScalars.allSatisfy({ "+0123456789 ()-#".unicodeScalars.contains($0) })
            else { throw IdentityError(.badInput, "the telephone number cannot be one") }
        }
    }

    /// Refuses a change after which nobody could help the platform any more (L7).
    ///
    /// - Parameters:
    ///   - before: all accounts as they are.
    ///   - after: all accounts as they would be.
    ///   - now: the time.
    /// - Throws: `.lastAdministrator`.
    func guardAdministrators(before: [Account], after: [Account], at now: Instant) throws(IdentityError) {
        func administrators(_ accounts: [Account]) -> [Account] {
            accounts.filter { $0.state == .active && $0.temporaryUntil == nil && roles.administers($0.roles) }
        }
        let (had, has) = (administrators(before), administrators(after))
        guard !has.isEmpty || had.isEmpty else {
            throw IdentityError(.lastAdministrator, "this is the last administrator")
        }
        let (kept, keeps) = (had.count(where: \.isBreakGlass), has.count(where: \.isBreakGlass))
        guard keeps >= min(kept, policy[.breakGlassAccounts]) else {
            throw IdentityError(
                .lastAdministrator, "fewer than \(policy[.breakGlassAccounts]) administrators for emergencies would be left")
        }
    }

    /// Whether an account with these roles must have a second factor.
    func needsFactor(_ names: Set<RoleName>) -> Bool { policy[.administratorFactors] > 1 && roles.administers(names) }
}
