/// Sizes and block structures of the versions at error correction level M (ISO/IEC 18004 table 9), and what is computed from them.
struct QRVersion: Sendable, Hashable {
    let number: Int
    /// Error correction codewords of each block.
    let correction: Int
    /// Data codewords of the blocks: so many of the first length, so many one longer.
    let short: Int
    let shortLength: Int
    let long: Int

    var size: Int { 17 + 4 * number }
    var dataCodewords: Int { short * shortLength + long * (shortLength + 1) }

    /// Versions 1 to 20: correction codewords a block, short blocks, their data codewords, long blocks.
    private static let table: [(Int, Int, Int, Int)] = [
        (10, 1, 16, 0), (16, 1, 28, 0), (26, 1, 44, 0), (18, 2, 32, 0), (24, 2, 43, 0), (16, 4, 27, 0), (18, 4, 31, 0),
        (22, 2, 38, 2),
        (22, 3, 36, 2), (26, 4, 43, 1), (30, 1, 50, 4), (22, 6, 36, 2), (22, 8, 37, 1), (24, 4, 40, 5), (24, 5, 41, 5),
        (28, 7, 45, 3),
        (28, 10, 46, 1), (26, 9, 43, 4), (26, 3, 44, 11), (26, 3, 41, 13),
    ]

    static let all = table.enumerated().map { index, row in
        QRVersion(number: index + 1, correction: row.0, short: row.1, shortLength: row.2, long: row.3)
    }

    /// Bits of the number of bytes that goes before them.
    private var countBits: Int { number < 10 ? 8 : 16 }

    static func smallest(for count: Int) -> QRVersion? {
        all.first { 4 + $0.countBits + 8 * count <= 8 * $0.dataCodewords }
    }

    /// Centres of the alignment patterns along one side (annex E): evenly spaced from the far end, the first gap taking the rest.
    var alignment: [Int] {
        guard number > 1 else { return [] }
        let count = number / 7 + 2
        let step = (number * 4 + count * 2 + 1) / (count * 2 - 2) * 2
        return [6] + (0..<count - 1).reversed().map { size - 7 - $0 * step }
    }

    /// Data and error correction, interleaved as they are placed.
    func codewords(_ bytes: [UInt8]) -> [UInt8] {
        var bits = QRBits()
        bits.append(0b0100, 4)
        bits.append(bytes.count, countBits)
        for byte in bytes { bits.append(Int(byte), 8) }
        let data = bits.padded(to: dataCodewords)
        let generator = ReedSolomon.generator(correction)
        var blocks: [[UInt8]] = []
        var place = 0
        for index in 0..<short + long {
            let length = shortLength + (index < short ? 0 : 1)
            blocks.append(Array(data[place..<place + length]))
            place += length
        }
        let corrections = blocks.map { ReedSolomon.remainder($0, generator) }
        var result: [UInt8] = []
        for index in 0...shortLength { result += blocks.compactMap { index < $0.count ? $0[index] : nil } }
        for index in 0..<correction { result += corrections.map { $0[index] } }
        return result
    }
}

/// A row of bits.
struct QRBits {
    private var bits: [Bool] = []

    mutating func append(_ value: Int, _ count: Int) {
        for place in (0..<count).reversed() { bits.append(value >> place & 1 == 1) }
    }

    /// The bits as bytes, with up to four zero bits as terminator, filled up with 0xEC and 0x11 in turn.
    func padded(to count: Int) -> [UInt8] {
        var bits = bits
        bits += [Bool](repeating: false, count: min(4, count * 8 - bits.count))
        while bits.count % 8 != 0 { bits.append(false) }
        var bytes = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        while bytes.count < count { bytes.append((bytes.count - bits.count / 8) % 2 == 0 ? 0xEC : 0x11) }
        return bytes
    }
}

/// Reed-Solomon codes over GF(256) with x⁸ + x⁴ + x³ + x² + 1.
enum ReedSolomon {
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var (a, b, product) = (UInt16(left), right, UInt16(0))
        while b > 0 {
            if b & 1 == 1 { product ^= a }
            a <<= 1
            if a & 0x100 != 0 { a ^= 0x11D }
            b >>= 1
        }
        return UInt8(product)
    }

    /// Coefficients of (x - 1)(x - 2)…(x - 2^(degree - 1)), without the first, which is 1.
    static func generator(_ degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<degree {
            for index in 0..<degree {
                result[index] = multiply(result[index], root)
                if index + 1 < degree { result[index] ^= result[index + 1] }
            }
            root = multiply(root, 2)
        }
        return result
    }

    /// What remains of the data when it is divided by the generator.
    static func remainder(_ data: [UInt8], _ generator: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: generator.count)
        for byte in data {
            let factor = byte ^ result.removeFirst()
            result.append(0)
            for index in generator.indices { result[index] ^= multiply(generator[index], factor) }
        }
        return result
    }
}
