/// What is known of PAM modules, by name without `.so`.
enum PAMModules {
    /// Modules that check a password.
    static let password: Set<String> = [
        "pam_unix", "pam_unix2", "pam_unix_auth", "pam_pwdb", "pam_sss", "pam_ldap", "pam_winbind", "pam_krb5", "pam_radius_auth",
        "pam_radius", "pam_tacplus", "pam_userdb", "pam_pgsql", "pam_mysql", "pam_vas", "pam_vas3", "pam_centrifydc", "pam_lsass",
        "pam_systemd_home", "pam_himmelblau", "pam_aad",
    ]
    /// Modules that ask for something other than a password: codes, security keys, push messages.
    static let secondFactor: Set<String> = [
        "pam_google_authenticator", "pam_oath", "pam_u2f", "pam_yubico", "pam_duo", "pam_securid", "pam_otpw", "pam_privacyidea",
        "pam_totp", "pam_mfa", "pam_url",
    ]
    /// Modules that let a person in by other means; a login by password does not use them.
    static let alternatives: Set<String> = [
        "pam_fprintd", "pam_fprint", "pam_thinkfinger", "pam_pkcs11", "pam_p11", "pam_ssh_agent_auth", "pam_ssh", "pam_rhosts",
        "pam_rhosts_auth", "pam_sss_gss", "pam_howdy",
    ]
    /// Modules that count failures.
    static let counting: Set<String> = ["pam_faillock", "pam_tally2", "pam_tally"]
    /// Modules that judge a new password.
    static let quality: Set<String> = ["pam_pwquality", "pam_cracklib"]

    /// Modules that succeed for an ordinary person on an ordinary day.
    private static let granting: Set<String> = [
        "pam_permit", "pam_env", "pam_faildelay", "pam_group", "pam_cap", "pam_nologin", "pam_securetty", "pam_shells",
        "pam_access",
        "pam_time", "pam_issue", "pam_lastlog", "pam_lastlog2", "pam_keyinit", "pam_mount", "pam_gnome_keyring", "pam_kwallet",
        "pam_kwallet5", "pam_ecryptfs", "pam_selinux", "pam_selinux_permit", "pam_sepermit", "pam_loginuid", "pam_limits",
        "pam_motd",
        "pam_mail", "pam_tty_audit", "pam_systemd", "pam_localuser", "pam_listfile", "pam_umask", "pam_namespace",
        "pam_mkhomedir",
        "pam_pwhistory", "pam_pwquality", "pam_cracklib", "pam_passwdqc", "pam_ck_connector", "pam_faillock", "pam_tally2",
        "pam_tally",
    ]

    /// What a module that has nothing to do with a scenario answers for an ordinary local person who asks service `service`.
    static func ordinary(_ entry: PAMEntry, service: String) -> PAMAnswer {
        switch entry.name {
        case "pam_deny", "pam_rootok": .certain(.authErr)
        case "pam_warn", "pam_echo", "pam_debug": .certain(.ignore)
        case "pam_wheel": .certain(entry.has("trust") ? .ignore : .success)
        case "pam_usertype": .certain(entry.has("issystem") ? .authErr : .success)
        case "pam_succeed_if": condition(entry.arguments, service: service)
        case let name where granting.contains(name) || secondFactor.contains(name) || password.contains(name): .certain(.success)
        case let name where alternatives.contains(name): .certain(.authinfoUnavail)
        default: .either
        }
    }

    /// The commonest conditions of pam_succeed_if, for a person who is no system account.
    private static func condition(_ arguments: [String], service: String) -> PAMAnswer {
        let flags: Set<String> = ["debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit"]
        let words = arguments.filter { !flags.contains($0) }
        guard words.count == 3 else { return .either }
        let holds: Bool? =
            switch (words[0], words[1]) {
            case ("uid", let test): Int(words[2]).flatMap { compare(100_000, test, $0) }
            // Some people are in the group or the list and some are not: both have to be looked at.
            case ("user", "ingroup"), ("user", "notingroup"), ("user", "in"), ("user", "notin"): nil
            case ("user", "=") where words[2] == "root": false
            case ("user", "!=") where words[2] == "root": true
            case ("service", "="): service == words[2]
            case ("service", "!="): service != words[2]
            case ("service", "in"): words[2].split(separator: ":").contains(service[...])
            case ("service", "notin"): !words[2].split(separator: ":").contains(service[...])
            default: nil
            }
        return holds.map { .certain($0 ? .success : .authErr) } ?? .either
    }

    private static func compare(_ left: Int, _ test: String, _ right: Int) -> Bool? {
        switch test {
        case "eq", "=": left == right
        case "ne", "!=": left != right
        case "lt", "<": left < right
        case "le", "<=": left <= right
        case "gt", ">": left > right
        case "ge", ">=": left >= right
        default: nil
        }
    }

    /// The arguments with values that are secrets (`passwd=` of pam_mysql, `key=` of pam_yubico …) replaced.
    static func shown(_ entry: PAMEntry) -> [String] {
        entry.arguments.map { argument in
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return argument }
            let (key, value) = (parts[0].lowercased(), parts[1].lowercased())
            let isSecret =
                ["passw", "passphrase", "secret", "bindpw", "token=", "apikey", "api_key"].contains {
                    key.contains($0) || value.contains($0 + "=")
                }
                || key == "key" || key.hasSuffix("_key") || (key.hasSuffix("pw") && key.count > 2)
            return isSecret ? "\(parts[0])=(hidden)" : argument
        }
    }
}
