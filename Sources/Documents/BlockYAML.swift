/// Writes a document as YAML that people read and edit: mappings and lists in blocks, keys in the order given, texts in quotes.
///
/// JSON's escapes are YAML's, too, so any text survives; what `YAMLReader` reads of it equals the document.
public enum BlockYAML {
    /// The text of a document.
    public static func text(_ node: Node) -> String {
        var out = ""
        write(node, depth: 0, to: &out)
        return out
    }

    private static func write(_ node: Node, depth: Int, to out: inout String) {
        let pad = String(repeating: "  ", count: depth)
        switch node.value {
        case .object(let entries) where !entries.isEmpty:
            for entry in entries {
                out += "\(pad)\(key(entry.key)):"
                value(entry.node, depth: depth, to: &out)
            }
        case .list(let items) where !items.isEmpty:
            for item in items {
                guard isBlock(item) else {
                    out += "\(pad)- \(flow(item))\n"
                    continue
                }
                // The first line of the item stands beside its hyphen.
                var inner = ""
                write(item, depth: depth + 1, to: &inner)
                out += "\(pad)- \(inner.dropFirst(pad.count + 2))"
            }
        default: out += "\(pad)\(flow(node))\n"
        }
    }

    private static func value(_ node: Node, depth: Int, to out: inout String) {
        guard isBlock(node) else {
            out += " \(flow(node))\n"
            return
        }
        out += "\n"
        write(node, depth: depth + 1, to: &out)
    }

    /// Lists and mappings go into blocks, but for lists of plain values and conditions, which read better in one line.
    private static func isBlock(_ node: Node) -> Bool {
        switch node.value {
        case .object(let entries): !entries.isEmpty && entries.first?.key != "fact"
        case .list(let items): items.contains { $0.entries != nil || $0.list != nil }
        default: false
        }
    }

    private static func flow(_ node: Node) -> String {
        switch node.value {
        case .list(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
        case .object(let entries): "{" + entries.map { "\(key($0.key)): \(flow($0.node))" }.joined(separator: ", ") + "}"
        case .text(let text) where text.isPlain: text
        default: String(decoding: CanonicalJSON.line(of: node).dropLast(), as: UTF8.self)
        }
    }

    private static func key(_ text: String) -> String {
        text.isPlain ? text : String(decoding: CanonicalJSON.line(of: .text(text)).dropLast(), as: UTF8.self)
    }
}

extension String {
    /// Whether YAML reads it as the text it is without quotes: begins with a letter, holds letters, digits, `-`, `_`, `.`, `/`, and is no word
    /// that YAML takes for a truth or nothing.
    fileprivate var isPlain: Bool {
        guard let first = utf8.first, (0x61...0x7A).contains(first) || (0x41...0x5A).contains(first) else { return false }
        let isWord = utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
                || [0x2D, 0x2E, 0x2F, 0x5F].contains($0)
        }
        return isWord && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(lowercased())
    }
}
