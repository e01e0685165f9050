internal import Documents

/// Group `access`: limits on hours, origins and concurrent sessions.
struct AccessCollector: FactCollector {
    let group = "access"

    /// Most rules that are listed of one kind.
    private static let limit = 20_000

    func collect(_ probe: Probe) async -> Collected {
        let services = PAMReader(probe).services()
        let access = Self.accessRules(services ?? [], probe)
        let limits = Self.limits(services ?? [], probe)
        let domains = limits.filter { ["maxlogins", "maxsyslogins"].contains($0.fields[2]) && Self.bounds($0.fields[3]) }.map {
            $0.fields[0]
        }
        func names(_ module: String, _ facilities: [PAMFacility]) -> Node? {
            services.map { .texts($0.filter { Self.uses(module, facilities, $0) }.map { $0.name }) }
        }
        return .facts(
            .object([
                (
                    "time_rules",
                    .list(
                        Self.timeRules(services ?? [], probe).map { rule in
                            .object([
                                ("services", .text(rule.fields[0])), ("users", .text(rule.fields[2])),
                                ("times", .text(rule.fields[3])),
                                ("from", .text(rule.from)),
                            ])
                        })
                ),
                (
                    "access_rules",
                    .list(
                        access.rules.map { rule in
                            .object([
                                ("permission", .text(rule.fields[0])), ("users", .text(rule.fields[1])),
                                ("origins", .text(rule.fields[2])),
                                ("from", .text(rule.from)),
                            ])
                        })
                ),
                (
                    "limits",
                    .list(
                        limits.map { rule in
                            .object([
                                ("domain", .text(rule.fields[0])), ("kind", .text(rule.fields[1])),
                                ("item", .text(rule.fields[2])),
                                ("value", .text(rule.fields[3])), ("from", .text(rule.from)),
                            ])
                        })
                ),
                ("maxlogins", .texts(domains)), ("denies_by_default", .bool(access.deniesByDefault)),
                ("hosts_deny_all", Self.hostsDenyAll(probe).map { .bool($0) }),
                ("time_module_in", names("pam_time", [.account])), ("access_module_in", names("pam_access", [.account, .auth])),
                ("limits_module_in", names("pam_limits", [.session])),
            ]))
    }

    private struct Rule {
        var fields: [String]
        var from: String
    }

    /// Whether a service calls a module where its refusal counts (for limits: at all).
    private static func uses(_ module: String, _ facilities: [PAMFacility], _ service: PAMService) -> Bool {
        facilities.contains { facility in
            service.modules(facility).contains { call in
                call.name == module && (facility == .session || PAMRefusal.counts(call, service, facility) != false)
            }
        }
    }

    /// Files that PAM lines name instead of the usual one, or the usual one.
    private static func files(_ module: String, _ argument: String, usual: String, _ services: [PAMService], _ probe: Probe)
        -> [String]
    {
        var paths: [String] = []
        for call in services.flatMap({ service in PAMFacility.allCases.flatMap { service.modules($0) } })
        where call.name == module {
            let path = call.value(argument) ?? usual
            if !paths.contains(path) { paths.append(path) }
        }
        return paths.isEmpty ? [usual] : paths
    }

    private static func read(_ usual: String, _ probe: Probe) -> TextFile? {
        // Where /etc has none, newer systems take the vendor's.
        probe.file(usual) ?? (probe.exists(usual) || !usual.hasPrefix("/etc/") ? nil : probe.file("/usr\(usual)"))
    }

    // MARK: time.conf

