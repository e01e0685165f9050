import Documents
import Rulebook

/// The shipped rulebook, read once.
let shipped: Rulebook = {
    do { return try ShippedFiles.rulebook() } catch { preconditionFailure("\(error)") }
}()
let shippedTable = ScopeTable(shipped)

/// A number node from its text, exactly.
func number(_ text: String) -> Node { ExactNumber(text).map { Node(.number($0)) } ?? Node(.null) }

let billion = "000000000"
