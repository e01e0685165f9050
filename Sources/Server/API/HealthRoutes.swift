internal import Database
internal import Documents
internal import HTTPTypes
internal import Identity

/// What watches the server: is it there, is it well, figures.
struct HealthRoutes: Sendable {
    let services: Services
    let metrics: Metrics
    /// Sets the figures of the installation's own rooms.
    let gauge: @Sendable (Metrics) -> Void

    var routes: [Route] {
        [
            .background("/health", .anyone(because: "a load balancer has no account; it says no more than ok")) { _ in
                switch services.database.trailHealth {
                case .flowing, .waiting: .text("ok\n")
                case .broken, .closed: .text("trail\n", .serviceUnavailable)
                }
            },
            .background("/metrics", .permitted(.settingsRead)) { _ in await figures() },
            .api(
                .get, "/metrics", .permitted(.settingsRead),
                Operation("getMetrics", "Figures of the server in Prometheus' text form", gives: nil, type: "text/plain")
            ) { _ in await figures() },
            .form("/csp-report", .anyone(because: "browsers report what a page's policy stopped"), upload: 16 << 10) { _ in
                .nothing()
            },
        ]
    }

    private func figures() async -> Answer {
        if let waiting = try? await services.database.trailWaiting() {
            metrics.set("plumbline_trail_waiting", "Records that wait for the trail's vault.", Double(waiting))
        }
        gauge(metrics)
        return Answer(.ok, "text/plain; version=0.0.4; charset=utf-8", Array(metrics.text().utf8))
    }
}
