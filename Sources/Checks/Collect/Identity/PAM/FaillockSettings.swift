internal import Documents

/// What one call of a failure-counting module works with: its arguments, its file, its defaults, in this order.
struct LockoutSettings: Sendable {
    var deny: Origin<Int>
    /// nil when the value that is written cannot be foretold; so for the other times.
    var unlockTime: Origin<Int>?
    var failInterval: Origin<Int>?
    var evenDenyRoot: Origin<Bool>
    var rootUnlockTime: Origin<Int>?
    /// Whether members of a group count as root.
    var hasAdmins = false
    /// Where the failures are kept; calls with different folders do not see each other's counts.
    var folder: String
    /// Times whose value cannot be foretold: name, and where it is written.
    private var unclear: [String: String] = [:]

    /// Longest time the modules accept: one week.
    private static let timeLimit = 604_800

    /// The usual file of pam_faillock.
    static let usualFile = "/etc/security/faillock.conf"

    /// Settings of pam_faillock: with the call's arguments, or of the file alone.
    ///
    /// - Returns: nil when a `conf=` file cannot be read: the module then fails.
    static func faillock(_ entry: PAMEntry?, _ probe: Probe) -> LockoutSettings? {
        let assumed = "default of pam_faillock"
        var settings = LockoutSettings(
            deny: Origin(3, assumed), unlockTime: Origin(600, assumed), failInterval: Origin(900, assumed),
            evenDenyRoot: Origin(false, assumed), rootUnlockTime: nil, folder: "/var/run/faillock")
        let own = entry?.value("conf")
        if let file = file(own, probe) {
            for option in OptionLine.all(in: file) { settings.apply(option.name, option.value, file.from(option.line)) }
        } else if own != nil || probe.exists(usualFile) {
            if let own, !probe.exists(own) { probe.gap(own.clipped, "named by conf= in \(entry?.from ?? ""), but not there") }
            return nil
        }
        for argument in entry?.arguments ?? [] {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            settings.apply(String(parts[0]), parts.count > 1 ? String(parts[1]) : "", entry?.from ?? "")
        }
        settings.settle(probe)
        return settings
    }

    /// Whether administrators, other than root, are never locked.
    var sparesAdmins: Bool { hasAdmins && !evenDenyRoot.value }

    /// Leaves out the times that are unclear; root's time is everybody's when it is not set, and is an administrator's too.
    private mutating func settle(_ probe: Probe) {
        if unclear["unlock_time"] != nil { unlockTime = nil }
        if unclear["fail_interval"] != nil { failInterval = nil }
        if unclear["root_unlock_time"] != nil { rootUnlockTime = nil } else { rootUnlockTime = rootUnlockTime ?? unlockTime }
        if hasAdmins, evenDenyRoot.value { unlockTime = Self.shorter(unlockTime, rootUnlockTime) }
        for (name, from) in unclear.sorted(by: { $0.key < $1.key }) {
            probe.gap(from, "what pam_faillock makes of this \(name) cannot be foretold")
        }
    }

    private static func file(_ own: String?, _ probe: Probe) -> TextFile? {
        if let own { return probe.file(own) }
        if let file = probe.file(usualFile) { return file }
        return probe.exists(usualFile) ? nil : probe.file("/usr/etc/security/faillock.conf")
    }

    private mutating func apply(_ name: String, _ value: String, _ from: String) {
        // A value without digits, or above the limit, keeps what was there, as in the module.
        func time(_ current: Origin<Int>?, never: Bool) -> Origin<Int>? {
            if never, value == "never" {
                unclear[name] = nil
                return Origin(0, from)
            }
            guard let scanned = ScannedNumber(value) else { return current }
            guard let seconds = scanned.plain else {
                // A sign or more than 32 bits: how it wraps depends on the machine, and it may wrap to something that looks right.
                unclear[name] = from
                return current
            }
            guard seconds <= Self.timeLimit else { return current }
            unclear[name] = nil
            return Origin(seconds, from)
        }
        switch name {
        case "deny": if let scanned = ScannedNumber(value) { deny = Origin(scanned.short, from) }
        case "unlock_time": unlockTime = time(unlockTime, never: true)
        case "root_unlock_time": rootUnlockTime = time(rootUnlockTime, never: true)
        case "fail_interval": failInterval = time(failInterval, never: false)
        // An empty name is no group; a name without a group is taken for one: who is in it may stand in a directory.
        case "admin_group": hasAdmins = !value.isEmpty
        case "even_deny_root": evenDenyRoot = Origin(true, from)
        case "dir": if value.hasPrefix("/") { folder = value }
        default: break
        }
    }

