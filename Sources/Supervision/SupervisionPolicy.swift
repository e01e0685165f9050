public import Documents
internal import Rulebook

/// How a supervisor's installation works (`Packs/supervision/policy.yaml`).
public struct SupervisionPolicy: Sendable, Hashable {
    /// The schema its file names.
    public static let schema = "plumbline.supervision/1"

    /// Decisions of the rule packs that the register keeps for every firm, by id.
    public var decisions: [String]
    /// Flags of a decision that a second person confirms before it takes force.
    public var confirm: Set<String>
    /// When a cell is too small to be published.
    public var smallCell: SuppressionRule

    /// The policy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> SupervisionPolicy {
        let name = "supervision/policy.yaml"
        guard let file = ShippedFiles.files(in: "supervision").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }

    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> SupervisionPolicy {
        var fields = try Fields(node, path: "")
        let found = try fields.text("schema")
        guard found == schema else { throw fields.error(at: "schema", "\"\(found.clipped)\" is not \"\(schema)\"") }
        let policy = SupervisionPolicy(
            decisions: try fields.texts("decisions"), confirm: Set(try fields.texts("confirm")),
            smallCell: try SuppressionRule.read(try fields.required("small_cell"), path: "small_cell"))
        try fields.finish()
        return policy
    }
}
