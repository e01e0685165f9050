internal import Documents
internal import Rulebook

/// Agents that watch: intrusion, integrity, flows, logs.
struct MonitoringCollector: FactCollector {
    let group = "monitoring"
    private static let databases = [
        "/var/lib/aide/aide.db", "/var/lib/aide/aide.db.gz", "/var/lib/tripwire",
    ]

    func collect(_ probe: Probe) async -> Collected {
        let processes = ProcessTable(probe)
        let found = KnownSoftware.agents.filter { probe.has($0) }
        let now = probe.host.now()
        let database = Self.databases.compactMap { probe.status($0)?.modified }.max()
        let aideRuns = runsAIDE(probe)
        func runs(_ agent: KnownSoftware.Product) -> Bool? {
            // aide is no daemon: it "runs" when something starts it regularly and it has a database to compare with.
            if agent.name == "aide" { return aideRuns && database != nil }
            return processes.map { $0.runs(any: agent.processes) }
        }
        let states = found.map { ($0, runs($0)) }
        let kinds = processes.map { _ in Set(states.filter { $0.1 == true }.map { $0.0.kind }).sorted() }
        return .facts(
            .object([
                (
                    "agents",
                    .list(
                        states.map { agent, isRunning in
                            .object([
                                ("name", .text(agent.name)), ("kind", .text(agent.kind)),
                                ("running", isRunning.map { .bool($0) }),
                            ])
                        })
                ),
                ("kinds_running", kinds.map { .texts($0) }),
                ("integrity_database_age_days", database.map { .integer(max(0, (now - $0) / 86_400)) }),
                (
                    "configuration_versioned",
                    .bool(probe.exists("/etc/.git") || probe.exists("/etc/.bzr") || probe.exists("/etc/.hg"))
                ),
            ]))
    }

    private func runsAIDE(_ probe: Probe) -> Bool {
        if probe.names(in: "/etc/systemd/system/timers.target.wants").contains(where: { $0.contains("aide") }) { return true }
        for folder in ["/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.d"] {
            if probe.names(in: folder).contains(where: { $0.contains("aide") }) { return true }
        }
        return probe.file("/etc/crontab")?.lines.contains {
            !Conf.isSilent(Conf.trim($0)) && Conf.words($0).contains { Conf.base($0) == "aide" }
        } ?? false
    }
}
