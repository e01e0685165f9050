public import Documents
public import Rulebook

/// A dated statement by a person or a flow about one clause: a completed duty, an attestation, a tool's report that somebody judged.
public struct Record: Sendable, Hashable {
    /// What kind of statement.
    public enum Kind: String, Sendable, CaseIterable {
        /// A recurring duty was done.
        case duty
        /// Somebody says how it is.
        case attestation
        /// A tool's report was read and judged.
        case report
    }

    /// How far it has come.
    public enum State: String, Sendable, CaseIterable {
        /// Somebody says so.
        case declared
        /// A responsible person put a name to it.
        case signed
        /// The supervisor agrees.
        case accepted
    }

    /// The clause.
    public var clause: String
    /// The aspect; nil for the whole clause.
    public var aspect: String?
    /// The system; nil for the firm and all of its systems.
    public var system: String?
    /// What kind of statement.
    public var kind: Kind
    /// How far it has come.
    public var state: State
    /// The day it speaks of.
    public var date: CivilDate
    /// Whether it says that the requirement is fulfilled.
    public var isFulfilled: Bool
    /// Who says so.
    public var by: String
    /// SHA-256 of files it rests on.
    public var evidence: [String]
    /// Remark.
    public var note: String?
    /// Where it stands in its file.
    public var position = Position.none
    /// Its file.
    public var origin = ""
}

/// Reads files of records (`Documentation/records.md`).
public enum RecordReader {
    /// The schema every records file names.
    public static let schema = "plumbline.records/1"

    /// The records that `node` holds.
    public static func read(_ node: Node, rulebook: Rulebook, origin: String) throws(DocumentError) -> [Record] {
        do throws(DocumentError) {
            var fields = try Fields(node, path: "")
            try fields.expectSchema(schema)
            var records: [Record] = []
            for (index, node) in try fields.list("records").enumerated() {
                var record = try record(node, "records[\(index)]", rulebook)
                record.origin = origin
                records.append(record)
            }
            try fields.finish()
            return records
        } catch {
            throw error.inSource(origin)
        }
    }

    /// Refuses records of systems that the firm does not have: a misspelt name would turn a signed duty into silence.
    public static func check(_ records: [Record], against profile: Profile) throws(DocumentError) {
        let known = Set(profile.systems.map(\.id))
        for record in records {
            guard let system = record.system, !known.contains(system) else { continue }
            throw DocumentError(
                .badValue, source: record.origin, position: record.position, key: "system",
                reason:
                    "there is no system \"\(system.clipped)\"; there are: \(known.sorted().prefix(20).joined(separator: ", "))")
        }
    }

    private static func record(_ node: Node, _ path: String, _ rulebook: Rulebook) throws(DocumentError) -> Record {
        var fields = try Fields(node, path: path)
        let record = Record(
            clause: try fields.text("clause"), aspect: try fields.optionalText("aspect"),
            system: try fields.optionalText("system"),
            kind: try fields.choice("kind"), state: try fields.choice("state"), date: try fields.date("date"),
            isFulfilled: try fields.optionalBool("fulfilled") ?? true, by: try fields.text("by"),
            evidence: try fields.texts("evidence"),
            note: try fields.optionalText("note"), position: node.position)
        guard let clause = rulebook.clause(record.clause) else {
            throw fields.error(at: "clause", "there is no clause \"\(record.clause.clipped)\"")
        }
        if let aspect = record.aspect, !clause.aspects.contains(where: { $0.name == aspect }) {
            throw fields.error(at: "aspect", "\(clause.id) has no aspect \"\(aspect.clipped)\"")
        }
        for hash in record.evidence
        where hash.utf8.count != 64 || !hash.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) {
            throw fields.error(at: "evidence", "a SHA-256 in 64 lower-case hexadecimal digits is expected")
        }
        try fields.finish()
        return record
    }
}
