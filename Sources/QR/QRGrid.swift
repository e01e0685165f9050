/// The modules of a code while it is drawn.
struct QRGrid {
    let version: QRVersion
    let size: Int
    private(set) var modules: [Bool]
    /// Modules that belong to patterns and not to data.
    private var isFunction: [Bool]

    init(_ version: QRVersion) {
        self.version = version
        size = version.size
        modules = [Bool](repeating: false, count: size * size)
        isFunction = modules
        for index in 0..<size {
            set(6, index, index % 2 == 0)
            set(index, 6, index % 2 == 0)
        }
        for (row, column) in [(3, 3), (3, size - 4), (size - 4, 3)] { placeFinder(row, column) }
        let centres = version.alignment
        for (first, row) in centres.enumerated() {
            for (second, column) in centres.enumerated() {
                // Three corners hold finders.
                let last = centres.count - 1
                if (first, second) == (0, 0) || (first, second) == (0, last) || (first, second) == (last, 0) { continue }
                placeAlignment(row, column)
            }
        }
        placeFormat(mask: 0)
        placeVersion()
    }

    private mutating func set(_ row: Int, _ column: Int, _ isDark: Bool) {
        modules[row * size + column] = isDark
        isFunction[row * size + column] = true
    }

    /// A finder with its light border, around its centre.
    private mutating func placeFinder(_ row: Int, _ column: Int) {
        for down in -4...4 {
            for right in -4...4 where (0..<size).contains(row + down) && (0..<size).contains(column + right) {
                let ring = max(abs(down), abs(right))
                set(row + down, column + right, ring != 2 && ring != 4)
            }
        }
    }

    private mutating func placeAlignment(_ row: Int, _ column: Int) {
        for down in -2...2 { for right in -2...2 { set(row + down, column + right, max(abs(down), abs(right)) != 1) } }
    }

    /// The fifteen bits that say level M and the mask (annex C), twice, and the one dark module.
    mutating func placeFormat(mask: Int) {
        // Level M is 00.
        var remainder = mask
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
        let bits = (mask << 10 | remainder) ^ 0x5412
        func isDark(_ bit: Int) -> Bool { bits >> bit & 1 == 1 }
        for bit in 0...5 { set(bit, 8, isDark(bit)) }
        set(7, 8, isDark(6))
        set(8, 8, isDark(7))
        set(8, 7, isDark(8))
        for bit in 9..<15 { set(8, 14 - bit, isDark(bit)) }
        for bit in 0..<8 { set(8, size - 1 - bit, isDark(bit)) }
        for bit in 8..<15 { set(size - 15 + bit, 8, isDark(bit)) }
        set(size - 8, 8, true)
    }

    /// The eighteen bits of the version, from version 7 on (annex D), twice.
    private mutating func placeVersion() {
        guard version.number >= 7 else { return }
        var remainder = version.number
        for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
        let bits = version.number << 12 | remainder
        for bit in 0..<18 {
            let (far, near) = (size - 11 + bit % 3, bit / 3)
            set(near, far, bits >> bit & 1 == 1)
            set(far, near, bits >> bit & 1 == 1)
        }
    }

    /// Writes the codewords in columns of two, up and down in turn from the right, and turns over what the mask says.
    mutating func place(_ codewords: [UInt8], mask: Int) {
        var bit = 0
        var right = size - 1
        var isUpward = true
        while right > 0 {
            // The column of the timing pattern is left out.
            if right == 6 { right = 5 }
            for step in 0..<size {
                let row = isUpward ? size - 1 - step : step
                for column in [right, right - 1] where !isFunction[row * size + column] {
                    let isDark = bit < codewords.count * 8 && codewords[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1
                    modules[row * size + column] = isDark != Self.isMasked(mask, row, column)
                    bit += 1
                }
            }
            isUpward.toggle()
            right -= 2
        }
    }

    private static func isMasked(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
        switch mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: row * column % 2 + row * column % 3 == 0
        case 6: (row * column % 2 + row * column % 3) % 2 == 0
        default: ((row + column) % 2 + row * column % 3) % 2 == 0
        }
    }

    /// How hard the code is to read (section 7.8.3): long runs, blocks, what looks like a finder, too many of one kind.
    var penalty: Int {
        var total = 0
        let lines =
            (0..<size).map { row in (0..<size).map { modules[row * size + $0] } }
            + (0..<size).map { column in (0..<size).map { modules[$0 * size + column] } }
        for line in lines { total += Self.penalty(of: line) }
        for row in 0..<size - 1 {
            for column in 0..<size - 1 {
                let place = row * size + column
                let first = modules[place]
                if first == modules[place + 1] && first == modules[place + size] && first == modules[place + size + 1] {
                    total += 3
                }
            }
        }
        let dark = modules.count { $0 }
        return total + abs(dark * 20 - modules.count * 10) / modules.count * 10
    }

    private static let finderLike: [[Bool]] = {
        let core = [true, false, true, true, true, false, true]
        let light = [Bool](repeating: false, count: 4)
        return [core + light, light + core]
    }()

    private static func penalty(of line: [Bool]) -> Int {
        var total = 0
        var start = 0
        while start < line.count {
            var end = start
            while end < line.count, line[end] == line[start] { end += 1 }
            if end - start >= 5 { total += end - start - 2 }
            start = end
        }
        for start in 0...line.count - 11 where finderLike.contains(where: { $0 == Array(line[start..<start + 11]) }) {
            total += 40
        }
        return total
    }
}
