internal import Documents
internal import Rulebook

/// Conditions of questionnaires, told for all firms of a register at once: firms that are alike in the facts a condition looks at are judged
/// once. The outcome is that of the evaluator on each firm.
struct FirmConditions {
    /// A fact of every firm, as numbers of its distinct values.
    private struct Column {
        var codes: [Int32] = []
        var values: [Node?] = []
    }

    private let firms: [Firm]
    private let day: CivilDate
    private let decisions: [String: [String?]]
    private let parameters: [ParameterID: Parameter]
    private var columns: [FactPath: Column] = [:]
    private var known: [Predicate: [Truth]] = [:]
    /// Combinations of values that are kept in a table instead of a dictionary.
    private static let tableLimit = 1 << 16

    /// Conditions on a day.
    ///
    /// - Parameters:
    ///   - firms: the firms.
    ///   - day: whose facts count.
    ///   - decisions: by decision, its value for each firm; decisions that are not here are not known.
    ///   - parameters: the rule packs' parameters.
    init(_ firms: [Firm], on day: CivilDate, decisions: [String: [String?]] = [:], parameters: [ParameterID: Parameter]) {
        (self.firms, self.day, self.decisions, self.parameters) = (firms, day, decisions, parameters)
    }

    /// The outcome for each firm.
    mutating func truths(of predicate: Predicate) -> [Truth] {
        if let truths = known[predicate] { return truths }
        let paths = predicate.paths.filter { $0.keys.count == 2 && ["firm", "decision"].contains($0.keys[0]) }.sorted {
            $0.description < $1.description
        }
        let columns = paths.map { column($0) }
        let size = columns.reduce(1) { product, column in
            product > Self.tableLimit ? product : product * column.values.count
        }
        let truths =
            size <= Self.tableLimit ? table(predicate, paths, columns, size) : dictionary(predicate, paths, columns)
        known[predicate] = truths
        return truths
    }

    private func table(_ predicate: Predicate, _ paths: [FactPath], _ columns: [Column], _ size: Int) -> [Truth] {
        var found = [Truth?](repeating: nil, count: size)
        return firms.indices.map { firm in
            let place = columns.reduce(0) { $0 * $1.values.count + Int($1.codes[firm]) }
            if let truth = found[place] { return truth }
            let truth = evaluate(predicate, paths, columns, firm)
            found[place] = truth
            return truth
        }
    }

    private func dictionary(_ predicate: Predicate, _ paths: [FactPath], _ columns: [Column]) -> [Truth] {
        var found: [[Int32]: Truth] = [:]
        return firms.indices.map { firm in
            let key = columns.map { $0.codes[firm] }
            if let truth = found[key] { return truth }
            let truth = evaluate(predicate, paths, columns, firm)
            found[key] = truth
            return truth
        }
    }

    private func evaluate(_ predicate: Predicate, _ paths: [FactPath], _ columns: [Column], _ firm: Int) -> Truth {
        var (facts, decided): ([String: Node], [String: Node]) = ([:], [:])
        for (path, column) in zip(paths, columns) {
            guard let value = column.values[Int(column.codes[firm])] else { continue }
            if path.keys[0] == "firm" { facts[path.keys[1]] = value } else { decided[path.keys[1]] = value }
        }
        let context = ProfileContext(firm: facts, system: [:], decisions: decided, parameters: parameters)
        return Evaluator(context).truth(of: predicate)
    }

    private mutating func column(_ path: FactPath) -> Column {
        if let column = columns[path] { return column }
        let name = path.keys[1]
        var column = Column()
        column.codes.reserveCapacity(firms.count)
        if path.keys[0] == "decision" {
            let values = decisions[name] ?? []
            Self.fill(&column, firms.indices.lazy.map { $0 < values.count ? values[$0] : nil }) { .text($0) }
        } else {
            Self.fill(&column, firms.lazy.map { [day] in $0.fact(name, asOf: day) }) { $0 }
        }
        columns[path] = column
        return column
    }

    private static func fill<Value: Hashable>(
        _ column: inout Column, _ values: some Sequence<Value?>, _ node: (Value) -> Node
    ) {
        var codes: [Value?: Int32] = [:]
        for value in values {
            if let code = codes[value] {
                column.codes.append(code)
            } else {
                let code = Int32(column.values.count)
                codes[value] = code
                column.values.append(value.map(node))
                column.codes.append(code)
            }
        }
    }
}
