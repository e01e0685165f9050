internal import Documents

/// The sudoers policy: rules with their aliases resolved, and the defaults.
final class Sudoers {
    /// Who may run what.
    struct Rule: Sendable, Equatable {
        var who: [String]
        var commands: [String]
        var runas: [String]
        var nopasswd: Bool
        var from: String
    }

    /// One parameter of a Defaults line.
    struct Default: Sendable, Equatable {
        /// `:ann`, `@host`, … ; empty for everybody.
        var scope: String
        var name: String
        var negated: Bool
        var value: String?
        var from: String
    }

    private(set) var rules: [Rule] = []
    private(set) var defaults: [Default] = []
    private(set) var files: [TextFile] = []
    /// Whether the main file and all it includes could be read.
    private(set) var isWhole = true

    private var aliases: [String: [String: [String]]] = [:]
    private var pending: [(SudoersLine, String)] = []
    private let probe: Probe
    private var expansions = 0
    private static let depthLimit = 128
    private static let fileLimit = 500
    private static let ruleLimit = 20_000
    private static let expansionLimit = 200_000

    init(_ probe: Probe) {
        self.probe = probe
        read(["/etc/sudoers", "/usr/etc/sudoers"].first { probe.exists($0) } ?? "/etc/sudoers", depth: 0)
        // Aliases may be defined after their use.
        for (line, from) in pending {
            guard rules.count < Self.ruleLimit else {
                probe.gap(from, "more rules than are read")
                isWhole = false
                break
            }
            specification(line.text, from)
        }
    }

    private func read(_ path: String, depth: Int) {
        guard depth <= Self.depthLimit, files.count < Self.fileLimit else {
            probe.gap(path.clipped, "included too deep or too often")
            isWhole = false
            return
        }
        guard let file = probe.file(path) else {
            if depth == 0 || probe.exists(path) { isWhole = false }
            return
        }
        files.append(file)
        for line in SudoersLine.all(in: file.lines) {
            guard pending.count < Self.ruleLimit else { break }
            let from = file.from(line.number)
            let keyword = String(line.text.prefix { $0 != " " && $0 != "\t" })
            let rest = line.text.dropFirst(keyword.count).trimmed
            switch keyword {
            case "#include", "@include": include(rest, in: path, depth: depth)
            case "#includedir", "@includedir": includeFolder(rest, in: path, depth: depth)
            case "User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias": define(keyword, rest)
            case let word where word.hasPrefix("Defaults"): setDefaults(line.text, from)
            default: pending.append((line, from))
            }
        }
    }

    private func path(_ text: String, in file: String) -> String? {
        var scanner = SudoersScanner(Array(text.utf8))
        let name = scanner.rest()
        guard !name.contains("%h") else {
            probe.gap(name.clipped, "an include that names the host is not followed")
            isWhole = false
            return nil
        }
        if name.hasPrefix("/") { return name }
        return (file.split(separator: "/").dropLast().map { "/\($0)" }.joined()) + "/" + name
    }

    private func include(_ text: String, in file: String, depth: Int) {
        if let path = path(text, in: file) { read(path, depth: depth + 1) }
    }

    private func includeFolder(_ text: String, in file: String, depth: Int) {
        guard let folder = path(text, in: file) else { return }
        let before = probe.gaps.count
        // sudo skips names with a dot or a tilde at the end: what editors and package managers leave behind.
        for name in probe.names(in: folder) where !name.contains(".") && !name.hasSuffix("~") {
            read("\(folder)/\(name)", depth: depth + 1)
        }
        if probe.gaps.count > before { isWhole = false }
    }

    // MARK: Aliases

    private func define(_ kind: String, _ text: String) {
        var scanner = SudoersScanner(Array(text.utf8))
        let isCommand = kind.hasPrefix("Cm")
        while !scanner.isAtEnd {
            let name = scanner.text(until: "=:,")
            guard scanner.take("=") else { return }
            var items: [String] = []
            if isCommand {
                repeat { items.append(scanner.command()) } while scanner.take(",") && items.count < 10_000
            } else {
                items = scanner.list()
            }
            aliases[isCommand ? "Cmnd_Alias" : kind, default: [:]][name] = items.filter { !$0.isEmpty }
            guard scanner.take(":") else { return }
        }
    }

    /// The items with aliases replaced by what they stand for; a negated alias negates all of it.
    private func expanded(_ items: [String], _ kind: String, depth: Int = 0) -> [String] {
        guard let known = aliases[kind], depth < 20 else { return items }
        return items.flatMap { item -> [String] in
            expansions += 1
            let negated = item.hasPrefix("!")
            let name = negated ? String(item.dropFirst()) : item
            guard let meaning = known[name], expansions < Self.expansionLimit else { return [item] }
            let inner = expanded(meaning, kind, depth: depth + 1)
            return negated ? inner.map { $0.hasPrefix("!") ? String($0.dropFirst()) : "!\($0)" } : inner
        }
    }

