internal import Identity
internal import Reports
internal import Rulebook

/// What things of the platform's own accounts are called.
enum IdentityWords {
    static func role(_ name: RoleName, _ book: RoleBook, _ wording: Wording) -> String {
        book[name].map { wording($0.title) } ?? name.rawValue
    }

    static func roles(_ names: some Sequence<RoleName>, _ book: RoleBook, _ wording: Wording) -> String {
        let titles = names.sorted().map { role($0, book, wording) }
        return titles.isEmpty ? wording("account.none") : titles.joined(separator: wording("report.list-separator"))
    }

    static func permission(_ permission: Permission, _ book: RoleBook, _ wording: Wording) -> String {
        book.rules[permission].map { wording($0.title) } ?? permission.rawValue
    }

    static func factor(_ kind: FactorKind, _ wording: Wording) -> String { wording("factor.\(kind.rawValue)") }

    static func factors(_ kinds: Set<FactorKind>, _ wording: Wording) -> String {
        let names = kinds.filter { $0 != .recovery }.sorted().map { factor($0, wording) }
        return names.isEmpty ? wording("factor.none") : names.joined(separator: wording("report.list-separator"))
    }

    static func state(_ state: Account.State, _ wording: Wording) -> String { wording("account.state-\(state.rawValue)") }

    /// Roles of this installation, for a choice.
    static func choices(_ identity: IdentityService, _ wording: Wording) -> [Form.Choice] {
        identity.roles.roles.filter { $0.sides.contains(identity.configuration.side) }.map {
            ($0.name.rawValue, wording($0.title))
        }
    }
}

/// What a browser is, in two words, from what it calls itself.
enum BrowserName {
    /// In this order, because some of them also name those behind them.
    private static let browsers = [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
        ("curl/", "curl"),
    ]
    private static let systems = [
        ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]

    /// `Firefox 128 · Windows`; nil when nothing is known.
    static func short(_ agent: String) -> String? {
        var parts: [String] = []
        for (sign, name) in browsers {
            guard let found = agent.firstRange(of: sign) else { continue }
            let version = agent[found.upperBound...].prefix { $0.isASCII && $0.isNumber }
            parts.append(version.isEmpty ? name : "\(name) \(version)")
            break
        }
        if let (_, name) = systems.first(where: { agent.contains($0.0) }) { parts.append(name) }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}
