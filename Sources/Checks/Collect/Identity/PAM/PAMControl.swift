/// What a PAM module can return, by the names used in `[…]` controls.
enum PAMReturn: String, Sendable, CaseIterable {
    case success, openErr = "open_err", symbolErr = "symbol_err", serviceErr = "service_err", systemErr = "system_err"
    case bufErr = "buf_err", permDenied = "perm_denied", authErr = "auth_err", credInsufficient = "cred_insufficient"
    case authinfoUnavail = "authinfo_unavail", userUnknown = "user_unknown", maxtries, newAuthtokReqd = "new_authtok_reqd"
    case acctExpired = "acct_expired", sessionErr = "session_err", credUnavail = "cred_unavail", credExpired = "cred_expired"
    case credErr = "cred_err", noModuleData = "no_module_data", convErr = "conv_err", authtokErr = "authtok_err"
    case authtokRecoverErr = "authtok_recover_err", authtokLockBusy = "authtok_lock_busy"
    case authtokDisableAging = "authtok_disable_aging", tryAgain = "try_again", ignore, abort
    case authtokExpired = "authtok_expired", moduleUnknown = "module_unknown", badItem = "bad_item", convAgain = "conv_again"
    case incomplete
}

/// What libpam does with a return value.
enum PAMAction: Sendable, Equatable {
    case ok, done, bad, die, ignore, reset
    case jump(Int)
}

/// The action for every return value: a control word, or a `[…]` list, as libpam expands it.
struct PAMControl: Sendable, Equatable {
    private var actions: [PAMReturn: PAMAction]
    private let otherwise: PAMAction

    /// The action for a return value.
    subscript(_ value: PAMReturn) -> PAMAction { actions[value] ?? otherwise }

    /// A control as written in the file: `required`, or `[success=1 default=ignore]` with its brackets.
    init(_ text: String) {
        switch text.lowercased() {
        case "required": (actions, otherwise) = ([.success: .ok, .newAuthtokReqd: .ok, .ignore: .ignore], .bad)
        case "requisite": (actions, otherwise) = ([.success: .ok, .newAuthtokReqd: .ok, .ignore: .ignore], .die)
        case "optional": (actions, otherwise) = ([.success: .ok, .newAuthtokReqd: .ok], .ignore)
        case "sufficient": (actions, otherwise) = ([.success: .done, .newAuthtokReqd: .done], .ignore)
        default:
            let inner = text.hasPrefix("[") ? text.dropFirst().dropLast(text.hasSuffix("]") ? 1 : 0) : text[...]
            // A list with a mistake makes every outcome a failure, as in libpam.
            (actions, otherwise) = Self.list(inner) ?? ([:], .bad)
        }
    }

    private static func list(_ text: Substring) -> ([PAMReturn: PAMAction], PAMAction)? {
        var actions: [PAMReturn: PAMAction] = [:]
        var otherwise: PAMAction?
        var rest = Array(text.utf8)[...]
        func skipBlanks() { rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) } }
        func take(_ word: String) -> Bool {
            guard rest.starts(with: word.utf8) else { return false }
            rest = rest.dropFirst(word.utf8.count)
            return true
        }
        while true {
            skipBlanks()
            if rest.isEmpty { return (actions, otherwise ?? .bad) }
            let value = PAMReturn.allCases.first { take($0.rawValue) }
            guard value != nil || take("default") else { return nil }
            skipBlanks()
            guard take("=") else { return nil }
            skipBlanks()
            guard let action = action(&rest) else { return nil }
            // "default" fills what is not set yet, so a later name still counts and an earlier "default" wins.
            if let value {
                actions[value] = action
            } else if otherwise == nil {
                otherwise = action
            }
        }
    }

    private static func action(_ rest: inout ArraySlice<UInt8>) -> PAMAction? {
        let names: [(String, PAMAction)] = [
            ("ignore", .ignore), ("ok", .ok), ("done", .done), ("bad", .bad), ("die", .die), ("reset", .reset),
        ]
        for (name, action) in names where rest.starts(with: name.utf8) {
            rest = rest.dropFirst(name.utf8.count)
            return action
        }
        var jump = 0
        while let byte = rest.first, (0x30...0x39).contains(byte) {
            jump = jump * 10 + Int(byte - 0x30)
            guard jump <= 1_000_000 else { return nil }
            rest = rest.dropFirst()
        }
        return jump > 0 ? .jump(jump) : nil
    }
}
