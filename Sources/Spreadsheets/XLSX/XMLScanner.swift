internal import CExpat
internal import Glibc

/// Reads one XML part of a workbook through expat's events. Refused are document types and with them all entities of its own, deep nesting and
/// long tokens. Elements of namespaces that a workbook's own elements are not in are passed over, with all that is in them.
///
/// Subclasses override `start`, `end` and `text`; a failure is reported by `fail`, after which nothing more is called.
class XMLScanner: ArchiveSink {
    /// The part's name, for errors.
    let part: String
    let limits: SpreadsheetLimits
    private let parser: XML_Parser
    private(set) var failure: SpreadsheetError?
    private var depth = 0
    /// How deep we are in an element that is passed over; 0 when not.
    private var passedDepth = 0
    private var fed = 0

    init(part: String, limits: SpreadsheetLimits) throws(SpreadsheetError) {
        guard let parser = XML_ParserCreateNS(nil, XMLName.separator) else {
            throw SpreadsheetError(.unavailable, reason: "no memory for the XML parser", remedy: "try again later")
        }
        (self.part, self.limits, self.parser) = (part, limits, parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser, { context, name, attributes in XMLScanner.with(context) { $0.started(name, attributes) } },
            { context, name in XMLScanner.with(context) { $0.ended(name) } })
        XML_SetCharacterDataHandler(parser) { context, bytes, count in XMLScanner.with(context) { $0.said(bytes, count) } }
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            XMLScanner.with(context) { $0.fail(.badXML, "has a document type (DOCTYPE), which no workbook needs") }
        }
    }

    deinit { XML_ParserFree(parser) }

    /// An element begins.
    func start(_ name: XMLName, _ attributes: XMLAttributes) {}
    /// An element ends.
    func end(_ name: XMLName) {}
    /// Text; one text may come in several pieces.
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
    /// Where in the sheet we are, for errors.
    var cell: CellAddress? { nil }

    /// Stops with an error at the current cell. Only the first one counts.
    final func fail(_ code: SpreadsheetError.Code, _ reason: String, at cell: CellAddress? = nil) {
        guard failure == nil else { return }
        let remedy =
            switch code {
            case .tooLarge: "split the workbook, or remove what is not needed for the import"
            default: "open the file in a spreadsheet program and save it again as .xlsx"
            }
        failure = SpreadsheetError(code, cell: cell ?? self.cell, reason: "\(part) \(reason)", remedy: remedy)
        XML_StopParser(parser, XML_Bool(XML_FALSE))
    }

    final func room(_ count: Int) throws(SpreadsheetError) -> UnsafeMutableRawPointer {
        guard let room = XML_GetBuffer(parser, Int32(count)) else {
            throw SpreadsheetError(.unavailable, reason: "no memory for the XML parser", remedy: "try again later")
        }
        return room
    }

    final func took(_ count: Int, isLast: Bool) throws(SpreadsheetError) {
        let status = XML_ParseBuffer(parser, Int32(count), isLast ? 1 : 0)
        if let failure { throw failure }
        guard status == XML_STATUS_OK else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not XML"
            let line = XML_GetCurrentLineNumber(parser)
            throw SpreadsheetError(
                .badXML, reason: "\(part) is not well-formed XML: \(reason) (line \(line))",
                remedy: "open the file in a spreadsheet program and save it again as .xlsx")
        }
        fed += count
        // What expat holds back is one token that has not ended yet. A long one is also what makes it slow: it is read again each time.
        let done = Int(XML_GetCurrentByteIndex(parser))
        if !isLast, done >= 0, fed - done > limits.tokenBytes {
            fail(.tooLarge, "has a tag or comment of more than \(limits.tokenBytes) bytes")
            if let failure { throw failure }
        }
    }

    @inline(__always)
    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (XMLScanner) -> Void) {
        guard let context else { return }
        Unmanaged<XMLScanner>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }

    private func started(_ name: UnsafePointer<XML_Char>?, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard failure == nil, let name, let attributes else { return }
        depth += 1
        guard depth <= limits.depth else { return fail(.tooLarge, "is nested deeper than \(limits.depth) elements") }
        if passedDepth > 0 { return }
        let element = XMLName(name)
        guard element.isOurs else {
            passedDepth = depth
            return
        }
        start(element, XMLAttributes(attributes))
    }

    private func ended(_ name: UnsafePointer<XML_Char>?) {
        guard failure == nil, let name else { return }
        if passedDepth == 0 {
            end(XMLName(name))
        } else if passedDepth == depth {
            passedDepth = 0
        }
        depth -= 1
    }

    private func said(_ bytes: UnsafePointer<XML_Char>?, _ count: Int32) {
        guard failure == nil, passedDepth == 0, let bytes else { return }
        bytes.withMemoryRebound(to: UInt8.self, capacity: Int(count)) { text(UnsafeBufferPointer(start: $0, count: Int(count))) }
    }
}

