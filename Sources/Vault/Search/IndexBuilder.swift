/// Collects what the index of one segment says. Blocks are taken in order, and of each block its records.
///
/// Fields with few values get a dictionary: which groups of blocks hold which value. Everything else goes into a bloom filter for each group:
/// words and pairs of ideographs of bodies and plain values, values of fields with many values, key commitments of sealed fields.
struct IndexBuilder: ~Copyable {
    /// Most values of a field in the dictionary.
    static let valueLimit = 256
    /// Most names of fields that are told apart.
    static let nameLimit = 1_024
    /// Distinct tokens beyond which a group is always a candidate: bounds the memory that one segment can ask for.
    static let tokenLimit = 1 << 19

    private struct Field {
        var values = 0
        var hasDictionary = true
        /// The last value and its number, for most events repeat it.
        var last: UInt64 = 0
        var lastNumber = 0
    }

    private struct Value {
        var groups: UInt64
        var field: Int
        var needsToken: Bool
    }

    let shape: IndexShape
    private let tokens: IndexTokens
    private var words: WordTokens
    private var reader = BodyFieldReader()
    private var set = HashTable()
    private var names = HashTable()
    private var valueNumbers = HashTable()
    /// Tokens put in lately, by their low bits: most words of a record were in the one before, and this much stays in the nearest cache.
    private let recent = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 1 << 11)
    private var fields: [Field] = []
    private var values: [Value] = []
    private var areNamesComplete = true
    private var isSaturated = false
    private var group = 0
    private var lists: [[UInt64]?] = []
    private var occurred: [ClosedRange<Int64>?] = []
    private var groupOccurred: (low: Int64, high: Int64) = (.max, .min)

    init(logID: [UInt8], blocks: Int) {
        shape = IndexShape(blocks: blocks)
        tokens = IndexTokens(logID: logID)
        words = WordTokens(tokens.hash)
        recent.initialize(repeating: 0)
    }

    deinit { recent.deallocate() }

    /// Takes the records of the next block.
    mutating func add(block: Int, _ packed: UnsafeRawBufferPointer, _ ranges: [Range<Int>]) {
        if shape.group(of: block) != group { endGroup() }
        for range in ranges { add(packed.part(range.lowerBound, range.upperBound)) }
    }

    private mutating func endGroup() {
        lists.append(isSaturated ? nil : set.members)
        occurred.append(groupOccurred.low <= groupOccurred.high ? groupOccurred.low...groupOccurred.high : nil)
        set.removeAll()
        recent.update(repeating: 0)
        (isSaturated, groupOccurred) = (false, (.max, .min))
        group += 1
    }

    private mutating func add(_ leaf: UnsafeRawBufferPointer) {
        let view = LeafView(leaf) ?? LeafView(plain: leaf)
        if let time = view.occurred { groupOccurred = (min(groupOccurred.low, time), max(groupOccurred.high, time)) }
        withUnsafeBytes(of: view.kind) { add(field: tokens.kindName, $0, isAlways: true) }
        add(field: tokens.sourceName, view.source, isAlways: true)
        view.forEachField { name, isSealed, value in
            if !isSealed {
                add(text: value)
                add(field: tokens.name(name), value, isAlways: false)
            } else if value.count >= SearchPlan.keyLength {
                insert(tokens.key(value.part(0, SearchPlan.keyLength)))
            }
            return true
        }
        add(text: view.body)
        for field in reader.read(view.body) {
            if field.isUnescaped { add(text: field.value) }
            add(field: tokens.name(field.name), field.value, isAlways: false)
        }
    }

    @inline(__always)
    private mutating func insert(_ token: UInt64) {
        let place = Int(truncatingIfNeeded: token >> 32) & (recent.count - 1)
        guard recent[place] != token, !isSaturated else { return }
        recent[place] = token
        set.insert(token)
        if set.count > Self.tokenLimit {
            isSaturated = true
            set.removeAll()
        }
    }

    @inline(__always)
    private mutating func add(text: UnsafeRawBufferPointer) {
        words.begin()
        Words.forEach(text) { start, end in
            if let token = words.indexed(text, start, end) { insert(token) }
        } pair: { first, second in
            insert(tokens.hash.pair(first, second))
        }
    }

    @inline(__always)
    private mutating func add(field name: UInt64, _ value: UnsafeRawBufferPointer, isAlways: Bool) {
        guard let field = number(ofName: name) else {
            if isAlways || ValueTokens.isNeeded(value) { insert(tokens.value(value, of: name)) }
            return
        }
        guard fields[field].hasDictionary else {
            if isAlways || ValueTokens.isNeeded(value) { insert(tokens.value(value, of: name)) }
            return
        }
        let hash = tokens.value(value, of: name)
        if fields[field].last == hash {
            values[fields[field].lastNumber].groups |= 1 << UInt64(group)
            return
        }
        addNew(hash, field, value, isAlways)
    }

    private mutating func number(ofName name: UInt64) -> Int? {
        if let number = names.find(name) { return number }
        guard names.count < Self.nameLimit else {
            areNamesComplete = false
            return nil
        }
        names.insert(name)
        fields.append(Field())
        return fields.count - 1
    }

    private mutating func addNew(_ hash: UInt64, _ field: Int, _ value: UnsafeRawBufferPointer, _ isAlways: Bool) {
        if let number = valueNumbers.find(hash), values[number].field == field {
            values[number].groups |= 1 << UInt64(group)
            (fields[field].last, fields[field].lastNumber) = (hash, number)
            return
        }
        // Too many values; or two fields whose hashes fall together, which must not share an entry.
        guard fields[field].values < Self.valueLimit, valueNumbers.find(hash) == nil else {
            fields[field].hasDictionary = false
            if isAlways || ValueTokens.isNeeded(value) { insert(hash) }
            return
        }
        fields[field].values += 1
        (fields[field].last, fields[field].lastNumber) = (hash, values.count)
        valueNumbers.insert(hash)
        values.append(Value(groups: 1 << UInt64(group), field: field, needsToken: isAlways || ValueTokens.isNeeded(value)))
    }

    /// The bytes of the index, after the last block.
    mutating func finish(logID: [UInt8], segment: UInt64, footer: MerkleHash) -> [UInt8] {
        while lists.count < shape.groups { endGroup() }
        // Values of fields that turned out to have too many leave the dictionary for the bloom filters.
        for (number, value) in values.enumerated() where !fields[value.field].hasDictionary && value.needsToken {
            for group in 0..<shape.groups where value.groups & 1 << UInt64(group) != 0 {
                lists[group]?.append(valueNumbers.members[number])
            }
        }
        let kept = values.indices.filter { fields[values[$0].field].hasDictionary }
        let content = IndexContent(
            shape: shape, areNamesComplete: areNamesComplete, occurred: occurred,
            fields: zip(names.members, fields).map { ($0, $1.hasDictionary) }.sorted { $0.0 < $1.0 },
            values: kept.map { (valueNumbers.members[$0], values[$0].groups) }.sorted { $0.0 < $1.0 }, tokens: lists)
        return content.bytes(logID: logID, segment: segment, footer: footer)
    }
}

