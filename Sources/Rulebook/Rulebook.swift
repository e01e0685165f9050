internal import CPacks
public import Documents

/// All rule packs in force together: clauses, facts, decisions and parameters by name.
public struct Rulebook: Sendable {
    /// The packs, in the order given.
    public let packs: [RulePack]
    /// All clauses, pack by pack.
    public let clauses: [Clause]
    /// All profile facts; one that several packs declare stands once.
    public let facts: [FactDefinition]
    /// Every clause parameter as the packs give it.
    public let parameters: [ParameterID: Parameter]

    private let clauseIndex: [String: Int]
    private let packIndex: [Int]
    private let factIndex: [String: Int]

    /// Puts packs together.
    ///
    /// - Throws: `DocumentError` when two packs share a clause id, or mean different things by one fact.
    public init(_ packs: [RulePack]) throws(DocumentError) {
        self.packs = packs
        var clauses: [Clause] = []
        var clauseIndex: [String: Int] = [:]
        var packIndex: [Int] = []
        var facts: [FactDefinition] = []
        var factIndex: [String: Int] = [:]
        var parameters: [ParameterID: Parameter] = [:]
        var decisions: Set<String> = []
        for (number, pack) in packs.enumerated() {
            for clause in pack.clauses {
                guard clauseIndex.updateValue(clauses.count, forKey: clause.id) == nil else {
                    throw DocumentError(
                        .duplicateKey, source: pack.origin, position: clause.position, key: clause.id,
                        reason: "another pack has this clause")
                }
                clauses.append(clause)
                packIndex.append(number)
                for parameter in clause.parameters { parameters[parameter.id] = parameter }
            }
            for fact in pack.facts {
                if let index = factIndex[fact.key] {
                    guard facts[index].agrees(with: fact) else {
                        throw DocumentError(
                            .badValue, source: pack.origin, position: fact.position, key: fact.key,
                            reason: "another pack declares this fact with another type, values, range or strict value")
                    }
                    if facts[index].question == nil, fact.question != nil { facts[index] = fact }
                } else {
                    factIndex[fact.key] = facts.count
                    facts.append(fact)
                }
            }
            for decision in pack.decisions where !decisions.insert(decision.id).inserted {
                throw DocumentError(
                    .duplicateKey, source: pack.origin, position: decision.position, key: decision.id,
                    reason: "another pack has this decision")
            }
        }
        self.clauses = clauses
        self.clauseIndex = clauseIndex
        self.packIndex = packIndex
        self.facts = facts
        self.factIndex = factIndex
        self.parameters = parameters
    }

    /// A clause by its id.
    public func clause(_ id: String) -> Clause? { clauseIndex[id].map { clauses[$0] } }

    /// Number of a clause in `clauses`.
    public func index(of id: String) -> Int? { clauseIndex[id] }

    /// The pack a clause (by its number) belongs to.
    public func pack(ofClause index: Int) -> RulePack { packs[packIndex[index]] }

    /// A fact by its key.
    public func fact(_ key: String) -> FactDefinition? { factIndex[key].map { facts[$0] } }

    /// A decision by its id, with its pack.
    public func decision(_ id: String) -> (decision: Decision, pack: RulePack)? {
        for pack in packs { if let decision = pack.decisions.first(where: { $0.id == id }) { return (decision, pack) } }
        return nil
    }

    /// Sub-items of a parent clause.
    public func children(of id: String) -> [Int] { clauses.indices.filter { clauses[$0].parent == id } }
}

/// The files of `Packs/`, embedded in the binary.
public enum ShippedFiles {
    /// Names (`rulebooks/cnfa-2022.yaml`) and contents of the embedded files in a folder.
    public static func files(in folder: String) -> [(name: String, bytes: [UInt8])] {
        (0..<plumbline_pack_count()).compactMap { index in
            let file = plumbline_pack(index)
            guard let name = file.name.map({ String(cString: $0) }), name.hasPrefix("\(folder)/") else { return nil }
            return (name, Array(UnsafeBufferPointer(start: file.bytes, count: file.length)))
        }
    }

    /// The rule packs that come with Plumbline, with those of other files behind them.
    ///
    /// - Parameter more: paths of further packs.
    /// - Returns: the rulebook.
    /// - Throws: `DocumentError` of the first pack that is wrong.
    public static func rulebook(adding more: [String] = []) throws(DocumentError) -> Rulebook {
        var packs: [RulePack] = []
        for (name, bytes) in files(in: "rulebooks") { packs.append(try rulePack(bytes, origin: name)) }
        for path in more {
            packs.append(try RulePackReader.read(try DocumentFile.document(path), origin: path))
        }
        return try Rulebook(packs)
    }

    private static func rulePack(_ bytes: [UInt8], origin: String) throws(DocumentError) -> RulePack {
        let node: Node
        do throws(DocumentError) { node = try YAMLReader.read(bytes) } catch { throw error.inSource(origin) }
        return try RulePackReader.read(node, origin: origin)
    }
}
