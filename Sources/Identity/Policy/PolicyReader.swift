public import Documents
public import Rulebook

/// Reads `Packs/identity/policy.yaml` against the rule packs.
public enum PolicyReader {
    /// The policy that comes with Plumbline, under a firm's parameters.
    ///
    /// - Parameters:
    ///   - rulebook: the packs whose clauses bind the platform.
    ///   - firm: the parameters in force at the firm, whose stricter numbers hold here too; waivers of the firm do not.
    /// - Returns: the policy.
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped(_ rulebook: Rulebook, firm: ParametersInForce? = nil) throws(DocumentError) -> IdentityPolicy {
        let name = "identity/policy.yaml"
        guard let file = ShippedFiles.files(in: "identity").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) {
            return try read(try YAMLReader.read(file.bytes), rulebook: rulebook, firm: firm)
        } catch {
            throw error.inSource(name)
        }
    }

    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong; every setting must be there.
    public static func read(
        _ node: Node, rulebook: Rulebook, firm: ParametersInForce? = nil
    ) throws(DocumentError) -> IdentityPolicy {
        var fields = try Fields(node, path: "")
        let schema = try fields.text("schema")
        guard schema == IdentityPolicy.schema else {
            throw fields.error(at: "schema", "\"\(schema.clipped)\" is not \"\(IdentityPolicy.schema)\"")
        }
        var settings = try Fields(try fields.required("settings"), path: "settings")
        var values: [PolicySetting: IdentityPolicy.Value] = [:]
        for setting in PolicySetting.allCases {
            let entry = try settings.required(setting.rawValue)
            values[setting] = try value(entry, setting, settings.path(setting.rawValue), rulebook, firm)
        }
        try settings.finish()
        var names: Set<String> = []
        for (index, name) in try fields.texts("generic_names").enumerated() {
            guard AccountName(name)?.text == name else {
                throw fields.error(
                    at: "generic_names[\(index)]", "\"\(name.clipped)\" is not the canonical form of an account name")
            }
            names.insert(name)
        }
        try fields.finish()
        return IdentityPolicy(values: values, genericNames: names)
    }

    private static func value(
        _ node: Node, _ setting: PolicySetting, _ path: String, _ rulebook: Rulebook, _ firm: ParametersInForce?
    ) throws(DocumentError) -> IdentityPolicy.Value {
        var fields = try Fields(node, path: path)
        let own = try fields.optionalInteger("value")
        guard let name = try fields.optionalText("param") else {
            guard let own, own > 0 else { throw fields.error(at: "value", "param or a positive value is needed") }
            let bound: Parameter.Bound = try fields.choice("bound")
            let number = try scaled(own, try fields.text("unit"), setting, fields)
            let title = try Text(try fields.required("title"), path: fields.path("title"))
            try fields.finish()
            return IdentityPolicy.Value(number: number, bound: bound, title: title)
        }
        try fields.finish()
        guard let id = ParameterID(name), let base = rulebook.parameters[id] else {
            throw fields.error(at: "param", "\"\(name.clipped)\" is no parameter of a clause of the rule packs")
        }
        // The firm's number holds only when it is stricter: a waiver for a firm's systems is none for this program.
        var parameter = base
        if let theirs = firm?.values[id], base.allows(theirs.quantity.number) { parameter = theirs }
        var result = IdentityPolicy.Value(
            number: try number(of: parameter, setting, fields), bound: parameter.bound, title: parameter.title, parameter: id,
            isOverridden: parameter.isOverridden)
        if let own {
            guard setting.dimension == .count, own > 0, base.allows(ExactNumber(own)) else {
                throw fields.error(at: "value", "\(own) is not as strict as \(base.quantity) of \(name)")
            }
            if result.allows(own) { result.number = own }
        }
        return result
    }

    private static func number(
        of parameter: Parameter, _ setting: PolicySetting, _ fields: Fields
    ) throws(DocumentError) -> Int {
        let quantity = setting.dimension == .time ? parameter.quantity.converted(to: .second) : parameter.quantity.number
        guard let number = quantity?.integer, number > 0, (setting.dimension == .time) == parameter.quantity.unit.isTime else {
            throw fields.error(at: "param", "\(parameter.quantity) cannot be used for \(setting.rawValue)")
        }
        return number
    }

    private static func scaled(
        _ number: Int, _ unit: String, _ setting: PolicySetting, _ fields: Fields
    ) throws(DocumentError) -> Int {
        switch setting.dimension {
        case .time:
            guard number < 1_000_000, let seconds = Unit(rawValue: unit)?.seconds else {
                throw fields.error(at: "unit", "s, min, h or d is expected")
            }
            return number * seconds
        case .memory:
            guard unit == "KiB" else { throw fields.error(at: "unit", "KiB is expected") }
            return number
        case .count:
            guard Unit(rawValue: unit)?.isTime == false else {
                throw fields.error(at: "unit", "a unit that counts is expected: count, failure, character, byte")
            }
            return number
        }
    }
}
