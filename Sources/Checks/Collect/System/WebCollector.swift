internal import Documents

/// Web servers on this host: web application firewall, version banners, error details, rate limits.
struct WebCollector: FactCollector {
    let group = "web"

    func collect(_ probe: Probe) async -> Collected {
        let servers = KnownSoftware.webServers.filter { probe.has($0) }.map { $0.name }
        guard !servers.isEmpty else { return .facts(.object([("servers", [])])) }
        let nginx =
            servers.contains("nginx")
            ? read(probe, "/etc/nginx/nginx.conf", ["/etc/nginx/conf.d/*.conf", "/etc/nginx/sites-enabled/*"]) : []
        let apache =
            servers.contains("apache2")
            ? read(
                probe, "/etc/apache2/apache2.conf",
                ["/etc/apache2/conf-enabled/*.conf", "/etc/apache2/mods-enabled/*", "/etc/apache2/sites-enabled/*.conf"])
                + read(probe, "/etc/httpd/conf/httpd.conf", ["/etc/httpd/conf.d/*.conf", "/etc/httpd/conf.modules.d/*.conf"]) : []
        let engine = wafMode(probe, nginx: nginx, apache: apache)
        let known = servers.allSatisfy { ["nginx", "apache2"].contains($0) }
        return .facts(
            .object([
                ("servers", .texts(servers)),
                // Other servers may have a filter of their own that is not read here.
                ("waf_enabled", engine == "On" ? true : known ? false : nil),
                ("waf_mode", engine.map { .text($0) }),
                ("version_shown", versionShown(nginx, apache, servers).map { .bool($0) }),
                ("detailed_errors", detailedErrors(probe).map { .bool($0) }),
                ("rate_limited", rateLimited(nginx, apache) ? true : known ? false : nil),
            ]))
    }

    /// Directives with their arguments, of a main file and the files its distribution includes.
    private func read(_ probe: Probe, _ main: String, _ patterns: [String]) -> [[String]] {
        var directives: [[String]] = []
        for path in [main] + patterns.flatMap({ probe.paths(matching: $0) }).prefix(300) where probe.status(path)?.kind == .file {
            for line in probe.file(path)?.lines.prefix(20_000) ?? [] {
                let text = Conf.trim(line.prefix { $0 != "#" })
                if !text.isEmpty { directives.append(Conf.quotedWords(text.hasSuffix(";") ? String(text.dropLast()) : text)) }
            }
        }
        return directives.filter { !$0.isEmpty }
    }

    private func last(_ directives: [[String]], _ name: String) -> String? {
        directives.last { $0[0].lowercased() == name && $0.count > 1 }?[1].lowercased()
    }

    private func wafMode(_ probe: Probe, nginx: [[String]], apache: [[String]]) -> String? {
        let isLoaded =
            nginx.contains { $0[0] == "modsecurity" && $0.count > 1 && $0[1].lowercased() == "on" }
            || apache.contains { $0[0].lowercased() == "loadmodule" && $0.count > 1 && $0[1] == "security2_module" }
        guard isLoaded else { return nil }
        let files = [
            "/etc/modsecurity/modsecurity.conf", "/etc/nginx/modsec/modsecurity.conf", "/etc/nginx/modsecurity.conf",
            "/etc/httpd/conf.d/mod_security.conf", "/etc/nginx/modsec/main.conf",
        ]
        var mode = last(apache, "secruleengine")
        for path in files {
            for line in probe.file(path)?.lines ?? [] {
                let words = Conf.quotedWords(Conf.trim(line))
                if words.count > 1, words[0].lowercased() == "secruleengine" { mode = words[1].lowercased() }
            }
        }
        switch mode {
        case "on": return "On"
        case "detectiononly": return "DetectionOnly"
        case "off": return "Off"
        default: return nil
        }
    }

    /// nginx shows its version unless server_tokens is off; Apache unless ServerTokens is Prod.
    private func versionShown(_ nginx: [[String]], _ apache: [[String]], _ servers: [String]) -> Bool? {
        var states: [Bool] = []
        if servers.contains("nginx"), !nginx.isEmpty {
            let values = nginx.filter { $0[0] == "server_tokens" && $0.count > 1 }.map { $0[1].lowercased() }
            states.append(values.isEmpty || values.contains { $0 != "off" })
        }
        if servers.contains("apache2"), !apache.isEmpty {
            states.append(!["prod", "productonly"].contains(last(apache, "servertokens") ?? "full"))
        }
        return states.isEmpty ? nil : states.contains(true)
    }

    private func detailedErrors(_ probe: Probe) -> Bool? {
        var values: [Bool] = []
        var files = ["/etc/php.ini"]
        for version in probe.names(in: "/etc/php").prefix(20) {
            for kind in ["fpm", "apache2", "cgi"] { files.append("/etc/php/\(version)/\(kind)/php.ini") }
        }
        for path in files {
            guard let file = probe.file(path) else { continue }
            var shown = true  // PHP's own default
            for line in file.lines where !Conf.isSilent(Conf.trim(line), marks: ";#") {
                if let (key, value) = Conf.pair(line), key == "display_errors" {
                    shown = Conf.bool(value.prefix { $0 != ";" }) ?? ["stdout", "stderr"].contains(value.lowercased())
                }
            }
            values.append(shown)
        }
        return values.isEmpty ? nil : values.contains(true)
    }

    private func rateLimited(_ nginx: [[String]], _ apache: [[String]]) -> Bool {
        nginx.contains { ["limit_req", "limit_conn"].contains($0[0]) }
            || apache.contains {
                $0[0].lowercased() == "loadmodule" && $0.count > 1
                    && ["evasive20_module", "evasive24_module", "qos_module", "ratelimit_module"].contains($0[1])
            }
    }
}
