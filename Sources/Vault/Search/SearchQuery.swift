/// What is looked for. Everything that is set must hold; nothing set means every record.
public struct SearchQuery: Hashable, Sendable {
    /// Most texts, substrings, fields of one query, each.
    public static let partLimit = 16
    /// Most bytes of a text or substring.
    public static let textLimit = 1_024
    /// Most key commitments.
    public static let keyLimit = 1_024

    /// Received in this range, UTC microseconds since 1970. A record that came without a time of its own has that of its frame; sealed, that of
    /// its block, and is found when the block overlaps the range.
    public var received: Range<Int64>?
    /// Happened in this range by the source's clock; records that do not say when are not found then.
    public var occurred: Range<Int64>?
    /// The source, exactly.
    public var source: String?
    /// Who speaks.
    public var kind: VaultRecord.Kind?
    /// Fields and their exact values, plain ones of the envelope or read from the body; a name may occur more than once.
    public var fields: [Field] = []
    /// Phrases in the body or in the value of a plain field, ASCII letters in either case, that begin and end where words do.
    public var texts: [String] = []
    /// Byte strings anywhere in the body.
    public var contains: [[UInt8]] = []
    /// Key commitments, 32 bytes each: some sealed field must begin with one of them. Empty: no condition.
    public var keys: [[UInt8]] = []
    /// Whether the newest records come first.
    public var isNewestFirst = false
    /// Most hits, at least 1.
    public var limit = Int.max
    /// The first index to look at, in the direction of the search; nil: the oldest, or the newest.
    public var start: UInt64?

    /// A name and a value.
    public struct Field: Hashable, Sendable {
        /// 1 to 63 bytes.
        public let name: String
        /// At most 4,096 bytes.
        public let value: String

        /// That value under that name.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Every record.
    public init() {}

    /// - Throws: `.badInput` saying which part is empty, too long or too many.
    func validate() throws(VaultError) {
        func require(_ condition: Bool, _ what: @autoclosure () -> String, _ remedy: String? = nil) throws(VaultError) {
            if !condition { throw VaultError(.badInput, what(), remedy: remedy) }
        }
        try require(limit >= 1, "the limit must be at least 1")
        try require(received?.isEmpty != true && occurred?.isEmpty != true, "a time range is empty")
        try require(
            (source?.utf8.count ?? 0) <= VaultRecord.sourceLimit, "the source has more than \(VaultRecord.sourceLimit) bytes")
        for count in [fields.count, texts.count, contains.count] {
            try require(count <= Self.partLimit, "more than \(Self.partLimit) fields, texts or substrings")
        }
        for field in fields {
            try require(
                (1...VaultRecord.nameLimit).contains(field.name.utf8.count),
                "the name of a field has 1 to \(VaultRecord.nameLimit) bytes")
            try require(
                field.value.utf8.count <= VaultRecord.valueLimit,
                "the value of \(field.name) has more than \(VaultRecord.valueLimit) bytes")
        }
        for text in texts {
            try require(text.utf8.count <= Self.textLimit, "a text has more than \(Self.textLimit) bytes")
            try require(Phrase.hasWord(text), "a text has no letter or digit", "search for signs as a substring")
        }
        for part in contains {
            try require((1...Self.textLimit).contains(part.count), "a substring has 1 to \(Self.textLimit) bytes")
        }
        try require(keys.count <= Self.keyLimit, "more than \(Self.keyLimit) key commitments")
        try require(keys.allSatisfy { $0.count == SearchPlan.keyLength }, "a key commitment has \(SearchPlan.keyLength) bytes")
    }
}

/// A record that was found; its bytes have the hash the tree has for it.
public struct SearchHit: Hashable, Sendable {
    /// The record's index in the log.
    public let index: UInt64
    /// The record as it is in the log.
    public let leaf: [UInt8]
    /// When it was received, UTC microseconds since 1970: its own time, else that of its frame, or when sealed the first of its block.
    public let received: Int64

    /// The record taken apart; a leaf of a broken form is a record as it came.
    public var record: VaultRecord {
        do { return try VaultRecord(leaf: leaf) } catch { return VaultRecord(source: "", body: leaf) }
    }
}

/// What a search looked at.
public struct SearchReport: Hashable, Sendable {
    /// Sealed segments looked at.
    public var segments = 0
    /// Of these, segments without a usable index, whose blocks were all candidates.
    public var segmentsWithoutIndex = 0
    /// Of these again, segments with an index that is damaged or of something else.
    public var refusedIndexes = 0
    /// Blocks of these segments, and frames of the active one.
    public var blocks = 0
    /// Blocks and frames read.
    public var blocksRead = 0
    /// Blocks that times or the index ruled out.
    public var blocksSkipped = 0
    /// Records in the blocks and frames read.
    public var recordsExamined: UInt64 = 0
    /// Records found.
    public var hits: UInt64 = 0
    /// Indices of records whose segments are gone: pruned, or missing.
    public var expired: [Range<UInt64>] = []
    /// Where to go on when the search ended at its limit or was stopped; nil when everything was looked at.
    public var next: UInt64?

    /// Nothing yet.
    public init() {}
}
