/// What a backup did.
public struct BackupReport: Hashable, Sendable {
    /// Records in the copy.
    public var size: UInt64 = 0
    /// The root over them, computed from the copy.
    public var root: MerkleHash = .empty
    /// Segments that were copied now, and that the copy had already.
    public var copied: UInt64 = 0
    /// Segments that the copy had already.
    public var kept: UInt64 = 0
}

/// Copies a log while it is written to, so that the copy is the log as it was at one moment.
public struct VaultBackup: Sendable {
    private let source: Layout
    private let target: Layout
    private let files: FileEffects
    private let progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void

    /// A backup.
    ///
    /// - Parameters:
    ///   - directory: the log's directory.
    ///   - copy: the copy's directory; it must not exist, or be an earlier backup of the same log: then only what is new is copied.
    ///   - files: the effects.
    ///   - progress: called after each segment with segments done and in all.
    public init(
        of directory: String, to copy: String, files: FileEffects = .live,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) {
        source = Layout(directory: directory)
        target = Layout(directory: copy)
        self.files = files
        self.progress = progress
    }

    /// Makes the copy. Keys are not in it: neither the signing key nor those of the epoch and of data subjects lie in the directory.
    ///
    /// - Returns: what was done; the copy was read back and its root compared.
    /// - Throws: `.exists` when something else is at the target; `.damaged` when the log or the copy is not as it was written; `.file`.
    public func run() throws(VaultError) -> BackupReport {
        try prepare()
        var failure: VaultError?
        for _ in 0..<16 {
            // Before the view: then the view holds everything that the checkpoint speaks of.
            let note = try files.contents(source.checkpoint, limit: SignedNote.byteLimit)
            let view = try VaultReader(directory: source.directory, files: files)
            do throws(VaultError) {
                return try copy(view.image, note)
            } catch {
                // What was being copied was sealed or pruned meanwhile: the next view knows.
                guard error.code == .notFound || error.code == .damaged,
                    try VaultReader(directory: source.directory, files: files)
                        .image.isNewer(than: view.image)
                else { throw error }
                failure = error
            }
        }
        throw failure
            ?? VaultError(.file, "the log changes faster than it can be copied", at: source.directory, remedy: "try again")
    }

    private func prepare() throws(VaultError) {
        let identity = try files.contents(source.identity, limit: 4_096)
        _ = try LogIdentity(identity, path: source.identity)
        do throws(VaultError) {
            try files.makeDirectory(target.directory)
        } catch  where error.code == .exists {
            let names = Set(try files.list(target.directory))
            guard names.isEmpty || names.contains("identity") || names.isSubset(of: ["active", "sealed"]) else {
                throw VaultError(
                    .exists, "the directory holds something else", at: target.directory, remedy: "choose a new directory")
            }
            if names.contains("identity"), try files.contents(target.identity, limit: 4_096) != identity {
                throw VaultError(
                    .exists, "the directory holds another log", at: target.directory, remedy: "choose a new directory")
            }
        }
        for path in [target.active, target.sealed] {
            do throws(VaultError) { try files.makeDirectory(path) } catch  where error.code == .exists {}
        }
        try files.replace(target.identity, identity)
    }

    private func copy(_ image: LogImage, _ note: [UInt8]) throws(VaultError) -> BackupReport {
        var report = BackupReport()
        for number in 0..<image.segments.size {
            if try has(number, image) {
                report.kept += 1
            } else {
                let path = try SealedSegment(image, number)
                defer { path.close() }
                try copyFile(path.file, files.size(path.file), path.isPruned ? target.pruned(number) : target.sealed(number))
                report.copied += 1
            }
            if number < image.pruned {
                do throws(VaultError) { try files.remove(target.sealed(number)) } catch  where error.code == .notFound {}
            }
            progress(number + 1, image.segments.size)
        }
        try copyOpen(image)
        try files.replace(target.checkpoint, note)
        try files.syncDirectory(Path.parent(target.directory))
        let made = try Loader(files: files, layout: target).load().image
        guard made.size == image.size, made.root == image.root else {
            throw VaultError(
                .damaged, "the copy is not what was copied", at: target.directory, remedy: "test memory and disk; try again")
        }
        (report.size, report.root) = (made.size, made.root)
        return report
    }

    /// Whether the copy has this segment already. Its blocks are not read again: `verify` does that.
    private func has(_ number: UInt64, _ image: LogImage) throws(VaultError) -> Bool {
        do throws(VaultError) {
            let segment = try SealedSegment(layout: target, files: files, identity: image.identity, number: number)
            defer { segment.close() }
            return try segment.footer.root == image.segments.node(level: 0, index: number)
                && segment.isPruned == (number < image.pruned)
        } catch  where error.code != .file {
            return false
        }
    }

    /// Copies a file under a temporary name, syncs it, reads it back and compares before it gets its name.
    private func copyFile(_ file: Int32, _ length: UInt64, _ path: String) throws(VaultError) {
        let temporary = path + ".tmp"
        do throws(VaultError) { try files.remove(temporary) } catch  where error.code == .notFound {}
        let output = try files.open(temporary, .create)
        do {
            defer { files.close(output) }
            var sums: [UInt32] = []
            for start in stride(from: 0, to: length, by: 1 << 20) {
                let bytes = try files.readExactly(file, Int(min(1 << 20, length - start)), at: start, path: path)
                try files.writeAll(output, bytes, at: start)
                sums.append(CRC32C.sum(bytes))
            }
            try files.sync(output)
            for (place, sum) in sums.enumerated() {
                let start = UInt64(place) << 20
                guard try CRC32C.sum(files.readUpTo(output, Int(min(1 << 20, length - start)), at: start)) == sum else {
                    throw VaultError(
                        .damaged, "the copy read back is not what was written", at: path, remedy: "test memory and disk")
                }
            }
        }
        try files.rename(temporary, path)
        try files.syncDirectory(Path.parent(path))
    }

    /// Copies the files of segments that are not sealed, up to the last frame of the view. Those of an earlier backup are removed first.
    private func copyOpen(_ image: LogImage) throws(VaultError) {
        for name in try files.list(target.active) { try files.remove(target.active + "/" + name) }
        var ends: [UInt64: UInt64] = [:]
        for frame in image.open.flatMap(\.frames) {
            let header = try image.read(frame).header
            ends[frame.file] = max(ends[frame.file] ?? 0, frame.offset + UInt64(header.span))
        }
        for (number, end) in ends.sorted(by: { $0.key < $1.key }) {
            let file = try files.open(source.active(number), .read)
            defer { files.close(file) }
            try copyFile(file, end, target.active(number))
        }
    }
}

extension LogImage {
    /// Whether more is sealed or pruned here than there.
    fileprivate func isNewer(than other: LogImage) -> Bool { segments.size > other.segments.size || pruned > other.pruned }
}
