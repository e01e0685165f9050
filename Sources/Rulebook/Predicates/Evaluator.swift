public import Documents

/// What an evaluation may ask of the world around it.
public protocol EvaluationContext {
    /// The value at a whole path, for contexts that keep theirs flat (profiles); nil when there is none or the context is a tree.
    func flat(_ path: FactPath) -> Node?
    /// The tree under a root key, for contexts that keep trees (facts of a host); nil when there is none.
    func root(_ key: String) -> Node?
    /// Whether what stands under a root was looked at, so that a missing fact means "it is not there".
    func isKnown(_ root: String) -> Bool
    /// The value of a profile fact (`firm.…`, `system.…`); nil when it is not known.
    func profileFact(_ path: FactPath) -> Node?
    /// A clause parameter in force; nil when there is none of that name.
    func parameter(_ id: ParameterID) -> Parameter?
    /// Unit of the fact at a schema path (list items without labels), if it has one.
    func unit(of path: [String]) -> Unit?
    /// The instant ages are counted to.
    var instant: Instant { get }
}

/// Evaluates predicates, three-valued, with or without a trace of what decided.
public struct Evaluator<Context: EvaluationContext> {
    private let context: Context

    /// An evaluator over a context.
    public init(_ context: Context) { self.context = context }

    /// The outcome with the comparisons that decided it.
    public func evaluate(_ predicate: Predicate) -> Evaluation { traced(predicate, nil) }

    /// The outcome alone, without the cost of a trace.
    public func truth(of predicate: Predicate) -> Truth { plain(predicate, nil) }

    /// What stands at a path, compared with nothing.
    public func show(_ path: FactPath) -> Finding {
        let found = look(path, nil)
        return Finding(
            path: label(path, nil), found: found.node.map { $0.shown }, unit: context.unit(of: path.keys)?.rawValue, sign: "",
            limit: nil,
            origin: found.origin, line: found.node?.position.line ?? 0, truth: .yes)
    }

    /// The item of the nearest `each` or `some`: its value, its name for people, its path in the schema, the `from` that holds for it.
    private struct Item {
        var node: Node
        var label: String
        var schema: [String]
        var origin: String?
    }

    // MARK: Outcome alone

    private func plain(_ predicate: Predicate, _ item: Item?) -> Truth {
        switch predicate {
        case .all(let parts): return parts.reduce(into: Truth.yes) { $0 = $0 == .no ? .no : min($0, plain($1, item)) }
        case .any(let parts): return parts.reduce(into: Truth.no) { $0 = $0 == .yes ? .yes : max($0, plain($1, item)) }
        case .none(let parts): return parts.reduce(into: Truth.no) { $0 = $0 == .yes ? .yes : max($0, plain($1, item)) }.negated
        case .not(let part): return plain(part, item).negated
        case .each, .some: return traced(predicate, item).truth
        case .compare(let comparison):
            return compare(comparison, look(comparison.path, item).node, item, rendering: false).truth
        }
    }

    // MARK: Outcome and trace

    private func traced(_ predicate: Predicate, _ item: Item?) -> Evaluation {
        switch predicate {
        case .all(let parts): return combine(parts.map { traced($0, item) }, decisive: .no)
        case .any(let parts): return combine(parts.map { traced($0, item) }, decisive: .yes)
        case .none(let parts):
            var result = combine(parts.map { traced($0, item) }, decisive: .yes)
            result.truth = result.truth.negated
            return result
        case .not(let part):
            var result = traced(part, item)
            result.truth = result.truth.negated
            return result
        case .each(let quantified): return each(quantified, item)
        case .some(let quantified): return some(quantified, item)
        case .compare(let comparison): return Evaluation(single: finding(comparison, item))
        }
    }

    /// `all` is decided by one no, `any` by one yes; else by the unknown ones; else by all of them.
    private func combine(_ parts: [Evaluation], decisive: Truth) -> Evaluation {
        let truth: Truth =
            parts.contains { $0.truth == decisive }
            ? decisive : parts.contains { $0.truth == .unknown } ? .unknown : decisive.negated
        var result = Evaluation(truth)
        for part in parts where part.truth == truth { result.absorb(part) }
        return result
    }

    private func items(of quantified: Quantified, _ item: Item?) -> [Item]? {
        let found = look(quantified.path, item)
        guard let list = found.node?.list else { return nil }
        let label = label(quantified.path, item)
        let schema = schemaPath(quantified.path, item)
        return list.enumerated().map { index, node in
            Item(
                node: node, label: "\(label)[\(Self.name(of: node) ?? String(index))]", schema: schema,
                origin: node["from"]?.text ?? found.origin)
        }
    }

