import Documents
import Testing

@testable import Assessment
@testable import Checks
@testable import Rulebook

/// The PAM files of a stock Debian 12 host, in our own words of comment, with the lines that count.
private enum DebianPAM {
    static let auth = """
        auth\t[success=1 default=ignore]\tpam_unix.so nullok
        auth\trequisite\t\t\tpam_deny.so
        auth\trequired\t\t\tpam_permit.so
        """
    static let account = """
        account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so
        account\trequisite\t\t\tpam_deny.so
        account\trequired\t\t\tpam_permit.so
        """
    static let password =
        "password\t[success=1 default=ignore]\tpam_unix.so obscure yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n"
    static let session =
        "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\nsession required pam_unix.so\n"
    static let login =
        "auth optional pam_faildelay.so delay=3000000\nauth requisite pam_nologin.so\n@include common-auth\n@include common-account\n@include common-session\n@include common-password\n"
    static let su = "auth sufficient pam_rootok.so\n@include common-auth\n@include common-account\n@include common-session\n"
    static let sshd =
        "@include common-auth\naccount required pam_nologin.so\n@include common-account\n@include common-session\n@include common-password\n"

    /// The file as the package ships it: every setting is a comment.
    static let faillockConf = "# Configuration for locking the user after multiple failed\n# deny = 3\n# unlock_time = 600\n"

    static func files(auth: String = DebianPAM.auth, account: String = DebianPAM.account, conf: String = faillockConf) -> [String:
        String]
    {
        [
            "/etc/pam.d/common-auth": auth, "/etc/pam.d/common-account": account, "/etc/pam.d/common-password": password,
            "/etc/pam.d/common-session": session, "/etc/pam.d/login": login, "/etc/pam.d/su": su, "/etc/pam.d/sshd": sshd,
            "/etc/pam.d/other": "@include common-auth\n@include common-account\n", "/etc/security/faillock.conf": conf,
            "/etc/hostname": "db1\n",
            "/etc/os-release": "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "/etc/login.defs": "ENCRYPT_METHOD YESCRYPT\n",
        ]
    }

    /// The layout that the module's manual gives for Debian-like stacks.
    static func locked(arguments: String = "") -> [String: String] {
        files(
            auth: """
                auth required pam_faillock.so preauth \(arguments)
                auth [success=1 default=ignore] pam_unix.so nullok
                auth [default=die] pam_faillock.so authfail \(arguments)
                auth sufficient pam_faillock.so authsucc \(arguments)
                auth requisite pam_deny.so
                auth required pam_permit.so
                """,
            account: "account required pam_faillock.so\n" + account)
    }
}

