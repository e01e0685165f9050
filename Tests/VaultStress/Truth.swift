internal import Vault

/// What was acknowledged, and what views of the log must therefore show.
final class Truth: Sendable {
    private struct State {
        var tree = MerkleTree()
        var roots: [MerkleHash] = [.empty]
        /// Numbers of records by index, as acknowledged.
        var numbers: [UInt64: UInt64] = [:]
        /// Roots that readers saw before the writer told of that size.
        var claims: [UInt64: MerkleHash] = [:]
        var shredded: Set<String> = []
        var counts: [String: Int] = [:]
        /// The writer's views. All are kept to the end: the sanitizer does not see the counting of references in Swift's library, so a
        /// writer that changes in place what the last reader has let go of would look like a race with that reader.
        var snapshots: [VaultReader] = []
    }

    private let state = Mutex(State())

    /// The writer's latest view.
    var snapshot: VaultReader? { state.withLock { $0.snapshots.last } }
    var counts: [String: Int] { state.withLock { $0.counts } }

    func count(_ what: String, _ more: Int = 1) { state.withLock { $0.counts[what, default: 0] += more } }
    func shred(_ subject: String) { state.withLock { _ = $0.shredded.insert(subject) } }
    func isShredded(_ subject: String) -> Bool { state.withLock { $0.shredded.contains(subject) } }
    func number(at index: UInt64) -> UInt64? { state.withLock { $0.numbers[index] } }

    /// Takes what was acknowledged and what the writer's view shows; its leaves were hashed when they came in.
    func acknowledge(_ range: Range<UInt64>, first number: UInt64) {
        state.withLock { state in
            for index in range {
                let before = state.numbers.updateValue(number + index - range.lowerBound, forKey: index)
                require(before == nil, "index \(index) was given twice")
            }
        }
    }

    func take(_ snapshot: VaultReader) throws(VaultError) {
        try state.withLock { state throws(VaultError) in
            state.snapshots.append(snapshot)
            guard snapshot.size > state.tree.size else { return }
            for index in state.tree.size..<snapshot.size {
                state.tree.append(try snapshot.node(level: 0, index: index))
                let size = state.tree.size
                state.roots.append(try state.tree.root(size: size))
                if let claim = state.claims.removeValue(forKey: size) {
                    require(claim == state.roots[Int(size)], "a reader saw another root at \(size)")
                }
            }
            require(snapshot.root == state.roots[Int(snapshot.size)], "the writer's root at \(snapshot.size) is another")
        }
    }

    /// A reader saw that root at that size.
    func check(_ size: UInt64, _ root: MerkleHash, _ who: String) {
        state.withLock { state in
            if size < UInt64(state.roots.count) {
                require(root == state.roots[Int(size)], "\(who): another root at \(size)")
            } else if let before = state.claims.updateValue(root, forKey: size) {
                require(before == root, "\(who): two roots at \(size)")
            }
        }
    }

    /// A reader was given that leaf.
    func check(_ index: UInt64, _ leaf: [UInt8], _ who: String) {
        do throws(VaultError) {
            let record = try VaultRecord(leaf: leaf)
            let number = Content.number(of: record.body)
            require(record.kind == .control || number != nil, "\(who): record \(index) is none that was appended")
            guard let expected = self.number(at: index) else { return }
            require(number == expected, "\(who): record \(index) is number \(number.map { "\($0)" } ?? "none"), not \(expected)")
        } catch {
            violation("\(who): record \(index): \(error)")
        }
    }
}
