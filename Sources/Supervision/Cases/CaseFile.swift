/// Something that happens in a case. It is kept as a document, in the names of its cases and fields: those never change.
public protocol CaseEvent: Codable, Hashable, Sendable {
    /// What the trail calls it: words with hyphens.
    var action: String { get }
    /// Why, in words; nil where there is nothing to say.
    var reason: String? { get }
}

/// A case that is kept as everything that happened in it, in order; nothing of it is overwritten. Its state is worked out from that by one
/// function, which also refuses what may not happen: what is stored can be read again, and nothing else can be stored.
public protocol CaseFile: Sendable {
    /// What can happen.
    associatedtype Event: CaseEvent

    /// The word for such a case, in tables and the trail: `inspection`.
    static var kind: String { get }
    /// Its number.
    var id: Int64 { get }
    /// How much happened until now.
    var revision: Int { get set }
    /// The firms it names, by their keys; each must be in the register.
    var firms: Set<String> { get }
    /// What no other case of the kind may be called; nil where there is nothing of the sort.
    var name: String? { get }

    /// A case as it begins.
    ///
    /// - Throws: `.fields` when something is wrong with it; `.conflict` when it cannot begin so.
    init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError)

    /// What the case is after something happened.
    ///
    /// - Throws: `.fields`, `.conflict`; the case is then as it was.
    mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError)
}

extension CaseFile {
    /// No such name.
    public var name: String? { nil }
}
