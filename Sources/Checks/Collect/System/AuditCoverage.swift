/// What a set of audit rules catches.
struct AuditCoverage {
    private let rules: [AuditRule]
    private let watches: [AuditRule]

    init(_ rules: [AuditRule]) {
        // The first match wins in the kernel: what stands behind a rule that silences everything never fires, and a task rule
        // that says "never" wins wherever it stands.
        let silencedAt = rules.firstIndex { $0.silencesAll } ?? rules.endIndex
        let silencedByTask = rules.contains { $0.silencesAll && $0.list == "task" }
        self.rules = silencedByTask ? [] : rules[..<silencedAt].filter { $0.action == "always" }
        watches = self.rules.filter { $0.kind == .watch && $0.list == "exit" }
    }

    /// Paths with an unconditional write or attribute watch.
    var watchedPaths: [String] {
        Self.unique(
            watches.filter { rule in
                rule.narrowing.isEmpty && rule.permissions?.contains { $0 == "w" || $0 == "a" } == true
            }.compactMap { $0.path })
    }

    /// Paths with an execute watch; it may be limited to persons, as is usual for privileged programs.
    var executedPaths: [String] {
        Self.unique(
            watches.filter { rule in
                rule.permissions?.contains("x") == true && rule.narrowing.allSatisfy { AuditRule.ordinaryPersons.contains($0) }
            }.compactMap { $0.path })
    }

    private static func unique(_ paths: [String]) -> [String] { Array(Set(paths)).sorted() }

    /// Whether a path, or a folder above it, is watched for writing.
    func watches(_ path: String) -> Bool {
        watchedPaths.contains { $0 == path || path.hasPrefix($0 == "/" ? "/" : $0 + "/") }
    }

    /// Whether a system call is logged on both ABIs by rules whose narrowing fields `accept` allows.
    private func logs(_ call: String, _ arch: String, accept: ([String]) -> Bool) -> Bool {
        rules.contains { rule in
            rule.kind == .syscall && rule.list == "exit" && (rule.syscalls.contains(call) || rule.syscalls.contains("all"))
                && Self.isFor(rule, arch) && accept(rule.narrowing)
        }
    }

    private static func isFor(_ rule: AuditRule, _ arch: String) -> Bool {
        switch rule.arch {
        case "b64", "x86_64", "aarch64", "ppc64le", "s390x", nil: arch == "b64"
        case "b32", "i386", "i686", "arm": arch == "b32"
        default: false
        }
    }

    /// Whether everything root starts is logged; nil when rules are there but leave root's own sign-ins out.
    var rootCommands: Bool? {
        func root(_ fields: [String]) -> Bool { fields.allSatisfy { $0 == "euid=0" || $0 == "uid=0" || $0 == "success=1" } }
        if logs("execve", "b64", accept: root), logs("execve", "b32", accept: root) { return true }
        func persons(_ fields: [String]) -> Bool { root(fields.filter { !AuditRule.ordinaryPersons.contains($0) }) }
        return logs("execve", "b64", accept: persons) && logs("execve", "b32", accept: persons) ? nil : false
    }

    /// Whether setting the clock is logged.
    var timeChanges: Bool {
        // clock_settime is usually limited to the real-time clock: a0=0.
        func any(_ fields: [String]) -> Bool { fields.allSatisfy { ["a0=0", "a0=0x0", "success=1"].contains($0) } }
        return ["b64", "b32"].allSatisfy { arch in
            ["adjtimex", "settimeofday", "clock_settime"].allSatisfy { logs($0, arch, accept: any) }
        }
    }

    /// Whether the records of sign-ins, good and failed, are watched.
    var loginRecords: Bool {
        ["/var/log/lastlog", "/var/log/wtmp"].contains { watches($0) }
            && [
                "/var/log/btmp", "/var/run/faillock", "/run/faillock", "/var/log/faillock", "/var/log/tallylog",
                "/var/log/faillog",
            ]
            .contains { watches($0) }
    }

    /// Whether the files of accounts, groups and privileges are watched.
    var identityChanges: Bool {
        ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/sudoers"].allSatisfy { watches($0) }
    }
}
