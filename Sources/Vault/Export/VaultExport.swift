extension VaultReader {
    /// Writes a package that proves itself with this program absent: every record and hash tile of the signed checkpoint under
    /// their tlog-tiles paths, the checkpoint, the policy it keeps, and a verifier in the Python standard library (`python3
    /// verify.py`).
    ///
    /// The directory must not exist. The records are rehashed as they are read, and the root they give is compared with the
    /// checkpoint. When witnesses cosigned this very checkpoint, their signatures are in it and the policy asks for them.
    ///
    /// - Parameters:
    ///   - directory: the package's directory.
    ///   - policy: the policy the package must keep; without it that of the last cosigned checkpoint.
    ///   - files: the effects.
    /// - Returns: what the package proves, its cosignatures included.
    /// - Throws: `.exists`; `.rolledBack` when the checkpoint is not of this log; `.noQuorum` when it does not keep the policy
    ///   given; `.damaged`, `.notProven`, `.file`.
    public func export(to directory: String, policy: TrustPolicy? = nil, files: FileEffects = .live) throws(VaultError)
        -> TrustPolicy.Finding
    {
        let view = try SignedView(self)
        return try view.reader.export(view.note, view.checkpoint, to: directory, policy: policy, files: files)
    }

    private func export(
        _ note: [UInt8], _ checkpoint: Checkpoint, to directory: String, policy: TrustPolicy?, files: FileEffects
    ) throws(VaultError) -> TrustPolicy.Finding {
        let proof = try exportProof(note, policy)
        var package = ExportPackage(directory: directory, files: files)
        try files.makeDirectory(directory)
        let read = ExportTree(image: image, tree: try exportEntries(checkpoint.size, &package))
        guard try read.root(size: checkpoint.size) == checkpoint.root else {
            throw VaultError(
                .damaged, "the records read do not have the root that was signed", at: directory,
                remedy: "run plumbline vault verify")
        }
        for tile in Tile.all(size: checkpoint.size) where read.isThere(tile) {
            try package.put(tile.path, try read.hashes(of: tile).flatMap(\.bytes))
        }
        try package.put("checkpoint", proof.note)
        try package.put("policy", proof.policy.bytes)
        try package.put("verify.py", Array(ExportVerifier.script.utf8))
        return proof.finding
    }

    /// The checkpoint as far as it is cosigned, and a policy that it keeps.
    private func exportProof(_ note: [UInt8], _ wanted: TrustPolicy?) throws(VaultError)
        -> (note: [UInt8], policy: TrustPolicy, finding: TrustPolicy.Finding)
    {
        let text = try SignedNote(note).text
        var best = note
        let last = try cosigned()
        if let last, try SignedNote(last.note).text.utf8.elementsEqual(text.utf8) { best = last.note }
        let none = try TrustPolicy(log: nil, witnesses: [], threshold: 0)
        var policy = (wanted ?? last?.policy ?? none).only(identity.verifier).withoutAddresses
        // A checkpoint that is newer than the last cosigned one is exported as what it is: signed by the log alone.
        if wanted == nil, best == note { policy = policy.withoutQuorum }
        return (best, policy, try policy.verify(best))
    }

    /// Writes the bundles of the records that are still kept; gives the tree over what was read.
    private func exportEntries(_ size: UInt64, _ package: inout ExportPackage) throws(VaultError) -> MerkleTree {
        let kept = image.kept
        var tree = MerkleTree()
        var bundle: [UInt8] = []
        var width = 0
        try forEachRecord(kept..<max(kept, size)) { record throws(VaultError) in
            tree.append(.leaf(record))
            Entries.append(record, to: &bundle)
            width += 1
            guard width == Tile.fullWidth || kept + tree.size == size,
                let tile = Tile(.entries, index: (kept + tree.size - 1) >> 8, width: width)
            else { return }
            try package.put(tile.path, bundle)
            (bundle, width) = ([], 0)
        }
        return tree
    }

    /// Hands over records in order, reading each block and frame once. The range begins with a segment.
    ///
    /// - Throws: what reading throws, and what the body throws.
    func forEachRecord(_ records: Range<UInt64>, _ body: ([UInt8]) throws(VaultError) -> Void) throws(VaultError) {
        let size = records.upperBound
        var next = records.lowerBound
        func give(_ packed: [UInt8], _ ranges: [Range<Int>]) throws(VaultError) {
            for range in ranges where next < size {
                try body(Array(packed[range]))
                next += 1
            }
        }
        for number in (next >> UInt64(identity.segmentHeight))..<image.segments.size where next < size {
            let segment = try SealedSegment(image, number)
            defer { segment.close() }
            for block in segment.footer.blocks where next < size {
                let (packed, ranges) = try segment.read(block)
                try give(packed, ranges)
            }
        }
        while next < size {
            let frames = image.open[Int((next - image.sealedSize) >> UInt64(identity.segmentHeight))].frames
            let place = frames.partition(from: 0) { $0.first + UInt64($0.count) > next }
            guard place < frames.count, frames[place].first == next, let frame = try? image.read(frames[place])
            else {
                // Sealed under this view meanwhile: record by record, from where it is now.
                try body(try record(next))
                next += 1
                continue
            }
            try give(frame.packed, frame.ranges)
        }
    }
}

extension LogImage {
    /// Index of the first record that was not pruned.
    fileprivate var kept: UInt64 { pruned << UInt64(identity.segmentHeight) }
}

/// The tree over a package: records that were read again, and before them hashes of those that expired.
private struct ExportTree: NodeSource {
    let image: LogImage
    let tree: MerkleTree

    /// Hashes of single records that expired are gone with them.
    func isThere(_ tile: Tile) -> Bool {
        tile.content != .hashes(level: 0) || tile.index * UInt64(Tile.fullWidth) >= image.kept
    }

    func node(level: Int, index: UInt64) throws(VaultError) -> MerkleHash {
        if (index + 1) << UInt64(level) <= image.kept { return try image.node(level: level, index: index) }
        if level <= image.identity.segmentHeight {
            return try tree.node(level: level, index: index - image.kept >> UInt64(level))
        }
        return .node(try node(level: level - 1, index: index * 2), try node(level: level - 1, index: index * 2 + 1))
    }
}

/// A directory that is filled once.
private struct ExportPackage {
    let directory: String
    let files: FileEffects
    private var made: Set<String> = []

    init(directory: String, files: FileEffects) {
        self.directory = directory
        self.files = files
    }

    mutating func put(_ path: String, _ bytes: [UInt8]) throws(VaultError) {
        var folder = directory
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            if made.insert(folder).inserted { try files.makeDirectory(folder) }
        }
        let file = try files.open(directory + "/" + path, .create)
        defer { files.close(file) }
        try files.writeAll(file, bytes, at: 0)
        try files.sync(file)
    }
}
