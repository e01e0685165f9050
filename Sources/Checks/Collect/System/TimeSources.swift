/// Time servers that a host's configuration names.
struct TimeSources {
    private let probe: Probe

    init(_ probe: Probe) { self.probe = probe }

    /// Servers, pools, peers and reference clocks configured for a service.
    func configured(for service: String) -> [String] {
        switch service {
        case "chronyd": chrony()
        case "systemd-timesyncd": timesyncd()
        case "ntpd", "ntpsec": ntp()
        case "openntpd": openntpd()
        default: []
        }
    }

    private func chrony() -> [String] {
        var found: [String] = []
        var visited: Set<String> = []
        func read(_ path: String, _ depth: Int) {
            guard depth < 4, visited.count < 200, visited.insert(path).inserted, let file = probe.file(path) else { return }
            for line in file.lines {
                let words = Conf.words(line)
                guard words.count >= 2, !Conf.isSilent(words[0], marks: "#!;%") else { continue }
                switch words[0].lowercased() {
                case "server", "pool", "peer": found.append(words[1])
                case "refclock": found.append(words.dropFirst().prefix(2).joined(separator: " "))
                case "include": for path in probe.paths(matching: words[1]) { read(path, depth + 1) }
                case "confdir":
                    for folder in words.dropFirst() {
                        for path in probe.paths(matching: folder + "/*.conf") { read(path, depth + 1) }
                    }
                case "sourcedir":
                    for folder in words.dropFirst() {
                        for path in probe.paths(matching: folder + "/*.sources") { read(path, depth + 1) }
                    }
                default: continue
                }
            }
        }
        read("/etc/chrony/chrony.conf", 0)
        if visited.isEmpty || found.isEmpty { read("/etc/chrony.conf", 0) }
        return found
    }

    private func timesyncd() -> [String] {
        let config = SystemdConfig(probe, name: "timesyncd.conf", section: "Time")
        return (config.text("NTP") ?? config.text("FallbackNTP")).map { Conf.words($0.text) } ?? []
    }

    private func ntp() -> [String] {
        for path in ["/etc/ntpsec/ntp.conf", "/etc/ntp.conf"] {
            guard let file = probe.file(path) else { continue }
            return file.lines.compactMap { line in
                let words = Conf.words(line).filter { $0 != "-4" && $0 != "-6" }
                return words.count >= 2 && ["server", "pool", "peer"].contains(words[0]) ? words[1] : nil
            }
        }
        return []
    }

    private func openntpd() -> [String] {
        for path in ["/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"] {
            guard let file = probe.file(path) else { continue }
            return file.lines.compactMap { line in
                let words = Conf.words(line)
                return words.count >= 2 && ["server", "servers"].contains(words[0]) ? words[1] : nil
            }
        }
        return []
    }
}
