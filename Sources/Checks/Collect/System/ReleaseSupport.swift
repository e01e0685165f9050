internal import Documents
internal import Rulebook

/// Until when releases of operating systems get security updates, from Packs/facts/releases.yaml.
struct ReleaseSupport: Sendable {
    private var ends: [String: CivilDate] = [:]

    /// Reads the file.
    static func parse(_ bytes: [UInt8]) throws(DocumentError) -> ReleaseSupport {
        var fields = try Fields(try YAMLReader.read(bytes), path: "")
        let schema = try fields.text("schema")
        guard schema == "plumbline.releases/1" else { throw fields.error(at: "schema", "plumbline.releases/1 is expected") }
        var support = ReleaseSupport()
        for distribution in try fields.entries("releases") {
            for release in distribution.node.entries ?? [] {
                let path = "releases.\(distribution.key).\(release.key)"
                guard let date = CivilDate(try Fields.text(release.node, path)) else {
                    throw DocumentError(
                        .badValue, position: release.node.position, key: path, reason: "a date such as \"2028-06-30\" is expected"
                    )
                }
                support.ends["\(distribution.key) \(release.key)"] = date
            }
        }
        _ = fields.optional("about")
        try fields.finish()
        return support
    }

    /// The table that comes with Plumbline; a test reads it, so that a wrong one cannot be shipped.
    static let embedded: ReleaseSupport? = {
        let file = ShippedFiles.files(in: "facts").first { $0.name == "facts/releases.yaml" }
        return file.flatMap { try? parse($0.bytes) }
    }()

    /// End of support of a release by the ID and VERSION_ID of /etc/os-release; a minor release counts as its major one.
    func end(id: String, version: String) -> CivilDate? {
        ends["\(id) \(version)"] ?? version.split(separator: ".").first.flatMap { ends["\(id) \($0)"] }
    }
}
