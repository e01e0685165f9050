/// The names of the processes that run on the host.
struct ProcessTable: Sendable {
    /// Process ids by program name.
    private(set) var byName: [String: [Int]] = [:]

    /// Reads `/proc`; nil when it is not there or hides the processes of others: then nobody can say that a program does not run.
    init?(_ probe: Probe) {
        guard probe.host.isLive else { return nil }
        guard case .success(let names) = probe.host.list("/proc"), probe.exists("/proc/1/comm") else {
            probe.gap("/proc", "processes of other users are not shown")
            return nil
        }
        // Read past the probe's notes: thousands of small files whose digests would prove nothing.
        for name in names.prefix(100_000) {
            guard let id = Int(name), case .success(let file) = probe.host.read("/proc/\(id)/comm", 64) else { continue }
            var comm = Conf.trim(String(decoding: file.bytes, as: UTF8.self))
            // The kernel cuts names at 15 bytes (systemd-journald and systemd-journal-upload look alike): take the program's own.
            if comm.utf8.count == 15, case .success(let line) = probe.host.read("/proc/\(id)/cmdline", 1 << 20) {
                let program = Conf.base(String(decoding: line.bytes.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self))
                if program.hasPrefix(comm) { comm = program }
            }
            byName[comm, default: []].append(id)
        }
    }

    /// Whether a program of one of these names runs.
    func runs(_ names: String...) -> Bool { names.contains { byName[$0] != nil } }

    /// Whether a program of one of these names runs.
    func runs(any names: some Sequence<String>) -> Bool { names.contains { byName[$0] != nil } }
}
