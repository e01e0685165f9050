internal import Foundation

/// A password on its way from a form to a hash. It is not kept, and prints as dots.
public struct Password: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text in Unicode's composed form (NFC): the same letters give the same bytes, whichever keyboard typed them.
    let text: String

    /// A password as it was typed; nothing is cut off.
    public init(_ typed: String) {
        // ASCII is composed already, and most passwords are ASCII.
        text = typed.utf8.allSatisfy { $0 < 0x80 } ? typed : typed.precomposedStringWithCanonicalMapping
    }

    var bytes: [UInt8] { Array(text.utf8) }
    /// Length as NIST SP 800-63B counts it: Unicode scalars after composition.
    var length: Int { text.unicodeScalars.count }
    var isEmpty: Bool { text.isEmpty }

    /// Dots.
    public var description: String { "•••" }
    /// Dots.
    public var debugDescription: String { "•••" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
