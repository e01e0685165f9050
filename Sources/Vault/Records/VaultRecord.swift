/// A record with what is known about it: where it came from, when, and named fields. In the log it is one leaf, in the form below.
///
/// A leaf that begins with the four bytes `00 50 4C 01` has this form; every other leaf is a record as it came, without source and fields.
/// (A record as it came that happens to begin so is put into a body, so that no source can pass for the vault itself.) Offsets in bytes,
/// numbers little-endian: 0 magic (4), 4 kind (1), 5 flags (1; bit 0: the time of the event is known), 6 received, UTC microseconds (8),
/// then, if known, the time of the event (8); source: length (1), UTF-8; fields: number (1), and for each name length (1), UTF-8 name,
/// form (1; 0 plain, 1 sealed), value length (2), value; the body is the rest.
public struct VaultRecord: Hashable, Sendable {
    static let magic: [UInt8] = [0x00, 0x50, 0x4C, 0x01]

    /// Who speaks.
    public enum Kind: UInt8, Sendable {
        /// A record that was given to the vault.
        case record = 0
        /// What the vault says itself: seals, holds, expiry, erasure, steps of the clock.
        case control = 1
    }

    /// A named value of a record.
    public struct Field: Hashable, Sendable {
        /// 1 to 63 bytes.
        public let name: String
        /// The value, or for personal data its sealed form; at most 4,096 bytes.
        public let value: [UInt8]
        /// Whether the value is encrypted under a subject's key.
        public let isSealed: Bool

        /// A value that everyone who reads the record may read.
        public init(_ name: String, _ value: String) {
            self.init(name: name, value: Array(value.utf8), isSealed: false)
        }

        init(name: String, value: [UInt8], isSealed: Bool) {
            self.name = name
            self.value = value
            self.isSealed = isSealed
        }
    }

    /// Most fields of a record.
    public static let fieldLimit = 64
    /// Longest source in bytes.
    public static let sourceLimit = 255
    /// Longest name of a field in bytes.
    public static let nameLimit = 63
    /// Longest value of a field in bytes.
    public static let valueLimit = 4_096

    /// Who speaks; only the vault makes controls.
    public internal(set) var kind: Kind = .record
    /// When the vault received it, UTC microseconds since 1970; set by the vault.
    public internal(set) var received: Int64 = 0
    /// When it happened by the source's clock, UTC microseconds since 1970; nil when that is not known.
    public var occurred: Int64?
    /// Which system it came from; may be empty.
    public var source: String
    /// Named values, in order.
    public var fields: [Field]
    /// The record as it came.
    public var body: [UInt8]

    /// A record to be appended.
    public init(source: String, occurred: Int64? = nil, fields: [Field] = [], body: [UInt8]) {
        self.source = source
        self.occurred = occurred
        self.fields = fields
        self.body = body
    }

    /// The leaf.
    ///
    /// - Throws: `.badInput` when source, a name, a value or the whole is too long, or there are too many fields.
    func leaf() throws(VaultError) -> [UInt8] {
        func bad(_ what: String) -> VaultError { VaultError(.badInput, what) }
        guard source.utf8.count <= Self.sourceLimit else { throw bad("the source has more than \(Self.sourceLimit) bytes") }
        guard fields.count <= Self.fieldLimit else { throw bad("the record has more than \(Self.fieldLimit) fields") }
        var leaf = Self.magic
        leaf.append(kind.rawValue)
        leaf.append(occurred == nil ? 0 : 1)
        leaf.put(received)
        if let occurred { leaf.put(occurred) }
        leaf.append(UInt8(source.utf8.count))
        leaf += source.utf8
        leaf.append(UInt8(fields.count))
        for field in fields {
            guard (1...Self.nameLimit).contains(field.name.utf8.count) else {
                throw bad("the name of a field has 1 to \(Self.nameLimit) bytes")
            }
            guard field.value.count <= Self.valueLimit else {
                throw bad("the value of \(field.name) has more than \(Self.valueLimit) bytes")
            }
            leaf.append(UInt8(field.name.utf8.count))
            leaf += field.name.utf8
            leaf.append(field.isSealed ? 1 : 0)
            leaf.put(UInt16(field.value.count))
            leaf += field.value
        }
        leaf += body
        guard leaf.count <= Entries.recordLimit else {
            throw bad("the record has \(leaf.count) bytes with its fields, more than \(Entries.recordLimit)")
        }
        return leaf
    }

    /// Reads a leaf. One that has not the form above is a record as it came: everything is body.
    ///
    /// - Throws: `.damaged` when it begins as the form does and is not exactly what `leaf` writes; the vault never writes such a leaf.
    public init(leaf: [UInt8]) throws(VaultError) {
        guard leaf.starts(with: Self.magic) else {
            self.init(source: "", body: leaf)
            return
        }
        var reader = LeafReader(leaf)
        guard let kind = Kind(rawValue: try reader.byte()) else { throw LeafReader.damaged }
        let flags = try reader.byte()
        guard flags <= 1 else { throw LeafReader.damaged }
        let received = try reader.time()
        let occurred = flags == 1 ? try reader.time() : nil
        let source = try reader.text(Int(try reader.byte()))
        let count = Int(try reader.byte())
        guard count <= Self.fieldLimit else { throw LeafReader.damaged }
        var fields: [Field] = []
        for _ in 0..<count {
            let name = try reader.text(Int(try reader.byte()))
            let form = try reader.byte()
            let value = try reader.bytes(Int(try reader.byte()) | Int(try reader.byte()) << 8)
            guard (1...Self.nameLimit).contains(name.utf8.count), form <= 1, value.count <= Self.valueLimit else {
                throw LeafReader.damaged
            }
            fields.append(Field(name: name, value: value, isSealed: form == 1))
        }
        self.init(source: source, occurred: occurred, fields: fields, body: Array(reader.rest))
        self.kind = kind
        self.received = received
    }
}

/// Takes a leaf apart from its front.
private struct LeafReader {
    static let damaged = VaultError(.damaged, "the record's form is broken")

    private let leaf: [UInt8]
    private var offset = VaultRecord.magic.count

    init(_ leaf: [UInt8]) { self.leaf = leaf }

    var rest: ArraySlice<UInt8> { leaf[offset...] }

    mutating func bytes(_ count: Int) throws(VaultError) -> [UInt8] {
        guard leaf.count - offset >= count else { throw Self.damaged }
        defer { offset += count }
        return Array(leaf[offset..<offset + count])
    }

    mutating func byte() throws(VaultError) -> UInt8 {
        guard offset < leaf.count else { throw Self.damaged }
        defer { offset += 1 }
        return leaf[offset]
    }

    mutating func time() throws(VaultError) -> Int64 { try bytes(8).number(Int64.self, at: 0) }

    mutating func text(_ count: Int) throws(VaultError) -> String {
        guard let text = String(validating: try bytes(count), as: UTF8.self) else { throw Self.damaged }
        return text
    }
}
