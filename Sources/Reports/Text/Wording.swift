public import Assessment
public import Checks
public import Documents
public import Rulebook

/// The words of reports in one language: interface texts from the catalogue, texts of packs as they are.
public struct Wording: Sendable {
    /// The language.
    public let language: Language
    package let catalog: TextCatalog

    /// Words of a language.
    public init(_ language: Language, catalog: TextCatalog) {
        self.language = language
        self.catalog = catalog
    }

    /// The catalogue that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` when it is wrong, which a test would have shown.
    public static func shipped(_ language: Language) throws(DocumentError) -> Wording {
        var nodes: [Node] = []
        for (name, bytes) in ShippedFiles.files(in: "texts") {
            do throws(DocumentError) { nodes.append(try YAMLReader.read(bytes)) } catch { throw error.inSource(name) }
        }
        return Wording(language, catalog: try TextCatalog(nodes))
    }

    /// An interface text.
    public func callAsFunction(_ name: String, _ values: [String: String] = [:]) -> String { catalog(name, language, values) }

    /// A text of a pack.
    public func callAsFunction(_ text: Text) -> String { text[language] }

    /// Name of a verdict.
    public func callAsFunction(_ verdict: Verdict) -> String { self("verdict.\(verdict.rawValue)") }
    /// Text of a reason.
    public func callAsFunction(_ reason: Reason) -> String { self("reason.\(reason.rawValue)") }
    /// Name of a force.
    public func callAsFunction(_ force: Force) -> String { self("force.\(force.rawValue)") }
    /// Name of a check's result.
    public func callAsFunction(_ result: CheckResult) -> String { self("result.\(result.rawValue)") }
    /// What one of the four states says.
    public func callAsFunction(_ say: Say) -> String { self("say.\(say)") }

    /// One line for a finding: what was found where, and what was wanted.
    public func callAsFunction(_ finding: Finding) -> String {
        var text = "\(finding.path) = \(finding.found ?? self("report.not-known"))"
        if let unit = finding.unit, finding.found != nil { text += " \(unit)" }
        if let origin = finding.origin { text += " (\(origin))" }
        if finding.sign.isEmpty { return text }
        if finding.sign == Operator.exists.sign {
            text += "; \(self("report.wanted")) \(self(finding.limit == "false" ? "report.absent" : "report.present"))"
            return text
        }
        text += "; \(self("report.wanted")) \(finding.sign) \(finding.limit ?? "—")"
        if let source = finding.limitSource { text += " (\(source))" }
        return text
    }

    /// A rate with its parts; half-up to two decimals, "—" when nothing applies.
    public static func rate(_ fulfilled: Int, of applicable: Int) -> String {
        guard applicable > 0 else { return "—" }
        let hundredths = (fulfilled * 20_000 + applicable) / (2 * applicable)
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
    }
}
