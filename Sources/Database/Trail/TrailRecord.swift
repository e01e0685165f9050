internal import Documents
public import Vault

/// One record of the trail: who did what to what, when and from where, and how it ended. Its texts are bounded and hold no control characters.
public struct TrailRecord: Hashable, Sendable {
    /// Its number: from 1 on without gaps, in the order in which the changes were committed.
    public let sequence: Int64
    /// When it was noted, UTC microseconds since 1970.
    public let occurred: Int64
    /// Who.
    public let actor: TrailActor
    /// What.
    public let entry: TrailEntry

    /// The source of these records in the trail's vault.
    public static let source = "plumbline"

    /// A record of an entry, its texts bounded and escaped.
    init(sequence: Int64, occurred: Int64, _ actor: TrailActor, _ entry: TrailEntry) {
        self.sequence = sequence
        // What the text of a time can say.
        self.occurred = min(max(occurred, 0), 253_402_300_799_999_999)
        self.actor = actor.escaped
        self.entry = entry.escaped
    }

    // MARK: As JSON

    /// The canonical JSON.
    public var body: [UInt8] {
        CanonicalJSON.bytes(
            of: .object([
                ("action", .text(entry.action)),
                (
                    "actor",
                    .object([("id", .text(actor.id)), ("kind", .text(actor.kind.rawValue)), ("name", .text(actor.name))])
                ),
                ("address", actor.address.map { .text($0) }),
                ("at", .text(UTCTime.text(occurred))),
                ("code", actor.code.map { .text($0) }),
                ("details", entry.details.isEmpty ? nil : .object(entry.details.map { ($0.key, .text($0.value)) })),
                ("object", .object([("id", .text(entry.object.id)), ("kind", .text(entry.object.kind))])),
                ("reason", entry.reason.map { .text($0) }),
                ("result", .text(entry.result.rawValue)),
                ("sequence", .integer(sequence)),
                ("session", actor.session.map { .text($0) }),
            ]))
    }

    private static let limits = DocumentLimits(bytes: 65_535, depth: 3, values: 100)

    /// Reads the canonical JSON strictly.
    ///
    /// - Throws: `.damaged` when it is not exactly what `body` writes.
    public init(body: [UInt8]) throws(StorageError) {
        do throws(DocumentError) {
            var fields = try Fields(try JSONReader.read(body, limits: Self.limits), path: "")
            var actor = try Fields(try fields.required("actor"), path: "actor")
            var object = try Fields(try fields.required("object"), path: "object")
            var details: [String: String] = [:]
            for entry in try fields.entries("details") {
                guard let text = entry.node.text else { throw fields.error(at: "details", "not a text") }
                details[entry.key] = text
            }
            guard let at = UTCTime.time(try fields.text("at")), let sequence = try fields.optionalInteger("sequence") else {
                throw DocumentError(.badValue, reason: "no time or no sequence")
            }
            self.sequence = Int64(sequence)
            occurred = at
            entry = TrailEntry(
                try fields.text("action"), .init(try object.string("kind"), try object.string("id")), try fields.choice("result"),
                reason: try fields.optionalString("reason"), details: details)
            self.actor = TrailActor(
                kind: try actor.choice("kind"), id: try actor.string("id"), name: try actor.string("name"),
                address: try fields.optionalString("address"), session: try fields.optionalString("session"),
                code: try fields.optionalString("code"))
        } catch {
            throw StorageError(.damaged, "a record of the trail cannot be read: \(error)")
        }
        guard self.body == body else { throw StorageError(.damaged, "a record of the trail is not in its canonical form") }
    }

    // MARK: In the vault

    /// The record as the vault takes it. Fields that can be searched for: `who`, `account`, `action`, `kind`, `object`, `result`, `reason`, `code`.
    var vaultRecord: VaultRecord {
        var fields: [VaultRecord.Field] = [
            .init("who", actor.who), .init("action", entry.action), .init("kind", entry.object.kind),
            .init("object", "\(entry.object.kind):\(entry.object.id)"), .init("result", entry.result.rawValue),
        ]
        if actor.kind == .account || actor.kind == .agent { fields.append(.init("account", actor.id)) }
        if let reason = entry.reason { fields.append(.init("reason", reason)) }
        if let code = actor.code { fields.append(.init("code", code)) }
        return VaultRecord(source: Self.source, occurred: occurred, fields: fields, body: body)
    }

    /// Reads a record of the vault; nil when it is none of the trail's own (the vault speaks, or somebody appended something else).
    ///
    /// - Throws: `.damaged` when it says it is one and is not.
    public init?(_ record: VaultRecord) throws(StorageError) {
        guard record.kind == .record, record.source == Self.source else { return nil }
        try self.init(body: record.body)
        let written = vaultRecord
        guard written.fields == record.fields, written.occurred == record.occurred else {
            throw StorageError(
                .damaged, "the fields of a record of the trail are not those of its body", at: "record \(sequence)")
        }
    }
}

extension TrailActor {
    fileprivate var escaped: TrailActor {
        TrailActor(
            kind: kind, id: TrailText.escaped(id), name: TrailText.escaped(name), address: address.map { TrailText.escaped($0) },
            session: session.map { TrailText.escaped($0) }, code: code.map { TrailText.escaped($0) })
    }
}

extension TrailEntry {
    fileprivate var escaped: TrailEntry {
        TrailEntry(
            action, Object(object.kind, TrailText.escaped(object.id)), result, reason: reason.map { TrailText.escaped($0) },
            details: details.mapValues { TrailText.escaped($0) })
    }
}

extension Fields {
    /// A text that may be empty.
    fileprivate mutating func string(_ key: String) throws(DocumentError) -> String {
        guard let text = try required(key).text else { throw error(at: key, "not a text") }
        return text
    }

    fileprivate mutating func optionalString(_ key: String) throws(DocumentError) -> String? {
        guard let node = optional(key) else { return nil }
        guard let text = node.text else { throw error(at: key, "not a text") }
        return text
    }
}
