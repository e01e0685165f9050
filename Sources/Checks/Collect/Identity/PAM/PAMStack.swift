/// The four things a program asks PAM for.
enum PAMFacility: String, Sendable, CaseIterable { case auth, account, password, session }

/// One step of a composed stack.
struct PAMEntry: Sendable {
    /// What libpam makes of the line.
    enum Kind: Sendable {
        case module
        /// Where a substack begins; its lines follow one level deeper.
        case substack
        /// A line libpam cannot use: it fails when it is reached.
        case broken
    }

    var facility: PAMFacility
    var kind: Kind
    /// As written.
    var control: String
    var actions: PAMControl
    /// Base name: `pam_unix.so`.
    var module: String
    var arguments: [String]
    /// Depth of substacks around it.
    var level: Int
    /// `file:line` where it stands.
    var from: String
    /// The include lines that brought it here, outermost first.
    var via: [String]

    /// The module without folder and `.so`.
    var name: String { module.hasSuffix(".so") ? String(module.dropLast(3)) : module }

    /// Whether an argument is given exactly.
    func has(_ argument: String) -> Bool { arguments.contains(argument) }

    /// The value of the last `key=value` argument.
    func value(_ key: String) -> String? {
        arguments.last { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }
}

/// A service's stacks as libpam composes them.
struct PAMService: Sendable {
    var name: String
    var entries: [PAMFacility: [PAMEntry]] = [:]
    /// A file of it could not be read: nothing can be concluded from what is there.
    var isIncomplete = false

    /// The stack of one facility.
    func stack(_ facility: PAMFacility) -> [PAMEntry] { entries[facility] ?? [] }

    /// The calls of a facility that name a module.
    func modules(_ facility: PAMFacility) -> [PAMEntry] { stack(facility).filter { $0.kind == .module } }
}
