public import Documents
public import Rulebook

/// What the firms of the demonstration market promise of their gaps (`Packs/demo/promises.yaml`).
public struct DemoPromises: Sendable {
    /// The schema its file names.
    public static let schema = "plumbline.demo-promises/1"

    /// For each firm and quarter, what is said.
    public var claims: [String: [Quarter: [FollowUpClaim]]]

    /// The promises that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> DemoPromises {
        let name = "demo/promises.yaml"
        guard let file = ShippedFiles.files(in: "demo").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }

    /// Reads promises; each quarter's as a submission's manifest has them.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> DemoPromises {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        var promises = DemoPromises(claims: [:])
        for firm in try fields.entries("firms") {
            for entry in try Fields(firm.node, path: "firms.\(firm.key.clipped)").node.entries ?? [] {
                let path = "firms.\(firm.key.clipped).\(entry.key.clipped)"
                guard let quarter = Quarter(entry.key) else {
                    throw DocumentError(.badValue, position: entry.position, key: path, reason: "a quarter (2017-Q4) is expected")
                }
                promises.claims[firm.key, default: [:]][quarter] = try FollowUpClaimReader.read(entry.node, path: path)
            }
        }
        try fields.finish()
        return promises
    }
}