    private static func timeRules(_ services: [PAMService], _ probe: Probe) -> [Rule] {
        files("pam_time", "conffile", usual: "/etc/security/time.conf", services, probe).flatMap { path -> [Rule] in
            guard let file = read(path, probe) else { return [] }
            var found: [Rule] = []
            var pending = ""
            var start = 0
            for (index, raw) in file.lines.enumerated() where found.count < limit {
                if pending.isEmpty { start = index + 1 }
                let line = raw.withoutComment.trimmed
                if line.hasSuffix("\\") {
                    pending += line.dropLast()
                    continue
                }
                let fields = (pending + line).split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed }
                if fields.count >= 4 { found.append(Rule(fields: fields, from: file.from(start))) }
                pending = ""
            }
            return found
        }
    }

    // MARK: access.conf

    private static func accessRules(_ services: [PAMService], _ probe: Probe) -> (rules: [Rule], deniesByDefault: Bool) {
        var rules: [Rule] = []
        var denies = false
        func isEnd(_ rule: Rule?) -> Bool {
            rule.map { $0.fields[0] == "-" && $0.fields[1].uppercased() == "ALL" && $0.fields[2].uppercased() == "ALL" } ?? false
        }
        for path in files("pam_access", "accessfile", usual: "/etc/security/access.conf", services, probe) {
            guard let file = read(path, probe) else { continue }
            rules += accessRules(file)
            denies = denies || isEnd(rules.last)
        }
        for path in confFiles("/etc/security/access.d", probe) {
            if let file = probe.file(path) { rules += accessRules(file) }
        }
        return (Array(rules.prefix(limit)), denies || isEnd(rules.last))
    }

    private static func accessRules(_ file: TextFile) -> [Rule] {
        file.lines.enumerated().compactMap { index, line in
            let text = line.trimmed
            guard !text.hasPrefix("#") else { return nil }
            // Origins may hold the colons of IPv6 addresses.
            let fields = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map { $0.trimmed }
            guard fields.count == 3, fields[0] == "+" || fields[0] == "-" else { return nil }
            return Rule(fields: fields, from: file.from(index + 1))
        }
    }

    /// `*.conf` of a folder and of its vendor twin, by name; the folder's own win.
    private static func confFiles(_ folder: String, _ probe: Probe) -> [String] {
        var paths: [String: String] = [:]
        for folder in ["/usr\(folder)", folder] {
            for name in probe.names(in: folder) where name.hasSuffix(".conf") { paths[name] = "\(folder)/\(name)" }
        }
        return paths.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }.map { $0.value }
    }

    // MARK: limits.conf

    private static func limits(_ services: [PAMService], _ probe: Probe) -> [Rule] {
        let usual = "/etc/security/limits.conf"
        let paths = files("pam_limits", "conf", usual: usual, services, probe)
        // A file named in the PAM line takes the folder's place as well.
        let folder = paths.contains(usual) ? confFiles("/etc/security/limits.d", probe) : []
        var found: [Rule] = []
        for file in paths.compactMap({ read($0, probe) }) + folder.compactMap({ probe.file($0) }) {
            for (index, line) in file.lines.enumerated() where found.count < limit {
                let words = line.withoutComment.words
                guard words.count >= 4 else { continue }
                // pam_limits compares kind and item without regard to case; names of people and groups have one.
                let fields = [words[0], words[1].lowercased(), words[2].lowercased(), words[3]]
                found.append(Rule(fields: fields, from: file.from(index + 1)))
            }
        }
        return found
    }

    private static func bounds(_ value: String) -> Bool { value.leadingNumber.map { $0 >= 0 } ?? false }

    // MARK: hosts.deny

    /// Whether tcp wrappers refuse everybody whom hosts.allow does not name; nil when the file cannot be read.
    private static func hostsDenyAll(_ probe: Probe) -> Bool? {
        guard let file = probe.file("/etc/hosts.deny") else { return probe.exists("/etc/hosts.deny") ? nil : false }
        return file.lines.contains { line in
            let text = line.trimmed
            guard !text.hasPrefix("#") else { return false }
            let fields = text.split(separator: ":", maxSplits: 2).map { $0.words }
            return fields.count >= 2 && fields[0].map { $0.uppercased() } == ["ALL"]
                && fields[1].map { $0.uppercased() } == ["ALL"]
        }
    }
}
