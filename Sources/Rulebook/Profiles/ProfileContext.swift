public import Documents

/// What scope rules and decisions may ask: facts of the firm and of one system, decisions made, variables and switches.
public struct ProfileContext: EvaluationContext, Sendable {
    var firm: [String: Node]
    var system: [String: Node]
    var decisions: [String: Node]
    var variables: [String: Node] = [:]
    var switches: [String: Node] = [:]
    let parameters: [ParameterID: Parameter]

    /// The context of a firm as a whole, or of one of its systems.
    public init(firm: [String: Node], system: [String: Node], decisions: [String: Node], parameters: [ParameterID: Parameter]) {
        self.firm = firm
        self.system = system
        self.decisions = decisions
        self.parameters = parameters
    }

    /// The fact of the firm or system, the decision, the variable or the switch at a path of two keys.
    public func flat(_ path: FactPath) -> Node? {
        guard path.keys.count == 2 else { return nil }
        let name = path.keys[1]
        switch path.keys[0] {
        case "firm": return firm[name]
        case "system": return system[name]
        case "decision": return decisions[name]
        case "let": return variables[name]
        case "switch": return switches[name]
        default: return nil
        }
    }

    /// Profiles keep no trees.
    public func root(_ key: String) -> Node? { nil }
    /// A missing profile fact is simply not known; asking whether it is known is always possible.
    public func isKnown(_ root: String) -> Bool { true }
    /// The same as `flat`.
    public func profileFact(_ path: FactPath) -> Node? { flat(path) }
    /// The parameter in force.
    public func parameter(_ id: ParameterID) -> Parameter? { parameters[id] }
    /// Profile facts are compared in their own unit.
    public func unit(of path: [String]) -> Unit? { nil }
    /// Profiles have no ages to count.
    public var instant: Instant { Instant(seconds: 0) }
}
