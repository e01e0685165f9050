public import Documents
public import Rulebook

/// Kinds of events and of support (`Packs/supervision/programme.yaml`).
public struct ProgrammePolicy: Sendable, Hashable {
    /// A kind of event.
    public struct Kind: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// What it is called.
        public var title: Text
        /// Whether it is held in regions.
        public var hasRegions: Bool
        /// The clause that asks for it; empty for none.
        public var clause: String
    }

    /// The schema its file names.
    public static let schema = "plumbline.programme/1"
    static let file = "supervision/programme.yaml"

    /// Kinds of events, in the order of the file.
    public var events: [Kind]
    /// Regions.
    public var regions: [InspectionPolicy.Named]
    /// Kinds of support.
    public var support: [InspectionPolicy.Named]
    /// For how many days ahead the roster is looked at.
    public var rosterDays: Int

    /// The policy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> ProgrammePolicy { try ShippedPolicy.read(file, read) }

    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> ProgrammePolicy {
        var fields = try Fields(node, path: "")
        try ShippedPolicy.expect(schema, &fields)
        var events: [Kind] = []
        for item in try fields.entries("events") {
            guard FirmReader.isIdentifier(item.key) else {
                throw fields.error(at: "events", "\"\(item.key.clipped)\" is no name")
            }
            var entry = try Fields(item.node, path: "events.\(item.key)")
            events.append(
                Kind(
                    id: item.key, title: try Text(try entry.required("title"), path: entry.path("title")),
                    hasRegions: try entry.optionalBool("regions") ?? false, clause: try entry.optionalText("clause") ?? ""))
            try entry.finish()
        }
        guard !events.isEmpty else { throw fields.error(.missingKey, at: "events", "at least one is expected") }
        let policy = ProgrammePolicy(
            events: events, regions: try ShippedPolicy.named("regions", &fields),
            support: try ShippedPolicy.named("support", &fields),
            rosterDays: try ShippedPolicy.integer("roster_days", 1...366, &fields))
        try fields.finish()
        return policy
    }
}
