/// Why a document was refused: what, where, and what to do about it. Nothing of a refused document is used.
public struct DocumentError: Error, Sendable, Equatable {
    /// The kinds of refusal, for programs; the message is for people.
    public enum Code: String, Sendable {
        case notFound = "not-found"
        case unreadable
        case notRegularFile = "not-regular-file"
        case tooLarge = "too-large"
        case tooDeep = "too-deep"
        case tooManyValues = "too-many-values"
        case notUTF8 = "not-utf-8"
        case syntax
        case duplicateKey = "duplicate-key"
        case alias
        case unknownKey = "unknown-key"
        case missingKey = "missing-key"
        case wrongType = "wrong-type"
        case badValue = "bad-value"
        case writeFailed = "write-failed"
    }

    /// What kind of refusal.
    public var code: Code
    /// The file, or the name of the embedded document; empty when not known yet.
    public var source: String
    /// Where in it; `.none` when it concerns the whole file.
    public var position: Position
    /// The key the trouble is at, as a path (`clauses[3].scope.all[0]`); empty when it has none.
    public var key: String
    /// What was wrong, in a sentence.
    public var reason: String

    /// A refusal.
    public init(_ code: Code, source: String = "", position: Position = .none, key: String = "", reason: String) {
        self.code = code
        self.source = source
        self.position = position
        self.key = key
        self.reason = reason
    }

    /// The same refusal, with the file named.
    public func inSource(_ source: String) -> DocumentError {
        var named = self
        if named.source.isEmpty { named.source = source }
        return named
    }
}

extension DocumentError: CustomStringConvertible {
    /// `FILE:LINE:COLUMN: KEY: reason [code]`
    public var description: String {
        var parts = source
        if position.line > 0 { parts += ":\(position.line):\(position.column)" }
        if !parts.isEmpty { parts += ": " }
        if !key.isEmpty { parts += "\(key): " }
        return "\(parts)\(reason) [\(code.rawValue)]"
    }
}

/// What a reader accepts at most. Documents beyond a limit are refused before memory is spent on them.
public struct DocumentLimits: Sendable {
    /// Largest file, in bytes.
    public var bytes: Int
    /// Deepest nesting of lists and mappings.
    public var depth: Int
    /// Most values (each text, number, list, mapping counts) in one document.
    public var values: Int

    /// Limits of a reader.
    public init(bytes: Int, depth: Int, values: Int) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }

    /// For documents that people write: packs, profiles, records. 4 MiB, 64 levels, 200,000 values.
    public static let authored = DocumentLimits(bytes: 4 << 20, depth: 64, values: 200_000)
    /// For documents that programs write: facts. 64 MiB, 64 levels, 2 million values.
    public static let collected = DocumentLimits(bytes: 64 << 20, depth: 64, values: 2_000_000)
}