/// How the blocks of a segment are grouped: each group is a bit of a 64-bit number, so up to 64 blocks each are a group of its own.
struct IndexShape: Hashable, Sendable {
    static let groupLimit = 64
    let blocks: Int
    let groupSize: Int
    let groups: Int

    init(blocks: Int) {
        self.blocks = blocks
        groupSize = max(1, (blocks + Self.groupLimit - 1) / Self.groupLimit)
        groups = (blocks + groupSize - 1) / groupSize
    }

    func group(of block: Int) -> Int { block / groupSize }

    /// A bit for each group.
    var all: UInt64 { groups >= 64 ? .max : (1 << UInt64(groups)) - 1 }
}

/// How names, values and keys become hashes; builder and search share it.
struct IndexTokens: Sendable {
    let hash: TokenHash
    /// Stand for the source and the kind where other fields have a name.
    let sourceName: UInt64
    let kindName: UInt64

    init(logID: [UInt8]) {
        hash = TokenHash(logID: logID)
        sourceName = max(TokenHash.mix(hash.seed ^ 1, 0x2D35_8DCC_AA6C_78A5), 1)
        kindName = max(TokenHash.mix(hash.seed ^ 2, 0x2D35_8DCC_AA6C_78A5), 1)
    }

    @inline(__always)
    func name(_ name: UnsafeRawBufferPointer) -> UInt64 { hash(name, 0, name.count, fold: 0, salt: 0x6E61) }

    @inline(__always)
    func value(_ value: UnsafeRawBufferPointer, of name: UInt64) -> UInt64 {
        hash(value, 0, value.count, fold: 0, salt: name)
    }

    func key(_ commitment: UnsafeRawBufferPointer) -> UInt64 {
        hash(commitment, 0, commitment.count, fold: 0, salt: 0x6B65)
    }
}
