/// A ZIP archive whose files are stored as they are: what office documents are packed in. The same files give the same bytes.
struct StoredArchive {
    private(set) var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// Adds a file of at most 4 GiB.
    mutating func add(_ name: String, _ content: [UInt8]) {
        let (place, sum, path) = (bytes.count, Self.checksum(content), Array(name.utf8))
        // Version 2.0, UTF-8 names, stored; 1980-01-01, the first day there is.
        var common: [UInt8] = []
        for value in [20, 0x0800, 0, 0, 0x21] { common += Self.little(value, 2) }
        common += Self.little(Int(sum), 4) + Self.little(content.count, 4) + Self.little(content.count, 4)
        common += Self.little(path.count, 2) + Self.little(0, 2)
        bytes += Self.little(0x0403_4B50, 4) + common + path + content
        directory += Self.little(0x0201_4B50, 4) + Self.little(20, 2) + common
        directory += Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 2) + Self.little(0, 4) + Self.little(place, 4) + path
        count += 1
    }

    /// The archive, with its directory at the end.
    func finished() -> [UInt8] {
        var end = Self.little(0x0605_4B50, 4) + Self.little(0, 2) + Self.little(0, 2) + Self.little(count, 2)
        end += Self.little(count, 2) + Self.little(directory.count, 4) + Self.little(bytes.count, 4) + Self.little(0, 2)
        return bytes + directory + end
    }

    private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    /// CRC-32 as ZIP wants it.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
}
