internal import Documents

/// What a service demands of a new password: the quality module's settings and whether its refusal counts.
struct QualityFacts {
    private let service: PAMService
    private let probe: Probe

    init(_ service: PAMService, _ probe: Probe) {
        self.service = service
        self.probe = probe
    }

    /// The usual file of libpwquality.
    static let usualFile = "/etc/security/pwquality.conf"

    private static let numbers = ["minlen", "minclass", "dcredit", "ucredit", "lcredit", "ocredit", "retry"]
    private static let switches = ["dictcheck", "usercheck", "enforcing"]

    /// The facts under `quality`; nil when they cannot be told.
    var node: Node? {
        let stack = service.stack(.password)
        let storing = stack.firstIndex { $0.kind == .module && PAMModules.password.contains($0.name) } ?? stack.endIndex
        let found = stack[..<storing].first { $0.kind == .module && PAMModules.quality.contains($0.name) }
        guard let call = found else {
            if stack.contains(where: { $0.name == "pam_passwdqc" }) {
                probe.gap("pam service \(service.name.clipped)", "the demands of pam_passwdqc are not read")
                return nil
            }
            return .object([("present", false)])
        }
        guard let counts = PAMRefusal.counts(call, service, .password) else { return nil }
        guard counts else { return .object([("present", false), ("module", .text(call.module)), ("from", .text(call.from))]) }
        let known = call.name == "pam_pwquality" ? pwquality(call) : Self.cracklib(call)
        return .object([("present", true), ("module", .text(call.module))] + Self.settings(known) + [("from", .text(call.from))])
    }

    private static func settings(_ known: [String: Origin<Int>]) -> [(String, Node?)] {
        var pairs: [(String, Node?)] = numbers.dropLast().map { name in
            (name, known[name].map { setting(.integer($0.value), from: $0.from) })
        }
        let credits = ["dcredit", "ucredit", "lcredit", "ocredit"].compactMap { known[$0]?.value }
        if credits.count == 4, let minclass = known["minclass"]?.value {
            pairs.append(("classes_demanded", .integer(max(minclass, credits.count { $0 < 0 }))))
        }
        for name in switches + ["enforce_for_root"] {
            pairs.append((name, known[name].map { setting(.bool($0.value != 0), from: $0.from) }))
        }
        pairs.append(("retry", known["retry"].map { setting(.integer($0.value), from: $0.from) }))
        return pairs
    }

    // MARK: pam_pwquality

    private func pwquality(_ call: PAMEntry) -> [String: Origin<Int>] {
        let assumed = "default of pam_pwquality"
        var known: [String: Origin<Int>] = [
            "minlen": Origin(8, assumed), "minclass": Origin(0, assumed), "dcredit": Origin(0, assumed),
            "ucredit": Origin(0, assumed),
            "lcredit": Origin(0, assumed), "ocredit": Origin(0, assumed), "dictcheck": Origin(1, assumed),
            "usercheck": Origin(1, assumed), "enforcing": Origin(1, assumed), "enforce_for_root": Origin(0, assumed),
            "retry": Origin(1, assumed),
        ]
        guard let files = files() else { return [:] }
        reading: for file in files {
            for option in OptionLine.all(in: file) {
                // The library stops at the first line it cannot read, and so do the files after it.
                guard Self.apply(option.name, option.value, file.from(option.line), to: &known) else {
                    probe.gap(file.from(option.line), "libpwquality stops reading at this line")
                    break reading
                }
            }
        }
        for argument in call.arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            _ = Self.apply(String(parts[0]), parts.count > 1 ? String(parts[1]) : "", call.from, to: &known)
        }
        return known
    }

    /// The drop-ins in name order come first, pwquality.conf last: so it is the file that wins, not the drop-ins.
    private func files() -> [TextFile]? {
        var paths: [String: String] = [:]
        for folder in ["/usr/lib/security/pwquality.conf.d", "\(Self.usualFile).d"] {
            for name in probe.names(in: folder) where name.hasSuffix(".conf") { paths[name] = "\(folder)/\(name)" }
        }
        var files = paths.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }.compactMap {
            probe.file($0.value)
        }
        if let main = probe.file(Self.usualFile) {
            files.append(main)
        } else if probe.exists(Self.usualFile) {
            return nil
        } else if let vendor = probe.file("/usr/lib/security/pwquality.conf") {
            files.append(vendor)
        }
        return files
    }

    private static func apply(_ name: String, _ value: String, _ from: String, to known: inout [String: Origin<Int>]) -> Bool {
        let name = name.lowercased()
        let others: Set<String> = ["difok", "maxrepeat", "maxclassrepeat", "maxsequence", "gecoscheck", "usersubstr"]
        if numbers.contains(name) || switches.contains(name) || others.contains(name) {
            guard let number = Int(value) else { return false }
            // The library raises a shorter minimum to 6.
            known[name] = Origin(name == "minlen" ? max(6, number) : number, from)
            return true
        }
        if name == "enforce_for_root" { known[name] = Origin(1, from) }
        return ["badwords", "dictpath", "enforce_for_root", "local_users_only"].contains(name)
    }

    // MARK: pam_cracklib

    private static func cracklib(_ call: PAMEntry) -> [String: Origin<Int>] {
        let assumed = "default of pam_cracklib"
        var known: [String: Origin<Int>] = [:]
        for (name, value) in [
            ("minlen", 9), ("minclass", 0), ("dcredit", 1), ("ucredit", 1), ("lcredit", 1), ("ocredit", 1), ("retry", 1),
        ] {
            let given = call.value(name)?.leadingNumber.map { Origin(name == "minlen" ? max(6, $0) : $0, call.from) }
            known[name] = given ?? Origin(value, assumed)
        }
        known["dictcheck"] = Origin(1, "always in pam_cracklib")
        known["enforcing"] = Origin(1, "always in pam_cracklib")
        known["usercheck"] = call.has("reject_username") ? Origin(1, call.from) : Origin(0, assumed)
        known["enforce_for_root"] = call.has("enforce_for_root") ? Origin(1, call.from) : Origin(0, assumed)
        return known
    }
}

/// Whether a module's "no" is heard.
enum PAMRefusal {
    /// Everything else agrees and this call refuses: is it reached, and does the whole stack then refuse? nil when it cannot be told.
    static func counts(_ call: PAMEntry, _ service: PAMService, _ facility: PAMFacility) -> Bool? {
        let stack = service.stack(facility)
        let outcomes = PAMCourses.outcomes(stack) { entry in
            if entry.from == call.from, entry.via == call.via { return .certain(facility == .password ? .authtokErr : .authErr) }
            return PAMModules.ordinary(entry, service: service.name)
        }
        return outcomes.map { outcomes in outcomes.allSatisfy { !$0.isSuccess } }
    }
}
