/// What a query asks of indexes: conditions that every hit's block fulfils. An index can only rule blocks out by them.
struct IndexQuery: Sendable {
    private struct Named: Sendable {
        var name: UInt64
        var value: UInt64
        /// Whether the value has a token when the name has no dictionary.
        var hasToken: Bool
    }

    private let occurred: Range<Int64>?
    private var named: [Named] = []
    /// Each needs one of its tokens.
    private var tokens: [[UInt64]] = []
    private let keys: [UInt64]

    init(_ plan: SearchPlan, _ hashes: IndexTokens) {
        let query = plan.query
        occurred = query.occurred
        keys = query.keys.map { key in key.withUnsafeBytes { hashes.key($0) } }
        if let kind = query.kind {
            let value = withUnsafeBytes(of: kind.rawValue) { hashes.value($0, of: hashes.kindName) }
            named.append(Named(name: hashes.kindName, value: value, hasToken: true))
        }
        if let source = query.source {
            let value = Array(source.utf8).withUnsafeBytes { hashes.value($0, of: hashes.sourceName) }
            named.append(Named(name: hashes.sourceName, value: value, hasToken: true))
        }
        for field in plan.fields {
            let name = field.name.withUnsafeBytes { hashes.name($0) }
            field.value.withUnsafeBytes { value in
                named.append(
                    Named(name: name, value: hashes.value(value, of: name), hasToken: ValueTokens.isNeeded(value)))
                add(words: value, hashes)
            }
        }
        for phrase in plan.phrases { phrase.needle.bytes.withUnsafeBytes { add(words: $0, hashes) } }
        // What has but one token says more than what has two.
        tokens = Array(Set(tokens)).sorted { $0.count < $1.count }
    }

    /// Every word of a value or phrase is a whole word where it is found, for values and phrases end where words do.
    private mutating func add(words text: UnsafeRawBufferPointer, _ hashes: IndexTokens) {
        let words = WordTokens(hashes.hash)
        Words.forEach(text) { start, end in
            if let needed = words.needed(text, start, end) { tokens.append(needed) }
        } pair: { first, second in
            tokens.append([hashes.hash.pair(first, second)])
        }
    }

    /// Groups of blocks that may hold a hit; nil when the index is damaged.
    ///
    /// - Throws: `.file` when reading fails.
    func groups(_ tables: IndexTables, _ files: FileEffects, _ file: Int32) throws(VaultError) -> UInt64? {
        var groups = tables.shape.all
        if let occurred { groups &= tables.groups(occurredIn: occurred) }
        var needed = tokens
        for one in named {
            switch tables.hasDictionary(one.name) {
            case true?: groups &= tables.groups(value: one.value)
            case nil where tables.areNamesComplete: groups = 0
            default: if one.hasToken { needed.insert([one.value], at: 0) }
            }
        }
        if !keys.isEmpty { needed.insert(keys, at: 0) }
        for alternatives in needed where groups != 0 {
            var found: UInt64 = 0
            for token in alternatives where found != groups {
                guard let more = try tables.groups(token: token, of: groups & ~found, files, file) else { return nil }
                found |= more
            }
            groups = found
        }
        return groups
    }
}
