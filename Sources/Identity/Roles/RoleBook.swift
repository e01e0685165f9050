public import Rulebook

/// Which installation this is; roles belong to one or both.
public enum Side: String, Sendable, CaseIterable {
    /// A securities or futures firm.
    case firm
    /// The exchange or association that supervises firms.
    case supervisor
}

/// Name of a role, as `ciso`; what it may do is data.
public struct RoleName: RawRepresentable, Sendable, Hashable, Comparable {
    /// The name.
    public let rawValue: String

    /// A role by its name; `RoleBook` says whether there is one.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// In the order of the names.
    public static func < (left: RoleName, right: RoleName) -> Bool { left.rawValue < right.rawValue }
}

/// Roles, permissions, and which roles exclude each other.
public struct RoleBook: Sendable {
    /// What a permission is about.
    public enum Area: String, Sendable, CaseIterable {
        /// What the firm or the supervisor works on.
        case content
        /// Accounts, settings and operation of Plumbline itself.
        case platform
    }

    /// What is known of a permission.
    public struct Rule: Sendable, Hashable {
        /// What it is called.
        public var title: Text
        /// What it is about.
        public var area: Area
        /// Whether it changes anything.
        public var changes: Bool
        /// Whether the person proves again who they are shortly before.
        public var needsFreshAuthentication: Bool
        /// The permission a second person must hold who agrees first; nil when nobody needs to.
        public var approver: Permission?
    }

    /// What a role is.
    public struct Role: Sendable, Hashable {
        /// Its name.
        public var name: RoleName
        /// What it is called.
        public var title: Text
        /// Where it exists.
        public var sides: Set<Side>
        /// Whether it administers the platform: such accounts need a second factor, and the last ones are guarded.
        public var administers: Bool
        /// Whether an account with it acts for one party and sees nothing of any other.
        public var isOfParty: Bool
        /// What it may do.
        public var permissions: Set<Permission>
    }

    /// A role that may not be held with others.
    public struct Exclusion: Sendable, Hashable {
        /// The role.
        public var role: RoleName
        /// It excludes every role with a permission of this area.
        public var area: Area?
        /// It excludes every role that may change something.
        public var changes: Bool
        /// It excludes this role.
        public var other: RoleName?
        /// Why.
        public var reason: Text
    }

    /// The schema a file of roles names.
    public static let schema = "plumbline.roles/1"

    /// Every permission; the reader sees to it that none is missing.
    public let rules: [Permission: Rule]
    /// The roles in the order of the file.
    public let roles: [Role]
    /// What may not go together.
    public let exclusions: [Exclusion]

    /// A role by its name.
    public subscript(name: RoleName) -> Role? { roles.first { $0.name == name } }

    /// Everything the roles together may do.
    public func permissions(of names: some Sequence<RoleName>) -> Set<Permission> {
        names.reduce(into: []) { $0.formUnion(self[$1]?.permissions ?? []) }
    }

    /// Whether one of the roles administers the platform.
    public func administers(_ names: some Sequence<RoleName>) -> Bool { names.contains { self[$0]?.administers == true } }

    /// Whether an account with these roles acts for one party: all of them say so. None, or a mixture, does not.
    public func areOfParty(_ names: some Sequence<RoleName>) -> Bool {
        var found = false
        for name in names {
            guard self[name]?.isOfParty == true else { return false }
            found = true
        }
        return found
    }

    /// Why the roles may not be held by one person on this side; nil when they may.
    public func objection(to names: Set<RoleName>, on side: Side) -> Text? {
        for name in names.sorted() {
            guard let role = self[name] else { return Text("沒有「\(name.rawValue)」這個角色", "There is no role \"\(name.rawValue)\"") }
            guard role.sides.contains(side) else {
                return Text(
                    "「\(role.title[.chinese])」不適用於此安裝", "The role \"\(role.title[.english])\" does not exist on this side")
            }
        }
        if !areOfParty(names), let bound = names.sorted().compactMap({ self[$0] }).first(where: \.isOfParty) {
            return Text(
                "「\(bound.title[.chinese])」代表單一業者，不得與其他角色並存",
                "The role \"\(bound.title[.english])\" acts for one party and is held with none that does not")
        }
        for exclusion in exclusions where names.contains(exclusion.role) {
            for name in names.sorted() where name != exclusion.role && excludes(exclusion, name) { return exclusion.reason }
        }
        return nil
    }

    func excludes(_ exclusion: Exclusion, _ name: RoleName) -> Bool {
        if name == exclusion.other { return true }
        return (self[name]?.permissions ?? []).contains { permission in
            guard let rule = rules[permission] else { return false }
            return rule.area == exclusion.area || (exclusion.changes && rule.changes)
        }
    }
}