    private func missingList(_ quantified: Quantified, _ item: Item?) -> Evaluation {
        let found = look(quantified.path, item)
        return Evaluation(
            single: Finding(
                path: label(quantified.path, item), found: nil, sign: "", limit: nil, origin: found.origin,
                line: found.node?.position.line ?? 0, truth: .unknown))
    }

    private func each(_ quantified: Quantified, _ item: Item?) -> Evaluation {
        guard let items = items(of: quantified, item), let condition = quantified.condition else {
            return missingList(quantified, item)
        }
        var parts: [Evaluation] = []
        var meant = 0
        for item in items {
            let filter = quantified.filter.map { traced($0, item) } ?? Evaluation(.yes)
            guard filter.truth != .no else { continue }
            let outcome = traced(condition, item)
            if filter.truth == .yes {
                meant += 1
                parts.append(outcome)
            } else if outcome.truth != .yes {
                // Not known whether this item is meant, and it does not fulfil: that leaves the whole undecided.
                var undecided = filter
                undecided.truth = .unknown
                parts.append(undecided)
            }
        }
        var result = combine(parts, decisive: .no)
        if result.truth == .yes, meant < quantified.atLeast { result = tooFew(quantified, item, meant, .unknown) }
        return result
    }

    private func some(_ quantified: Quantified, _ item: Item?) -> Evaluation {
        guard let items = items(of: quantified, item) else { return missingList(quantified, item) }
        var parts: [Evaluation] = []
        for item in items {
            let filter = quantified.filter.map { traced($0, item) } ?? Evaluation(.yes)
            guard filter.truth != .no else { continue }
            var outcome = quantified.condition.map { traced($0, item) } ?? Evaluation(single: present(item))
            outcome.truth = min(outcome.truth, filter.truth)
            parts.append(outcome)
        }
        let fulfilled = parts.count { $0.truth == .yes }
        let possible = parts.count { $0.truth != .no }
        let truth: Truth = fulfilled >= quantified.atLeast ? .yes : possible >= quantified.atLeast ? .unknown : .no
        var result = Evaluation(truth)
        for part in parts where part.truth == truth { result.absorb(part) }
        if result.findings.isEmpty { result = tooFew(quantified, item, fulfilled, truth) }
        return result
    }

    private func present(_ item: Item) -> Finding {
        Finding(
            path: item.label, found: item.node.shown, sign: Operator.exists.sign, limit: "true", origin: item.origin,
            line: item.node.position.line, truth: .yes)
    }

    private func tooFew(_ quantified: Quantified, _ item: Item?, _ count: Int, _ truth: Truth) -> Evaluation {
        let found = look(quantified.path, item)
        return Evaluation(
            single: Finding(
                path: label(quantified.path, item), found: String(count), unit: Unit.count.rawValue, sign: Operator.countGe.sign,
                limit: String(quantified.atLeast), origin: found.origin, line: found.node?.position.line ?? 0, truth: truth))
    }

    // MARK: Looking up

    private struct Found {
        var node: Node?
        var origin: String?
    }

    private func look(_ path: FactPath, _ item: Item?) -> Found {
        var found = Found()
        if path.isRelative {
            found = Found(node: item?.node, origin: item?.origin)
            for key in path.keys { found.node = descend(found.node, key, &found.origin) }
        } else if let flat = context.flat(path) {
            found.node = flat
        } else if let first = path.keys.first {
            found.node = context.root(first)
            for key in path.keys.dropFirst() { found.node = descend(found.node, key, &found.origin) }
        }
        // A setting stands for its value; where it comes from goes into the trace.
        if let entries = found.node?.entries {
            if let from = found.node?["from"]?.text { found.origin = from }
            if entries.count == 2, let value = found.node?["value"], found.node?["from"] != nil { found.node = value }
        }
        if found.node?.isNull == true { found.node = nil }
        return found
    }

    private func label(_ path: FactPath, _ item: Item?) -> String {
        let prefix = path.isRelative ? (item?.label ?? "") : ""
        return prefix + (prefix.isEmpty || path.keys.isEmpty ? "" : ".") + path.keys.joined(separator: ".")
    }

    private func descend(_ node: Node?, _ key: String, _ origin: inout String?) -> Node? {
        guard let next = node?[key] else { return nil }
        if let from = next["from"]?.text { origin = from }
        return next
    }

