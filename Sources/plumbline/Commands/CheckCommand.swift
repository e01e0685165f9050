internal import ArgumentParser
internal import Assessment
internal import Checks
internal import Database
internal import Documents
internal import Glibc
internal import Identity
internal import Reports
internal import Rulebook
internal import SelfCheck
internal import Server

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Collect this host's settings, judge every clause that binds, print the verdicts.",
        discussion: """
            Reads only. As root everything is seen; as an ordinary user the gaps are shown and their clauses are undetermined, never passed.

            EXAMPLES
              plumbline check
              plumbline check --clause cnfa-6.5
              plumbline check --profile firm.yaml --format html -o today.html
              plumbline check --self --data /srv/plumbline          Plumbline itself: its accounts, trail, keys, certificate
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var firm: FirmOptions
    @OptionGroup var output: OutputOptions

    @Option(name: .customLong("save-facts"), help: ArgumentHelp("Also write the collected facts to a file.", valueName: "file"))
    var saveFacts: String?

    @Flag(name: .customLong("no-questions"), help: "Never ask; assume the strictest where nothing is known.")
    var noQuestions = false

    @Flag(name: .customLong("self"), help: "Judge Plumbline itself by its data directory, whether a server runs on it or not.")
    var isSelf = false

    @Option(help: ArgumentHelp("The data directory of --self; var/plumbline when left out.", valueName: "dir"))
    var data: String?

    func validate() throws {
        guard isSelf || data == nil else { throw ValidationError("--data goes with --self") }
    }

    func run() async throws {
        guard !isSelf else { return try checkSelf() }
        let wording = try common.wording()
        let rulebook = try common.rulebook()
        try output.checkClause(rulebook)
        let library = try common.library(rulebook)
        let records = try firm.readRecords(rulebook)
        let given = try firm.readProfile(rulebook)
        let host = Host.live()
        let facts = try await collect(host, wording)
        if let saveFacts { try DocumentFile.write(facts.bytes, to: saveFacts) }
        var profile = try given ?? interview(rulebook, host: facts.host, wording)
        if profile.systems.isEmpty {
            profile.systems = [SystemProfile(id: facts.host, name: facts.host, hosts: [facts.host], facts: [:])]
        }
        var judging = Judging(rulebook: rulebook, library: library, profile: profile, facts: [facts], records: records)
        _ = judging.adoptHosts()
        judging.profile.assumeStrict(rulebook)
        try RecordReader.check(records, against: judging.profile)
        let report = judging.report(at: facts.collected, clause: output.clause, wording: wording)
        try output.write(report)
        throw ExitCode(report.assessment.exitStatus)
    }

    /// Judges the platform as a system of its firm.
    private func checkSelf() throws {
        let wording = try common.wording()
        let rulebook = try common.rulebook()
        try output.checkClause(rulebook)
        let records = try firm.readRecords(rulebook)
        let given = try firm.readProfile(rulebook)
        let profile = PlatformProfile.make(rulebook, firm: given)
        // The firm's records may speak of its other systems too.
        var everything = given ?? profile
        if !everything.systems.contains(where: { $0.id == PlatformCollector.name }) { everything.systems += profile.systems }
        try RecordReader.check(records, against: everything)
        let library = try common.library(rulebook, facts: FactSchema.plumbline)
        let collector: PlatformCollector
        do {
            collector = try PlatformCollector(
                data ?? "var/plumbline", policy: try PolicyReader.shipped(rulebook), roles: try RoleReader.shipped(),
                transport: PlatformServer.transport, version: Plumbline.version)
        } catch let error as StorageError {
            Terminal.complain("plumbline: \(error)")
            throw ExitCode(error.exitStatus)
        }
        let facts = try collector.collect()
        if let saveFacts { try DocumentFile.write(facts.bytes, to: saveFacts) }
        let judging = Judging(rulebook: rulebook, library: library, profile: profile, facts: [facts], records: records)
        let report = judging.report(at: facts.collected, clause: output.clause, wording: wording)
        try output.write(report)
        throw ExitCode(report.assessment.exitStatus)
    }

    private func collect(_ host: Host, _ wording: Wording) async throws -> HostFacts {
        let line = ProgressLine()
        let facts = try await Collector(host, version: Plumbline.version).collect { step in
            line.show(wording("progress.collect", ["done": String(step.done), "total": String(step.total), "group": step.group]))
        }
        line.clear()
        return facts
    }

    /// The few questions of the first minute, when a person sits there; else the strictest profile.
    private func interview(_ rulebook: Rulebook, host: String, _ wording: Wording) throws(DocumentError) -> Profile {
        guard !noQuestions, Terminal.isPerson(0), Terminal.isPerson(2) else { return Profile.strictest(rulebook, host: host) }
        return try Interview(rulebook: rulebook, wording: wording, host: host).run()
    }
}

struct CollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Collect a host's settings into a facts file, reading only.",
        discussion: """
            The file is plain JSON, sorted, one value a line: inspect it before you pass it on. It never holds password hashes, key material or \
            secrets found in configuration files.

            EXAMPLES
              plumbline collect -o facts.json
              plumbline collect --root /mnt/image -o image.json     a mounted file system: files only, no commands, no ports
              plumbline collect --only pam,accounts
            """)

    @Option(help: ArgumentHelp("Language: zh-TW or en.", valueName: "language"))
    var lang: Language?

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to; standard output when left out.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Look at the file system mounted here instead of this host.", valueName: "folder"))
    var root = "/"

    @Option(help: ArgumentHelp("Only these groups, separated by commas.", valueName: "groups"))
    var only: String?

    func run() async throws {
        let wording = try Wording.shipped(lang ?? Terminal.language)
        let collector = Collector(Host.live(root: root), version: Plumbline.version)
        let wanted = only.map { Set($0.split(separator: ",").map { $0.trimmed }) }
        if let unknown = wanted?.subtracting(collector.groups).sorted().first {
            throw ValidationError(
                "there is no group \"\(unknown.clipped)\"; there are: \(collector.groups.sorted().joined(separator: ", "))")
        }
        if wanted?.isEmpty == true { throw ValidationError("--only: no group is named") }
        guard FolderListing.isFolder(root) else { throw ValidationError("\(root.clipped) is not a folder") }
        let line = ProgressLine()
        let facts = try await collector.collect(only: wanted) { step in
            line.show(wording("progress.collect", ["done": String(step.done), "total": String(step.total), "group": step.group]))
        }
        line.clear()
        guard let output else { return Terminal.write(facts.bytes) }
        try DocumentFile.write(facts.bytes, to: output)
    }
}

struct AssessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assess",
        abstract: "Judge facts files collected before, of one or many hosts.",
        discussion: """
            Facts older than the profile's facts_max_age (a week unless set) are stale: what rests on them is undetermined. Use --at to judge as \
            of an earlier instant.

            EXAMPLES
              plumbline assess --facts web1.json --facts db1.json --profile firm.yaml
              plumbline assess --facts old.json --at 2026-06-30T16:00:00Z
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var firm: FirmOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("A facts file (may be given several times).", valueName: "file"))
    var facts: [String] = []

    @Option(help: ArgumentHelp("The instant as of which is judged (RFC 3339); now when left out.", valueName: "instant"))
    var at: String?

    func validate() throws {
        if facts.isEmpty, firm.profile == nil { throw ValidationError("give at least one --facts file, or a --profile") }
        if let at, Instant(at) == nil {
            throw ValidationError("--at: \"\(at.clipped)\" is not an instant such as 2026-11-20T16:00:00Z")
        }
    }

    func run() throws {
        let wording = try common.wording()
        let rulebook = try common.rulebook()
        try output.checkClause(rulebook)
        let library = try common.library(rulebook)
        let records = try firm.readRecords(rulebook)
        let given = try firm.readProfile(rulebook)
        var read: [HostFacts] = []
        for path in facts { read.append(try FactsFile.read(path)) }
        let profile = given ?? Profile(name: "", firm: [:], systems: [])
        var judging = Judging(rulebook: rulebook, library: library, profile: profile, facts: read, records: records)
        let strays = judging.adoptHosts()
        if given != nil, !strays.isEmpty {
            Terminal.complain(
                "plumbline: no system of the profile names these hosts, so each is judged as a system of its own at its strictest: \(strays.joined(separator: ", "))"
            )
        }
        judging.profile.assumeStrict(rulebook)
        try RecordReader.check(records, against: judging.profile)
        let report = judging.report(at: at.flatMap { Instant($0) } ?? Terminal.now, clause: output.clause, wording: wording)
        try output.write(report)
        throw ExitCode(report.assessment.exitStatus)
    }
}

extension Substring {
    /// Without spaces at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
