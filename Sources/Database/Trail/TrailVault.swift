internal import Vault

/// Makes and opens the trail's vault.
struct TrailVault {
    let directory: DataDirectory
    let settings: DatabaseSettings
    let files: FileEffects

    var register: CheckpointRegister { settings.register ?? .file(directory.trailRegister, files) }

    /// Makes key and vault; what an interrupted making left is finished.
    func makeIfMissing() throws(StorageError) {
        do throws(VaultError) {
            let signer: NoteSigner
            do throws(VaultError) {
                signer = try KeyFile.read(directory.trailKey, files)
            } catch  where error.code == .notFound {
                // A name of its own for every installation: witnesses tell logs apart by it.
                signer = try KeyFile.create(directory.trailKey, name: "plumbline/trail/\(Hex.encode(files.random(8)))", files)
            }
            do throws(VaultError) {
                _ = try files.permissions(directory.trail + "/identity")
            } catch  where error.code == .notFound {
                try VaultLog.create(
                    directory: directory.trail, signer: signer, register: register, segmentHeight: settings.segmentHeight,
                    files: files)
            }
        } catch {
            throw StorageError(trail: error)
        }
    }

    /// Makes durable what can be read, before it is believed to be there. What a killed process wrote and did not sync can be read, and be gone
    /// after a power failure.
    ///
    /// - Parameter rewriting: after a sync failed the system may hold pages for clean that never reached the disk; then only writing them again
    ///   brings them there. Without a failure no page that was acknowledged is touched.
    /// - Throws: `.locked`, `.file`.
    func affirm(rewriting: Bool) throws(StorageError) {
        do throws(VaultError) {
            let lock = try files.open(directory.trail + "/lock", .write)
            defer { files.close(lock) }
            guard try files.lock(lock) else {
                throw VaultError(.locked, "another process writes to the trail", at: directory.trail, remedy: "end it")
            }
            let folder = directory.trail + "/active"
            for name in try files.list(folder) where name.hasSuffix(".wal") {
                let file = try files.open(folder + "/" + name, .write)
                defer { files.close(file) }
                if rewriting { try rewrite(file) }
                try files.sync(file)
            }
            try files.syncDirectory(folder)
        } catch  where error.code == .notFound {
            // Opening says what is missing.
        } catch {
            throw StorageError(trail: error)
        }
    }

    private func rewrite(_ file: Int32) throws(VaultError) {
        let (length, step) = (try files.size(file), 1 << 20)
        var chunk = [UInt8](repeating: 0, count: step)
        var offset: UInt64 = 0
        while offset < length {
            let at = offset
            let done: Result<Int, VaultError> = chunk.withUnsafeMutableBytes { bytes in
                do throws(VaultError) {
                    let count = try files.read(file, bytes, at)
                    guard count > 0 else { return .success(0) }
                    return .success(try files.write(file, UnsafeRawBufferPointer(rebasing: bytes[..<count]), at))
                } catch {
                    return .failure(error)
                }
            }
            let count = try done.get()
            guard count > 0 else { throw VaultError(.file, "a file of the trail cannot be written again", at: directory.trail) }
            offset += UInt64(count)
        }
    }

    /// A view of the vault, while somebody else may write to it.
    func view() throws(StorageError) -> VaultReader {
        do throws(VaultError) { return try VaultReader(directory: directory.trail, files: files) } catch {
            throw StorageError(trail: error)
        }
    }

    /// The vault, open for writing.
    func open() throws(StorageError) -> VaultLog {
        do throws(VaultError) {
            return try VaultLog(
                directory: directory.trail, signer: try KeyFile.read(directory.trailKey, files), register: register,
                settings: settings.vault, files: files)
        } catch  where error.code == .notFound || error.code == .rolledBack {
            throw StorageError(
                .trailBroken, "the trail or its key is missing, or older than it was: \(error.what)",
                at: error.place ?? directory.trail,
                remedy: "restore database and trail from one backup")
        } catch {
            throw StorageError(trail: error)
        }
    }
}
