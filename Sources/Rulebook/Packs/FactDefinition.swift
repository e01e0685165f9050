public import Documents

/// A fact of a firm or of a system that scope depends on, as a rule pack declares it.
public struct FactDefinition: Sendable, Hashable {
    /// Kinds of value.
    public enum Kind: String, Sendable, CaseIterable {
        case bool, integer, number, text, date, `enum`
        case enumList = "enum-list"
        case textList = "text-list"
    }

    /// A value a fact may take, and what it is called.
    public struct Choice: Sendable, Hashable {
        /// The value.
        public var value: String
        /// What it is called.
        public var title: Text
    }

    /// Its name: `firm.online_orders`.
    public var key: String
    /// Kind of value.
    public var kind: Kind
    /// What it is called.
    public var title: Text
    /// What is asked; nil when it is never asked.
    public var question: Text?
    /// Order of the questions.
    public var order: Int
    /// Allowed values, for enumerations.
    public var choices: [Choice]
    /// Unit, for numbers.
    public var unit: Unit?
    /// Smallest value, for numbers.
    public var minimum: ExactNumber?
    /// Largest value, for numbers.
    public var maximum: ExactNumber?
    /// The value assumed when nobody answers; nil for registers that may stay unknown.
    public var strict: Node?
    /// Where it stands in the pack.
    public var position: Position

    /// Whether it is a fact of the firm (else of a system).
    public var isOfFirm: Bool { key.hasPrefix("firm.") }
    /// The name without `firm.` or `system.`.
    public var name: String { String(key.drop { $0 != "." }.dropFirst()) }

    /// Whether two packs mean the same by the key (titles and questions may differ).
    func agrees(with other: FactDefinition) -> Bool {
        kind == other.kind && Set(choices.map(\.value)) == Set(other.choices.map(\.value)) && unit == other.unit
            && minimum == other.minimum && maximum == other.maximum && strict == other.strict
    }

    /// Checks that a value fits.
    ///
    /// - Throws: `DocumentError` at the value.
    public func check(_ node: Node, path: String) throws(DocumentError) {
        func wrong(_ expected: String) -> DocumentError {
            DocumentError(.wrongType, position: node.position, key: path, reason: "\(expected) is expected, not \(node.kindName)")
        }
        switch kind {
        case .bool: if node.bool == nil { throw wrong("true or false") }
        case .integer:
            guard node.integer != nil else { throw wrong("a whole number") }
            try checkRange(node, path)
        case .number:
            guard node.number != nil else { throw wrong("a number") }
            try checkRange(node, path)
        case .text: if node.text == nil { throw wrong("a text") }
        case .date: if node.text.flatMap({ CivilDate($0) }) == nil { throw wrong("a date (2026-11-20)") }
        case .enum: try checkChoice(node, path)
        case .enumList, .textList:
            guard let items = node.list else { throw wrong("a list") }
            for (index, item) in items.enumerated() {
                guard item.text != nil else {
                    throw DocumentError(
                        .wrongType, position: item.position, key: "\(path)[\(index)]",
                        reason: "a text is expected, not \(item.kindName)")
                }
                if kind == .enumList { try checkChoice(item, "\(path)[\(index)]") }
            }
        }
    }

    private func checkRange(_ node: Node, _ path: String) throws(DocumentError) {
        guard let number = node.number else { return }
        if let minimum, number < minimum {
            throw DocumentError(.badValue, position: node.position, key: path, reason: "\(number) is less than \(minimum)")
        }
        if let maximum, number > maximum {
            throw DocumentError(.badValue, position: node.position, key: path, reason: "\(number) is more than \(maximum)")
        }
    }

    private func checkChoice(_ node: Node, _ path: String) throws(DocumentError) {
        guard let text = node.text, choices.contains(where: { $0.value == text }) else {
            throw DocumentError(
                .badValue, position: node.position, key: path,
                reason:
                    "\"\((node.text ?? node.kindName).clipped)\" is not one of: \(choices.map(\.value).joined(separator: ", "))")
        }
    }
}
