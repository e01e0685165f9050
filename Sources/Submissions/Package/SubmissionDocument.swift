internal import Documents
internal import Rulebook

/// The submission's document.
extension SubmissionManifest {
    var pairs: [(String, Node?)] {
        [
            ("kind", "status"), ("origin", .text(origin.rawValue)), ("quarter", .text(quarter.description)),
            ("version", .integer(version)), ("previous", previous.map { .text($0) } ?? Node(.null)),
            (
                "rule_packs",
                .list(
                    rulePacks.map {
                        .object([("id", .text($0.id)), ("version", .text($0.version)), ("sha256", .text($0.sha256))])
                    })
            ), ("profile", .object(profile.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
            ("assumed", .unlessEmpty(assumed)), ("decisions", .unlessEmpty(decisions.map(Self.node))),
            ("assessment", assessment?.node), ("answers", answers?.node), ("followups", .unlessEmpty(followUps.map(Self.node))),
            (
                "evidence",
                .unlessEmpty(
                    evidence.map {
                        .object([
                            ("sha256", .text($0.sha256)), ("bytes", .integer($0.bytes)), ("name", .text($0.name)),
                            ("item", .unlessEmpty($0.item)),
                        ])
                    })
            ), ("signed_by", .object([("name", .text(signer.name)), ("role", .text(signer.role))])),
        ]
    }

    private static func node(_ decision: Decision) -> Node {
        .object([
            ("id", .text(decision.id)), ("state", .text(decision.state)), ("value", .unlessEmpty(decision.value)),
            ("reason", .unlessEmpty(decision.reason)),
        ])
    }

    private static func node(_ promise: FollowUp) -> Node {
        .object([
            ("item", .text(promise.item)), ("state", .text(promise.state)), ("plan", .unlessEmpty(promise.plan)),
            ("owner", .unlessEmpty(promise.owner)), ("due", promise.due.map { .text($0.description) }),
            ("progress", .integer(promise.progress)),
        ])
    }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        guard header.firm != nil else { throw fields.error(.missingKey, at: "firm", "the key is missing") }
        guard try fields.text("kind") == "status" else { throw fields.error(at: "kind", "only \"status\" is known") }
        let origin: Origin = try fields.choice("origin")
        let quarter = try fields.quarter("quarter")
        let version = try fields.number("version", 1...Self.versionLimit)
        // That there is none before is said, not left out.
        guard fields.node["previous"] != nil else {
            throw fields.error(.missingKey, at: "previous", "the key is missing; null for the first version")
        }
        let previous = try fields.optionalHash("previous")
        guard (previous == nil) == (version == 1) else {
            throw fields.error(at: "previous", "every version but the first names the one before")
        }
        guard
            let signer = try fields.part(
                "signed_by",
                { (fields) throws(DocumentError) in
                    Signer(name: try fields.line("name"), role: try fields.line("role"))
                })
        else { throw fields.error(.missingKey, at: "signed_by", "the key is missing") }
        self.init(header, origin: origin, quarter: quarter, version: version, previous: previous, signer: signer)
        rulePacks = try fields.items("rule_packs", limit: 50) { (fields) throws(DocumentError) in
            PackReference(
                id: try fields.word("id"), version: try fields.line("version", limit: 100), sha256: try fields.hash("sha256"))
        }
        try readFirm(&fields)
        assessment = try fields.part("assessment") { (fields) throws(DocumentError) in try SubmittedAssessment(&fields) }
        guard assessment == nil || !rulePacks.isEmpty else {
            throw fields.error(at: "rule_packs", "what was judged names the rules it was judged by")
        }
        if let node = fields.optional("answers") { answers = try AnswersReader.read(node, path: "answers") }
        try readLists(&fields)
    }

    private mutating func readFirm(_ fields: inout Fields) throws(DocumentError) {
        let facts = try fields.entries("profile")
        guard facts.count <= 500 else { throw fields.error(at: "profile", "at most 500 facts are read") }
        for fact in facts { profile[fact.key] = fact.node }
        assumed = try fields.texts("assumed")
        guard assumed.count <= 1_000, assumed.allSatisfy({ $0.utf8.count <= 100 }) else {
            throw fields.error(at: "assumed", "at most 1000 names of facts are read")
        }
        decisions = try fields.items("decisions", limit: 50) { (fields) throws(DocumentError) in
            Decision(
                id: try fields.word("id"), state: try fields.word("state"), value: try fields.optionalWord("value"),
                reason: try fields.optionalWord("reason"))
        }
    }

    private mutating func readLists(_ fields: inout Fields) throws(DocumentError) {
        followUps = try fields.items("followups", limit: 10_000) { (fields) throws(DocumentError) in
            FollowUp(
                item: try fields.word("item"), state: try fields.word("state"),
                plan: fields.optional("plan") == nil ? "" : try fields.prose("plan"), owner: try fields.optionalLine("owner"),
                due: fields.optional("due") == nil ? nil : try fields.date("due"),
                progress: try fields.number("progress", 0...100))
        }
        evidence = try fields.items("evidence", limit: Self.evidenceLimit) { (fields) throws(DocumentError) in
            Evidence(
                sha256: try fields.hash("sha256"), bytes: try fields.number("bytes", 0...(1 << 40)),
                name: try fields.line("name"),
                item: try fields.optionalWord("item"))
        }
    }
}
