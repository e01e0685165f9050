internal import Documents
internal import Rulebook

extension Probe {
    /// Whether a product is installed: one of its programs or paths is there.
    func has(_ product: KnownSoftware.Product) -> Bool {
        product.programs.contains { $0.hasPrefix("/") ? exists($0) : hasProgram($0) }
    }
}

/// Anti-virus products, whether they run, and the age of their signatures.
struct AntivirusCollector: FactCollector {
    let group = "antivirus"

    func collect(_ probe: Probe) async -> Collected {
        let processes = ProcessTable(probe)
        let now = probe.host.now()
        let found = KnownSoftware.antivirus.filter { probe.has($0) }
        let products: [Node] = found.map { product in
            let updated = product.signatures.compactMap { probe.status($0)?.modified }.max()
            return .object([
                ("name", .text(product.name)), ("running", processes.map { .bool($0.runs(any: product.processes)) }),
                ("signatures_updated", updated.map { .text($0.description) }),
                ("signatures_age_days", updated.map { .integer(max(0, (now - $0) / 86_400)) }),
            ])
        }
        let running = processes.map { table in found.contains { table.runs(any: $0.processes) } }
        return .facts(.object([("products", .list(products)), ("any_running", running.map { .bool($0) })]))
    }
}
