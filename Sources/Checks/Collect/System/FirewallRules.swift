/// What a packet filter does with packets to this host, in a form that nftables and iptables share.
struct FirewallRules: Sendable, Equatable {
    /// A condition of a rule, as far as it matters whether "everything from everywhere" passes.
    enum Condition: Sendable, Equatable {
        /// The packet came over the loopback interface, or belongs to a connection that is already there.
        case loopback, established
        /// It came from a certain network.
        case source
        /// True for all packets, or for all of a family, an interface or a whole transport.
        case broad
        /// Anything that narrows: a port, a mark, ICMP …
        case narrow
    }

    enum Verdict: Sendable, Equatable { case accept, drop, reject, jump(String), goTo(String), returned, none }

    struct Rule: Sendable, Equatable {
        var conditions: [Condition] = []
        var verdict = Verdict.none
    }

    /// A chain; base chains at the input hook have a policy.
    struct Chain: Sendable, Equatable {
        var rules: [Rule] = []
        var isInput = false
        var policy = Verdict.accept
        var families: Set<Family> = []
    }

    enum Family: Sendable, Hashable, CaseIterable { case v4, v6 }

    /// Chains by name; names are unique over tables because they carry family and table.
    var chains: [String: Chain] = [:]

    /// Number of rules.
    var count: Int { chains.values.reduce(0) { $0 + $1.rules.count } }

    /// What is found by following all input chains.
    struct Findings: Sendable, Equatable {
        var standard = Verdict.accept
        var acceptsAny = false
        var limitsSources = false
        var hasInputRules = false
    }

    /// Follows the input chains of one family: a packet must pass all of them.
    func findings(_ family: Family) -> Findings {
        var findings = Findings()
        var acceptedAnyEverywhere = true
        var hasChain = false
        for name in chains.keys.sorted() {
            guard let chain = chains[name], chain.isInput, chain.families.contains(family) else { continue }
            hasChain = true
            var walk = Walk(rules: self)
            let end = walk.chain(name, depth: 0)
            findings.limitsSources = findings.limitsSources || walk.limitsSources
            findings.hasInputRules = findings.hasInputRules || !chain.rules.isEmpty
            // An open end of the chain is the policy, which is told as such; only a rule that lets everything in "accepts any".
            acceptedAnyEverywhere = acceptedAnyEverywhere && (walk.acceptsAny || end == nil && chain.policy == .accept)
            findings.acceptsAny = findings.acceptsAny || walk.acceptsAny
            let result = walk.acceptsAny ? .accept : end ?? chain.policy
            if result != .accept, findings.standard == .accept { findings.standard = result }
        }
        findings.acceptsAny = hasChain && findings.acceptsAny && acceptedAnyEverywhere
        return findings
    }

    private struct Walk {
        let rules: FirewallRules
        var acceptsAny = false
        var limitsSources = false
        var steps = 0

        /// The verdict that a packet without any special property gets in a chain; nil when it falls through its end.
        mutating func chain(_ name: String, depth: Int) -> Verdict? {
            guard depth < 32, let chain = rules.chains[name] else { return nil }
            for rule in chain.rules {
                steps += 1
                guard steps < 200_000 else { return nil }
                let meetsAll = rule.conditions.allSatisfy { $0 == .broad }
                if rule.verdict == .accept, rule.conditions.contains(.source) { limitsSources = true }
                switch rule.verdict {
                case .accept:
                    guard meetsAll else { continue }
                    acceptsAny = true
                    return .accept
                case .drop, .reject: if meetsAll, !rule.conditions.contains(.broad) { return rule.verdict }
                case .jump(let target):
                    if meetsAll {
                        if let end = self.chain(target, depth: depth + 1) { return end }
                    } else if rule.conditions.contains(.source), leadsToAccept(target, depth: depth + 1) {
                        limitsSources = true
                    }
                case .goTo(let target):
                    if meetsAll { return self.chain(target, depth: depth + 1) }
                case .returned: if meetsAll { return nil }
                case .none: continue
                }
            }
            return nil
        }

        private func leadsToAccept(_ name: String, depth: Int) -> Bool {
            guard depth < 8, let chain = rules.chains[name] else { return false }
            return chain.rules.contains { $0.verdict == .accept }
        }
    }
}
