internal import Documents
internal import Rulebook

/// The files of `Packs/incidents`.
enum ShippedIncidentFiles {
    /// Reads an embedded file.
    static func read<Value>(
        _ name: String, _ body: (Node) throws(DocumentError) -> Value
    ) throws(DocumentError) -> Value {
        let path = "incidents/\(name)"
        guard let file = ShippedFiles.files(in: "incidents").first(where: { $0.name == path }) else {
            throw DocumentError(.notFound, source: path, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try body(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(path) }
    }
}

extension Fields {
    /// A name of lower-case letters, digits, dot, hyphen, underscore.
    mutating func identifier(_ key: String) throws(DocumentError) -> String {
        let name = try text(key)
        guard name.isIdentifier else {
            throw error(at: key, "\"\(name.clipped)\" is no name: lower-case letters, digits, '.', '-', '_'")
        }
        return name
    }

    /// A name that may be missing.
    mutating func optionalIdentifier(_ key: String) throws(DocumentError) -> String? {
        node[key].map { $0.isNull } ?? true ? optional(key)?.text : try identifier(key)
    }

    /// A whole number within a range.
    mutating func integer(_ key: String, _ range: ClosedRange<Int>) throws(DocumentError) -> Int {
        guard let number = try required(key).integer, range.contains(number) else {
            throw error(at: key, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// A day that must be there.
    mutating func date(_ key: String) throws(DocumentError) -> CivilDate {
        guard let date = CivilDate(try text(key)) else { throw error(at: key, "a date (2026-11-20) is expected") }
        return date
    }

    /// A list of days, each once.
    mutating func dates(_ key: String) throws(DocumentError) -> Set<CivilDate> {
        var dates: Set<CivilDate> = []
        for (index, text) in try texts(key).enumerated() {
            guard let date = CivilDate(text), dates.insert(date).inserted else {
                let item = node[key]?.list?[index]
                throw DocumentError(
                    .badValue, position: item?.position ?? node.position, key: "\(path(key))[\(index)]",
                    reason: "a date (2026-11-20) that does not stand there yet is expected")
            }
        }
        return dates
    }

    /// The entries of a mapping with names as keys; at least one.
    mutating func named(_ key: String) throws(DocumentError) -> [Node.Entry] {
        let entries = try entries(key)
        guard !entries.isEmpty else { throw error(.missingKey, at: key, "at least one is expected") }
        for entry in entries where !entry.key.isIdentifier {
            throw DocumentError(
                .badValue, position: entry.position, key: path(key),
                reason: "\"\(entry.key.clipped)\" is no name: lower-case letters, digits, '.', '-', '_'")
        }
        return entries
    }
}
