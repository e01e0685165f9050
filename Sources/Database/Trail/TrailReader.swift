internal import Vault

/// What is looked for in the trail. Everything that is set must hold; nothing set means every record. Values are those that records hold:
/// `TrailText.escaped` makes them of texts from outside.
public struct TrailFilter: Hashable, Sendable {
    /// Who, as `TrailActor.who` writes it.
    public var who: String?
    /// The identifier of the account or agent.
    public var account: String?
    /// The action, exactly.
    public var action: String?
    /// The kind of object.
    public var kind: String?
    /// The object; its kind must be given too.
    public var object: TrailEntry.Object?
    /// How it ended.
    public var result: TrailEntry.Result?
    /// The code a person was shown.
    public var code: String?
    /// Noted in this range, UTC microseconds since 1970.
    public var occurred: Range<Int64>?
    /// A phrase anywhere in the record: begins and ends where words do, ASCII letters in either case.
    public var text: String?

    /// Every record.
    public init() {}

    var query: SearchQuery {
        var query = SearchQuery()
        query.source = TrailRecord.source
        query.kind = .record
        query.occurred = occurred
        let fields: [(String, String?)] = [
            ("who", who), ("account", account), ("action", action), ("kind", kind ?? object?.kind),
            ("object", object.map { "\($0.kind):\($0.id)" }), ("result", result?.rawValue), ("code", code),
        ]
        query.fields = fields.compactMap { name, value in value.map { .init(name, $0) } }
        query.texts = text.map { [$0] } ?? []
        return query
    }
}

/// A record with its place in the trail's vault.
public struct TrailHit: Hashable, Sendable {
    /// Index in the vault: what a proof is asked for with.
    public let index: UInt64
    /// When the vault received it, UTC microseconds since 1970.
    public let received: Int64
    /// The record.
    public let record: TrailRecord
}

/// One page of what was found, newest first.
public struct TrailPage: Hashable, Sendable {
    /// The records.
    public var hits: [TrailHit] = []
    /// Where the next page begins; nil when this is the last.
    public var next: UInt64?
    /// Records that were looked at.
    public var examined: UInt64 = 0
    /// Records that expired, as far as the search passed over them.
    public var expired: UInt64 = 0
}

/// A proof that a record is in the trail: the record, the path from it to the root, and the signed checkpoint that names the root.
public struct TrailProof: Hashable, Sendable {
    /// The record as it lies in the vault; its hash is the leaf of the proof.
    public let leaf: [UInt8]
    /// C2SP tlog-proof: index, path and checkpoint, as `plumbline vault prove` prints it.
    public let text: String
    /// The key that signed the checkpoint, such as it is published.
    public let key: String
    /// The checkpoint's size.
    public let size: UInt64
}

/// Reads one view of the trail: what is in its vault, each record rehashed against the tree. What still waits in the database is not there yet.
public struct TrailReader: Sendable {
    private let vault: VaultReader
    private let note: [UInt8]
    private let checkpoint: Checkpoint
    private let searcher: VaultSearcher

    /// Most records of a page.
    public static let pageLimit = 1_000

    /// A view of the trail of a data directory or of a backup, while nobody or somebody else writes to it.
    ///
    /// - Throws: `.notFound`, `.foreign`, `.damaged`, `.file`.
    public init(_ directory: DataDirectory) throws(StorageError) {
        do throws(VaultError) {
            // The checkpoint first: the view then holds what it speaks of.
            let (note, checkpoint) = try VaultReader(directory: directory.trail).checkpoint()
            self.init(vault: try VaultReader(directory: directory.trail), note: note, checkpoint: checkpoint)
        } catch {
            throw StorageError(trail: error)
        }
    }

    init(vault: VaultReader, note: [UInt8], checkpoint: Checkpoint) {
        (self.vault, self.note, self.checkpoint) = (vault, note, checkpoint)
        searcher = VaultSearcher(vault)
    }

