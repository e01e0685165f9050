internal import Documents

/// The system-wide defaults of OpenSSL: lowest protocol and security level.
struct OpenSSLConfig {
    private(set) var minProtocol: Node?
    private(set) var securityLevel: Node?

    init(_ probe: Probe) {
        for path in ["/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"] {
            if let file = probe.file(path) {
                read(file, probe)
                return
            }
        }
    }

    private mutating func read(_ file: TextFile, _ probe: Probe) {
        var section = ""
        var sections: [String: [String: (value: String, from: String)]] = [:]
        func take(_ file: TextFile, _ depth: Int) {
            for (index, raw) in file.lines.enumerated() {
                let line = Conf.trim(raw.prefix { $0 != "#" })
                if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                    section = Conf.trim(line[line.index(after: line.startIndex)..<end])
                } else if line.hasPrefix(".include"), depth < 4 {
                    let target = Conf.trim(line.dropFirst(".include".count).drop { $0 == "=" || $0 == " " })
                    let paths =
                        probe.status(target)?.kind == .directory
                        ? probe.names(in: target).filter { $0.hasSuffix(".cnf") || $0.hasSuffix(".conf") }.map {
                            "\(target)/\($0)"
                        } : [target]
                    for path in paths { if let included = probe.file(path) { take(included, depth + 1) } }
                } else if let (key, value) = Conf.pair(line) {
                    sections[section, default: [:]][key] = (value, file.from(index + 1))
                }
            }
        }
        take(file, 0)
        // openssl_conf → ssl_conf → system_default → the section that counts; a section nothing points to does nothing.
        guard let top = sections[""]?["openssl_conf"]?.value, let ssl = sections[top]?["ssl_conf"]?.value,
            let name = sections[ssl]?["system_default"]?.value, let values = sections[name]
        else { return }
        if let entry = values["MinProtocol"] ?? values["TLS.MinProtocol"] {
            minProtocol = setting(.text(entry.value), from: entry.from)
        }
        if let entry = values["CipherString"], let level = Self.level(entry.value) {
            securityLevel = setting(.integer(level), from: entry.from)
        }
    }

    /// The last `@SECLEVEL=n` of a cipher string.
    static func level(_ text: String) -> Int? {
        var found: Int?
        for part in text.split(whereSeparator: { ":, ;@".contains($0) }) where part.hasPrefix("SECLEVEL=") {
            found = Int(part.dropFirst(9))
        }
        return found
    }
}
