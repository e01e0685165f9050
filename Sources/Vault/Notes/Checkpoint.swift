/// What a log commits to: its origin, how many leaves it has, and their root (C2SP tlog-checkpoint 1.0.0).
public struct Checkpoint: Hashable, Sendable, CustomStringConvertible {
    /// The log's name; also the name of its key.
    public let origin: String
    /// Leaves in the tree.
    public let size: UInt64
    /// The root over them.
    public let root: MerkleHash
    /// Further lines, passed on as they are; none in checkpoints of ours.
    public let extensions: [String]

    /// A checkpoint without further lines.
    public init(origin: String, size: UInt64, root: MerkleHash) {
        self.origin = origin
        self.size = size
        self.root = root
        extensions = []
    }

    /// Reads the text of a note strictly: decimal size without leading zeros, canonical base64 root, no empty line.
    ///
    /// - Throws: `.badInput` with the line at fault.
    public init(text: String) throws(VaultError) {
        try self.init(unproven: text)
        guard size > 0 || root == .empty else {
            throw VaultError(.badInput, "the root of no leaf is the hash of nothing", at: "checkpoint line 3")
        }
    }

    /// Reads the lines, and leaves open whether a tree of no leaf has the root it must have: a witness answers that apart.
    init(unproven text: String) throws(VaultError) {
        func bad(_ line: Int, _ what: String) -> VaultError { VaultError(.badInput, what, at: "checkpoint line \(line)") }
        guard text.utf8.last == UInt8(ascii: "\n") else { throw bad(1, "the checkpoint does not end in a newline") }
        let lines = text.utf8.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 3 else { throw bad(lines.count, "a checkpoint has at least three lines") }
        origin = String(decoding: lines[0], as: UTF8.self)
        guard !origin.isEmpty else { throw bad(1, "the origin is empty") }
        guard let size = UInt64(String(decoding: lines[1], as: UTF8.self)), String(size).utf8.elementsEqual(lines[1]) else {
            throw bad(2, "the size is not a decimal number without leading zeros")
        }
        guard let bytes = Base64.decode(lines[2]), let root = MerkleHash(bytes) else {
            throw bad(3, "the root is not 32 bytes in base64")
        }
        extensions = lines.dropFirst(3).map { String(decoding: $0, as: UTF8.self) }
        guard !extensions.contains("") else { throw bad(4, "a further line is empty") }
        self.size = size
        self.root = root
    }

    /// The three lines and any further ones, each ended by a newline.
    public var description: String {
        "\(origin)\n\(size)\n\(root)\n" + extensions.map { $0 + "\n" }.joined()
    }

    /// Reads a note, checks that the key signed it, and that it speaks of the log of that name.
    ///
    /// - Throws: `.badInput` from the parsers; `.notProven` when the signature does not hold; `.foreign` when the origin is
    ///   another log's.
    public static func open(_ bytes: [UInt8], _ key: NoteVerifier) throws(VaultError) -> Checkpoint {
        let note = try SignedNote(bytes)
        try note.verify(key)
        let checkpoint = try Checkpoint(text: note.text)
        guard checkpoint.origin.utf8.elementsEqual(key.name.utf8) else {
            throw VaultError(.foreign, "the checkpoint is of the log \(checkpoint.origin), not of \(key.name)")
        }
        return checkpoint
    }
}
