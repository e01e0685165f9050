/// One object of a copy.
public struct CopyItem: Sendable {
    /// Where its bytes are.
    public enum Content: Sendable {
        /// In a file that does not change any more.
        case file(String)
        /// Here.
        case bytes([UInt8])
    }

    /// Its name within the copy.
    public let name: String
    /// Its bytes.
    public let content: Content
}

/// What a copy of a log consists of, in the order in which it is made: `identity`, each sealed segment that the checkpoint covers
/// as `sealed/N.segment`, the proof that these are what the checkpoint says as `checkpoints/SIZE.proof` (when the checkpoint
/// covers more than them), and last of all the checkpoint as `checkpoints/SIZE`: where it is, the copy is whole. All but the
/// checkpoints is the same in every copy of a log, so one that was interrupted goes on, and the next one adds only what is new.
public struct CopyPlan: Sendable {
    /// The objects, in order.
    public let items: [CopyItem]
    /// Sealed segments among them.
    public let segments: UInt64
    /// Records in these.
    public let records: UInt64
    /// The checkpoint.
    public let checkpoint: Checkpoint

    /// The copy of a view.
    ///
    /// - Throws: `.damaged`, `.file`.
    public init(_ view: SignedView) throws(VaultError) {
        let image = view.reader.image
        checkpoint = view.checkpoint
        segments = checkpoint.size >> UInt64(image.identity.segmentHeight)
        guard view.reader.segments >= segments else {
            throw VaultError(
                .locked, "full segments are still being sealed", at: image.layout.directory,
                remedy: "try again, or run plumbline vault seal")
        }
        records = segments << UInt64(image.identity.segmentHeight)
        var items = [CopyItem(name: "identity", content: .file(image.layout.identity))]
        for segment in 0..<segments {
            // Of a pruned segment the hashes are copied: an earlier copy may still hold its records, until its date.
            items.append(
                segment < image.pruned
                    ? CopyItem(name: Self.pruned(segment), content: .file(image.layout.pruned(segment)))
                    : CopyItem(name: Self.segment(segment), content: .file(image.layout.sealed(segment))))
        }
        if records > 0, records < checkpoint.size {
            let path = try view.reader.consistencyProof(first: records, second: checkpoint.size)
            let text = "old \(records) \(try view.reader.root(size: records))\n" + path.map { "\($0)\n" }.joined()
            items.append(CopyItem(name: Self.proof(checkpoint.size), content: .bytes(Array(text.utf8))))
        }
        items.append(CopyItem(name: Self.checkpoint(checkpoint.size), content: .bytes(view.note)))
        self.items = items
    }

    /// Where checkpoints lie.
    public static let checkpoints = "checkpoints/"

    static func segment(_ number: UInt64) -> String { "sealed/" + Path.number(number) + ".segment" }
    static func pruned(_ number: UInt64) -> String { "sealed/" + Path.number(number) + ".pruned" }
    /// The name of the checkpoint of a size.
    public static func checkpoint(_ size: UInt64) -> String { checkpoints + Path.number(size) }
    static func proof(_ size: UInt64) -> String { checkpoint(size) + ".proof" }

    /// The greatest size among names in the folder of checkpoints; nil when there is none.
    public static func newest(_ names: [String]) -> UInt64? { names.compactMap { Path.number(of: $0, ending: "") }.max() }
}

/// A new directory that is filled from a copy, and is no vault before its checkpoint was found to hold.
public struct RestoredVault: Sendable {
    private let layout: Layout
    private let files: FileEffects
    /// Who the log is.
    public let identity: LogIdentity
    /// What the copy is said to hold.
    public let checkpoint: Checkpoint
    private let note: [UInt8]

