/// A set of hashes that numbers them in the order in which they came: open addressing in one flat table, for a lookup is a few nanoseconds and
/// there are forty of them in an audit event; a value of its own, for every access to a class's storage would be checked
/// for overlap at run time, which cost a third of the whole. No hash is 0.
struct HashTable: ~Copyable {
    private var slots: UnsafeMutableBufferPointer<UInt64>
    private var numbers: UnsafeMutableBufferPointer<Int32>
    private var mask: Int
    /// The hashes, in the order in which they came.
    private(set) var members: [UInt64] = []

    init() {
        mask = (1 << 12) - 1
        slots = .allocate(capacity: mask + 1)
        numbers = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0)
        numbers.initialize(repeating: 0)
    }

    deinit {
        slots.deallocate()
        numbers.deallocate()
    }

    var count: Int { members.count }

    /// The number of a hash; nil when it is not there.
    @inline(__always)
    func find(_ hash: UInt64) -> Int? {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            if slots[slot] == hash { return Int(numbers[slot]) }
            if slots[slot] == 0 { return nil }
            slot = (slot + 1) & mask
        }
    }

    /// Takes a hash; nothing when it is there already.
    @inline(__always)
    mutating func insert(_ hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] == hash { return }
            slot = (slot + 1) & mask
        }
        slots[slot] = hash
        numbers[slot] = Int32(truncatingIfNeeded: members.count)
        members.append(hash)
        // Half full at most: probes stay short.
        if members.count * 2 > mask { grow() }
    }

    private mutating func grow() {
        let kept = members
        slots.deallocate()
        numbers.deallocate()
        mask = mask * 2 + 1
        slots = .allocate(capacity: mask + 1)
        numbers = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0)
        numbers.initialize(repeating: 0)
        members.removeAll(keepingCapacity: true)
        for hash in kept { insert(hash) }
    }

    /// Forgets everything and keeps the room.
    mutating func removeAll() {
        slots.update(repeating: 0)
        members.removeAll(keepingCapacity: true)
    }
}
