internal import Documents

/// How many old passwords a service remembers.
enum HistoryFacts {
    static let usualFile = "/etc/security/pwhistory.conf"
    /// What pam_pwhistory and pam_unix keep at most.
    private static let limit = 400

    /// The facts under `history`; nil when they cannot be told.
    static func node(_ service: PAMService, _ probe: Probe) -> Node? {
        let calls = service.modules(.password)
        let history = calls.first { $0.name == "pam_pwhistory" }
        if let history {
            guard let counts = PAMRefusal.counts(history, service, .password) else { return nil }
            if counts { return pwhistory(history, probe) }
        }
        for call in calls where call.name == "pam_unix" {
            guard let remember = call.value("remember")?.leadingNumber, remember > 0 else { continue }
            return .object([
                ("present", true), ("module", .text(call.module)),
                ("remember", setting(.integer(min(limit, remember)), from: call.from)), ("from", .text(call.from)),
            ])
        }
        return .object([
            ("present", false), ("module", history.map { .text($0.module) }), ("from", history.map { .text($0.from) }),
        ])
    }

    private static func pwhistory(_ call: PAMEntry, _ probe: Probe) -> Node {
        let assumed = "default of pam_pwhistory"
        var remember: Origin<Int>? = Origin(10, assumed)
        var root: Origin<Bool>? = Origin(false, assumed)
        // Only newer versions read a file; those that do not, do not ship it.
        let path = call.value("conf") ?? (probe.exists(usualFile) ? usualFile : "/usr/etc/security/pwhistory.conf")
        if let file = probe.file(path) {
            for option in OptionLine.all(in: file).reversed() {
                if option.name.lowercased() == "remember", let number = option.value.leadingNumber, number >= 0 {
                    remember = Origin(number, file.from(option.line))
                }
                if option.name.lowercased() == "enforce_for_root" { root = Origin(true, file.from(option.line)) }
            }
        } else if probe.exists(path) {
            (remember, root) = (nil, nil)
        }
        for argument in call.arguments {
            let lowered = argument.lowercased()
            if lowered.hasPrefix("remember=") { remember = Origin(lowered.dropFirst(9).leadingNumber ?? 0, call.from) }
            if lowered == "enforce_for_root" { root = Origin(true, call.from) }
        }
        return .object([
            ("present", true), ("module", .text(call.module)),
            ("remember", remember.map { setting(.integer(min(limit, max(0, $0.value))), from: $0.from) }),
            ("enforce_for_root", root.map { setting(.bool($0.value), from: $0.from) }), ("from", .text(call.from)),
        ])
    }
}

/// With what scheme a service will store a new password.
enum HashFacts {
    /// Scheme words of pam_unix in the order it tries them as prefixes.
    private static let words = ["md5", "bigcrypt", "sha256", "sha512", "blowfish", "des", "gost_yescrypt", "yescrypt"]

    /// The facts under `hash`; nil when pam_unix stores no password here.
    static func node(_ service: PAMService, encryptMethod: Origin<String>?) -> Node? {
        guard let call = service.modules(.password).first(where: { $0.name == "pam_unix" }) else { return nil }
        let named = call.arguments.compactMap { argument in words.first { argument.hasPrefix($0) } }.last
        let scheme: Origin<String>
        if let named {
            scheme = Origin(named, call.from)
        } else if let method = encryptMethod, let word = words.first(where: { method.value.lowercased().hasPrefix($0) }) {
            scheme = Origin(word, method.from)
        } else {
            scheme = Origin("des", "default of pam_unix")
        }
        return .object([("scheme", setting(.text(scheme.value), from: scheme.from))])
    }
}
