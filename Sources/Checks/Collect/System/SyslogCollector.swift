internal import Documents

/// rsyslog or syslog-ng: where messages go, in which time format.
struct SyslogCollector: FactCollector {
    let group = "syslog"

    func collect(_ probe: Probe) async -> Collected {
        let processes = ProcessTable(probe)
        let installed = ["rsyslogd", "syslog-ng"].filter { probe.hasProgram($0) }
        // When both are installed, the one that runs counts.
        guard let program = installed.first(where: { processes?.runs(any: [$0]) == true }) ?? installed.first else {
            return .facts(
                .object([
                    ("installed", false), ("running", false), ("forwards", []), ("forwards_remotely", false), ("files", []),
                ]))
        }
        let outputs = program == "rsyslogd" ? RsyslogConfig(probe).outputs : SyslogNgConfig(probe).outputs
        let leaves = outputs.forwards.contains { $0.isRemote }
        // rsyslog's own standard; syslog-ng's is 0600.
        let mode =
            outputs.createMode.map { setting(.text(Self.fourDigits($0.mode)), from: $0.from) }
            ?? setting(.text(program == "rsyslogd" ? "0644" : "0600"), from: "default")
        return .facts(
            .object([
                ("installed", true),
                ("running", processes.map { .bool($0.runs(any: [program])) }),
                ("program", .text(program)),
                (
                    "forwards",
                    .list(
                        outputs.forwards.map { forward in
                            .object([
                                ("target", .text(forward.target)), ("protocol", .text(forward.protocolName)),
                                ("tls", .bool(forward.tls)),
                                ("queue_on_disk", .bool(forward.queueOnDisk)), ("from", .text(forward.from)),
                            ])
                        })
                ),
                ("forwards_remotely", leaves ? true : outputs.otherRemote ? nil : false),
                ("traditional_time_format", outputs.traditionalTime.map { .bool($0) }),
                ("files", .texts(Array(Set(outputs.files)).sorted())),
                ("file_create_mode", mode),
            ]))
    }

    private static func fourDigits(_ mode: String) -> String {
        let digits = mode.drop { $0 == "0" }
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
