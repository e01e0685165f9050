internal import Documents

/// Group `session`: what ends an idle login.
struct SessionCollector: FactCollector {
    let group = "session"

    private static let lockers = [
        "vlock", "physlock", "xscreensaver", "light-locker", "xss-lock", "i3lock", "swaylock", "xsecurelock", "slock",
        "gnome-screensaver",
        "mate-screensaver", "cinnamon-screensaver", "gnome-shell", "plasmashell",
    ]

    func collect(_ probe: Probe) async -> Collected {
        let timeout = ShellTimeout.read(probe)
        if timeout.isUnclear { probe.gap("TMOUT", "set to something that is not a plain number of seconds") }
        // What was not read could set it: then "not read-only" cannot be said.
        let isKnown = probe.gaps.isEmpty || timeout.seconds != nil
        let tmout: Node = .object([
            ("seconds", timeout.seconds.map { setting(.integer($0.value), from: $0.from) }),
            ("readonly", isKnown ? .bool(timeout.isReadonly) : nil), ("exported", isKnown ? .bool(timeout.isExported) : nil),
        ])
        return .facts(
            .object([
                ("tmout", tmout), ("logind", await Self.logind(probe)),
                ("screen_lock_installed", .bool(Self.lockers.contains { probe.exists("/usr/bin/\($0)") })),
            ]))
    }

    private static func logind(_ probe: Probe) async -> Node? {
        let config = SystemdConfig(probe, name: "logind.conf", section: "Login")
        let programs = ["/usr/lib/systemd/systemd-logind", "/lib/systemd/systemd-logind"]
        guard config.isRead || programs.contains(where: { probe.exists($0) }) else { return nil }
        let action = config.effective("IdleAction") ?? .init(text: "ignore", from: "default")
        let wait = config.effective("IdleActionSec") ?? .init(text: "30min", from: "default")
        return .object([
            ("stop_idle_session", await stopIdle(config, probe)),
            ("idle_action", setting(.text(action.text), from: action.from)),
            ("idle_action_seconds", Self.seconds(wait.text).map { setting(.integer($0), from: wait.from) }),
            (
                "kill_user_processes",
                config.effective("KillUserProcesses").flatMap { kill in
                    Conf.bool(kill.text).map { setting(.bool($0), from: kill.from) }
                }
            ),
        ])
    }

    /// StopIdleSessionSec, which systemd knows since version 252 (and where a distribution brought it back, its file shows it).
    private static func stopIdle(_ config: SystemdConfig, _ probe: Probe) async -> Node? {
        guard let span = config.effective("StopIdleSessionSec"), let seconds = seconds(span.text), seconds > 0 else { return nil }
        if config.shown["StopIdleSessionSec"] == nil, let text = await probe.output(["systemctl", "--version"], gap: false),
            let version = text.words.dropFirst().first?.leadingNumber, version < 252
        {
            probe.gap(span.from, "systemd \(version) does not know StopIdleSessionSec")
            return nil
        }
        return setting(.integer(seconds), from: span.from)
    }

    /// A time span in seconds; nil for "infinity".
    private static func seconds(_ text: String) -> Int? { TimeSpan.seconds(text).flatMap { $0 == Int.max ? nil : $0 } }
}
