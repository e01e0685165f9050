internal import Probes
internal import Rulebook
package import Supervision
internal import Vault

/// The service watch as the server runs it: real probes, real clocks.
package enum WatchService {
    /// What probes firms' services until its task is cancelled.
    ///
    /// - Parameters:
    ///   - services: the supervisor's rooms.
    ///   - log: told what could not be done.
    /// - Returns: the runner.
    package static func runner(_ services: SupervisorServices, _ log: ServerLog) -> WatchRunner {
        let hub = services.hub
        let start = ContinuousClock.now
        return WatchRunner(
            services.supervision,
            prober: prober(services.supervision.watch.policy, allowsLocal: services.watchAllowsLocal),
            effects: WatchEffects(
                now: FileEffects.live.now,
                steady: {
                    let passed = (ContinuousClock.now - start).components
                    return passed.seconds * 1_000 + passed.attoseconds / 1_000_000_000_000_000
                }, sleep: { try await Task.sleep(for: .milliseconds($0)) }, random: { Int.random(in: 0..<max(1, $0)) },
                tell: { hub.tell("watch") }, complain: { log(.error, "watch.failed", [("detail", $0)]) }))
    }

    /// Probes over real sockets, to addresses that the policy allows.
    static func prober(_ policy: WatchPolicy, allowsLocal: Bool) -> WatchProber {
        let prober = Prober { policy.allows($0, allowsLocal: allowsLocal) }
        return WatchProber { target, agent in
            let report = await prober.run(
                Probe(
                    host: target.host, port: target.port, depth: depth(target), milliseconds: target.timeout * 1_000,
                    bodyLimit: policy.bodyLimit, agent: agent))
            return finding(report, target)
        }
    }

    private static func depth(_ target: WatchTarget) -> Probe.Depth {
        switch target.kind {
        case .tcp: .tcp
        case .tls: .tls
        case .http: .http(path: target.path, isSecure: false)
        case .https: .http(path: target.path, isSecure: true)
        }
    }

    /// What a report says of a target.
    static func finding(_ report: ProbeReport, _ target: WatchTarget) -> WatchFinding {
        var finding = WatchFinding(
            .up, milliseconds: report.milliseconds, status: report.status, address: report.address,
            certificateEnds: report.certificateEnds.map { Instant(seconds: $0) })
        if let failure = report.failure {
            finding.outcome =
                switch failure {
                case .name: .name
                case .resolver: .resolver
                case .forbidden: .forbidden
                case .local: .local
                case .refused: .refused
                case .unreachable: .unreachable
                case .timeout: .timeout
                case .reset: .reset
                case .tls: .tls
                case .certificate: .certificate
                case .response: .response
                }
        } else if target.kind.asks {
            finding.outcome = report.status.map { target.judge($0, report.body) } ?? .response
        }
        return finding
    }
}
