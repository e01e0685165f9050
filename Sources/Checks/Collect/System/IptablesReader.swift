/// Reads `iptables -S` and `ip6tables -S`.
enum IptablesReader {
    /// Adds the filter table of one family to `rules`.
    static func read(_ text: String, family: FirewallRules.Family, into rules: inout FirewallRules) {
        let prefix = family == .v4 ? "iptables " : "ip6tables "
        for line in text.split(separator: "\n").prefix(100_000) {
            let words = Conf.quotedWords(line)
            guard words.count >= 2 else { continue }
            let name = prefix + words[1]
            switch words[0] {
            case "-P":
                var chain = rules.chains[name] ?? FirewallRules.Chain()
                chain.isInput = words[1] == "INPUT"
                chain.policy = words.count > 2 && words[2] == "DROP" ? .drop : .accept
                chain.families = [family]
                rules.chains[name] = chain
            case "-A": rules.chains[name, default: FirewallRules.Chain()].rules.append(rule(Array(words.dropFirst(2)), prefix))
            default: continue
            }
        }
    }

    private static func rule(_ words: [String], _ prefix: String) -> FirewallRules.Rule {
        var rule = FirewallRules.Rule()
        var index = 0
        var negated = false
        while index < words.count {
            let argument = index + 1 < words.count ? words[index + 1] : ""
            switch words[index] {
            case "!":
                negated = true
                index += 1
                continue
            case "-i": rule.conditions.append(argument == "lo" && !negated ? .loopback : .broad)
            case "-s":
                rule.conditions.append(argument == "0.0.0.0/0" || argument == "::/0" ? .broad : negated ? .narrow : .source)
            case "-d": rule.conditions.append(.narrow)
            case "-p": rule.conditions.append(["tcp", "udp", "all"].contains(argument) && !negated ? .broad : .narrow)
            case "--state", "--ctstate":
                let states = argument.split(separator: ",")
                rule.conditions.append(
                    negated ? .narrow : states.contains("NEW") ? .broad : states.contains("ESTABLISHED") ? .established : .narrow)
            // A module by itself says nothing; what it tests follows as an option.
            case "-m", "--comment", "--reject-with", "--log-prefix", "--log-level": break
            case "-j", "-g": rule.verdict = verdict(argument, prefix, isGoTo: words[index] == "-g")
            default:
                if words[index].hasPrefix("-") { rule.conditions.append(.narrow) }
                index += 1
                negated = false
                continue
            }
            negated = false
            index += 2
        }
        return rule
    }

    private static func verdict(_ target: String, _ prefix: String, isGoTo: Bool) -> FirewallRules.Verdict {
        switch target {
        case "ACCEPT": .accept
        case "DROP": .drop
        case "REJECT": .reject
        case "RETURN": .returned
        case "LOG", "NFLOG", "MARK", "CONNMARK", "TRACE": .none
        default: isGoTo ? .goTo(prefix + target) : .jump(prefix + target)
        }
    }
}
