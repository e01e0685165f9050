public import Documents
public import Rulebook

extension SubmissionManifest.PackReference {
    /// References of a rulebook's packs, by the bytes of their files.
    ///
    /// - Throws: `DocumentError` when the file of a pack cannot be read again.
    public static func all(of rulebook: Rulebook) throws(DocumentError) -> [SubmissionManifest.PackReference] {
        let shipped = Dictionary(ShippedFiles.files(in: "rulebooks").map { ($0.name, $0.bytes) }) { first, _ in first }
        var references: [SubmissionManifest.PackReference] = []
        for pack in rulebook.packs {
            var bytes = shipped[pack.origin] ?? []
            if bytes.isEmpty { bytes = try DocumentFile.read(pack.origin, limit: DocumentLimits.authored.bytes) }
            references.append(.init(id: pack.id, version: pack.version, sha256: HexText.sha256(bytes)))
        }
        return references
    }
}
