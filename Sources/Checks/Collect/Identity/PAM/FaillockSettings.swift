internal import Documents

/// What one call of a failure-counting module works with: its arguments, its file, its defaults, in this order.
struct LockoutSettings: Sendable {
    var deny: Origin<Int>
    var unlockTime: Origin<Int>
    var failInterval: Origin<Int>?
    var evenDenyRoot: Origin<Bool>
    var rootUnlockTime: Origin<Int>?
    /// Where the failures are kept; calls with different folders do not see each other's counts.
    var folder: String

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
        if settings.rootUnlockTime == nil { settings.rootUnlockTime = settings.unlockTime }
        return settings
    }

    private static func file(_ own: String?, _ probe: Probe) -> TextFile? {
        if let own { return probe.file(own) }
        if let file = probe.file(usualFile) { return file }
        return probe.exists(usualFile) ? nil : probe.file("/usr/etc/security/faillock.conf")
    }

    private mutating func apply(_ name: String, _ value: String, _ from: String) {
        // A value that is no number keeps what was there, as in the module.
        func time() -> Int? {
            value == "never" ? 0 : value.leadingNumber.flatMap { (0...Self.timeLimit).contains($0) ? $0 : nil }
        }
        switch name {
        case "deny": if let number = value.leadingNumber, number >= 0 { deny = Origin(number & 0xFFFF, from) }
        case "unlock_time": if let seconds = time() { unlockTime = Origin(seconds, from) }
        case "root_unlock_time": if let seconds = time() { rootUnlockTime = Origin(seconds, from) }
        case "fail_interval": if value != "never", let seconds = time() { failInterval = Origin(seconds, from) }
        case "even_deny_root": evenDenyRoot = Origin(true, from)
        case "dir": if value.hasPrefix("/") { folder = value }
        default: break
        }
    }

    /// Settings of pam_tally2 and pam_tally, which have arguments only.
    static func tally(_ entry: PAMEntry) -> LockoutSettings {
        let assumed = "default of \(entry.name)"
        func number(_ key: String) -> Origin<Int>? {
            entry.value(key)?.leadingNumber.flatMap { $0 >= 0 ? Origin($0, entry.from) : nil }
        }
        let root = number("root_unlock_time")
        let deniesRoot = root != nil || entry.has("even_deny_root") || entry.has("even_deny_root_account")
        return LockoutSettings(
            deny: number("deny") ?? Origin(0, assumed), unlockTime: number("unlock_time") ?? Origin(0, assumed),
            failInterval: nil,
            evenDenyRoot: Origin(deniesRoot, deniesRoot ? entry.from : assumed),
            rootUnlockTime: root ?? number("unlock_time") ?? Origin(0, assumed),
            folder: entry.value("file") ?? "/var/log/tallylog")
    }

    /// The laxer of two calls' settings, value by value: the weakest call is what an attacker meets.
    func laxer(_ other: LockoutSettings) -> LockoutSettings {
        // deny 0 never locks; unlock_time 0 never unlocks.
        func weaker(_ left: Int, _ right: Int) -> Bool { left == 0 || (right != 0 && left > right) }
        func shorter(_ left: Origin<Int>, _ right: Origin<Int>) -> Origin<Int> {
            if left.value == 0 { return right }
            return right.value == 0 || left.value <= right.value ? left : right
        }
        var result = self
        if weaker(other.deny.value, deny.value) { result.deny = other.deny }
        result.unlockTime = shorter(unlockTime, other.unlockTime)
        if let mine = failInterval, let theirs = other.failInterval, theirs.value < mine.value { result.failInterval = theirs }
        if !other.evenDenyRoot.value { result.evenDenyRoot = evenDenyRoot.value ? other.evenDenyRoot : evenDenyRoot }
        if let mine = rootUnlockTime, let theirs = other.rootUnlockTime { result.rootUnlockTime = shorter(mine, theirs) }
        return result
    }
}
