import Foundation
import Testing

@testable import Vault

/// The vectors that the reference implementation of the transparency logs publishes, when they lie beside the checkout.
private enum Published {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../shared/data/merkle/testdata"
    ).standardizedFileURL

    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func files(_ kind: String) -> [URL] {
        let all = FileManager.default.enumerator(at: folder.appending(path: kind), includingPropertiesForKeys: nil)
        return (all?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "json" }
    }
}

private struct InclusionVector: Decodable {
    var leafIdx: UInt64
    var treeSize: UInt64
    var root: Data?
    var leafHash: Data?
    var proof: [Data]?
    var wantErr: Bool
}

private struct ConsistencyVector: Decodable {
    var size1: UInt64
    var size2: UInt64
    var root1: Data?
    var root2: Data?
    var proof: [Data]?
    var wantErr: Bool
}

/// Hashes of the wrong length cannot even be built: that is a refusal too.
private func hashes(_ proof: [Data]?) -> [MerkleHash]? {
    let read = (proof ?? []).map { MerkleHash($0) }
    return read.contains(nil) ? nil : read.compactMap { $0 }
}

/// A root of our type has 32 bytes. One vector compares shorter placeholders ("don't care 2"): those become a hash that is equal exactly
/// when they are, so that the comparison is still made.
private func root(_ bytes: Data?) -> MerkleHash? { bytes.map { MerkleHash($0) ?? .plain(Array($0)) } }

@Suite(
    "Published Merkle vectors", .enabled(if: Published.isThere, "the vectors are not beside this checkout: 196 vectors skipped"))
struct PublishedVectorTests {
    @Test("98 inclusion vectors")
    func inclusion() throws {
        let files = Published.files("inclusion")
        #expect(files.count == 98)
        for file in files {
            let vector = try JSONDecoder().decode(InclusionVector.self, from: Data(contentsOf: file))
            var holds = false
            if let path = hashes(vector.proof), let root = root(vector.root),
                let leaf = vector.leafHash.flatMap({ MerkleHash($0) })
            {
                holds =
                    code {
                        try MerkleProof.verifyInclusion(
                            leaf: leaf, index: vector.leafIdx, size: vector.treeSize, path: path, root: root)
                    } == nil
            }
            #expect(holds == !vector.wantErr, "\(file.lastPathComponent)")
        }
    }

    @Test("98 consistency vectors")
    func consistency() throws {
        let files = Published.files("consistency")
        #expect(files.count == 98)
        for file in files {
            let vector = try JSONDecoder().decode(ConsistencyVector.self, from: Data(contentsOf: file))
            var holds = false
            if let path = hashes(vector.proof), let root1 = root(vector.root1), let root2 = root(vector.root2) {
                holds =
                    code {
                        try MerkleProof.verifyConsistency(
                            first: vector.size1, firstRoot: root1, second: vector.size2, secondRoot: root2, path: path)
                    } == nil
            }
            #expect(holds == !vector.wantErr, "\(file.lastPathComponent)")
        }
    }
}
