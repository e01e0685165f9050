/// What came of holding a frozen report against everything it rests on.
public struct ReportVerification: Sendable {
    /// A figure that is not what it was.
    public struct Figure: Sendable, Hashable {
        /// Where it was computed again.
        public enum Source: String, Sendable, CaseIterable {
            /// From the frozen rows themselves.
            case frozen
            /// From what the stores say now.
            case live
        }

        /// Its name.
        public var id: String
        /// From where it was computed again.
        public var source: Source
        /// As it was frozen; empty where it was not.
        public var frozen: String
        /// As it is computed again; empty where it is not.
        public var found: String
    }

    /// A signed document that a row rests on and that does not bear it.
    public struct Document: Sendable, Hashable {
        /// What can be wrong.
        public enum Problem: String, Sendable, CaseIterable {
            /// It is not kept any more.
            case missing
            /// Its bytes are not those of its hash.
            case damaged
            /// No key of the firm signed it.
            case unsigned
            /// It says something else than the row.
            case differs
        }

        /// The firm.
        public var firm: String
        /// The quarter.
        public var quarter: String
        /// Its hash.
        public var sha256: String
        /// What is wrong.
        public var problem: Problem
    }

    /// The report.
    public var issue: ReportIssue
    /// How many figures were computed again.
    public var figureCount = 0
    /// How many rows of answers there are.
    public var rowCount = 0
    /// How many of them rest on a signed document, all of which were read again.
    public var signedCount = 0
    /// How many rest on nothing that was signed, such as an import.
    public var unsignedCount = 0
    /// Figures that are not what they were.
    public var figures: [Figure] = []
    /// Rows that the stores tell differently now.
    public var rows: [ReportSnapshot.Difference] = []
    /// Documents that do not bear their rows.
    public var documents: [Document] = []

    /// Whether nothing differs.
    public var isSame: Bool { figures.isEmpty && rows.isEmpty && documents.isEmpty }

    init(_ issue: ReportIssue) { self.issue = issue }

    /// Compares figures with those that were frozen.
    mutating func compare(_ frozen: [String: ReportFigure], _ found: ReportFigures, _ source: Figure.Source) {
        let found = Dictionary(found.list.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        for id in Set(frozen.keys).union(found.keys).sorted() where !(frozen[id].map { $0.isSame(as: found[id]) } ?? false) {
            figures.append(Figure(id: id, source: source, frozen: frozen[id]?.text ?? "", found: found[id]?.text ?? ""))
        }
    }
}

extension ReportFigure {
    /// Whether another one says the same.
    func isSame(as other: ReportFigure?) -> Bool {
        guard let other else { return false }
        return (kind, state, numerator, denominator, day) == (
            other.kind, other.state, other.numerator, other.denominator, other.day
        )
    }
}
