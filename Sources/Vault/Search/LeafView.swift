/// A leaf taken apart without copying: the form of `VaultRecord`, over bytes that someone else holds.
struct LeafView {
    /// The kind of the record as its byte.
    let kind: UInt8
    /// The record's own receive time; nil for a record as it came.
    let received: Int64?
    /// The time of the event by the source's clock.
    let occurred: Int64?
    /// The source, UTF-8.
    let source: UnsafeRawBufferPointer
    /// Number of fields of the envelope.
    let fieldCount: Int
    /// The fields of the envelope as they are written.
    private let fields: UnsafeRawBufferPointer
    /// The record as it came.
    let body: UnsafeRawBufferPointer

    private init(
        kind: UInt8, received: Int64?, occurred: Int64?, source: UnsafeRawBufferPointer, fieldCount: Int,
        fields: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer
    ) {
        (self.kind, self.received, self.occurred, self.fieldCount) = (kind, received, occurred, fieldCount)
        (self.source, self.fields, self.body) = (source, fields, body)
    }

    /// Reads a leaf; nil exactly when `VaultRecord(leaf:)` refuses it.
    init?(_ leaf: UnsafeRawBufferPointer) {
        guard leaf.count >= 4, leaf.loadUnaligned(as: UInt32.self).littleEndian == 0x014C_5000 else {
            self = LeafView(plain: leaf)
            return
        }
        guard leaf.count >= 15, leaf[4] <= VaultRecord.Kind.control.rawValue, leaf[5] <= 1 else { return nil }
        kind = leaf[4]
        received = Int64(littleEndian: leaf.loadUnaligned(fromByteOffset: 6, as: Int64.self))
        var offset = 14
        if leaf[5] == 1 {
            guard leaf.count >= 23 else { return nil }
            occurred = Int64(littleEndian: leaf.loadUnaligned(fromByteOffset: 14, as: Int64.self))
            offset = 22
        } else {
            occurred = nil
        }
        let sourceEnd = offset + 1 + Int(leaf[offset])
        guard sourceEnd < leaf.count else { return nil }
        source = leaf.part(offset + 1, sourceEnd)
        fieldCount = Int(leaf[sourceEnd])
        guard fieldCount <= VaultRecord.fieldLimit, Scalars.isValid(source) else { return nil }
        offset = sourceEnd + 1
        let start = offset
        for _ in 0..<fieldCount {
            guard offset < leaf.count else { return nil }
            let length = Int(leaf[offset])
            guard (1...VaultRecord.nameLimit).contains(length), offset + length + 4 <= leaf.count,
                leaf[offset + length + 1] <= 1, Scalars.isValid(leaf.part(offset + 1, offset + 1 + length))
            else { return nil }
            let value = Int(leaf[offset + length + 2]) | Int(leaf[offset + length + 3]) << 8
            offset += length + 4 + value
            guard value <= VaultRecord.valueLimit, offset <= leaf.count else { return nil }
        }
        fields = leaf.part(start, offset)
        body = leaf.part(offset, leaf.count)
    }

    /// Calls with each field of the envelope, in order, until it says false.
    @inline(__always)
    func forEachField(
        _ each: (_ name: UnsafeRawBufferPointer, _ isSealed: Bool, _ value: UnsafeRawBufferPointer) -> Bool
    ) {
        // The initializer has walked the same bytes and found every field inside them.
        var offset = 0
        for _ in 0..<fieldCount {
            let nameEnd = offset + 1 + Int(fields[offset])
            let start = nameEnd + 3
            let end = start + (Int(fields[nameEnd + 1]) | Int(fields[nameEnd + 2]) << 8)
            guard each(fields.part(offset + 1, nameEnd), fields[nameEnd] == 1, fields.part(start, end)) else { return }
            offset = end
        }
    }
}

extension LeafView {
    /// Everything is body.
    init(plain leaf: UnsafeRawBufferPointer) {
        self.init(
            kind: VaultRecord.Kind.record.rawValue, received: nil, occurred: nil, source: leaf.part(0, 0), fieldCount: 0,
            fields: leaf.part(0, 0), body: leaf)
    }
}
