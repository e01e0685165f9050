internal import Documents

/// The settings of one scope: from `sshd -T`, or from the files with OpenSSH's defaults.
struct SSHDValues {
    private let config: SSHDConfig
    private let satisfied: Set<Int>
    /// keyword → values, one for each output line; nil when sshd could not be asked.
    private let told: [String: [String]]?

    init(_ config: SSHDConfig, satisfied: Set<Int>, told: [String: [String]]?) {
        self.config = config
        self.satisfied = satisfied
        self.told = told
    }

    /// Reads what `sshd -T` prints.
    static func told(_ output: String) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for line in output.utf8.split(separator: 0x0A) {
            let text = String(decoding: line, as: UTF8.self)
            let keyword = text.prefix { $0 != " " }
            let value = text[keyword.endIndex...].trimmed
            let name = [
                "challengeresponseauthentication": "kbdinteractiveauthentication",
                "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
            ]
            found[name[keyword.lowercased()] ?? keyword.lowercased(), default: []].append(value)
        }
        return found
    }

    /// What OpenSSH 9.2 does when nothing is said.
    private static let defaults = [
        "permitrootlogin": "prohibit-password", "passwordauthentication": "yes", "kbdinteractiveauthentication": "yes",
        "pubkeyauthentication": "yes", "hostbasedauthentication": "no", "permitemptypasswords": "no", "usepam": "no",
        "maxauthtries": "6",
        "logingracetime": "120", "maxstartups": "10:30:100", "maxsessions": "10", "clientaliveinterval": "0",
        "clientalivecountmax": "3", "channeltimeout": "", "unusedconnectiontimeout": "none", "authenticationmethods": "any",
        "loglevel": "INFO", "x11forwarding": "no", "allowtcpforwarding": "yes", "permittunnel": "no", "banner": "none",
    ]

    /// A keyword's value and where it is set.
    func value(_ keyword: String) -> Origin<String>? {
        let written = config.effective(keyword, satisfied: satisfied)
        let text = written.flatMap { $0.arguments }.joined(separator: " ")
        guard let told else {
            if let first = written.first { return Origin(text, first.from) }
            guard config.isWhole else { return nil }
            return Self.defaults[keyword].map { Origin($0, "default of sshd (assumed)") }
        }
        let from = written.first?.from ?? "default of sshd"
        if let lines = told[keyword] { return Origin(lines.joined(separator: " "), from) }
        // sshd prints nothing for an empty list.
        return keyword == "channeltimeout" ? Origin("", "default of sshd") : nil
    }

    /// A yes/no setting.
    func flag(_ keyword: String) -> Node? {
        guard let origin = value(keyword), ["yes", "no", "true", "false"].contains(origin.value.lowercased()) else { return nil }
        return setting(.bool(["yes", "true"].contains(origin.value.lowercased())), from: origin.from)
    }

    /// A whole number.
    func number(_ keyword: String) -> Node? {
        value(keyword).flatMap { origin in Int(origin.value).map { setting(.integer($0), from: origin.from) } }
    }

    /// A time, in seconds; `none` is 0.
    func time(_ keyword: String) -> Node? {
        value(keyword).flatMap { origin in
            let seconds = origin.value.lowercased() == "none" ? 0 : Self.seconds(origin.value)
            return seconds.map { setting(.integer($0), from: origin.from) }
        }
    }

    /// A text.
    func text(_ keyword: String, lowered: Bool = false) -> Node? {
        value(keyword).map { setting(.text(lowered ? $0.value.lowercased() : $0.value), from: $0.from) }
    }

    /// A comma-separated list; from the files only when it is written in full.
    func algorithms(_ keyword: String) -> Node? {
        guard let origin = value(keyword), let first = origin.value.first, told != nil || !"+-^".contains(first) else {
            return nil
        }
        return .texts(origin.value.split(separator: ",").map { String($0) })
    }

    /// A list of names, empty when nothing is said.
    func names(_ keyword: String) -> [String]? {
        if let told { return (told[keyword] ?? []).flatMap { $0.words } }
        guard config.isWhole else { return nil }
        return config.effective(keyword, satisfied: satisfied).flatMap { $0.arguments }
    }

    /// `600`, `10m`, `1h30m` in seconds.
    static func seconds(_ text: some StringProtocol) -> Int? {
        var total = 0
        var number: Int?
        for byte in text.lowercased().utf8 {
            if (0x30...0x39).contains(byte) {
                let next = (number ?? 0).multipliedReportingOverflow(by: 10)
                guard !next.overflow, next.partialValue < 1_000_000_000_000 else { return nil }
                number = next.partialValue + Int(byte - 0x30)
            } else {
                let units: [UInt8: Int] = [0x73: 1, 0x6D: 60, 0x68: 3600, 0x64: 86_400, 0x77: 604_800]
                guard let count = number, let unit = units[byte] else { return nil }
                total += count * unit
                number = nil
            }
        }
        if let number { total += number }
        return text.isEmpty ? nil : total
    }

    /// Shortest time after which ChannelTimeout closes an idle interactive session. A later entry of the same list does not override an
    /// earlier one that matches.
    static func idleDisconnect(_ channelTimeout: String) -> Int? {
        channelTimeout.words.compactMap { entry -> Int? in
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2,
                Glob.matches("session:shell", parts[0]) || Glob.matches("session", parts[0]) || parts[0] == "global"
            else { return nil }
            return seconds(parts[1]).flatMap { $0 > 0 ? $0 : nil }
        }.min()
    }

    /// Whether every alternative of AuthenticationMethods asks for two different kinds of proof. A password and a keyboard dialogue are
    /// one kind here: behind the dialogue stands PAM, which as a rule asks for the same password.
    static func isMultiFactor(_ methods: String) -> Bool {
        let alternatives = methods.words
        guard !alternatives.isEmpty else { return false }
        return alternatives.allSatisfy { alternative in
            let kinds = alternative.split(separator: ",").map { method -> String in
                let name = method.split(separator: ":").first.map { $0.lowercased() } ?? ""
                return ["password", "keyboard-interactive"].contains(name) ? "typed" : name
            }
            return Set(kinds).count >= 2
        }
    }
}
