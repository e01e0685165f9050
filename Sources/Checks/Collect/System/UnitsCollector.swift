internal import Documents

/// Which service units are enabled, run, or have failed.
struct UnitsCollector: FactCollector {
    let group = "units"

    func collect(_ probe: Probe) async -> Collected {
        let runsSystemd = probe.host.isLive && probe.exists("/run/systemd/system")
        let initName = initName(probe)
        var enabled: [String]?
        var running: [String]?
        var failed: [String]?
        if runsSystemd {
            let select = ["--no-legend", "--plain", "--no-pager"]
            let kinds = "--type=service,socket"
            enabled = Self.names(
                await probe.output(["systemctl", "list-unit-files", "--state=enabled,enabled-runtime", kinds] + select))
            running = Self.names(await probe.output(["systemctl", "list-units", "--state=running,listening", kinds] + select))
            failed = Self.names(await probe.output(["systemctl", "list-units", "--state=failed"] + select))
        }
        let links = enabled ?? linked(probe, initName)
        return .facts(
            .object([
                ("init", .text(initName)),
                ("enabled", .texts(links)),
                ("running", running.map { .texts($0) }),
                ("failed", failed.map { .texts($0) }),
                ("needless", .texts(links.filter { KnownSoftware.isNeedless(unit: $0) })),
            ]))
    }

    private func initName(_ probe: Probe) -> String {
        if probe.host.isLive, probe.exists("/run/systemd/system") { return "systemd" }
        if !probe.host.isLive, probe.host.linkTarget("/sbin/init")?.hasSuffix("systemd") == true { return "systemd" }
        if case .success(let comm) = probe.host.read("/proc/1/comm", 64) {
            let name = Conf.trim(String(decoding: comm.bytes, as: UTF8.self))
            if name == "systemd" { return "systemd" }
            return name == "init" && (probe.exists("/etc/inittab") || probe.exists("/etc/rc2.d")) ? "sysvinit" : "other"
        }
        return "other"
    }

    /// First word of each line: the unit's name.
    static func names(_ text: String?) -> [String]? {
        text.map { $0.split(separator: "\n").prefix(5000).compactMap { Conf.words($0.drop { !$0.isASCII }).first }.sorted() }
    }

    /// Without a running systemd: what its links, and the start links of the old init, would start.
    private func linked(_ probe: Probe, _ initName: String) -> [String] {
        var found: Set<String> = []
        for folder in probe.names(in: "/etc/systemd/system") where folder.hasSuffix(".wants") || folder.hasSuffix(".requires") {
            for name in probe.names(in: "/etc/systemd/system/\(folder)")
            where name.hasSuffix(".service") || name.hasSuffix(".socket") {
                found.insert(name)
            }
        }
        if initName != "systemd" {
            for level in 2...5 {
                for name in probe.names(in: "/etc/rc\(level).d") where name.hasPrefix("S") {
                    found.insert(String(name.dropFirst().drop { $0.isASCII && $0.isNumber }))
                }
            }
        }
        return found.filter { !$0.isEmpty }.sorted()
    }
}
