/// The address of a tile: up to 256 hashes of one level, or up to 256 records (C2SP tlog-tiles, "Merkle tree" and "Log entries").
public struct Tile: Hashable, Sendable {
    /// Hashes or records in a full tile.
    public static let fullWidth = 256
    /// Levels of the tree that a tile spans.
    public static let height = 8

    /// What a tile holds.
    public enum Content: Hashable, Sendable {
        /// Hashes of tree level `8 * level`, `level` in 0...5.
        case hashes(level: Int)
        /// Records, each with a big-endian 16-bit length before it.
        case entries
    }

    /// What it holds.
    public let content: Content
    /// Which one of its level, from 0.
    public let index: UInt64
    /// How many hashes or records it holds, 1...256; less than 256 only at the right edge.
    public let width: Int

    /// A tile address; nil outside of the ranges given above.
    public init?(_ content: Content, index: UInt64, width: Int = Tile.fullWidth) {
        guard (1...Self.fullWidth).contains(width) else { return nil }
        if case .hashes(let level) = content, !(0...5).contains(level) { return nil }
        self.content = content
        self.index = index
        self.width = width
    }

    /// The path below the log's prefix: `tile/0/x001/x234/067`, `tile/entries/000.p/5`.
    public var path: String {
        let level =
            switch content {
            case .hashes(let level): String(level)
            case .entries: "entries"
            }
        return "tile/\(level)/" + Self.encode(index) + (width < Self.fullWidth ? ".p/\(width)" : "")
    }

    /// Reads a path strictly: only what `path` writes is accepted.
    ///
    /// - Throws: `.badInput` for anything else.
    public init(path: String) throws(VaultError) {
        let bad = VaultError(.badInput, "not a tile path", remedy: "such as tile/0/x001/234 or tile/entries/000.p/5")
        guard path.utf8.count <= 64 else { throw bad }
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard parts.popFirst() == "tile", let kind = parts.popFirst(), let last = parts.last else { throw bad }
        var width = Self.fullWidth
        if let end = parts.dropLast().last, end.hasSuffix(".p") {
            guard let number = Int(last) else { throw bad }
            width = number
            parts.removeLast(2)
            parts.append(end.dropLast(2))
        }
        var index: UInt64 = 0
        for part in parts {
            guard let number = UInt64(part.drop { $0 == "x" }), number < 1000, index < UInt64.max / 1000 - 1 else { throw bad }
            index = index * 1000 + number
        }
        let content: Content? = kind == "entries" ? .entries : Int(kind).map { .hashes(level: $0) }
        guard let content, let tile = Tile(content, index: index, width: width), tile.path == path else { throw bad }
        self = tile
    }

    /// Groups of three digits; all but the last begin with `x`.
    private static func encode(_ index: UInt64) -> String {
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            let group = String(repeating: "0", count: 3 - digits.utf8.count) + digits
            groups.append(groups.isEmpty ? group : "x" + group)
            rest /= 1000
        } while rest > 0
        return groups.reversed().joined(separator: "/")
    }

    /// All hash tiles of a tree, the partial ones at the right edge included, lowest level first.
    public static func all(size: UInt64) -> [Tile] {
        var tiles: [Tile] = []
        var count = size
        var level = 0
        while count > 0, level <= 5 {
            for index in 0..<count / UInt64(fullWidth) { tiles += [Tile(.hashes(level: level), index: index)].compactMap { $0 } }
            let rest = Int(count % UInt64(fullWidth))
            if let tile = Tile(.hashes(level: level), index: count / UInt64(fullWidth), width: rest) { tiles.append(tile) }
            count /= UInt64(fullWidth)
            level += 1
        }
        return tiles
    }
}

extension NodeSource {
    /// The hashes a tile holds, in order.
    ///
    /// - Throws: `.badInput` for a tile of records; what `node(level:index:)` throws.
    public func hashes(of tile: Tile) throws(VaultError) -> [MerkleHash] {
        guard case .hashes(let level) = tile.content else { throw VaultError(.badInput, "a tile of records holds no hashes") }
        guard tile.index <= UInt64.max >> 9 else { throw VaultError(.outOfRange, "there is no such tile", at: tile.path) }
        var hashes: [MerkleHash] = []
        for offset in 0..<UInt64(tile.width) {
            hashes.append(try node(level: level * Tile.height, index: tile.index * UInt64(Tile.fullWidth) + offset))
        }
        return hashes
    }
}
