/// Who a log is: fixed when it is made, kept as five text lines in the file `identity` of its directory.
public struct LogIdentity: Hashable, Sendable {
    /// Random identifier (16 bytes) in every structure of the log, so that a file of another log cannot pass for one of its own.
    public let id: [UInt8]
    /// The key that signs the checkpoints; its name is the log's origin.
    public let verifier: NoteVerifier
    /// A sealed segment holds `1 << segmentHeight` leaves; 8...16.
    public let segmentHeight: Int

    /// The log's name.
    public var origin: String { verifier.name }
    /// Leaves in a sealed segment.
    public var segmentLeaves: UInt64 { 1 << UInt64(segmentHeight) }

    init(id: [UInt8], verifier: NoteVerifier, segmentHeight: Int) {
        self.id = id
        self.verifier = verifier
        self.segmentHeight = segmentHeight
    }

    static let firstLine = "plumbline vault 1"

    /// The text of the file.
    var bytes: [UInt8] {
        let body =
            "\(Self.firstLine)\nlog \(Hex.encode(id))\nkey \(verifier)\nsegment-height \(segmentHeight)\n"
        return Array((body + "check \(CRC32C.sum(Array(body.utf8)))\n").utf8)
    }

    /// Reads the text of the file strictly.
    ///
    /// - Throws: `.foreign` when it is not a vault or of another version; `.damaged` when a line is not as written.
    init(_ bytes: [UInt8], path: String) throws(VaultError) {
        guard bytes.starts(with: Array("plumbline vault ".utf8)) else {
            throw VaultError(.foreign, "this is not a vault of ours", at: path)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw VaultError(.damaged, "the identity is not text", at: path)
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines[0] == Self.firstLine else {
            throw VaultError(.foreign, "the vault has another format: \(lines[0])", at: path)
        }
        guard lines.count == 6, let id = Hex.decode(String(lines[1].dropFirst(4))), id.count == 16,
            let height = Int(lines[3].dropFirst("segment-height ".count)), (8...16).contains(height)
        else {
            throw VaultError(
                .damaged, "the identity is damaged", at: path, remedy: "restore the file from a copy")
        }
        do {
            self.init(
                id: id, verifier: try NoteVerifier(text: String(lines[2].dropFirst(4))),
                segmentHeight: height)
        } catch {
            throw VaultError(
                .damaged, "the identity is damaged: \(error.what)", at: path,
                remedy: "restore the file from a copy")
        }
        guard self.bytes == bytes else {
            throw VaultError(
                .damaged, "the identity is damaged", at: path, remedy: "restore the file from a copy")
        }
    }
}

/// Where the parts of a vault lie.
struct Layout: Sendable {
    let directory: String

    var identity: String { directory + "/identity" }
    var lock: String { directory + "/lock" }
    var checkpoint: String { directory + "/checkpoint" }
    var active: String { directory + "/active" }
    var sealed: String { directory + "/sealed" }

    func active(_ number: UInt64) -> String { active + "/" + Path.number(number) + ".wal" }
    func spare(_ number: UInt64) -> String { active + "/" + Path.number(number) + ".spare" }
    func sealed(_ segment: UInt64) -> String { sealed + "/" + Path.number(segment) + ".segment" }
}
