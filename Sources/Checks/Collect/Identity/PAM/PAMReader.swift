internal import Documents

/// Reads PAM's configuration and composes each service's stacks as libpam does.
final class PAMReader {
    /// Where libpam looks for a service, in this order; the first file found is the whole of it.
    static let folders = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"]
    /// libpam's own bound on includes in includes.
    static let depthLimit = 16
    /// Bounds on what a service may grow to, against files that include each other many times.
    static let entryLimit = 2_000
    static let fileLimit = 400

    private enum Found {
        case lines(path: String, [PAMLine])
        case unreadable
        case absent
    }

    private let probe: Probe
    private var cache: [String: [PAMLine]] = [:]
    private var visits = 0
    private var count = 0

    init(_ probe: Probe) { self.probe = probe }

    /// Every service of the host with its stacks, sorted by name; nil when the host has no PAM configuration.
    func services() -> [PAMService]? {
        let folders = Self.folders.filter { probe.exists($0) }
        guard !folders.isEmpty else { return fromSingleFile() }
        let names = Set(folders.flatMap { folder in probe.names(in: folder).filter { isFile("\(folder)/\($0)") } })
        let services = names.filter { !Self.isLeftover($0) }.sorted().compactMap { compose($0) }
        let fallback = services.first { $0.name == "other" }
        let included = Set(
            cache.flatMap { path, lines in lines.compactMap(Self.includedName).filter { !path.hasSuffix("/\($0)") } })
        return services.filter { !Self.isFragment($0, included) }.map { Self.filled($0, from: fallback) }
    }

    private func isFile(_ path: String) -> Bool {
        if case .success(let status) = probe.host.status(path) { status.kind == .file } else { false }
    }

    /// Files that package managers and editors leave behind; no program asks for such a service.
    static func isLeftover(_ name: String) -> Bool {
        let endings = [
            ".rpmnew", ".rpmsave", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".pam-old", ".bak", ".orig", ".swp", "~",
        ]
        return name.hasPrefix(".") || endings.contains { name.hasSuffix($0) }
    }

    private static func includedName(_ line: PAMLine) -> String? {
        let words = line.tokens.map { $0.text }
        if words.first == "@include" { return words.dropFirst().first }
        guard words.count > 2, ["include", "substack"].contains(words[1].lowercased()) else { return nil }
        return words[2]
    }

    /// Building blocks such as common-auth are no services of their own.
    private static func isFragment(_ service: PAMService, _ included: Set<String>) -> Bool {
        let blocks = ["system-auth", "password-auth", "fingerprint-auth", "smartcard-auth", "postlogin"]
        if service.name.hasPrefix("common-") { return true }
        if blocks.contains(where: { service.name == $0 || service.name.hasPrefix("\($0)-") }) { return true }
        // Programs whose file others include: su-l includes su, and so on.
        let programs: Set<String> = ["su", "sudo", "runuser", "login", "sshd", "passwd", "remote", "gdm-password"]
        guard included.contains(service.name), !programs.contains(service.name) else { return false }
        return service.name.hasPrefix("system-") || service.stack(.auth).isEmpty || service.stack(.account).isEmpty
    }

    /// A facility the service says nothing of is the fallback's.
    private static func filled(_ service: PAMService, from fallback: PAMService?) -> PAMService {
        guard let fallback, service.name != "other" else { return service }
        var filled = service
        for facility in PAMFacility.allCases where service.stack(facility).isEmpty {
            filled.entries[facility] = fallback.stack(facility).map { entry in
                var entry = entry
                entry.via.insert("fallback to other", at: 0)
                return entry
            }
            if fallback.isIncomplete { filled.isIncomplete = true }
        }
        return filled
    }

    // MARK: Composing

    private func compose(_ name: String) -> PAMService? {
        var service = PAMService(name: name)
        visits = 0
        count = 0
        guard case .lines(let path, let lines) = find(name) else { return nil }
        append(lines, path, only: nil, depth: 0, level: 0, via: [], to: &service)
        return service
    }

    /// /etc/pam.conf, which counts only when there is no pam.d folder at all.
    private func fromSingleFile() -> [PAMService]? {
        guard let file = probe.file("/etc/pam.conf") else { return nil }
        var lines: [String: [PAMLine]] = [:]
        for line in PAMLine.all(in: file.lines) {
            lines[line.tokens[0].text.lowercased(), default: []].append(
                PAMLine(tokens: Array(line.tokens.dropFirst()), number: line.number))
        }
        let services = lines.sorted { $0.key < $1.key }.map { name, lines in
            var service = PAMService(name: name)
            visits = 0
            count = 0
            append(lines, file.path, only: nil, depth: 0, level: 0, via: [], to: &service)
            return service
        }
        let fallback = services.first { $0.name == "other" }
        return services.map { Self.filled($0, from: fallback) }
    }

