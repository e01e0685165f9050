public import Documents

/// Everything a case is judged by.
public struct IncidentRules: Sendable, Hashable {
    /// Who must be told, and when.
    public var clocks: ClockBook
    /// What incidents are sorted by.
    public var taxonomy: Taxonomy
    /// What may be said of an incident.
    public var fields: FieldBook

    /// Rules.
    public init(clocks: ClockBook, taxonomy: Taxonomy, fields: FieldBook) {
        (self.clocks, self.taxonomy, self.fields) = (clocks, taxonomy, fields)
    }

    /// The rules that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> IncidentRules {
        let taxonomy = try Taxonomy.shipped()
        let fire = try FireFormat.shipped()
        return IncidentRules(
            clocks: try ClockBook.shipped(), taxonomy: taxonomy,
            fields: try ShippedIncidentFiles.read("fields.yaml") { node throws(DocumentError) in
                try FieldBook.read(node, lists: taxonomy.fieldLists.merging(fire.fieldLists) { first, _ in first })
            })
    }
}
