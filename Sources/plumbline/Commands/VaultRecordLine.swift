internal import Documents
internal import Vault

/// A line that describes a record, as `vault append --format records` reads it:
///
///     {"source": "crm", "time": "2026-11-21T08:30:00.000000Z", "fields": {"action": "read"},
///      "subject": "C100", "personal": {"name": "…"}, "body": "…"}
///
/// Every member may be left out; `personal` needs `subject`. Personal values are encrypted under the subject's key of that year before anything is
/// stored, and the subject itself is not stored in the log.
struct VaultRecordLine {
    let source: String
    let occurred: Int64?
    let fields: [(String, String)]
    let subject: String?
    let personal: [(String, String)]
    let body: String

    /// Reads a line strictly.
    ///
    /// - Throws: `.badInput` naming the member at fault; never a value, for it may be personal.
    init(_ line: [UInt8]) throws(VaultError) {
        do throws(DocumentError) {
            var members = try Fields(try JSONReader.read(line), path: "")
            source = try members.optionalText("source") ?? ""
            let time = try members.optionalText("time")
            occurred = time.flatMap { UTCTime.time($0) }
            guard (time == nil) == (occurred == nil) else {
                throw members.error(at: "time", "not a time such as 2026-11-21T08:30:00.000000Z")
            }
            fields = try Self.pairs("fields", &members)
            subject = try members.optionalText("subject")
            personal = try Self.pairs("personal", &members)
            guard personal.isEmpty || subject != nil else { throw members.error(at: "subject", "personal fields need a subject") }
            body = try members.optionalText("body") ?? ""
            try members.finish()
        } catch {
            // The reason, and a name we do not know, may be personal; which of our members it is, is enough.
            let member = ["source", "time", "fields", "subject", "personal", "body"].first { error.key.hasPrefix($0) }
            throw VaultError(
                .badInput,
                "not a description of a record: \(member.map { "see \($0)" } ?? "malformed, or a member that does not belong here")",
                remedy: "plumbline vault append --help shows the form")
        }
    }

    private static func pairs(_ key: String, _ members: inout Fields) throws(DocumentError) -> [(String, String)] {
        guard let node = members.optional(key) else { return [] }
        guard let entries = node.entries else { throw members.error(at: key, "an object is expected") }
        var pairs: [(String, String)] = []
        for entry in entries {
            guard let text = entry.node.text else { throw members.error(at: "\(key).\(entry.key)", "a text is expected") }
            pairs.append((entry.key, text))
        }
        return pairs
    }

    /// The record, personal values encrypted.
    func record(_ keys: SubjectKeys, received: Int64) throws(VaultError) -> VaultRecord {
        var all = fields.map { VaultRecord.Field($0.0, $0.1) }
        let year = Int(UTCTime.date(occurred ?? received).prefix(4)) ?? 0
        for (name, value) in personal {
            all.append(try keys.seal(name, Array(value.utf8), subject: subject ?? "", year: year))
        }
        return VaultRecord(source: source, occurred: occurred, fields: all, body: Array(body.utf8))
    }
}