    /// Settings of pam_tally2 and pam_tally, which have arguments only.
    ///
    /// - Returns: nil when a number cannot be foretold: the module gives up at one that it cannot read, and 0 would mean "for ever".
    static func tally(_ entry: PAMEntry, _ probe: Probe) -> LockoutSettings? {
        let assumed = "default of \(entry.name)"
        var numbers: [String: Origin<Int>] = [:]
        for key in ["deny", "unlock_time", "root_unlock_time"] {
            guard let value = entry.value(key) else { continue }
            let scanned = ScannedNumber(value)
            guard let number = key == "deny" ? scanned?.short : scanned?.plain else {
                probe.gap(entry.from, "what \(entry.name) makes of this \(key) cannot be foretold")
                return nil
            }
            numbers[key] = Origin(number, entry.from)
        }
        let root = numbers["root_unlock_time"]
        let deniesRoot = root != nil || entry.has("even_deny_root") || entry.has("even_deny_root_account")
        let unlockTime = numbers["unlock_time"] ?? Origin(0, assumed)
        return LockoutSettings(
            deny: numbers["deny"] ?? Origin(0, assumed), unlockTime: unlockTime, failInterval: nil,
            evenDenyRoot: Origin(deniesRoot, deniesRoot ? entry.from : assumed), rootUnlockTime: root ?? unlockTime,
            folder: entry.value("file") ?? "/var/log/tallylog")
    }

    /// The laxer of two calls' settings, value by value: the weakest call is what an attacker meets.
    func laxer(_ other: LockoutSettings) -> LockoutSettings {
        // deny 0 never locks; unlock_time 0 never unlocks.
        func weaker(_ left: Int, _ right: Int) -> Bool { left == 0 || (right != 0 && left > right) }
        var result = self
        if weaker(other.deny.value, deny.value) { result.deny = other.deny }
        result.unlockTime = Self.shorter(unlockTime, other.unlockTime)
        result.failInterval = nil
        if let mine = failInterval, let theirs = other.failInterval {
            result.failInterval = theirs.value < mine.value ? theirs : mine
        }
        if !other.evenDenyRoot.value { result.evenDenyRoot = evenDenyRoot.value ? other.evenDenyRoot : evenDenyRoot }
        result.rootUnlockTime = Self.shorter(rootUnlockTime, other.rootUnlockTime)
        return result
    }

    /// The time after which an account opens sooner; nil when one is not known.
    private static func shorter(_ left: Origin<Int>?, _ right: Origin<Int>?) -> Origin<Int>? {
        guard let left, let right else { return nil }
        if left.value == 0 { return right }
        return right.value == 0 || left.value <= right.value ? left : right
    }
}

/// A number as C's sscanf reads it with an unsigned conversion: blanks, a sign, digits; what follows is not looked at.
struct ScannedNumber: Sendable, Equatable {
    /// The number in 64 bits: all ones when the digits do not fit, and wrapped when it is negative, as strtoul gives it.
    let wide: UInt64
    /// The number, when it is the same on every machine: not negative, and no more than 32 bits.
    let plain: Int?

    /// nil when there are no digits: the conversion fails and nothing is set.
    init?(_ text: some StringProtocol) {
        var digits = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        digits = digits.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        let size = UInt64(String(decoding: digits, as: UTF8.self))
        wide = size.map { isNegative ? 0 &- $0 : $0 } ?? .max
        plain = size.flatMap { !isNegative && $0 <= UInt64(UInt32.max) ? Int($0) : nil }
    }

    /// What `%hu` stores: the lower 16 bits.
    var short: Int { Int(wide & 0xFFFF) }
}
