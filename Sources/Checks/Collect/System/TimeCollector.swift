internal import Documents
internal import Rulebook

/// Who keeps the clock, from which source, how well; and the zone.
struct TimeCollector: FactCollector {
    let group = "time"

    /// Services by program, in the order in which they are asked when several run.
    private static let services: [(service: String, programs: [String])] = [
        ("chronyd", ["chronyd"]), ("ntpsec", ["ntpsec-ntpd"]), ("ntpd", ["ntpd"]), ("systemd-timesyncd", ["systemd-timesyncd"]),
    ]

    func collect(_ probe: Probe) async -> Collected {
        let processes = ProcessTable(probe)
        let service = service(probe, processes)
        let zone = HostZone(probe)
        let shown = await shown(probe, service)
        var state = await state(probe, service.name, isRunning: service.running)
        if state.synchronized == nil, let word = shown["NTPSynchronized"] { state.synchronized = Conf.bool(word) }
        let sources = TimeSources(probe).configured(for: service.name)
        let age = state.lastUpdate.map { max(0, probe.host.now() - $0) }
        let name = zone.name ?? shown["Timezone"]
        return .facts(
            .object([
                ("synchronized", state.synchronized.map { .bool($0) }),
                ("service", .text(service.name)),
                ("service_running", service.running.map { .bool($0) }),
                ("sources", .texts(sources)),
                ("selected_source", state.source.map { .text($0) }),
                ("offset_ms", state.offsetMilliseconds.map { .integer($0) }),
                ("last_update", state.lastUpdate.map { .text($0.description) }),
                ("last_update_age", age.map { .integer($0) }),
                ("poll_interval", state.pollInterval.map { .integer($0) }),
                ("zone", name.map { .text($0) }),
                ("zone_known", .bool(name != nil)),
                ("rtc_utc", realTimeClockIsUTC(probe, shown).map { .bool($0) }),
                ("virtual_clock", await virtualClock(probe).map { .bool($0) }),
            ]))
    }

    private func service(_ probe: Probe, _ processes: ProcessTable?) -> (name: String, running: Bool?) {
        func named(_ service: String) -> String {
            guard service == "ntpd" else { return service }
            if probe.exists("/etc/openntpd/ntpd.conf") || !probe.hasProgram("ntpq") && probe.exists("/etc/ntpd.conf") {
                return "openntpd"
            }
            return probe.exists("/etc/ntpsec/ntp.conf") ? "ntpsec" : "ntpd"
        }
        for (service, programs) in Self.services where processes?.runs(any: programs) == true { return (named(service), true) }
        for (service, programs) in Self.services {
            let isThere =
                programs.contains { probe.hasProgram($0) }
                || service == "systemd-timesyncd" && probe.exists("/usr/lib/systemd/systemd-timesyncd")
            if isThere { return (named(service), processes.map { _ in false }) }
        }
        return ("none", processes.map { _ in false })
    }

    private func shown(_ probe: Probe, _ service: (name: String, running: Bool?)) async -> [String: String] {
        guard probe.exists("/run/systemd/system") else { return [:] }
        guard let text = await probe.output(["timedatectl", "show"], seconds: 5, gap: false) else { return [:] }
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") { if let (key, value) = Conf.pair(line) { values[key] = value } }
        return values
    }

    private func state(_ probe: Probe, _ service: String, isRunning: Bool?) async -> ClockState {
        // Without a running service nothing keeps the clock, whatever the kernel's flag still says.
        guard isRunning == true else { return ClockState(synchronized: isRunning == false ? false : nil) }
        switch service {
        case "chronyd":
            guard let text = await probe.output(["chronyc", "-n", "-c", "tracking"], seconds: 5) else { return ClockState() }
            var state = ClockState.chrony(tracking: text) ?? ClockState()
            if state.synchronized == true, let sources = await probe.output(["chronyc", "-n", "-c", "sources"], seconds: 5) {
                state.add(chronySources: sources)
            }
            return state
        case "ntpd", "ntpsec":
            guard let text = await probe.output(["ntpq", "-pn"], seconds: 5) else { return ClockState() }
            return ClockState.ntpq(text, now: probe.host.now())
        case "systemd-timesyncd":
            var state = ClockState()
            if let text = await probe.output(["timedatectl", "timesync-status"], seconds: 5, gap: false) {
                state.add(timesyncStatus: text)
            }
            // timesyncd touches this file each time it has synchronised.
            state.lastUpdate = probe.status("/run/systemd/timesync/synchronized")?.modified
            return state
        default: return ClockState()
        }
    }

    private func realTimeClockIsUTC(_ probe: Probe, _ shown: [String: String]) -> Bool? {
        if let local = shown["LocalRTC"].flatMap({ Conf.bool($0) }) { return !local }
        // hwclock(8): the third line says UTC or LOCAL; without the file it is UTC.
        guard let file = probe.file("/etc/adjtime") else { return probe.exists("/etc/adjtime") ? nil : true }
        return file.lines.count < 3 || Conf.trim(file.lines[2]) != "LOCAL"
    }

    /// Whether the clock is another's to keep: a container has that of its host.
    private func virtualClock(_ probe: Probe) async -> Bool? {
        if ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].contains(where: { probe.exists($0) }) { return true }
        if let text = await probe.output(["systemd-detect-virt", "--container"], seconds: 5, accepting: [0, 1], gap: false) {
            return Conf.trim(text) != "none"
        }
        return nil
    }
}
