/// Which parts a part refers to (ECMA-376 part 2, relationships).
struct Relations {
    /// A reference to a part within the archive.
    struct Relation {
        /// The last piece of the type's address, `worksheet`: Excel's types and those of the strict standard differ before it only.
        var type: Substring
        /// The part's name, without a leading slash.
        var target: String
    }

    private(set) var byID: [String: Relation] = [:]

    /// The references of a part; none when it has no such list.
    ///
    /// - Parameters:
    ///   - part: the part; empty for the archive itself.
    ///   - archive: where it is.
    ///   - limits: what is accepted at most.
    /// - Throws: `SpreadsheetError` when the list is damaged or refers to what is outside of the archive.
    init(of part: String, in archive: Archive, limits: SpreadsheetLimits) throws(SpreadsheetError) {
        let folder = part.split(separator: "/").dropLast().joined(separator: "/")
        let name = part.split(separator: "/").last ?? ""
        let list = (folder.isEmpty ? "" : folder + "/") + "_rels/\(name).rels"
        let scanner = try RelationsScanner(part: list, limits: limits)
        guard try archive.read(list, into: scanner) else { return }
        for (id, type, target) in scanner.found {
            guard let resolved = Self.resolve(target, folder: folder) else {
                throw SpreadsheetError(
                    .badStructure, reason: "\(list) refers to a place outside of the archive",
                    remedy: "open the file in a spreadsheet program and save it again as .xlsx")
            }
            byID[id] = Relation(type: type.split(separator: "/").last ?? "", target: resolved)
        }
    }

    /// The first reference of a type.
    func first(_ type: String) -> Relation? { byID.filter { $0.value.type == type }.min { $0.key < $1.key }?.value }

    /// A target as the name of a part: absolute from the archive's root, else relative to the folder; nil when it climbs out.
    static func resolve(_ target: String, folder: String) -> String? {
        let target = target.replacing("\\", with: "/")
        var steps = target.hasPrefix("/") ? [] : folder.split(separator: "/").map(String.init)
        for step in target.split(separator: "/") where step != "." {
            if step == ".." {
                guard steps.popLast() != nil else { return nil }
            } else {
                steps.append(String(step))
            }
        }
        return steps.joined(separator: "/")
    }
}

private final class RelationsScanner: XMLScanner {
    var found: [(id: String, type: String, target: String)] = []

    override func start(_ name: XMLName, _ attributes: XMLAttributes) {
        guard name == "Relationship", attributes["TargetMode"] != "External" else { return }
        guard let id = attributes["Id"], let type = attributes["Type"], let target = attributes["Target"] else {
            return fail(.badStructure, "has a relationship without Id, Type or Target")
        }
        guard found.count < limits.entries else { return fail(.tooLarge, "has more than \(limits.entries) relationships") }
        found.append((id, type, target))
    }
}
