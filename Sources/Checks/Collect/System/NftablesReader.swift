internal import Documents

/// Reads `nft -j list ruleset`.
enum NftablesReader {
    /// The rule set; nil when the text is not what nft prints.
    static func read(_ text: String) -> FirewallRules? {
        guard let items = (try? JSONReader.read(Array(text.utf8)))?["nftables"]?.list else { return nil }
        var rules = FirewallRules()
        for item in items {
            if let chain = item["chain"], let name = name(chain, "name") {
                var made = rules.chains[name] ?? FirewallRules.Chain()
                made.isInput = chain["hook"]?.text == "input" && chain["type"]?.text == "filter"
                made.policy = chain["policy"]?.text == "drop" ? .drop : .accept
                made.families = families(chain["family"]?.text)
                rules.chains[name] = made
            } else if let rule = item["rule"], let name = name(rule, "chain") {
                let prefix = "\(rule["family"]?.text ?? "") \(rule["table"]?.text ?? "") "
                rules.chains[name, default: FirewallRules.Chain()].rules.append(self.rule(rule["expr"]?.list ?? [], prefix))
            }
        }
        return rules
    }

    private static func name(_ node: Node, _ key: String) -> String? {
        guard let family = node["family"]?.text, let table = node["table"]?.text, let name = node[key]?.text else { return nil }
        return "\(family) \(table) \(name)"
    }

    private static func families(_ family: String?) -> Set<FirewallRules.Family> {
        switch family {
        case "ip": [.v4]
        case "ip6": [.v6]
        case "inet": [.v4, .v6]
        default: []
        }
    }

    private static func rule(_ expressions: [Node], _ prefix: String) -> FirewallRules.Rule {
        var rule = FirewallRules.Rule()
        for expression in expressions {
            guard let entry = expression.entries?.first else { continue }
            switch entry.key {
            case "accept": rule.verdict = .accept
            case "drop": rule.verdict = .drop
            case "reject": rule.verdict = .reject
            case "return": rule.verdict = .returned
            case "jump": rule.verdict = .jump(prefix + (entry.node["target"]?.text ?? ""))
            case "goto": rule.verdict = .goTo(prefix + (entry.node["target"]?.text ?? ""))
            case "counter", "log", "comment", "mangle", "meta": continue
            case "match": rule.conditions.append(condition(entry.node))
            // Verdict maps, limits, extensions of iptables: narrow as far as anyone can tell.
            default: rule.conditions.append(.narrow)
            }
        }
        return rule
    }

    private static func condition(_ match: Node) -> FirewallRules.Condition {
        let right = match["right"]
        let isEqual = ["==", "in"].contains(match["op"]?.text ?? "==")
        if let key = match["left"]?["meta"]?["key"]?.text {
            switch key {
            case "iif", "iifname": return right?.text == "lo" ? (isEqual ? .loopback : .broad) : .broad
            case "l4proto", "nfproto", "protocol": return transports(right)
            default: return .narrow
            }
        }
        if match["left"]?["ct"]?["key"]?.text == "state" {
            let states = right?.list?.compactMap { $0.text } ?? right?["set"]?.list?.compactMap { $0.text } ?? [right?.text ?? ""]
            return isEqual && states.contains("new") ? .broad : isEqual && states.contains("established") ? .established : .narrow
        }
        if let field = match["left"]?["payload"]?["field"]?.text, ["protocol", "nexthdr"].contains(field) {
            return transports(right)
        }
        if match["left"]?["payload"]?["field"]?.text == "saddr" {
            return isEqual && right?["prefix"]?["len"]?.integer != 0 ? .source : .narrow
        }
        return .narrow
    }

    /// "All of TCP" is as good as everything; ICMP and the like are not.
    private static func transports(_ right: Node?) -> FirewallRules.Condition {
        let named = right?["set"]?.list?.compactMap { $0.text } ?? [right?.text ?? ""]
        return named.allSatisfy { ["tcp", "udp", "ipv4", "ipv6", "ip", "ip6"].contains($0) } ? .broad : .narrow
    }
}
