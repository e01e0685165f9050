internal import Database
internal import Identity
internal import Rulebook
internal import Vault

/// What the records of the trail say, taken one after the other.
struct TrailTally {
    /// What the trail knows of an account.
    struct History {
        /// How it came to be, where its creation stands in the trail.
        var creation: String
        var state = Account.State.active
        /// Names of its roles, in order.
        var roles: [String]
        /// The party it acts for; empty for none.
        var party: String
    }

    private(set) var accounts: [String: History] = [:]
    private(set) var sessions: Set<String> = []
    private(set) var (begun, begunWithoutPlace, refused, locked) = (0, 0, 0, 0)
    private(set) var (records, complete, inUTC) = (0, 0, 0)
    private(set) var actions: Set<String> = []
    private(set) var first: TrailRecord?
    private(set) var newest: TrailRecord?
    private(set) var start: TrailRecord?
    private(set) var stop: TrailRecord?
    private(set) var (backups, lastBackup): (Int, Int64?) = (0, nil)

    /// Names for which an account was asked, by request; those that a second person agreed to; those made alone.
    private var asked: [String: String] = [:]
    private var agreed: Set<String> = []
    private var alone: Set<String> = []
    private var hasSignIn = false

    /// Takes a record.
    mutating func add(_ record: TrailRecord) {
        records += 1
        if first == nil { first = record }
        newest = record
        actions.insert(record.entry.action)
        if isComplete(record) { complete += 1 }
        if UTCTime.text(record.occurred).hasSuffix("Z") { inUTC += 1 }
        guard record.entry.result != .failed else { return }
        switch record.entry.action {
        case "sign-in.done": hasSignIn = true
        case "sign-in.refuse": refused += 1
        case "lockout.lock": locked += 1
        case "session.begin": begin(record)
        case "data.backup": (backups, lastBackup) = (backups + 1, record.occurred)
        case PlatformDiary.Action.start.rawValue: (start, stop) = (record, nil)
        case PlatformDiary.Action.stop.rawValue: stop = record
        default:
            if record.entry.action.hasPrefix("request.") { follow(request: record) }
            if record.entry.action.hasPrefix("account.") { follow(account: record) }
        }
    }

    /// Kind, time and object are always there; who, and from where, depends on how somebody acts: at the machine and by itself the program is in
    /// its own place.
    private func isComplete(_ record: TrailRecord) -> Bool {
        let actor = record.actor
        guard record.occurred > 0, !record.entry.action.isEmpty, !record.entry.object.kind.isEmpty else { return false }
        switch actor.kind {
        case .account, .agent: return !actor.id.isEmpty && !actor.name.isEmpty && actor.address != nil
        case .anonymous: return actor.address != nil
        case .system, .console: return !actor.id.isEmpty
        }
    }

    private mutating func begin(_ record: TrailRecord) {
        begun += 1
        if record.actor.address == nil { begunWithoutPlace += 1 }
        if let reference = record.entry.details["session"] { sessions.insert(reference) }
    }

    private mutating func follow(request record: TrailRecord) {
        let id = record.entry.object.id
        let isCreation = record.entry.details["permission"] == Permission.accountsCreate.rawValue
        switch record.entry.action {
        case "request.ask" where isCreation: asked[id] = record.entry.details["object"]
        case "request.approve" where isCreation: if let name = record.entry.details["object"] { agreed.insert(name) }
        case "request.alone": if let name = asked[id] { alone.insert(name) }
        default: break
        }
    }

    private mutating func follow(account record: TrailRecord) {
        let id = record.entry.object.id
        switch record.entry.action {
        case "account.create":
            let name = record.entry.details["name"] ?? ""
            let isSetUp = record.actor.kind == .anonymous && record.entry.reason == "setup" && !hasSignIn
            let creation = isSetUp ? "set-up" : agreed.contains(name) ? "approved" : alone.contains(name) ? "alone" : "unapproved"
            accounts[id] = History(
                creation: creation, roles: Self.roles(record.entry.details["roles"]),
                party: record.entry.details["party"] ?? "")
        case "account.roles":
            accounts[id]?.roles = Self.roles(record.entry.details["after"])
            // Named only where it changed.
            if let party = record.entry.details["party-after"] { accounts[id]?.party = party }
        case "account.disable": accounts[id]?.state = .disabled
        case "account.enable", "account.rescue": accounts[id]?.state = .active
        case "account.remove": accounts[id]?.state = .removed
        default: break
        }
    }

    private static func roles(_ text: String?) -> [String] { (text ?? "").split(separator: " ").map(String.init).sorted() }
}
