package import Vault

/// Copies a log to a store that lets nobody remove the copy before its time, reads copies back, and restores from one.
package struct VaultCopy: Sendable {
    private let client: S3Client
    private let progress: @Sendable (_ text: String) -> Void

    /// Copies at a place.
    ///
    /// - Parameters:
    ///   - client: the place.
    ///   - progress: told what is being done.
    package init(_ client: S3Client, progress: @escaping @Sendable (_ text: String) -> Void = { _ in }) {
        (self.client, self.progress) = (client, progress)
    }

    /// Puts what the store does not have yet, the checkpoint last.
    ///
    /// - Parameters:
    ///   - plan: the copy.
    ///   - until: the instant, in seconds since 1970, before which nobody can remove what is put now. What is there keeps its
    ///     date.
    /// - Returns: how many objects were put.
    /// - Throws: `.exists` when the store has other bytes under a name; `.foreign` when it does not lock; `.denied`, `.network`,
    ///   `.file`.
    package func copy(_ plan: CopyPlan, until: Int64) async throws(VaultError) -> Int {
        var stored = 0
        for (number, item) in plan.items.enumerated() {
            progress("\(number) of \(plan.items.count) copied: \(item.name)")
            if try await isThere(item) { continue }
            if case .stored = try await client.put(item.name, Self.content(item), until: until) { stored += 1 }
            try locked(item, until: until, try await client.head(item.name))
        }
        return stored
    }

    /// Reads every object of a copy back and compares its SHA-256 with the local bytes.
    ///
    /// - Parameter plan: the copy.
    /// - Returns: what is wrong; empty when the copy is sound.
    /// - Throws: `.denied`, `.network`, `.file`.
    package func verify(_ plan: CopyPlan) async throws(VaultError) -> [VaultError] {
        var wrong: [VaultError] = []
        for (number, item) in plan.items.enumerated() {
            progress("\(number) of \(plan.items.count) read back: \(item.name)")
            let local = try Self.digest(item)
            let place = client.location.description + item.name
            do throws(VaultError) {
                let copy = try await client.digest(item.name)
                if copy.hash == local.hash, copy.count == local.count { continue }
                wrong.append(
                    VaultError(
                        .damaged,
                        "the copy has other bytes (\(copy.count), \(copy.hash)) than the log (\(local.count), \(local.hash))",
                        at: place,
                        remedy: "an earlier version of the object may still be right; compare them before anything is removed"))
            } catch  where error.code == .notFound {
                wrong.append(
                    VaultError(
                        .damaged, "the copy is missing", at: place, remedy: "a version behind a delete marker may still be there")
                )
            }
        }
        return wrong
    }

    /// Restores the newest copy into a new directory.
    ///
    /// - Parameters:
    ///   - directory: must not exist.
    ///   - key: the key the log must have; nil accepts the one in the copy.
    /// - Returns: how many records were restored, and the checkpoint; it may cover more, which were in no sealed segment then.
    /// - Throws: `.notFound` when there is no copy; `.damaged`, `.notProven`, `.foreign` when it does not hold; `.exists`,
    ///   `.denied`, `.network`, `.file`.
    package func fetch(into directory: String, key: NoteVerifier?) async throws(VaultError) -> (
        records: UInt64, checkpoint: Checkpoint
    ) {
        guard let size = CopyPlan.newest(try await client.list(CopyPlan.checkpoints)) else {
            throw VaultError(.notFound, "there is no copy here", at: client.location.description, remedy: "is the prefix right?")
        }
        let note = try await client.get(CopyPlan.checkpoint(size), limit: SignedNote.byteLimit)
        let restored = try RestoredVault(
            directory: directory, identity: try await client.get("identity", limit: 4_096), note: note, key: key)
        for segment in 0..<restored.segments {
            progress("\(segment) of \(restored.segments) segments fetched")
            let (name, path) = restored.place(segment)
            do throws(VaultError) {
                try await client.download(name, to: path)
            } catch  where error.code == .notFound {
                let (name, path) = restored.prunedPlace(segment)
                try await client.download(name, to: path)
            }
        }
        var proof: [UInt8] = []
        if let name = restored.proofName { proof = try await client.get(name, limit: 65_536) }
        return (try restored.finish(proof: proof), restored.checkpoint)
    }

    /// Whether the store has the object, with these bytes and a lock.
    private func isThere(_ item: CopyItem) async throws(VaultError) -> Bool {
        guard let object = try await client.head(item.name) else { return false }
        let local = try Self.digest(item)
        let place = client.location.description + item.name
        guard object.size == local.count, object.hash == nil || object.hash == local.hash else {
            throw VaultError(
                .exists, "the store has other bytes under this name", at: place,
                remedy: "copy to another prefix; one prefix for each log")
        }
        if object.hash == nil {
            guard try await client.digest(item.name).hash == local.hash else {
                throw VaultError(
                    .exists, "the store has other bytes under this name", at: place, remedy: "copy to another prefix")
            }
        }
        try locked(item, until: nil, object)
        return true
    }

    /// A store may take the headers of a lock and not lock.
    private func locked(_ item: CopyItem, until: Int64?, _ object: S3Object?) throws(VaultError) {
        let place = client.location.description + item.name
        guard let object, object.lockMode == "COMPLIANCE", let held = object.lockedUntil else {
            throw VaultError(
                .foreign, "the store does not hold the object locked in compliance mode", at: place,
                remedy: "make the bucket with Object Lock")
        }
        // Both are UTC with the year first, so texts compare as instants do; fractions of a second are left out.
        guard until == nil || held.prefix(19) >= StoreTime.text(until ?? 0).prefix(19) else {
            throw VaultError(.foreign, "the store locks the object only until \(held)", at: place)
        }
    }

    private static func content(_ item: CopyItem) -> S3Client.Content {
        switch item.content {
        case .file(let path): .file(path)
        case .bytes(let bytes): .bytes(bytes)
        }
    }

    private static func digest(_ item: CopyItem) throws(VaultError) -> (count: UInt64, hash: MerkleHash) {
        switch item.content {
        case .file(let path): return try LocalFile.digest(path)
        case .bytes(let bytes): return (UInt64(bytes.count), .plain(bytes))
        }
    }
}
