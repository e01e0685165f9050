/// Who a log is: fixed when it is made, kept as a note in the file `identity` of its directory, signed by the log's key and, if it was given
/// one, by an offline root key.
public struct LogIdentity: Hashable, Sendable {
    /// Random identifier (16 bytes) in every structure of the log, so that a file of another log cannot pass for one of its own.
    public let id: [UInt8]
    /// The key that signs the checkpoints; its name is the log's origin.
    public let verifier: NoteVerifier
    /// A sealed segment holds `1 << segmentHeight` leaves; 8...16.
    public let segmentHeight: Int
    /// The key of the first epoch.
    public let epochKey: NoteVerifier
    /// The offline key that vouches for the first epoch; nil when there is none.
    public let root: NoteVerifier?
    private let note: SignedNote

    /// The log's name.
    public var origin: String { verifier.name }
    /// Leaves in a sealed segment.
    public var segmentLeaves: UInt64 { 1 << UInt64(segmentHeight) }

    static let firstLine = "plumbline vault 1"

    /// The name of the keys of a log's epochs.
    static func epochName(_ origin: String) -> String { origin + "/epoch" }

    /// A new identity, signed.
    init(id: [UInt8], signer: NoteSigner, segmentHeight: Int, epochKey: NoteVerifier, root: NoteSigner?) throws(VaultError) {
        self.id = id
        verifier = signer.verifier
        self.segmentHeight = segmentHeight
        self.epochKey = epochKey
        self.root = root?.verifier
        var text =
            "\(Self.firstLine)\nlog \(Hex.encode(id))\nkey \(verifier)\nsegment-height \(segmentHeight)\nepoch \(epochKey)\n"
        if let root { text += "root \(root.verifier)\n" }
        var note = try SignedNote(signing: text, with: signer)
        if let root { try note.add(try root.sign(text)) }
        self.note = note
    }

    /// The text of the file.
    var bytes: [UInt8] { note.bytes }

    /// Reads the text of the file strictly, and checks its signatures against the keys that it names.
    ///
    /// - Throws: `.foreign` when it is not a vault or of another version; `.damaged` when it is not as written.
    init(_ bytes: [UInt8], path: String) throws(VaultError) {
        guard bytes.starts(with: Array("plumbline vault ".utf8)) else {
            throw VaultError(.foreign, "this is not a vault of ours", at: path)
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        guard line.elementsEqual(Self.firstLine.utf8) else {
            throw VaultError(
                .foreign, "the vault has another format: \(String(decoding: line.prefix(80), as: UTF8.self))", at: path)
        }
        do {
            self = try Self.read(bytes)
        } catch {
            throw VaultError(.damaged, "the identity is damaged: \(error.what)", at: path, remedy: "restore the file from a copy")
        }
    }

    private init(id: [UInt8], verifier: NoteVerifier, height: Int, epochKey: NoteVerifier, root: NoteVerifier?, note: SignedNote)
    {
        self.id = id
        self.verifier = verifier
        segmentHeight = height
        self.epochKey = epochKey
        self.root = root
        self.note = note
    }

    private static func read(_ bytes: [UInt8]) throws(VaultError) -> LogIdentity {
        let note = try SignedNote(bytes)
        var lines = ControlLines(note.text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).dropFirst())
        guard let id = Hex.decode(try lines.text("log")), id.count == 16 else { throw lines.damaged }
        let verifier = try NoteVerifier(text: try lines.text("key"))
        let height = try lines.number("segment-height")
        guard (8...16).contains(height) else { throw lines.damaged }
        let epochKey = try NoteVerifier(text: try lines.text("epoch"))
        var root: NoteVerifier?
        if let text = lines.optional("root") { root = try NoteVerifier(text: text) }
        try note.verify(verifier)
        if let root { try note.verify(root) }
        guard lines.isAtEnd, note.bytes == bytes else { throw lines.damaged }
        return LogIdentity(id: id, verifier: verifier, height: Int(height), epochKey: epochKey, root: root, note: note)
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
    func pruned(_ segment: UInt64) -> String { sealed + "/" + Path.number(segment) + ".pruned" }
    /// The key of the epoch lies beside the directory: a copy of the log must not hold it.
    var epoch: String { directory + ".epoch" }
}
