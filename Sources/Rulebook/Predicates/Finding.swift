internal import Documents

/// One comparison that decided an evaluation: what was looked at, what was found there, and what it was held against.
public struct Finding: Sendable, Hashable {
    /// Path of the fact, list items named: `pam.services[sshd].lockout.deny`.
    public var path: String
    /// What was found, as text; nil when there is nothing.
    public var found: String?
    /// Unit of the fact, when it has one.
    public var unit: String?
    /// How it was compared.
    public var sign: String
    /// What it was held against, as text: `3`, `[a, b]`; nil when the other side is missing.
    public var limit: String?
    /// Where the limit comes from: `cnfa-6.5.lock_threshold`, `system.approved_ports`; nil for literals.
    public var limitSource: String?
    /// Where the fact comes from on the host: `/etc/security/faillock.conf:3`, `default of pam_faillock`; nil when the facts do not say.
    public var origin: String?
    /// Line of the facts document, 0 when it was not read from one.
    public var line: Int32
    /// What came of it.
    public var truth: Truth
}

extension Finding: CustomStringConvertible {
    /// One line: `pam.services[sshd].lockout.deny = 5 (/etc/…:3); wanted ≤ 3 (cnfa-6.5.lock_threshold)`.
    public var description: String {
        var text = "\(path) = \(found ?? "—")"
        if let unit, found != nil { text += " \(unit)" }
        if let origin { text += " (\(origin))" }
        text += "; \(sign) \(limit ?? "—")"
        if let limitSource { text += " (\(limitSource))" }
        return text
    }
}

/// Outcome of an evaluation with what decided it.
public struct Evaluation: Sendable, Hashable {
    /// Yes, no or unknown.
    public var truth: Truth
    /// The deciding comparisons, in the order of the predicate; at most `Evaluation.mostFindings`.
    public var findings: [Finding]
    /// How many deciding comparisons there were in all.
    public var total: Int

    /// More than these are counted and not kept: a thousand accounts with the same fault read no better than fifty.
    public static let mostFindings = 50

    /// An outcome with its findings.
    public init(_ truth: Truth, _ findings: [Finding] = []) {
        self.truth = truth
        self.findings = findings
        total = findings.count
    }

    mutating func absorb(_ other: Evaluation) {
        total += other.total
        findings.append(contentsOf: other.findings.prefix(max(0, Self.mostFindings - findings.count)))
    }
}

extension Node {
    /// The value as one short line for people; long lists and texts are cut.
    package var shown: String {
        switch value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): number.description
        case .text(let text): text.clipped
        case .list(let items):
            "[" + items.prefix(8).map(\.shown).joined(separator: ", ") + (items.count > 8 ? ", … \(items.count)" : "") + "]"
        case .object: "{…}"
        }
    }
}
