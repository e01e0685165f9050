internal import Crypto
internal import Documents
internal import Vault

/// What is in a backup: written last, so that a backup without it, or with other files than it names, is none.
public struct BackupManifest: Hashable, Sendable {
    /// A file of the backup.
    public struct File: Hashable, Sendable {
        /// Its path within the backup.
        public let path: String
        /// Its length in bytes.
        public let bytes: UInt64
        /// SHA-256 of its content, hexadecimal.
        public let sha256: String
    }

    /// Where it lies in the backup.
    public static let name = "manifest.json"
    static let format = "plumbline backup 1"
    static let limits = DocumentLimits(bytes: 256 << 20, depth: 4, values: 8_000_000)

    /// Version of the program that made it.
    public let program: String
    /// The moment whose state it holds, UTC microseconds since 1970.
    public let asOf: Int64
    /// Steps of the tables that are applied.
    public let migrations: [String]
    /// Last record of the trail that was made; the later ones of them lie in the database's outbox.
    public let trailRecords: Int64
    /// Leaves in the copy of the trail's vault, and their root, base64.
    public let trailSize: UInt64
    /// See `trailSize`.
    public let trailRoot: String
    /// Every folder, in order of path: a vault wants its empty ones too.
    public let folders: [String]
    /// Every file, in order of path.
    public let files: [File]

    /// The canonical JSON.
    var bytes: [UInt8] {
        CanonicalJSON.bytes(
            of: .object([
                ("as-of", .text(UTCTime.text(asOf))),
                (
                    "files",
                    .list(
                        files.map { file in
                            .object([
                                ("bytes", .integer(file.bytes)), ("path", .text(file.path)), ("sha-256", .text(file.sha256)),
                            ])
                        })
                ),
                ("folders", .texts(folders)),
                ("format", .text(Self.format)),
                ("migrations", .texts(migrations)),
                ("program", .text(program)),
                (
                    "trail",
                    .object([
                        ("records", .integer(trailRecords)), ("root", .text(trailRoot)), ("size", .integer(trailSize)),
                    ])
                ),
            ]))
    }

    init(
        program: String, asOf: Int64, migrations: [String], trailRecords: Int64, trailSize: UInt64, trailRoot: String,
        folders: [String],
        files: [File]
    ) {
        (self.program, self.asOf, self.migrations) = (program, asOf, migrations)
        (self.trailRecords, self.trailSize, self.trailRoot) = (trailRecords, trailSize, trailRoot)
        (self.folders, self.files) = (folders, files)
    }

    /// Reads the canonical JSON strictly.
    ///
    /// - Throws: `.foreign` for another format; `.damaged` when it is not exactly as it was written.
    init(_ bytes: [UInt8], at place: String) throws(StorageError) {
        do throws(DocumentError) {
            var fields = try Fields(try JSONReader.read(bytes, limits: Self.limits), path: "")
            guard try fields.text("format") == Self.format else {
                throw DocumentError(.badValue, key: "format", reason: "another format")
            }
            var trail = try Fields(try fields.required("trail"), path: "trail")
            guard let asOf = UTCTime.time(try fields.text("as-of")), let records = try trail.optionalInteger("records"),
                let size = try trail.optionalInteger("size"), size >= 0
            else { throw DocumentError(.badValue, reason: "no time or no size") }
            var files: [File] = []
            for node in try fields.list("files") {
                var file = try Fields(node, path: "files")
                guard let length = try file.optionalInteger("bytes"), length >= 0 else {
                    throw file.error(at: "bytes", "no length")
                }
                files.append(File(path: try file.text("path"), bytes: UInt64(length), sha256: try file.text("sha-256")))
            }
            self.init(
                program: try fields.text("program"), asOf: asOf, migrations: try fields.texts("migrations"),
                trailRecords: Int64(records), trailSize: UInt64(size), trailRoot: try trail.text("root"),
                folders: try fields.texts("folders"), files: files)
        } catch {
            throw StorageError(error.key == "format" ? .foreign : .damaged, "the manifest cannot be used: \(error)", at: place)
        }
        guard self.bytes == bytes else {
            throw StorageError(.damaged, "the manifest is not as it was written", at: place, remedy: "use another backup")
        }
        for path in folders + files.map(\.path) where !Self.isPath(path) {
            throw StorageError(
                .damaged, "the manifest names a path outside of the backup", at: place, remedy: "use another backup")
        }
    }

