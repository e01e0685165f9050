/// What was done to what, as the trail keeps it.
public struct TrailEntry: Hashable, Sendable {
    /// How it ended.
    public enum Result: String, Sendable, CaseIterable {
        /// It was done.
        case done
        /// It was not allowed, or not right, and nothing but this record came of it.
        case refused
        /// It should have been done and could not be.
        case failed
    }

    /// What it was done to.
    public struct Object: Hashable, Sendable {
        /// The kind of thing: a word such as `account`.
        public let kind: String
        /// Which one; may be empty when there is only one, or none came of it.
        public let id: String

        /// That thing.
        public init(_ kind: String, _ id: String = "") { (self.kind, self.id) = (kind, id) }
    }

    /// Most details of an entry.
    public static let detailLimit = 24

    /// The action, words with dots between them: `account.create`. At most 63 bytes.
    public let action: String
    /// What it was done to.
    public let object: Object
    /// How it ended.
    public let result: Result
    /// Why, as a word or a short clause; nil when there is nothing to say.
    public let reason: String?
    /// More, by name (lower-case words with hyphens). Secrets do not belong here: mask them, or hold them in a `Secret`.
    public let details: [String: String]

    /// An entry. Texts may hold anything: they are bounded and their control characters escaped when they are noted.
    public init(
        _ action: String, _ object: Object, _ result: Result = .done, reason: String? = nil, details: [String: String] = [:]
    ) {
        (self.action, self.object, self.result, self.reason, self.details) = (action, object, result, reason, details)
    }

    /// - Throws: `.badEntry` when the action, the kind of object or the name of a detail is not of the form above, or there are too many
    ///   details: what a program says by itself.
    func validate() throws(StorageError) {
        func isWord(_ word: Substring) -> Bool {
            word.utf8.first.map { (0x61...0x7A).contains($0) } == true
                && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
        let words = action.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count >= 2, words.allSatisfy(isWord), action.utf8.count <= 63 else {
            throw StorageError(
                .badEntry, "the action is not words with dots between them", at: TrailText.escaped(action, limit: 80))
        }
        guard isWord(object.kind[...]), object.kind.utf8.count <= 63 else {
            throw StorageError(
                .badEntry, "the kind of object is not a word", at: "\(action): \(TrailText.escaped(object.kind, limit: 80))")
        }
        guard details.count <= Self.detailLimit else {
            throw StorageError(.badEntry, "more than \(Self.detailLimit) details", at: action)
        }
        for name in details.keys where !isWord(name[...]) || name.utf8.count > 63 {
            throw StorageError(
                .badEntry, "the name of a detail is not a word", at: "\(action): \(TrailText.escaped(name, limit: 80))")
        }
    }
}

/// Takes what a change notes. The change is committed only together with it.
public struct TrailBook: Sendable {
    /// What was noted so far, in order.
    public private(set) var entries: [TrailEntry] = []

    init() {}

    /// Notes an entry. A change may note several; they follow one another in the trail.
    public mutating func note(_ entry: TrailEntry) { entries.append(entry) }
}

/// A value that is never written down by accident: every text form of it is a mask. Take it out only where it is used.
public struct Secret<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: Value

    /// Keeps a value.
    public init(_ value: Value) { self.value = value }

    /// Gives the value to whoever must know it.
    public func reveal<Result, Failure: Error>(_ body: (Value) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(value)
    }

    /// The mask.
    public var description: String { "[secret]" }
    /// The mask.
    public var debugDescription: String { "[secret]" }
    /// Nothing: `dump` shows no value either.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
