internal import Documents

/// Whether a service really locks accounts after failures: the counting module's settings, and two simulated logins.
struct LockoutFacts {
    private let service: PAMService
    private let probe: Probe
    private let calls: [PAMEntry]
    private let settings: [String: LockoutSettings]

    init(_ service: PAMService, _ probe: Probe) {
        self.service = service
        self.probe = probe
        calls = service.modules(.auth).filter { PAMModules.counting.contains($0.name) }
        var settings: [String: LockoutSettings] = [:]
        for call in calls {
            settings[call.from] =
                call.name == "pam_faillock" ? LockoutSettings.faillock(call, probe) : LockoutSettings.tally(call, probe)
        }
        self.settings = settings
    }

    /// The facts under `lockout`.
    var node: Node {
        guard let first = calls.first else {
            return .object([("present", false), ("counts_failures", false), ("refuses_locked", false)])
        }
        let known = calls.compactMap { settings[$0.from] }
        let effective = known.count == calls.count ? known.dropFirst().reduce(known.first) { $0?.laxer($1) } : nil
        func number(_ origin: Origin<Int>?) -> Node? { origin.map { setting(.integer($0.value), from: $0.from) } }
        return .object([
            ("present", true), ("module", .text(first.module)),
            // Without its settings a call may fail, see another folder or never lock.
            ("counts_failures", effective.flatMap { _ in countsFailures }.map { .bool($0) }),
            ("refuses_locked", effective.flatMap { _ in refusesLocked }.map { .bool($0) }),
            ("deny", number(effective?.deny)), ("unlock_time", number(effective?.unlockTime)),
            ("fail_interval", number(effective?.failInterval)),
            ("even_deny_root", effective.map { setting(.bool($0.evenDenyRoot.value), from: $0.evenDenyRoot.from) }),
            ("root_unlock_time", number(effective?.rootUnlockTime)), ("from", .text(first.from)),
        ])
    }

    /// pam_faillock's part in a call; without an argument it is "preauth".
    private static func action(_ call: PAMEntry) -> String {
        call.arguments.last { ["preauth", "authfail", "authsucc"].contains($0) } ?? "preauth"
    }

    private static func isCounter(_ call: PAMEntry) -> Bool { call.name != "pam_faillock" || action(call) == "authfail" }

    /// A wrong password is given: in every course in which a password module looks at it, is the failure counted?
    var countsFailures: Bool? {
        let stack = service.stack(.auth)
        let outcomes = PAMCourses.outcomes(stack) { entry in
            if PAMModules.password.contains(entry.name) { return .certain(.authErr) }
            if PAMModules.counting.contains(entry.name) {
                return .certain(entry.name == "pam_faillock" && Self.action(entry) == "authfail" ? .ignore : .success)
            }
            return PAMModules.ordinary(entry, service: service.name)
        }
        guard let outcomes else { return undecided }
        let guesses = outcomes.filter { outcome in outcome.called.contains { Self.checksPassword(stack[$0]) } }
        return !guesses.isEmpty
            && guesses.allSatisfy { outcome in
                outcome.called.contains {
                    stack[$0].kind == .module && PAMModules.counting.contains(stack[$0].name) && Self.isCounter(stack[$0])
                }
            }
    }

    private static func checksPassword(_ entry: PAMEntry) -> Bool {
        entry.kind == .module && PAMModules.password.contains(entry.name)
    }

    /// The account is locked and the password is right: is the login refused in every course?
    ///
    /// Neither pam_faillock nor pam_tally2 refuses in `account`: there they only clear the count. So auth alone decides.
    /// Where members of an `admin_group` count as root, both they and everybody else have to be refused.
    var refusesLocked: Bool? {
        let worlds = settings.values.contains { $0.sparesAdmins } ? [false, true] : [false]
        var refuses = true
        for isAdmin in worlds {
            guard let outcomes = lockedCourses(isAdmin: isAdmin) else { return undecided }
            refuses = refuses && outcomes.allSatisfy { !$0.isSuccess }
        }
        return refuses
    }

    private func lockedCourses(isAdmin: Bool) -> [PAMSimulator.Outcome]? {
        let counted = Set(calls.filter(Self.isCounter).compactMap { settings[$0.from]?.folder })
        return PAMCourses.outcomes(service.stack(.auth)) { entry in
            guard PAMModules.counting.contains(entry.name) else { return PAMModules.ordinary(entry, service: service.name) }
            guard let settings = settings[entry.from] else { return .either }
            let locks = settings.deny.value > 0 && !(isAdmin && settings.sparesAdmins)
            let seesLock = locks && (counted.isEmpty || counted.contains(settings.folder))
            if seesLock { return .certain(.authErr) }
            return .certain(entry.name == "pam_faillock" && Self.action(entry) == "authfail" ? .ignore : .success)
        }
    }

    private var undecided: Bool? {
        probe.gap("pam service \(service.name.clipped)", "too many modules of unknown effect in auth to foresee the lockout")
        return nil
    }
}