    /// Whether it is a path downwards.
    private static func isPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." } && !path.utf8.contains(0) && path != name
    }
}

/// Folders as they are copied, hashed and compared.
enum FileTree {
    /// Paths of all files below a folder, relative to it, in order.
    ///
    /// - Throws: `.foreign` for what is neither file nor folder: links and devices are not followed.
    static func files(_ root: String) throws(StorageError) -> [String] { try walk(root).files }

    /// Paths of all folders and files below a folder, relative to it, in order: a folder comes before what is in it.
    ///
    /// - Throws: as `files`.
    static func walk(_ root: String) throws(StorageError) -> (folders: [String], files: [String]) {
        var (folders, files): ([String], [String]) = ([], [])
        var open = [""]
        while let folder = open.popLast() {
            for name in try Posix.list(folder.isEmpty ? root : "\(root)/\(folder)") {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                // Removed since the names were listed.
                guard let status = try Posix.status("\(root)/\(path)") else { continue }
                if status.isDirectory {
                    open.append(path)
                    folders.append(path)
                } else if status.isRegular {
                    files.append(path)
                } else {
                    throw StorageError(.foreign, "neither file nor folder", at: "\(root)/\(path)", remedy: "remove it")
                }
            }
        }
        func sorted(_ paths: [String]) -> [String] { paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
        return (sorted(folders), sorted(files))
    }

    /// Makes the folders of a path below a root.
    static func makeFolders(_ root: String, for path: String) throws(StorageError) {
        var folder = root
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if try Posix.status(folder) == nil { try Posix.makeDirectory(folder) }
        }
    }

    /// Length and SHA-256 of a file.
    static func digest(_ root: String, _ path: String) throws(StorageError) -> BackupManifest.File {
        var digest = SHA256()
        var count: UInt64 = 0
        try Posix.read("\(root)/\(path)") { chunk throws(StorageError) in
            chunk.withUnsafeBytes { digest.update(bufferPointer: $0) }
            count += UInt64(chunk.count)
        }
        return BackupManifest.File(path: path, bytes: count, sha256: Hex.encode(Array(digest.finalize())))
    }

    /// Copies a file into a new one of mode 0600; gives length and SHA-256 of what was read.
    @discardableResult
    static func copy(_ path: String, from: String, to: String) throws(StorageError) -> BackupManifest.File {
        var digest = SHA256()
        var count: UInt64 = 0
        try makeFolders(to, for: path)
        try Posix.write("\(to)/\(path)") { put throws(StorageError) in
            try Posix.read("\(from)/\(path)") { chunk throws(StorageError) in
                chunk.withUnsafeBytes { digest.update(bufferPointer: $0) }
                count += UInt64(chunk.count)
                try put(chunk)
            }
        }
        return BackupManifest.File(path: path, bytes: count, sha256: Hex.encode(Array(digest.finalize())))
    }

    /// Makes the names in a folder and all below it durable, and closes everything to others.
    static func seal(_ root: String) throws(StorageError) {
        var folders = [root]
        while let folder = folders.popLast() {
            try Posix.setMode(folder, 0o700)
            for name in try Posix.list(folder) {
                let path = "\(folder)/\(name)"
                if try Posix.status(path)?.isDirectory == true { folders.append(path) } else { try Posix.setMode(path, 0o600) }
            }
            try Posix.syncDirectory(folder)
        }
    }

    /// Removes a folder and all below it.
    static func remove(_ root: String) throws(StorageError) {
        for name in try Posix.list(root) {
            let path = "\(root)/\(name)"
            if try Posix.status(path)?.isDirectory == true { try remove(path) } else { try Posix.removeFile(path) }
        }
        try Posix.removeFolder(root)
    }
}
