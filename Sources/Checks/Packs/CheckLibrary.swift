public import Documents
public import Rulebook

/// All checks in force: those that come with Plumbline and the firm's own.
public struct CheckLibrary: Sendable {
    /// The packs.
    public let packs: [CheckPack]
    /// All checks, pack by pack.
    public let checks: [Check]
    /// The facts schema.
    public let schema: FactSchema

    /// Puts packs together.
    ///
    /// - Throws: `DocumentError` when two packs share a check id.
    public init(_ packs: [CheckPack], schema: FactSchema) throws(DocumentError) {
        self.packs = packs
        self.schema = schema
        var ids: Set<String> = []
        for pack in packs {
            for check in pack.checks where !ids.insert(check.id).inserted {
                throw DocumentError(
                    .duplicateKey, source: pack.origin, position: check.position, key: check.id,
                    reason: "another pack has this check")
            }
        }
        checks = packs.flatMap(\.checks)
    }

    /// The shipped packs and those in the given files that speak of one kind of facts. Files that speak of another kind are read too, so that a
    /// wrong one is told, and left out.
    ///
    /// - Parameters:
    ///   - rulebook: the clauses and parameters they may name.
    ///   - facts: the facts schema: of Linux hosts, or of the platform itself.
    ///   - files: further packs.
    /// - Returns: the library.
    /// - Throws: `DocumentError` of the first pack that is wrong.
    public static func load(
        rulebook: Rulebook, facts: String = FactSchema.linux, adding files: [String] = []
    ) throws(DocumentError) -> CheckLibrary {
        let schema = try FactSchema.shipped(facts)
        var packs: [CheckPack] = []
        for (name, bytes) in ShippedFiles.files(in: "checks") {
            let node: Node
            do throws(DocumentError) { node = try YAMLReader.read(bytes) } catch { throw error.inSource(name) }
            guard node["facts"]?.text == facts else { continue }
            packs.append(try CheckPackReader.read(node, origin: name, schema: schema, rulebook: rulebook))
        }
        for file in files {
            let node = try DocumentFile.document(file)
            let pack = try CheckPackReader.read(node, origin: file, schema: try FactSchema.of(pack: node), rulebook: rulebook)
            if pack.facts == facts { packs.append(pack) }
        }
        return try CheckLibrary(packs, schema: schema)
    }
}
