internal import Rulebook

/// Colours of drawings that are files of their own (`Packs/web/drawing.css`): a class, and what it means for fill, stroke and text.
enum Palette {
    /// The colour of texts.
    static let ink = rules["ink"]?["color"] ?? "#000"

    /// Properties by class. Rules are `.class{property:value;…}`, one after another; anything else says nothing.
    static let rules: [String: [String: String]] = {
        let bytes = ShippedFiles.files(in: "web").first { $0.name == "web/drawing.css" }?.bytes ?? []
        return read(String(decoding: bytes, as: UTF8.self))
    }()

    /// The colour of a class.
    static func colour(of name: String) -> String { rules[name]?["color"] ?? ink }

    /// Reads rules.
    static func read(_ sheet: String) -> [String: [String: String]] {
        var rules: [String: [String: String]] = [:]
        for rule in sheet.split(separator: "}") {
            let parts = rule.split(separator: "{", maxSplits: 1)
            guard parts.count == 2 else { continue }
            var values: [String: String] = [:]
            for pair in parts[1].split(separator: ";") {
                let sides = pair.split(separator: ":", maxSplits: 1)
                if sides.count == 2 { values[String(sides[0])] = String(sides[1]) }
            }
            for selector in parts[0].split(separator: ",") {
                let name = selector.drop { $0 == "." || $0.isWhitespace }
                rules[String(name), default: [:]].merge(values) { $1 }
            }
        }
        return rules
    }
}
