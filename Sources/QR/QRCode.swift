/// A QR code (ISO/IEC 18004:2015, model 2) of bytes: byte mode, error correction level M, the smallest version of 1 to 20 that holds them.
///
/// It is what a telephone reads from a page to set up an authenticator program, so it ends where such texts end.
public struct QRCode: Sendable, Hashable {
    /// Modules on a side: 21 for version 1, 4 more for each further one.
    public let size: Int
    /// Which modules are dark, row by row.
    private let modules: [Bool]

    /// Most bytes that fit: version 20, level M.
    public static let capacity = 666

    /// Encodes bytes; nil when there are more than `capacity`.
    public init?(_ bytes: [UInt8]) {
        guard let version = QRVersion.smallest(for: bytes.count) else { return nil }
        let codewords = version.codewords(bytes)
        var best: (penalty: Int, grid: QRGrid)?
        for mask in 0..<8 {
            var grid = QRGrid(version)
            grid.place(codewords, mask: mask)
            grid.placeFormat(mask: mask)
            let penalty = grid.penalty
            if best.map({ penalty < $0.penalty }) ?? true { best = (penalty, grid) }
        }
        guard let best else { return nil }
        size = best.grid.size
        modules = best.grid.modules
    }

    /// Encodes a text as UTF-8; nil when it has more than `capacity` bytes.
    public init?(_ text: String) { self.init(Array(text.utf8)) }

    /// Whether a module is dark; modules outside of the code are light.
    ///
    /// - Parameters:
    ///   - row: from the top, from 0.
    ///   - column: from the left, from 0.
    /// - Returns: true for a dark module.
    public func isDark(_ row: Int, _ column: Int) -> Bool {
        (0..<size).contains(row) && (0..<size).contains(column) && modules[row * size + column]
    }

    /// The dark modules as the path data of SVG, one unit a module, with the quiet zone of four modules around: draw it in a view box of
    /// `viewBox` units, dark on light.
    public var path: String {
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                guard isDark(row, column) else {
                    column += 1
                    continue
                }
                let start = column
                while isDark(row, column) { column += 1 }
                path += "M\(start + 4) \(row + 4)h\(column - start)v1h-\(column - start)z"
            }
        }
        return path
    }

    /// Units on a side of the drawing, quiet zone included.
    public var viewBox: Int { size + 8 }
}
