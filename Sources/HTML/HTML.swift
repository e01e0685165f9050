/// Writes HTML (and SVG) into bytes. Texts and attribute values are always escaped; names of elements and attributes are literals of the
/// program, so nothing from outside can become markup.
public struct HTMLWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer.
    public init() {}

    /// A whole document: doctype, `html` element with its language, and what `body` writes inside it.
    ///
    /// - Parameters:
    ///   - language: of the page, such as `zh-TW`.
    ///   - theme: `light` or `dark`, for `data-theme`; nil leaves it to the reader's machine.
    ///   - body: writes what is inside the `html` element.
    /// - Returns: the bytes of the page.
    public static func document(language: String, theme: String? = nil, _ body: (inout HTMLWriter) -> Void) -> [UInt8] {
        var writer = HTMLWriter()
        writer.raw("<!DOCTYPE html>\n")
        writer.element("html", ("lang", language), ("data-theme", theme), body: body)
        writer.raw("\n")
        return writer.bytes
    }

    /// An element with attributes (those whose value is nil are left out) and a body.
    public mutating func element(_ name: StaticString, _ attributes: (StaticString, String?)..., body: (inout HTMLWriter) -> Void)
    {
        element(name, attributes, body: body)
    }

    /// An element with one attribute and a body; the common case.
    public mutating func element(_ name: StaticString, _ attribute: (StaticString, String?), _ body: (inout HTMLWriter) -> Void) {
        element(name, attribute, body: body)
    }

    /// An element without attributes.
    public mutating func element(_ name: StaticString, _ body: (inout HTMLWriter) -> Void) { element(name, body: body) }

    /// An element that holds only a text.
    public mutating func element(_ name: StaticString, _ attributes: (StaticString, String?)..., text: String) {
        open(name, attributes)
        self.text(text)
        raw("</")
        raw(name)
        raw(">")
    }

    /// An element that has no end: `meta`, `br`, `input`.
    public mutating func void(_ name: StaticString, _ attributes: (StaticString, String?)...) { open(name, attributes) }

    /// An element without content that is closed at once, as those of a drawing are: `<rect …/>`. In HTML itself only `void` says so.
    public mutating func leaf(_ name: StaticString, _ attributes: (StaticString, String?)...) {
        open(name, attributes, end: "/>")
    }

    /// The same with attributes from a list, where they are worked out.
    public mutating func leaf(_ name: StaticString, _ attributes: [(StaticString, String?)]) { open(name, attributes, end: "/>") }

    /// An element with attributes from a list and a body.
    public mutating func element(_ name: StaticString, _ attributes: [(StaticString, String?)], body: (inout HTMLWriter) -> Void)
    {
        open(name, attributes)
        body(&self)
        raw("</")
        raw(name)
        raw(">")
    }

    /// A text; `&`, `<` and `>` are escaped.
    public mutating func text(_ text: String) { escape(text, quotes: false) }

    /// A style sheet that is a literal of the program.
    public mutating func style(_ css: StaticString) {
        raw("<style>")
        raw(css)
        raw("</style>")
    }

    /// A style sheet that comes with the program as a file. One that could end its element, which none does, is left out.
    public mutating func style(sheet: [UInt8]) {
        guard !zip(sheet, sheet.dropFirst()).contains(where: { $0 == UInt8(ascii: "<") && $1 == UInt8(ascii: "/") }) else {
            return
        }
        raw("<style>")
        bytes.append(contentsOf: sheet)
        raw("</style>")
    }

    private mutating func open(_ name: StaticString, _ attributes: [(StaticString, String?)], end: StaticString = ">") {
        raw("<")
        raw(name)
        for (key, value) in attributes {
            guard let value else { continue }
            raw(" ")
            raw(key)
            raw("=\"")
            escape(value, quotes: true)
            raw("\"")
        }
        raw(end)
    }

    private mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): raw("&amp;")
            case UInt8(ascii: "<"): raw("&lt;")
            case UInt8(ascii: ">"): raw("&gt;")
            case UInt8(ascii: "\"") where quotes: raw("&quot;")
            // Control characters are not allowed in HTML, whoever wrote them.
            case 0..<0x20 where byte != 0x09 && byte != 0x0A && byte != 0x0D: raw("\u{FFFD}")
            default: bytes.append(byte)
            }
        }
    }
}