    private func find(_ name: String) -> Found {
        for path in name.hasPrefix("/") ? [name] : Self.folders.map({ "\($0)/\(name)" }) {
            if let lines = cache[path] { return .lines(path: path, lines) }
            if let file = probe.file(path) {
                let lines = PAMLine.all(in: file.lines)
                cache[path] = lines
                return .lines(path: path, lines)
            }
            if probe.exists(path) { return .unreadable }
        }
        return .absent
    }

    private func append(
        _ lines: [PAMLine], _ path: String, only: PAMFacility?, depth: Int, level: Int, via: [String],
        to service: inout PAMService
    ) {
        for line in lines {
            let from = "\(path):\(line.number)"
            guard count < Self.entryLimit else {
                probe.gap(
                    "pam service \(service.name.clipped)",
                    "more than \(Self.entryLimit) lines after its includes; the rest is not read")
                service.isIncomplete = true
                return
            }
            if line.tokens.first?.text == "@include" {
                let target = line.tokens.dropFirst().first?.text
                include(target, only: only, depth: depth, level: level, from: from, via: via, to: &service)
                continue
            }
            let (facility, isKnown) = Self.facility(line, only)
            if let only, facility != only { continue }
            let control = line.tokens.dropFirst().first
            switch control?.bracketed == false ? control?.text.lowercased() : nil {
            case "include":
                include(Self.target(line), only: facility, depth: depth, level: level, from: from, via: via, to: &service)
            case "substack":
                let marker = PAMEntry(
                    facility: facility, kind: .substack, control: "substack", actions: PAMControl("required"), module: "",
                    arguments: [],
                    level: level, from: from, via: via)
                add(marker, to: &service)
                include(Self.target(line), only: facility, depth: depth, level: level + 1, from: from, via: via, to: &service)
            default: add(Self.entry(line, facility, isKnown: isKnown, level: level, from: from, via: via), to: &service)
            }
        }
    }

    private func add(_ entry: PAMEntry, to service: inout PAMService) {
        service.entries[entry.facility, default: []].append(entry)
        count += 1
    }

    private static func target(_ line: PAMLine) -> String? { line.tokens.dropFirst(2).first?.text }

    /// The facility a line speaks of. One that is misspelt fails in the facility asked for, or in auth, as in libpam.
    private static func facility(_ line: PAMLine, _ only: PAMFacility?) -> (PAMFacility, isKnown: Bool) {
        let word = line.tokens.first?.text.lowercased() ?? ""
        let name = word.hasPrefix("-") ? String(word.dropFirst()) : word
        return PAMFacility(rawValue: name).map { ($0, true) } ?? (only ?? .auth, false)
    }

    private static func entry(
        _ line: PAMLine, _ facility: PAMFacility, isKnown: Bool, level: Int, from: String, via: [String]
    ) -> PAMEntry {
        let tokens = line.tokens
        let control = tokens.count > 1 ? tokens[1].written : ""
        let module = tokens.count > 2 ? tokens[2].text : ""
        return PAMEntry(
            facility: facility, kind: isKnown && !module.isEmpty ? .module : .broken, control: control,
            actions: PAMControl(control),
            module: module.utf8.split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) } ?? "",
            arguments: tokens.dropFirst(3).map { $0.text }, level: level, from: from, via: via)
    }

    private func include(
        _ name: String?, only: PAMFacility?, depth: Int, level: Int, from: String, via: [String], to service: inout PAMService
    ) {
        visits += 1
        let problem: String
        if let name, depth + 1 < Self.depthLimit, visits < Self.fileLimit {
            switch find(name) {
            case .lines(let path, let lines):
                append(lines, path, only: only, depth: depth + 1, level: level, via: via + [from], to: &service)
                return
            case .unreadable:
                service.isIncomplete = true
                return
            case .absent: problem = "includes \(name.clipped), which is not there"
            }
        } else {
            problem = name == nil ? "an include without a name" : "includes nested deeper than libpam follows"
        }
        probe.gap(from, problem)
        let broken = PAMEntry(
            facility: only ?? .auth, kind: .broken, control: "include", actions: PAMControl("[default=bad]"), module: name ?? "",
            arguments: [], level: level, from: from, via: via)
        add(broken, to: &service)
    }
}
