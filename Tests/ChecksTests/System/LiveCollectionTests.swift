import Documents
import Glibc
import Testing

@testable import Checks

@Suite struct LiveCollectionTests {
    /// On whatever machine this runs: every collector ends. With PLUMBLINE_SHOW set, the facts are printed.
    @Test(.timeLimit(.minutes(2)))
    func everyCollectorEndsOnThisMachine() async {
        // PLUMBLINE_ROOT names a mounted image instead.
        let host = Host.live(root: getenv("PLUMBLINE_ROOT").map { String(cString: $0) } ?? "/")
        let shows = getenv("PLUMBLINE_SHOW") != nil
        var collectors: [String] = []
        await withTaskGroup(of: (String, String).self) { group in
            for collector in systemCollectors {
                group.addTask {
                    let clock = ContinuousClock()
                    let begin = clock.now
                    let probe = Probe(host)
                    let collected = await collector.collect(probe)
                    let took = clock.now - begin
                    if case .facts(let node) = collected {
                        for problem in FactsSchemaCheck.problems(node, group: collector.group) {
                            Issue.record("\(collector.group): \(problem)")
                        }
                    }
                    let text: String =
                        switch collected {
                        case .facts(let node): show(node)
                        case .nothing(let state, let why): "\(state.rawValue): \(why)"
                        }
                    let gaps = probe.gaps.map { "    gap \($0.what): \($0.why)" }.joined(separator: "\n")
                    return (collector.group, "\(collector.group) (\(took))\n\(text)\n\(gaps)")
                }
            }
            for await (name, text) in group {
                collectors.append(name)
                if shows { print(text) }
            }
        }
        #expect(collectors.count == systemCollectors.count)
        #expect(Set(collectors).count == collectors.count, "a group is collected twice")
    }

    @Test func everyGroupOfTheScheduleIsThere() {
        #expect(
            Set(systemCollectors.map { $0.group }) == [
                "audit", "journald", "syslog", "logrotate", "logfiles", "storage", "time", "network", "units", "tls", "crypto",
                "disks",
                "updates", "backups", "antivirus", "monitoring", "utilities", "media", "sensitive_files", "web", "mail",
            ])
    }
}

/// A node in a short form for the eye.
func show(_ node: Node, indent: String = "  ") -> String {
    switch node.value {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .number(let number): "\(number)"
    case .text(let text): text
    case .list(let items):
        items.allSatisfy { $0.entries == nil }
            ? "[" + items.map { show($0) }.joined(separator: ", ") + "]"
            : items.prefix(60).map {
                "\n\(indent)- "
                    + ($0.entries ?? []).map { "\($0.key)=\(show($0.node, indent: indent + "    "))" }.joined(separator: " ")
            }.joined()
    case .object(let entries):
        entries.map { "\n\(indent)\($0.key): \(show($0.node, indent: indent + "  "))" }.joined()
    }
}
