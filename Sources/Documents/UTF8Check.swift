/// Refuses bytes that are not UTF-8, with the place of the first wrong byte.
enum UTF8Check {
    static func validate(_ bytes: [UInt8]) throws(DocumentError) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            var line = 1
            var lineStart = 0
            for index in 0..<offset where bytes[index] == 0x0A {
                line += 1
                lineStart = index + 1
            }
            throw DocumentError(
                .notUTF8, position: Position(line: line, column: offset - lineStart + 1),
                reason: "the byte here is not valid UTF-8; save the file as UTF-8")
        }
    }
}