    /// Makes the directory.
    ///
    /// - Parameters:
    ///   - directory: must not exist.
    ///   - identity: the object `identity`.
    ///   - note: the newest checkpoint.
    ///   - key: the key the log must have; nil to accept the one in the copy, which proves no more than that the copy fits
    ///     together.
    ///   - files: the effects.
    /// - Throws: `.foreign` for another key; `.exists`; `.notProven`, `.badInput`, `.damaged`, `.file`.
    public init(directory: String, identity: [UInt8], note: [UInt8], key: NoteVerifier?, files: FileEffects = .live)
        throws(VaultError)
    {
        layout = Layout(directory: directory)
        self.files = files
        self.note = note
        self.identity = try LogIdentity(identity, path: "identity of the copy")
        guard key == nil || key == self.identity.verifier else {
            throw VaultError(.foreign, "the copy is of another log or key: \(self.identity.verifier)", at: directory)
        }
        checkpoint = try Checkpoint.open(note, self.identity.verifier)
        try files.makeDirectory(directory)
        for path in [layout.sealed, layout.active] { try files.makeDirectory(path) }
        try files.replace(layout.identity, identity)
    }

    /// Sealed segments that the checkpoint covers.
    public var segments: UInt64 { checkpoint.size >> UInt64(identity.segmentHeight) }
    /// The name of a segment's object and where it goes.
    public func place(_ segment: UInt64) -> (name: String, path: String) { (CopyPlan.segment(segment), layout.sealed(segment)) }
    /// The same for a segment that was pruned before it was copied.
    public func prunedPlace(_ segment: UInt64) -> (name: String, path: String) {
        (CopyPlan.pruned(segment), layout.pruned(segment))
    }
    /// The name of the proof's object; nil when none is needed.
    public var proofName: String? {
        let records = segments << UInt64(identity.segmentHeight)
        return records > 0 && records < checkpoint.size ? CopyPlan.proof(checkpoint.size) : nil
    }

    /// Checks that the segments are what the checkpoint says, and puts the checkpoint in place.
    ///
    /// - Parameter proof: the object of `proofName`.
    /// - Returns: how many records were restored.
    /// - Throws: `.damaged`, `.notProven` when they are not; `.badInput`, `.file`.
    public func finish(proof: [UInt8]) throws(VaultError) -> UInt64 {
        try expire()
        let reader = try VaultReader(directory: layout.directory, files: files)
        let records = segments << UInt64(identity.segmentHeight)
        guard reader.size == records else {
            throw VaultError(.damaged, "\(reader.size) records were restored, \(records) were expected", at: layout.directory)
        }
        if records == checkpoint.size {
            guard reader.root == checkpoint.root else {
                throw VaultError(.notProven, "the segments do not have the root that was signed")
            }
        } else if records > 0 {
            try MerkleProof.verifyConsistency(
                first: records, firstRoot: reader.root, second: checkpoint.size, secondRoot: checkpoint.root,
                path: try path(proof))
        }
        try files.replace(layout.checkpoint, note)
        try files.syncDirectory(Path.parent(layout.directory))
        return records
    }

    /// A segment that was copied whole and pruned before a later one was copied is among those whose records expired: what is pruned is a
    /// beginning of the log. Its records stay in the store until their date.
    private func expire() throws(VaultError) {
        let there = try Loader(files: files, layout: layout).sealedSegments()
        guard let last = there.pruned.max() else { return }
        for number in there.whole where number < last {
            let segment = try SealedSegment(layout: layout, files: files, identity: identity, number: number)
            defer { segment.close() }
            try files.replace(layout.pruned(number), segment.footer.header + segment.footer.end)
            try files.remove(layout.sealed(number))
        }
    }

    /// The lines after the first; that one is for people, and is computed here anew.
    private func path(_ proof: [UInt8]) throws(VaultError) -> [MerkleHash] {
        var hashes: [MerkleHash] = []
        let lines = proof.split(separator: UInt8(ascii: "\n")).dropFirst()
        guard lines.count <= WitnessRequest.proofLimit else { throw VaultError(.badInput, "the proof of the copy is too long") }
        for line in lines {
            guard let hash = Base64.decode(line).flatMap({ MerkleHash($0) }) else {
                throw VaultError(.badInput, "a line of the copy's proof is not 32 bytes in base64")
            }
            hashes.append(hash)
        }
        return hashes
    }
}
