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

    public func root(_ key: String) -> Node? { nil }
    public func isKnown(_ root: String) -> Bool { true }
    public func profileFact(_ path: FactPath) -> Node? { flat(path) }
    public func parameter(_ id: ParameterID) -> Parameter? { parameters[id] }
    public func unit(of path: [String]) -> Unit? { nil }
    public var instant: Instant { Instant(seconds: 0) }
}
