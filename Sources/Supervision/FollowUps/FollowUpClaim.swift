public import Documents
internal import Rulebook

/// What a firm's submission says of one of its gaps.
public struct FollowUpClaim: Sendable, Hashable {
    /// The item.
    public var item: String
    /// What is said.
    public var content: FollowUp.Content

    /// A claim.
    public init(item: String, content: FollowUp.Content) { (self.item, self.content) = (item, content) }
}

/// Reads the list `followups` of a submission's manifest.
public enum FollowUpClaimReader {
    /// Most claims of one submission.
    static let limit = 2_000

    /// Reads claims.
    ///
    /// - Parameters:
    ///   - node: the list; null for none.
    ///   - path: where it stands.
    /// - Returns: the claims in their order; an item comes once.
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node, path: String = "followups") throws(DocumentError) -> [FollowUpClaim] {
        if node.isNull { return [] }
        guard let items = node.list, items.count <= limit else {
            throw DocumentError(
                .wrongType, position: node.position, key: path, reason: "a list of at most \(limit) entries is expected")
        }
        var claims: [FollowUpClaim] = []
        var seen: Set<String> = []
        for (index, item) in items.enumerated() {
            let claim = try claim(item, "\(path)[\(index)]")
            guard seen.insert(claim.item).inserted else {
                throw DocumentError(
                    .badValue, position: item.position, key: "\(path)[\(index)].item", reason: "the item stands here twice")
            }
            claims.append(claim)
        }
        return claims
    }

    /// Whether a text can be the name of an item: a clause or a question.
    public static func isItem(_ text: String) -> Bool {
        (1...80).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || "-._".utf8.contains($0)
            }
    }

    private static func claim(_ node: Node, _ path: String) throws(DocumentError) -> FollowUpClaim {
        var fields = try Fields(node, path: path)
        let item = try fields.text("item")
        guard isItem(item) else {
            throw fields.error(at: "item", "1 to 80 letters, digits, hyphens, dots and underscores are expected")
        }
        var content = FollowUp.Content(state: try fields.choice("state"))
        content.plan = try bounded("plan", FieldCheck.textLimit, &fields)
        content.owner = try bounded("owner", FieldCheck.lineLimit, &fields)
        content.note = try bounded("note", FieldCheck.textLimit, &fields)
        if let due = try fields.optionalText("due") {
            guard let day = CivilDate(due) else { throw fields.error(at: "due", "a date (2026-11-20) is expected") }
            content.due = day
        }
        if let progress = try fields.optionalInteger("progress") {
            guard (0...100).contains(progress) else { throw fields.error(at: "progress", "0 to 100 is expected") }
            content.progress = progress
        }
        try fields.finish()
        return FollowUpClaim(item: item, content: content)
    }

    private static func bounded(_ key: String, _ limit: Int, _ fields: inout Fields) throws(DocumentError) -> String {
        guard let node = fields.optional(key) else { return "" }
        guard let text = node.text else { throw fields.error(.wrongType, at: key, "a text is expected") }
        guard text.utf8.count <= limit else { throw fields.error(at: key, "at most \(limit) bytes are expected") }
        return text
    }
}
