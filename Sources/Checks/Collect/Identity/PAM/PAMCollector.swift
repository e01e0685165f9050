internal import Documents

/// Group `pam`: each service's stacks as composed, and what they do about failures, quality, history and hashing.
struct PAMCollector: FactCollector {
    let group = "pam"

    func collect(_ probe: Probe) async -> Collected {
        guard let services = PAMReader(probe).services() else {
            return .nothing(probe.gaps.isEmpty ? .absent : .denied, "no PAM configuration could be read")
        }
        let method = LoginDefs(probe).text("ENCRYPT_METHOD")
        let faillock = LockoutSettings.faillock(nil, probe)
        let present = probe.exists(LockoutSettings.usualFile)
        return .facts(
            .object([
                ("services", .list(services.map { Self.node($0, probe, method) })),
                (
                    "faillock_conf",
                    .object([
                        ("present", .bool(present)), ("from", .text(LockoutSettings.usualFile)),
                        ("deny", present ? faillock.map { setting(.integer($0.deny.value), from: $0.deny.from) } : nil),
                        (
                            "unlock_time",
                            present ? faillock?.unlockTime.map { setting(.integer($0.value), from: $0.from) } : nil
                        ),
                    ])
                ),
            ]))
    }

    private static func node(_ service: PAMService, _ probe: Probe, _ method: Origin<String>?) -> Node {
        let stacks: [(String, Node?)] = PAMFacility.allCases.map { facility in
            (facility.rawValue, .list(service.modules(facility).map(entry)))
        }
        var names: [String] = []
        for module in PAMFacility.allCases.flatMap({ service.modules($0).map { $0.module } }) where !names.contains(module) {
            names.append(module)
        }
        let folders = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"]
        let file = folders.map { "\($0)/\(service.name)" }.first { probe.exists($0) } ?? "/etc/pam.conf"
        let facts: [(String, Node?)] =
            [("name", .text(service.name)), ("from", .text(file))] + stacks + [("modules", .texts(names))]
        // What is only partly known would give wrong conclusions; the gap says which file is missing.
        guard !service.isIncomplete else { return .object(facts) }
        return .object(facts + conclusions(service, probe, method))
    }

    private static func entry(_ entry: PAMEntry) -> Node {
        .object([
            ("control", .text(entry.control)), ("module", .text(entry.module)), ("arguments", .texts(PAMModules.shown(entry))),
            ("from", .text(entry.from)), ("via", entry.via.isEmpty ? nil : .text(entry.via.joined(separator: ", "))),
        ])
    }

    private static func conclusions(_ service: PAMService, _ probe: Probe, _ method: Origin<String>?) -> [(String, Node?)] {
        let auth = service.modules(.auth)
        let factors = auth.filter { call in
            PAMModules.secondFactor.contains(call.name) && PAMRefusal.counts(call, service, .auth) == true
        }
        let permitsEmpty = auth.contains { $0.name == "pam_unix" && ($0.has("nullok") || $0.has("nullok_secure")) }
        return [
            ("asks_password", .bool(auth.contains { PAMModules.password.contains($0.name) })),
            ("permits_empty_password", .bool(permitsEmpty)),
            ("second_factor", .bool(!factors.isEmpty)),
            (
                "second_factor_nullok",
                factors.isEmpty ? nil : .bool(factors.allSatisfy { $0.has("nullok") || $0.has("nouserok") })
            ),
            ("lockout", LockoutFacts(service, probe).node),
            ("quality", QualityFacts(service, probe).node),
            ("history", HistoryFacts.node(service, probe)),
            ("hash", HashFacts.node(service, encryptMethod: method)),
        ]
    }
}