/// An element's name as expat gives it: namespace, separator, local name.
struct XMLName {
    static let separator: XML_Char = 0x01
    private let whole: UnsafePointer<XML_Char>
    private let local: UnsafePointer<XML_Char>

    @inline(__always)
    init(_ whole: UnsafePointer<XML_Char>) {
        self.whole = whole
        if let at = strchr(whole, Int32(Self.separator)) { local = UnsafePointer(at + 1) } else { local = whole }
    }

    private static let namespaces: [StaticString] = [
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/package/2006/relationships",
    ]

    /// Whether it is an element of workbooks (as Excel writes them, or as the strict standard has them) or of their relationships. Names
    /// without a namespace are taken for such: some programs leave it out.
    @inline(__always)
    var isOurs: Bool {
        let length = local - whole - 1
        guard length > 0 else { return true }
        for namespace in Self.namespaces where namespace.utf8CodeUnitCount == length {
            if memcmp(namespace.utf8Start, whole, length) == 0 { return true }
        }
        return false
    }

    /// Whether the local name is this one.
    @inline(__always)
    static func == (name: XMLName, text: StaticString) -> Bool {
        strcmp(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self), name.local) == 0
    }

    /// The local name when it is one letter, as those of the cells are; 0 otherwise.
    @inline(__always)
    var letter: UInt8 { local[0] != 0 && local[1] == 0 ? UInt8(bitPattern: local[0]) : 0 }

    var text: String { String(cString: local) }
}

/// An element's attributes, valid while it is being read.
struct XMLAttributes {
    private let all: UnsafeMutablePointer<UnsafePointer<XML_Char>?>

    @inline(__always)
    init(_ all: UnsafeMutablePointer<UnsafePointer<XML_Char>?>) { self.all = all }

    /// An attribute's value; attributes without a prefix are in no namespace.
    @inline(__always)
    func raw(_ name: StaticString) -> UnsafePointer<XML_Char>? {
        var index = 0
        let wanted = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        while let found = all[index] {
            if strcmp(found, wanted) == 0 { return all[index + 1] }
            index += 2
        }
        return nil
    }

    /// An attribute's value as bytes.
    @inline(__always)
    func bytes(_ name: StaticString) -> UnsafeBufferPointer<UInt8>? {
        guard let value = raw(name) else { return nil }
        return UnsafeBufferPointer(start: UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self), count: strlen(value))
    }

    /// An attribute's value as a text.
    subscript(_ name: StaticString) -> String? { raw(name).map { String(cString: $0) } }

    /// The value of an attribute of any namespace whose local name is this one: relationship identifiers are in one of two.
    func qualified(_ name: StaticString) -> String? {
        var index = 0
        while let found = all[index], let value = all[index + 1] {
            if XMLName(found) == name, strchr(found, Int32(XMLName.separator)) != nil { return String(cString: value) }
            index += 2
        }
        return nil
    }

    /// An attribute that says yes or no.
    func isTrue(_ name: StaticString) -> Bool { ["1", "true", "on"].contains(self[name] ?? "") }
}

/// A whole number of ten digits at most, without sign; nil for anything else.
@inline(__always)
func smallNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard bytes.count > 0, bytes.count <= 10 else { return nil }
    var number = 0
    for byte in bytes {
        guard byte &- 0x30 < 10 else { return nil }
        number = number * 10 + Int(byte - 0x30)
    }
    return number
}