    /// What a person would call an item of a list.
    private static func name(of node: Node) -> String? {
        for key in ["name", "path", "user", "match", "mount", "target", "fingerprint", "location", "product"] {
            if let text = node[key]?.text { return text.isEmpty ? "*" : text.clipped }
        }
        if let port = node["port"]?.integer { return "\(node["protocol"]?.text.map { "\($0)/" } ?? "")\(port)" }
        if let uid = node["uid"]?.integer ?? node["gid"]?.integer { return String(uid) }
        if let who = node["who"]?.list { return who.compactMap(\.text).joined(separator: ",").clipped }
        if let text = node.text { return text.clipped }
        return node.integer.map(String.init)
    }

    // MARK: Comparing

    private func finding(_ comparison: Comparison, _ item: Item?) -> Finding {
        let found = look(comparison.path, item)
        let outcome = compare(comparison, found.node, item, rendering: true)
        return Finding(
            path: label(comparison.path, item), found: found.node.map { $0.shown },
            unit: context.unit(of: schemaPath(comparison.path, item))?.rawValue,
            sign: outcome.sign ?? comparison.operation.sign, limit: outcome.limit, limitSource: outcome.source,
            origin: found.origin,
            line: found.node?.position.line ?? 0, truth: outcome.truth)
    }

    private struct Outcome {
        var truth: Truth
        var limit: String?
        var source: String?
        var sign: String?
    }

    /// Compares. With `rendering` the texts of a trace are made too, which costs more than comparing.
    private func compare(_ comparison: Comparison, _ value: Node?, _ item: Item?, rendering: Bool) -> Outcome {
        let operation = comparison.operation
        if operation == .exists || operation == .known, case .literal(let wanted) = comparison.operand {
            if value == nil, !comparison.path.isRelative, let root = comparison.path.keys.first, !context.isKnown(root) {
                return Outcome(truth: .unknown, limit: rendering ? wanted.shown : nil)
            }
            return Outcome(truth: Truth((value != nil) == (wanted.bool == true)), limit: rendering ? wanted.shown : nil)
        }
        if !rendering, case .literal(let operand) = comparison.operand {
            guard let value else { return Outcome(truth: .unknown) }
            return Outcome(
                truth: Comparing.truth(
                    operation, value, operand, bound: nil, pattern: comparison.pattern, instant: context.instant))
        }
        let other = resolve(comparison, item)
        var outcome = Outcome(truth: .unknown, limit: other.shown, source: other.source, sign: other.sign)
        guard let value, let operand = other.node else { return outcome }
        outcome.truth = Comparing.truth(
            operation, value, operand, bound: other.bound, pattern: comparison.pattern, instant: context.instant)
        return outcome
    }

    private struct Resolved {
        var node: Node?
        var shown: String?
        var source: String?
        var bound: Parameter.Bound?
        var sign: String?
    }

    private func resolve(_ comparison: Comparison, _ item: Item?) -> Resolved {
        switch comparison.operand {
        case .literal(let node): return Resolved(node: node, shown: node.shown)
        case .seconds(let seconds): return Resolved(node: .integer(seconds), shown: "\(seconds) s")
        case .fact(let path):
            let found = look(path, item)
            return Resolved(node: found.node, shown: found.node.map { $0.shown }, source: label(path, item))
        case .profile(let path):
            let node = context.profileFact(path)
            return Resolved(node: node, shown: node.map { $0.shown }, source: path.description)
        case .parameter(let id):
            guard let parameter = context.parameter(id) else { return Resolved(source: id.description) }
            let wantsSeconds = comparison.operation == .ageLe || comparison.operation == .ageGe
            let unit = wantsSeconds ? Unit.second : context.unit(of: schemaPath(comparison.path, item))
            let number = unit.map { parameter.quantity.converted(to: $0) } ?? parameter.quantity.number
            let sign: String? = comparison.operation == .within ? parameter.bound.sign : nil
            return Resolved(
                node: number.map { Node(.number($0)) },
                shown: parameter.quantity.description + (parameter.waiver == nil ? "" : " (waived)"),
                source: id.description, bound: parameter.bound, sign: sign)
        }
    }

    private func schemaPath(_ path: FactPath, _ item: Item?) -> [String] {
        (path.isRelative ? (item?.schema ?? []) : []) + path.keys
    }
}

extension Evaluation {
    init(single finding: Finding) { self.init(finding.truth, [finding]) }
}

extension Truth: Comparable {
    /// Whether the left one comes before the right one.
    public static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }
}
