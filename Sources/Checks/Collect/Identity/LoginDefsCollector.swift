internal import Documents

/// /etc/login.defs (or the vendor's), by key.
struct LoginDefs {
    private var values: [String: Origin<String>] = [:]
    /// Whether a file was read.
    let isRead: Bool

    /// Reads the first of the usual files. A later line for a key overrides an earlier one, as in shadow-utils.
    init(_ probe: Probe) {
        let path = ["/etc/login.defs", "/usr/etc/login.defs"].first { probe.exists($0) } ?? "/etc/login.defs"
        guard let file = probe.file(path) else {
            isRead = false
            return
        }
        isRead = true
        for (index, line) in file.lines.enumerated() {
            let text = line.trimmed
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            let words = text.words
            guard let key = words.first, words.count > 1 else { continue }
            let value = words[1].hasPrefix("\"") ? words[1].filter { $0 != "\"" } : words[1]
            values[key] = Origin(value, file.from(index + 1))
        }
    }

    /// A key's text.
    func text(_ key: String) -> Origin<String>? { values[key] }

    /// A key's whole number: decimal, octal with a leading 0, or hexadecimal with 0x, as strtol reads it.
    func number(_ key: String) -> Origin<Int>? {
        guard let origin = values[key] else { return nil }
        let text = origin.value
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let value: Int? =
            if digits.lowercased().hasPrefix("0x") {
                Int(digits.dropFirst(2), radix: 16)
            } else if digits.hasPrefix("0"), digits.count > 1 { Int(digits, radix: 8) } else { Int(digits) }
        return value.map { Origin(text.hasPrefix("-") ? -$0 : $0, origin.from) }
    }
}

/// Group `login_defs`.
struct LoginDefsCollector: FactCollector {
    let group = "login_defs"

    func collect(_ probe: Probe) async -> Collected {
        let file = LoginDefs(probe)
        guard file.isRead else {
            return probe.gaps.isEmpty ? .nothing(.absent, "there is no /etc/login.defs") : .nothing(.denied, probe.gaps[0].why)
        }
        func number(_ key: String) -> Node? { file.number(key).map { setting(.integer($0.value), from: $0.from) } }
        func text(_ key: String) -> Node? { file.text(key).map { setting(.text($0.value), from: $0.from) } }
        return .facts(
            .object([
                ("pass_max_days", number("PASS_MAX_DAYS")), ("pass_min_days", number("PASS_MIN_DAYS")),
                ("pass_warn_age", number("PASS_WARN_AGE")), ("pass_min_len", number("PASS_MIN_LEN")),
                ("encrypt_method", text("ENCRYPT_METHOD")), ("umask", text("UMASK")), ("uid_min", number("UID_MIN")),
                ("uid_max", number("UID_MAX")), ("login_retries", number("LOGIN_RETRIES")),
                ("login_timeout", number("LOGIN_TIMEOUT")),
                ("fail_delay", number("FAIL_DELAY")),
            ]))
    }
}