    /// Leaves in the view, the vault's own included.
    public var size: UInt64 { vault.size }
    /// Records that the last signed checkpoint covers: those can be proven.
    public var signedSize: UInt64 { checkpoint.size }

    /// Finds records, newest first.
    ///
    /// - Parameters:
    ///   - filter: what is looked for.
    ///   - start: `next` of the page before; nil for the first page.
    ///   - limit: most records, 1...1,000.
    /// - Returns: the page.
    /// - Throws: `.badEntry` for a filter beyond the limits of a search; `.damaged` when a record is not the one that was hashed; `.file`.
    public func find(_ filter: TrailFilter, from start: UInt64? = nil, limit: Int = 50) throws(StorageError) -> TrailPage {
        var query = filter.query
        query.isNewestFirst = true
        query.start = start
        query.limit = min(max(limit, 1), Self.pageLimit)
        var page = TrailPage()
        var broken: StorageError?
        do throws(VaultError) {
            let report = try searcher.search(query) { hit in
                do throws(StorageError) {
                    if let record = try TrailRecord(hit.record) {
                        page.hits.append(TrailHit(index: hit.index, received: hit.received, record: record))
                    }
                    return true
                } catch {
                    broken = error
                    return false
                }
            }
            page.next = report.next
            page.examined = report.recordsExamined
            page.expired = report.expired.reduce(0) { $0 + UInt64($1.count) }
        } catch {
            guard error.code == .badInput else { throw StorageError(trail: error) }
            throw StorageError(.badEntry, error.what, remedy: error.remedy)
        }
        if let broken { throw broken }
        return page
    }

    /// The record of an index; nil when it is one of the vault's own.
    ///
    /// - Throws: `.notFound` beyond the trail or when it expired; `.damaged`; `.file`.
    public func hit(_ index: UInt64) throws(StorageError) -> TrailHit? {
        let leaf = try VaultRecord(leaf: try bytes(index), place: index)
        return try TrailRecord(leaf).map { TrailHit(index: index, received: leaf.received, record: $0) }
    }

    /// The proof of a record, checked before it is given out.
    ///
    /// - Throws: `.notFound` beyond the last signed checkpoint (it is signed within moments of the record) or when it expired; `.damaged`;
    ///   `.file`.
    public func proof(_ index: UInt64) throws(StorageError) -> TrailProof {
        let leaf = try bytes(index)
        guard index < checkpoint.size else {
            throw StorageError(.notFound, "no checkpoint covers the record yet", at: "record \(index)", remedy: "try again")
        }
        do throws(VaultError) {
            let path = try vault.inclusionProof(index: index, size: checkpoint.size)
            try MerkleProof.verifyInclusion(
                leaf: .leaf(leaf), index: index, size: checkpoint.size, path: path, root: checkpoint.root)
            let text =
                "c2sp.org/tlog-proof@v1\nindex \(index)\n" + path.map { "\($0)\n" }.joined() + "\n"
                + String(decoding: note, as: UTF8.self)
            return TrailProof(leaf: leaf, text: text, key: vault.identity.verifier.description, size: checkpoint.size)
        } catch {
            throw StorageError(trail: error)
        }
    }

    private func bytes(_ index: UInt64) throws(StorageError) -> [UInt8] {
        do throws(VaultError) {
            return try vault.record(index)
        } catch  where error.code == .outOfRange || error.code == .expired {
            throw StorageError(.notFound, error.what, at: "record \(index)")
        } catch {
            throw StorageError(trail: error)
        }
    }
}

extension VaultRecord {
    fileprivate init(leaf: [UInt8], place: UInt64) throws(StorageError) {
        do throws(VaultError) { try self.init(leaf: leaf) } catch { throw StorageError(trail: error) }
    }
}

extension GovernanceDatabase {
    /// A view of the trail as it is now. What was just changed is in it after `flushTrail`.
    ///
    /// - Throws: `.notFound`, `.damaged`, `.file`.
    public func trail() async throws(StorageError) -> TrailReader { try await drain.reader() }
}
