/// logrotate's configuration: defaults, the files of /etc/logrotate.d, and what each log gets.
struct LogrotateConfig {
    /// What is set for a log, or by default.
    struct Rules: Sendable, Equatable {
        var frequency = "size"
        var rotate = 0
        var maxage: Int?
        var hasMaxsize = false

        /// Days a log is kept for sure: rotations times their period, cut by maxage; nil when size decides.
        var keeps: Int? {
            let period: Int? =
                switch frequency {
                case "hourly": rotate / 24
                case "daily": rotate
                case "weekly": product(rotate, 7)
                case "monthly": product(rotate, 365).map { $0 / 12 }
                case "yearly": product(rotate, 365)
                default: nil
                }
            if rotate == 0 { return 0 }
            let cut = maxage ?? Int.max
            // rotate -1 keeps all: "for ever" is 100 000 days.
            if rotate < 0 { return min(100_000, cut) }
            if hasMaxsize { return nil }
            return period.map { min($0, 100_000, cut) }
        }

        private func product(_ count: Int, _ days: Int) -> Int? {
            let (product, overflow) = count.multipliedReportingOverflow(by: days)
            return overflow ? nil : product
        }
    }

    /// One path pattern with its rules.
    struct Entry: Sendable, Equatable {
        let path: String
        let rules: Rules
        let from: String
    }

    private let probe: Probe
    private(set) var entries: [Entry] = []
    private var visited: Set<String> = []
    private static let scripts: Set<String> = ["postrotate", "prerotate", "firstaction", "lastaction", "preremove"]
    private static let taboo = [
        ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-bak", ".dpkg-del", ".dpkg-tmp", ".disabled", "~", ".bak", ".swp",
        ".rpmsave",
        ".rpmorig", ".rpmnew", ".cfsaved", ".ucf-old", ".ucf-dist", ".ucf-new", ",v", ".rhn-cfg-tmp-",
    ]

    init(_ probe: Probe) {
        self.probe = probe
        var rules = Rules()
        read("/etc/logrotate.conf", &rules, depth: 0)
    }

    private mutating func read(_ path: String, _ defaults: inout Rules, depth: Int) {
        guard depth < 4, visited.count < 1000, visited.insert(path).inserted, let file = probe.file(path) else { return }
        var state = Reading(rules: defaults)
        for (index, raw) in file.lines.enumerated() where entries.count < 5000 {
            let line = Conf.trim(raw)
            if state.inScript {
                if line == "endscript" { state.inScript = false }
                continue
            }
            guard !Conf.isSilent(line) else { continue }
            take(line, file.from(index + 1), &state, depth)
        }
        defaults = state.rules
    }

    private struct Reading {
        var rules: Rules
        var block: Rules?
        var paths: [(String, String)] = []
        var inScript = false
    }

    private mutating func take(_ line: String, _ from: String, _ state: inout Reading, _ depth: Int) {
        if var block = state.block {
            if line.hasPrefix("}") {
                for (path, place) in state.paths { entries.append(Entry(path: path, rules: block, from: place)) }
                state.block = nil
                state.paths = []
            } else if let word = Conf.words(line).first, Self.scripts.contains(word) {
                state.inScript = true
            } else {
                Self.apply(line, &block)
                state.block = block
            }
            return
        }
        if line.hasPrefix("/") || line.hasPrefix("\"") || line.hasPrefix("'") || line.hasPrefix("{") || line.hasPrefix("~") {
            let parts = line.split(separator: "{", maxSplits: 1, omittingEmptySubsequences: false)
            state.paths += Conf.quotedWords(parts[0]).map { ($0, from) }
            guard parts.count > 1 else { return }
            state.block = state.rules
            // `path { daily rotate 3 }` on one line does not occur in practice, but a first directive behind the brace may.
            let rest = Conf.trim(parts[1])
            if !rest.isEmpty { take(rest, from, &state, depth) }
            return
        }
        if let word = Conf.words(line).first, Self.scripts.contains(word) {
            state.inScript = true
            return
        }
        let words = Conf.quotedWords(line)
        if words.first == "include", words.count > 1 {
            include(words[1], &state.rules, depth)
        } else {
            Self.apply(line, &state.rules)
        }
    }

    private mutating func include(_ target: String, _ rules: inout Rules, _ depth: Int) {
        guard probe.status(target)?.kind == .directory else {
            for path in probe.paths(matching: target) { read(path, &rules, depth: depth + 1) }
            return
        }
        for name in probe.names(in: target) where !name.hasPrefix(".") && !Self.taboo.contains(where: { name.hasSuffix($0) }) {
            // Directives outside blocks in an included file go on to count for the next one, as in logrotate itself.
            read("\(target)/\(name)", &rules, depth: depth + 1)
        }
    }

    private static func apply(_ line: String, _ rules: inout Rules) {
        let words = Conf.words(line.replacingMark("=", with: " "))
        guard let name = words.first else { return }
        switch name {
        case "hourly", "daily", "weekly", "monthly", "yearly": rules.frequency = name
        case "annually": rules.frequency = "yearly"
        case "size": rules.frequency = "size"
        case "maxsize": rules.hasMaxsize = true
        case "rotate": if words.count > 1, let count = Int(words[1]) { rules.rotate = count }
        case "maxage": if words.count > 1, let days = Int(words[1]), days >= 0 { rules.maxage = days == 0 ? nil : days }
        default: return
        }
    }
}

extension String {
    /// The text with every `mark` replaced.
    fileprivate func replacingMark(_ mark: Character, with other: Character) -> String { String(map { $0 == mark ? other : $0 }) }
}
