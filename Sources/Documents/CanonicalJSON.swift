/// Writes a `Node` as canonical JSON: keys sorted by their UTF-8 bytes, two-space indentation, one value a line, LF, UTF-8 without escapes
/// beyond those RFC 8259 demands, numbers in their shortest decimal form, a final LF. The same content always gives the same
/// bytes, so a hash names the content; and a person can read the file and cite a line of it.
public enum CanonicalJSON {
    /// The canonical bytes of `node`.
    public static func bytes(of node: Node) -> [UInt8] {
        var out: [UInt8] = []
        write(node, indent: 0, to: &out)
        out.append(0x0A)
        return out
    }

    /// The same in one line, without spaces, and a final LF: for logs and streams.
    public static func line(of node: Node) -> [UInt8] {
        var out: [UInt8] = []
        write(node, indent: nil, to: &out)
        out.append(0x0A)
        return out
    }

    /// `indent`: how deep; nil for everything in one line.
    private static func write(_ node: Node, indent: Int?, to out: inout [UInt8]) {
        let deeper = indent.map { $0 + 1 }
        switch node.value {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let bool): out.append(contentsOf: (bool ? "true" : "false").utf8)
        case .number(let number): out.append(contentsOf: number.description.utf8)
        case .text(let text): write(text, to: &out)
        case .list(let items):
            guard !items.isEmpty else { return out.append(contentsOf: "[]".utf8) }
            out.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                newLine(deeper, comma: index > 0, to: &out)
                write(item, indent: deeper, to: &out)
            }
            newLine(indent, comma: false, to: &out)
            out.append(UInt8(ascii: "]"))
        case .object(let entries):
            guard !entries.isEmpty else { return out.append(contentsOf: "{}".utf8) }
            out.append(UInt8(ascii: "{"))
            let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, entry) in sorted.enumerated() {
                newLine(deeper, comma: index > 0, to: &out)
                write(entry.key, to: &out)
                out.append(contentsOf: (indent == nil ? ":" : ": ").utf8)
                write(entry.node, indent: deeper, to: &out)
            }
            newLine(indent, comma: false, to: &out)
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func newLine(_ indent: Int?, comma: Bool, to out: inout [UInt8]) {
        if comma { out.append(UInt8(ascii: ",")) }
        guard let indent else { return }
        out.append(0x0A)
        for _ in 0..<(indent * 2) { out.append(0x20) }
    }

    private static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
            case 0x0A: out.append(contentsOf: "\\n".utf8)
            case 0x09: out.append(contentsOf: "\\t".utf8)
            case 0x0D: out.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                out.append(contentsOf: "\\u00".utf8)
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
