internal import Documents

/// Configuration files that hold a password, key or token, and who may read them. Only their kind goes into the facts.
struct SensitiveFilesCollector: FactCollector {
    let group = "sensitive_files"
    private static let fileLimit = 400
    private static let byteLimit = 256 << 10
    private static let single = [
        "/root/.pgpass", "/root/.my.cnf", "/root/.netrc", "/root/.git-credentials", "/root/.aws/credentials",
        "/root/.docker/config.json",
        "/root/.config/rclone/rclone.conf", "/etc/my.cnf", "/etc/krb5.keytab", "/etc/fstab", "/etc/environment", "/etc/odbc.ini",
    ]
    /// One level of these; /etc itself too.
    private static let folders = [
        "/etc", "/etc/mysql", "/etc/mysql/conf.d", "/etc/mysql/mariadb.conf.d", "/etc/my.cnf.d", "/etc/default", "/etc/sysconfig",
        "/etc/nginx", "/etc/nginx/conf.d", "/etc/apache2", "/etc/httpd/conf.d", "/etc/php", "/etc/postfix", "/etc/dovecot",
        "/etc/dovecot/conf.d", "/etc/openldap", "/etc/ldap", "/etc/sssd", "/etc/redis", "/etc/rabbitmq", "/etc/grafana",
        "/etc/zabbix",
        "/etc/samba", "/etc/haproxy", "/etc/tomcat", "/etc/tomcat9", "/etc/tomcat10", "/etc/elasticsearch", "/etc/kibana",
        "/etc/filebeat",
        "/etc/rsyslog.d", "/etc/syslog-ng", "/etc/pgbackrest", "/etc/pgbouncer", "/etc/restic", "/etc/borgmatic",
        "/etc/borgmatic.d",
        "/etc/NetworkManager/system-connections", "/etc/wireguard", "/etc/openvpn", "/etc/ipsec.d", "/etc/ppp", "/etc/cifs",
    ]
    private static let endings = [
        ".conf", ".cnf", ".ini", ".cfg", ".yml", ".yaml", ".env", ".properties", ".json", ".xml", ".nmconnection", ".secrets",
        ".toml", ".php", ".cf",
    ]

    func collect(_ probe: Probe) async -> Collected {
        let owners = OwnerNames(probe)
        var paths = Self.single
        for folder in Self.folders {
            let takesAll = ["/etc/default", "/etc/sysconfig", "/etc/ppp"].contains(folder)
            paths += probe.names(in: folder).filter { name in takesAll || Self.endings.contains { name.hasSuffix($0) } }.map {
                "\(folder)/\($0)"
            }
        }
        if paths.count > Self.fileLimit {
            probe.gap("configuration files", "\(paths.count) files; the first \(Self.fileLimit) were looked at")
        }
        var files: [Node] = []
        for path in paths.prefix(Self.fileLimit) {
            guard probe.host.linkTarget(path) == nil, let status = probe.status(path), status.kind == .file else { continue }
            let kinds = kinds(path, probe)
            guard !kinds.isEmpty else { continue }
            let more: [(String, Node?)] = [
                ("world_readable", .bool(status.mode & 0o004 != 0)), ("kinds", .texts(kinds)), ("from", .text(path)),
            ]
            files.append(.object(owners.fields(path, status) + more))
        }
        return .facts(.object([("files", .list(files))]))
    }

    /// Read past the probe's notes: a digest of a short file with a weak password in it would give the password away.
    private func kinds(_ path: String, _ probe: Probe) -> [String] {
        if path.hasSuffix(".keytab") { return ["private-key"] }
        switch probe.host.read(path, Self.byteLimit) {
        case .success(let file):
            if ["/root/.pgpass", "/root/.netrc", "/root/.git-credentials"].contains(path) {
                return file.bytes.isEmpty ? [] : ["password"]
            }
            return SecretScan.kinds(String(decoding: file.bytes, as: UTF8.self))
        case .failure(.absent), .failure(.tooLarge), .failure(.notRegular): return []
        case .failure(let failure):
            probe.gap(path, failure.words)
            return []
        }
    }
}

/// Finds out that a text holds a secret, never which.
enum SecretScan {
    private static let keys: [(part: String, kind: String)] = [
        ("password", "password"), ("passwd", "password"), ("passphrase", "password"), ("bindpw", "password"), ("psk", "password"),
        ("secret", "token"), ("token", "token"), ("api_key", "token"), ("apikey", "token"), ("access_key", "token"),
        ("privatekey", "private-key"),
    ]
    /// Values that are none: switches, places to look, references.
    private static let harmless: Set<String> = [
        "", "yes", "no", "true", "false", "on", "off", "null", "none", "~", "0", "1", "required", "optional", "prompt", "ask",
        "files", "sufficient",
        "x", "*", "compat", "db", "sss", "nis", "ldap", "winbind",
    ]

    /// Kinds of secrets in a configuration text: password, token, private-key.
    static func kinds(_ text: String) -> [String] {
        var found: Set<String> = []
        for raw in text.split(separator: "\n").prefix(20_000) {
            let line = Conf.trim(raw.prefix(2000))
            if line.hasPrefix("-----BEGIN"), line.contains("PRIVATE KEY") { found.insert("private-key") }
            guard !Conf.isSilent(line, marks: "#;/<*") || line.hasPrefix("<") else { continue }
            if let kind = kind(line) { found.insert(kind) }
        }
        return found.sorted()
    }

    private static func kind(_ line: String) -> String? {
        guard let mark = line.firstIndex(where: { $0 == "=" || $0 == ":" || $0 == " " || $0 == "\t" }) else { return nil }
        // `key = value`, `key: value`, `export KEY=value`, `key value`.
        var head = Conf.unquote(line[..<mark]).lowercased()
        var rest = Conf.trim(line[line.index(after: mark)...])
        if head == "export", let (key, value) = Conf.pair(rest) { (head, rest) = (key.lowercased(), value) }
        if rest.hasPrefix("=") || rest.hasPrefix(":") { rest = Conf.trim(rest.dropFirst()) }
        let key = String(head.map { $0 == "-" || $0 == "." ? "_" : $0 })
        guard let kind = keys.first(where: { key == $0.part || key.hasSuffix($0.part) || key.hasSuffix("_" + $0.part) })?.kind
        else { return nil }
        let value = Conf.unquote(rest.hasSuffix(",") || rest.hasSuffix(";") ? String(rest.dropLast()) : rest)
        let isReference =
            value.hasPrefix("$") || value.hasPrefix("/") || value.hasPrefix("{{") || value.hasPrefix("%(") || value.hasPrefix("[")
        return harmless.contains(value.lowercased()) || isReference || value.contains(" ") ? nil : kind
    }
}
