public import Documents
internal import Rulebook

/// Reads `Packs/identity/roles.yaml`.
public enum RoleReader {
    /// The roles that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> RoleBook {
        let name = "identity/roles.yaml"
        guard let file = ShippedFiles.files(in: "identity").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }

    /// Reads a file of roles.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong. Every permission of the program must be there and no
    ///   other; no role may hold what its own exclusions forbid.
    public static func read(_ node: Node) throws(DocumentError) -> RoleBook {
        var fields = try Fields(node, path: "")
        let schema = try fields.text("schema")
        guard schema == RoleBook.schema else {
            throw fields.error(at: "schema", "\"\(schema.clipped)\" is not \"\(RoleBook.schema)\"")
        }
        let rules = try permissions(try fields.required("permissions"))
        var roles: [RoleBook.Role] = []
        for entry in try fields.entries("roles") { roles.append(try role(entry, "roles.\(entry.key.clipped)")) }
        var exclusions: [RoleBook.Exclusion] = []
        for (index, item) in try fields.list("incompatible").enumerated() {
            exclusions.append(try exclusion(item, "incompatible[\(index)]", roles))
        }
        try fields.finish()
        let book = RoleBook(rules: rules, roles: roles, exclusions: exclusions)
        for side in Side.allCases where !roles.contains(where: { $0.administers && $0.sides.contains(side) }) {
            throw DocumentError(
                .badValue, position: node.position, key: "roles", reason: "no role administers a \(side.rawValue)")
        }
        for (index, exclusion) in exclusions.enumerated() where book.excludes(exclusion, exclusion.role) {
            throw DocumentError(
                .badValue, position: node.position, key: "incompatible[\(index)]",
                reason: "the role \(exclusion.role.rawValue) itself has what it excludes")
        }
        return book
    }

    private static func permissions(_ node: Node) throws(DocumentError) -> [Permission: RoleBook.Rule] {
        var table = try Fields(node, path: "permissions")
        var rules: [Permission: RoleBook.Rule] = [:]
        for permission in Permission.allCases {
            var fields = try Fields(try table.required(permission.rawValue), path: table.path(permission.rawValue))
            var approver: Permission?
            if let name = try fields.optionalText("approver") {
                guard let known = Permission(rawValue: name) else {
                    throw fields.error(at: "approver", "\"\(name.clipped)\" is no permission")
                }
                approver = known
            }
            rules[permission] = RoleBook.Rule(
                title: try Text(try fields.required("title"), path: fields.path("title")), area: try fields.choice("area"),
                changes: try fields.optionalBool("changes") ?? false,
                needsFreshAuthentication: try fields.optionalBool("fresh") ?? false, approver: approver)
            try fields.finish()
        }
        try table.finish()
        return rules
    }

    private static func role(_ entry: Node.Entry, _ path: String) throws(DocumentError) -> RoleBook.Role {
        var fields = try Fields(entry.node, path: path)
        var sides: Set<Side> = []
        for (index, name) in try fields.texts("sides").enumerated() {
            guard let side = Side(rawValue: name), sides.insert(side).inserted else {
                throw fields.error(at: "sides[\(index)]", "firm or supervisor is expected, each once")
            }
        }
        var permissions: Set<Permission> = []
        for (index, name) in try fields.texts("permissions").enumerated() {
            guard let permission = Permission(rawValue: name), permissions.insert(permission).inserted else {
                throw fields.error(at: "permissions[\(index)]", "\"\(name.clipped)\" is no permission, or stands here twice")
            }
        }
        guard !sides.isEmpty, !permissions.isEmpty else {
            throw fields.error(.missingKey, at: sides.isEmpty ? "sides" : "permissions", "at least one is needed")
        }
        let role = RoleBook.Role(
            name: RoleName(rawValue: entry.key), title: try Text(try fields.required("title"), path: fields.path("title")),
            sides: sides, administers: try fields.optionalBool("administers") ?? false,
            isOfParty: try fields.optionalBool("party") ?? false, permissions: permissions)
        guard !role.isOfParty || !role.administers && permissions.allSatisfy({ $0.isForParties }) else {
            throw fields.error(at: "party", "a role of a party may only do what its holder does for that party")
        }
        try fields.finish()
        return role
    }

    private static func exclusion(
        _ node: Node, _ path: String, _ roles: [RoleBook.Role]
    ) throws(DocumentError) -> RoleBook.Exclusion {
        var fields = try Fields(node, path: path)
        func known(_ name: String, _ key: String) throws(DocumentError) -> RoleName {
            guard let role = roles.first(where: { $0.name.rawValue == name }) else {
                throw fields.error(at: key, "\"\(name.clipped)\" is no role")
            }
            return role.name
        }
        let role = try known(try fields.text("role"), "role")
        let area: RoleBook.Area? = try fields.node["area"] == nil ? nil : fields.choice("area")
        let changes = try fields.optionalBool("changes") ?? false
        let other = try fields.optionalText("with")
        guard area != nil || changes || other != nil else {
            throw fields.error(.missingKey, at: "", "one of area, changes, with is needed")
        }
        let exclusion = RoleBook.Exclusion(
            role: role, area: area, changes: changes,
            other: try other.map { name throws(DocumentError) in try known(name, "with") },
            reason: try Text(try fields.required("reason"), path: fields.path("reason")))
        try fields.finish()
        return exclusion
    }
}
