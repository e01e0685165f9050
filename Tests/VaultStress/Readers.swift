internal import Glibc
internal import Vault

/// Everything that looks at a log while it is written.
struct Readers {
    struct Work: Sendable {
        let name: String
        let body: @Sendable (inout Seeded) throws(VaultError) -> Void
    }

    private let directory: String
    private let files: FileEffects
    private let truth: Truth
    private let keys: SubjectKeys

    init(_ stress: Stress, _ keys: SubjectKeys) {
        (directory, files, truth, self.keys) = (stress.directory, stress.clock.files, stress.truth, keys)
    }

    var all: [Work] {
        [
            Work(name: "fresh views") { random throws(VaultError) in try fresh(&random) },
            Work(name: "kept views") { random throws(VaultError) in try kept(&random) },
            Work(name: "searches") { random throws(VaultError) in try search(&random) },
            Work(name: "indexing") { random throws(VaultError) in try index(&random) },
            Work(name: "backups") { random throws(VaultError) in try backup(&random) },
            Work(name: "verifications") { random throws(VaultError) in try verify(&random) },
        ]
    }

    private func view() throws(VaultError) -> VaultReader { try VaultReader(directory: directory, files: files) }

    /// A record of a view, checked; nil when it expired, which must then be what the log says.
    private func record(_ index: UInt64, _ view: VaultReader, _ who: String) throws(VaultError) -> [UInt8]? {
        do throws(VaultError) {
            let leaf = try view.record(index)
            truth.check(index, leaf, who)
            return leaf
        } catch  where error.code == .expired {
            let retained = try self.view().state.retained
            require(index < retained, "\(who): record \(index) is called expired, but \(retained) is the first that is kept")
            truth.count("expired reads")
            return nil
        }
    }

    /// A view taken anew: its root is that of a prefix, its records are those appended, its fields open or were erased.
    private func fresh(_ random: inout Seeded) throws(VaultError) {
        let view = try view()
        truth.check(view.size, view.root, "a fresh view")
        let (_, checkpoint) = try view.checkpoint()
        truth.check(checkpoint.size, checkpoint.root, "the checkpoint")
        guard view.size > 0 else { return }
        for _ in 0..<12 {
            let index = UInt64.random(in: 0..<view.size, using: &random)
            guard let leaf = try record(index, view, "a fresh view") else { continue }
            for field in try VaultRecord(leaf: leaf).fields where field.isSealed { try personal(index, field) }
        }
    }

    private func personal(_ index: UInt64, _ field: VaultRecord.Field) throws(VaultError) {
        guard let number = truth.number(at: index), let subject = Content.subject(number) else { return }
        let wasShredded = truth.isShredded(subject)
        do throws(VaultError) {
            let value = try keys.open(field)
            require(!wasShredded, "\(subject) was erased, and record \(index) still opens")
            require(value == Array("v\(number)".utf8), "record \(index) opens to something else")
        } catch  where error.code == .erased {
            truth.count("erased reads")
        }
    }

    /// The writer's own view, kept for a while: records and proofs stay right while the log is sealed and pruned beneath it.
    private func kept(_ random: inout Seeded) throws(VaultError) {
        let taken = truth.snapshot
        usleep(UInt32.random(in: 0...400_000, using: &random))
        guard let old = taken, old.size > 1 else { return }
        let new = try view()
        truth.check(old.size, old.root, "a kept view")
        require(new.size >= old.size, "a later view is shorter")
        do throws(VaultError) {
            try MerkleProof.verifyConsistency(
                first: old.size, firstRoot: old.root, second: new.size, secondRoot: new.root,
                path: try new.consistencyProof(first: old.size, second: new.size))
            for _ in 0..<8 {
                let index = UInt64.random(in: 0..<old.size, using: &random)
                guard let leaf = try record(index, old, "a kept view") else { continue }
                for view in [old, new] {
                    try MerkleProof.verifyInclusion(
                        leaf: .leaf(leaf), index: index, size: view.size,
                        path: try view.inclusionProof(index: index, size: view.size), root: view.root)
                }
                truth.count("proofs")
            }
        } catch  where error.code == .expired {
            truth.count("expired proofs")
        }
    }

    /// The same search with and without indexes gives the same, and everything that matches and is still there.
    private func search(_ random: inout Seeded) throws(VaultError) {
        let fresh = try view()
        let view = Bool.random(using: &random) ? fresh : truth.snapshot ?? fresh
        var query = SearchQuery()
        switch Int.random(in: 0..<4, using: &random) {
        case 0: query.fields = [.init("user", "u\(Int.random(in: 0..<5, using: &random))")]
        case 1: query.texts = [Content.words[Int.random(in: 0..<7, using: &random)]]
        case 2: query.source = "s\(Int.random(in: 0..<3, using: &random))"
        default: query.contains = [Array("n=\(UInt64.random(in: 0...view.size, using: &random)) ".utf8)]
        }
        query.isNewestFirst = Bool.random(using: &random)
        usleep(UInt32.random(in: 0...100_000, using: &random))
        let (with, without) = (try hits(view, query, true), try hits(view, query, false))
        let retained = try self.view().state.retained
        require(
            with.filter { $0 >= retained } == without.filter { $0 >= retained },
            "an index changed what was found: \(query), \(with.count) with and \(without.count) without")
        truth.count("hits", with.count)
    }

    private func hits(_ view: VaultReader, _ query: SearchQuery, _ usesIndex: Bool) throws(VaultError) -> [UInt64] {
        var found: [UInt64] = []
        let searcher = VaultSearcher(view, usesIndex: usesIndex)
        _ = try searcher.search(query) { hit throws(VaultError) in
            truth.check(hit.index, hit.leaf, "a search")
            found.append(hit.index)
            return true
        }
        return found
    }

    private func index(_ random: inout Seeded) throws(VaultError) {
        let indexer = VaultIndexer(try view())
        for number in try indexer.missing() where Bool.random(using: &random) {
            do throws(VaultError) {
                try indexer.index(number)
                truth.count("indexes")
            } catch  where error.code == .notFound || error.code == .expired {
                // Pruned since the view was taken.
            }
        }
        usleep(UInt32.random(in: 0...50_000, using: &random))
    }

    private func backup(_ random: inout Seeded) throws(VaultError) {
        let copy = directory + ".copy"
        let report = try VaultBackup(of: directory, to: copy, files: files).run()
        truth.check(report.size, report.root, "a backup")
        let view = try VaultReader(directory: copy, files: files)
        require(view.size == report.size && view.root == report.root, "a backup is not what it said")
        if random.once(in: 3) { removeAll(copy) }
        usleep(UInt32.random(in: 0...100_000, using: &random))
    }

    private func verify(_ random: inout Seeded) throws(VaultError) {
        let report = try VaultVerifier(directory: directory, register: .file(directory + ".register", files), files: files)
            .verify()
        let damages = report.damages.filter { $0.kind != .torn }
        require(damages.isEmpty, "a verification beside the writer: \(damages)")
        if let root = report.root { truth.check(report.size, root, "a verification") }
        usleep(UInt32.random(in: 0...100_000, using: &random))
    }
}