    // MARK: Defaults

    private func setDefaults(_ text: String, _ from: String) {
        var rest = text.dropFirst("Defaults".count)
        var scope = ""
        if let sign = rest.first, "@:!>".contains(sign) {
            rest = rest.dropFirst()
            var scanner = SudoersScanner(Array(rest.utf8))
            scope = String(sign) + scanner.list().joined(separator: ",")
            rest = scanner.unread
        }
        var scanner = SudoersScanner(Array(rest.utf8))
        while !scanner.isAtEnd, defaults.count < Self.ruleLimit {
            var negated = false
            while scanner.take("!") { negated.toggle() }
            var name = scanner.text(until: " \t=,")
            if name.hasSuffix("+") || name.hasSuffix("-") { name.removeLast() }
            _ = scanner.take("+") || scanner.take("-")
            let value = scanner.take("=") ? scanner.text(until: ",") : nil
            if !name.isEmpty { defaults.append(Default(scope: scope, name: name, negated: negated, value: value, from: from)) }
            if !scanner.take(",") { _ = scanner.text(until: ","); if !scanner.take(",") { break } }
        }
    }

    /// The last setting of a parameter for everybody.
    func setting(_ name: String) -> Default? { defaults.last { $0.name == name && $0.scope.isEmpty } }

    // MARK: Rules

    private func specification(_ text: String, _ from: String) {
        var scanner = SudoersScanner(Array(text.utf8))
        let who = expanded(scanner.list(), "User_Alias")
        guard !who.isEmpty else { return }
        let free = defaults.contains { item in
            item.name == "authenticate" && item.negated
                && (item.scope.isEmpty || item.scope.dropFirst().split(separator: ",").contains { who.contains(String($0)) })
        }
        repeat {
            _ = scanner.list()
            guard scanner.take("=") else { return }
            commands(&scanner, who, free, from)
        } while scanner.take(":") && rules.count < Self.ruleLimit
    }

    /// The commands of one host list. Run-as and tags hold until they are changed.
    private func commands(_ scanner: inout SudoersScanner, _ who: [String], _ free: Bool, _ from: String) {
        var runas = ["root"]
        var nopasswd = free
        repeat {
            if scanner.take("(") {
                runas = expanded(scanner.list(), "Runas_Alias")
                if scanner.take(":") { runas += expanded(scanner.list(), "Runas_Alias").map { ":\($0)" } }
                _ = scanner.take(")")
                if runas.isEmpty { runas = ["(self)"] }
            }
            while true {
                if let tag = scanner.tag() {
                    if tag == "NOPASSWD" { nopasswd = true }
                    if tag == "PASSWD" { nopasswd = false }
                } else if !scanner.skipOption() {
                    break
                }
            }
            let command = scanner.command()
            guard !command.isEmpty else { continue }
            let names = expanded([command], "Cmnd_Alias")
            let rule = Rule(who: who, commands: names, runas: runas, nopasswd: nopasswd, from: from)
            if let last = rules.last, last.who == who, last.runas == runas, last.nopasswd == nopasswd, last.from == from {
                rules[rules.count - 1].commands += names
            } else {
                rules.append(rule)
            }
        } while scanner.take(",") && rules.count < Self.ruleLimit
    }

    // MARK: Who is meant

    /// Whether a rule names a user, by name, number, group or as everybody (unless everybody must know the target's password).
    func names(_ user: AccountBase.User, groups: [String], gids: Set<Int>) -> Bool {
        let asksTarget = ["targetpw", "rootpw", "runaspw"].contains { name in setting(name).map { !$0.negated } ?? false }
        return rules.contains { rule in
            var named = false
            for item in rule.who {
                let negated = item.hasPrefix("!")
                let name = negated ? String(item.dropFirst()) : item
                let matches =
                    name == user.name || name == "#\(user.uid)" || (name == "ALL" && !asksTarget)
                    || (name.hasPrefix("%#") && Int(name.dropFirst(2)).map(gids.contains) ?? false)
                    || (name.hasPrefix("%") && groups.contains(String(name.dropFirst())))
                if matches { named = !negated }
            }
            return named && rule.commands.contains { !$0.hasPrefix("!") }
        }
    }
}

extension SudoersScanner {
    /// What has not been taken.
    var unread: Substring { Substring(String(decoding: remaining, as: UTF8.self)) }
}