@Suite("cnfa-6.5 on real PAM stacks, from files to verdict")
struct LockoutOnRealStacksTests {
    private func judge(_ files: [String: String], overrides: String = "") async throws -> Trace {
        let rulebook = try ShippedFiles.rulebook()
        let library = try CheckLibrary.load(rulebook: rulebook)
        let facts = try await Collector(Self.host(files), version: "test").collect(only: ["pam", "sshd", "sudo", "login_defs"])
        var profile = Profile.strictest(rulebook, host: facts.host)
        if !overrides.isEmpty {
            let text = "schema: plumbline.profile/1\nname: x\nsystems: [{id: db1, hosts: [db1]}]\n\(overrides)\n"
            profile = try ProfileReader.read(try YAMLReader.read(Array(text.utf8)), rulebook: rulebook, origin: "x")
            profile.assumeStrict(rulebook)
        }
        let day = facts.collected.date(in: .taipei)
        let obligations = ObligationSet(rulebook, table: ScopeTable(rulebook), profile: profile, asOf: day)
        let evidence = FirmEvidence(facts: [facts], profile: profile, obligations: obligations, library: library, records: [])
        let assessment = Judge(rulebook, checks: library.checks).assess(
            obligations, evidence: evidence, policy: Judge.Terms(profile.policy), at: facts.collected)
        let index = try #require(rulebook.index(of: "cnfa-6.5"))
        return assessment.trace(of: try #require(assessment.judgements(of: index).first))
    }

    /// A host made of texts, without commands.
    private static func host(_ files: [String: String]) -> Host {
        func folder(_ path: String) -> Bool { files.keys.contains { $0.hasPrefix(path.hasSuffix("/") ? path : path + "/") } }
        let now = Instant(seconds: 1_795_132_800)
        @Sendable func status(_ path: String) -> Result<HostStatus, AccessFailure> {
            if let text = files[path] {
                return .success(HostStatus(kind: .file, mode: 0o644, size: text.utf8.count, modified: now))
            }
            return files.keys.contains { $0.hasPrefix(path + "/") }
                ? .success(HostStatus(kind: .directory, mode: 0o755)) : .failure(.absent)
        }
        @Sendable func read(_ path: String) -> Result<HostFile, AccessFailure> {
            guard let text = files[path], case .success(let status) = status(path) else { return .failure(.absent) }
            return .success(HostFile(bytes: Array(text.utf8), status: status))
        }
        return Host(
            read: { path, _ in read(path) }, readEnd: { path, _ in read(path) },
            list: { path in
                let names = files.keys.filter { $0.hasPrefix(path + "/") }.compactMap {
                    $0.dropFirst(path.count + 1).split(separator: "/").first
                }
                return names.isEmpty ? .failure(.absent) : .success(Set(names.map(String.init)).sorted())
            },
            status: status, linkTarget: { _ in nil }, volume: { _ in nil }, run: { _, _ in .notFound },
            exchange: { _, _, _, _, _ in nil },
            now: { now }, user: 0, isLive: true)
    }

    private func findings(_ trace: Trace) -> String {
        trace.requirements.flatMap(\.observations).compactMap(\.outcome).flatMap(\.evaluation.findings).map(\.description).joined(
            separator: "\n")
    }

    @Test("Stock: the configuration file is there, but no stack calls the module")
    func stock() async throws {
        let trace = try await judge(DebianPAM.files())
        #expect(trace.judgement.verdict == .nonCompliant)
        #expect(findings(trace).contains("pam.services[login].lockout.present = false"))
        let context = trace.requirements.flatMap(\.observations).compactMap(\.outcome).flatMap(\.context).map(\.path)
        #expect(context.contains("pam.faillock_conf.present"))
    }

    @Test("A filled-in configuration file alone changes nothing")
    func configurationAlone() async throws {
        let trace = try await judge(DebianPAM.files(conf: "deny = 3\nunlock_time = 900\n"))
        #expect(trace.judgement.verdict == .nonCompliant)
    }

    @Test(
        "With the module in the stacks",
        arguments: [
            ("deny = 3\nunlock_time = 900\n", "", Verdict.compliant, ""),
            ("deny = 1\nunlock_time = 0\n", "", .compliant, ""),
            ("deny = 5\nunlock_time = 900\n", "", .nonCompliant, "deny = 5"),
            ("deny = 3\nunlock_time = 600\n", "", .nonCompliant, "unlock_time = 600"),
            ("deny = 3\n", "", .nonCompliant, "unlock_time = 600"),
            ("deny = 3\nunlock_time = 899\n", "", .nonCompliant, "unlock_time = 899"),
            ("deny = 4\nunlock_time = 900\n", "", .nonCompliant, "deny = 4"),
            ("deny = 0\nunlock_time = 900\n", "", .nonCompliant, "deny = 0"),
            ("deny = 9\nunlock_time = 60\n", "deny=3 unlock_time=900", .compliant, ""),
            ("deny = 3\nunlock_time = 900\n", "deny=5", .nonCompliant, "deny = 5"),
        ])
    func configured(conf: String, arguments: String, verdict: Verdict, because: String) async throws {
        var files = DebianPAM.locked(arguments: arguments)
        files["/etc/security/faillock.conf"] = conf
        let trace = try await judge(files)
        #expect(trace.judgement.verdict == verdict, "\(findings(trace))")
        if !because.isEmpty {
            #expect(findings(trace).contains(because))
            #expect(findings(trace).contains("cnfa-6.5."), "the limit is named")
        }
    }

    @Test("One service that leaves the common stack is enough to fail")
    func oneService() async throws {
        var files = DebianPAM.locked(arguments: "deny=3 unlock_time=900")
        files["/etc/pam.d/sshd"] = "auth required pam_unix.so\naccount required pam_unix.so\n"
        let trace = try await judge(files)
        #expect(trace.judgement.verdict == .nonCompliant)
        #expect(findings(trace).contains("pam.services[sshd].lockout.present = false"))
        #expect(!findings(trace).contains("services[login].lockout.present = false"))
    }

    @Test("The firm's own stricter number is the limit; a waiver is the limit until it expires")
    func overrides() async throws {
        let files = DebianPAM.locked(arguments: "deny=3 unlock_time=900")
        #expect(try await judge(files, overrides: "overrides: {cnfa-6.5.lock_threshold: 2}").judgement.verdict == .nonCompliant)
        let loose = DebianPAM.locked(arguments: "deny=5 unlock_time=900")
        func waiver(_ day: String) -> String {
            "waivers: [{parameter: cnfa-6.5.lock_threshold, value: 5, owner: a, approver: b, reason: c, expires: \"\(day)\"}]"
        }
        #expect(try await judge(loose, overrides: waiver("2026-12-31")).judgement.verdict == .compliant)
        #expect(try await judge(loose, overrides: waiver("2026-11-19")).judgement.verdict == .nonCompliant)
    }
}
