internal import ArgumentParser
internal import Assessment
internal import Checks
internal import Documents
internal import Glibc
internal import Reports
internal import Rulebook

/// Options that every judging command shares: language, rules, checks, profile, records.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Language: zh-TW or en. Default: of the environment, else zh-TW.", valueName: "language"))
    var lang: Language?

    @Option(
        name: .customLong("rules"), help: ArgumentHelp("A further rule pack (may be given several times).", valueName: "file"))
    var rules: [String] = []

    @Option(
        name: .customLong("checks"),
        help: ArgumentHelp(
            "A further check pack, or a folder of them (may be given several times). /etc/plumbline/checks.d is always read.",
            valueName: "path"))
    var checks: [String] = []

    /// The language to speak.
    var language: Language { lang ?? Terminal.language }

    /// The words to use.
    func wording() throws(DocumentError) -> Wording { try Wording.shipped(language) }

    /// The rulebook: shipped packs and those given.
    func rulebook() throws(DocumentError) -> Rulebook { try ShippedFiles.rulebook(adding: rules) }

    /// The checks: shipped packs, those of /etc/plumbline/checks.d, and those given.
    func library(_ rulebook: Rulebook, facts: String = FactSchema.linux) throws(DocumentError) -> CheckLibrary {
        // The house folder may be missing; one that is there and cannot be read would silently judge with fewer checks.
        let house = "/etc/plumbline/checks.d"
        var files = FolderListing.exists(house) ? try FolderListing.yaml(in: house) : []
        for path in checks { files += try FolderListing.isFolder(path) ? FolderListing.yaml(in: path) : [path] }
        return try CheckLibrary.load(rulebook: rulebook, facts: facts, adding: files)
    }
}

/// Options that name the firm and what is known of it.
struct FirmOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The firm's profile (see Documentation/profiles.md).", valueName: "file"))
    var profile: String?

    @Option(help: ArgumentHelp("Records of duties and attestations (may be given several times).", valueName: "file"))
    var records: [String] = []

    func readRecords(_ rulebook: Rulebook) throws(DocumentError) -> [Record] {
        var all: [Record] = []
        for path in records { all += try RecordReader.read(try DocumentFile.document(path), rulebook: rulebook, origin: path) }
        return all
    }

    func readProfile(_ rulebook: Rulebook) throws(DocumentError) -> Profile? {
        guard let profile else { return nil }
        return try ProfileReader.read(try DocumentFile.document(profile), rulebook: rulebook, origin: profile)
    }
}

/// How a report is written.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, html
    }

    @Option(help: "text, json or html.")
    var format: Format = .text

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Only this clause, opened down to the fact and the file behind it.", valueName: "clause"))
    var clause: String?

    @Flag(help: "List clauses that do not apply, too.")
    var all = false

    func write(_ report: AssessmentReport) throws(DocumentError) {
        let bytes: [UInt8]
        switch format {
        case .text:
            let style = output == nil ? Terminal.style : TextStyle(isColoured: false, columns: 110)
            bytes = Array((clause == nil ? report.text(style, all: all) : report.clauseText(style)).utf8)
        case .json: bytes = CanonicalJSON.bytes(of: report.node)
        case .html: bytes = report.html(all: all)
        }
        guard let output else { return Terminal.write(bytes) }
        try DocumentFile.write(bytes, to: output, mode: 0o640)
    }

    func checkClause(_ rulebook: Rulebook) throws(ValidationError) {
        guard let clause, rulebook.clause(clause) == nil else { return }
        throw ValidationError("there is no clause \"\(clause.clipped)\"; `plumbline rulebook list` names them all")
    }
}

/// Reading facts files.
enum FactsFile {
    static func read(_ path: String) throws(DocumentError) -> HostFacts {
        let bytes = try DocumentFile.read(path, limit: DocumentLimits.collected.bytes)
        let node: Node
        do throws(DocumentError) { node = try JSONReader.read(bytes) } catch { throw error.inSource(path) }
        return try HostFacts(node, origin: path)
    }
}

/// Folders of packs.
enum FolderListing {
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// YAML files of a folder, by name.
    static func yaml(in folder: String) throws(DocumentError) -> [String] {
        switch Host.live().list(folder) {
        case .success(let names): return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.map { "\(folder)/\($0)" }
        case .failure(.absent): throw DocumentError(.notFound, source: folder, reason: "there is no such folder")
        case .failure(let failure): throw DocumentError(.unreadable, source: folder, reason: failure.words)
        }
    }
}

/// Judging as the commands do it: from a profile and facts to a report.
struct Judging {
    var rulebook: Rulebook
    var library: CheckLibrary
    var profile: Profile
    var facts: [HostFacts]
    var records: [Record]

    func report(at instant: Instant, clause: String?, wording: Wording) -> AssessmentReport {
        let day = instant.date(in: profile.policy.zone)
        let dated = profile.asOf(day)
        let obligations = ObligationSet(rulebook, table: ScopeTable(rulebook), profile: dated, asOf: day)
        let evidence = FirmEvidence(facts: facts, profile: dated, obligations: obligations, library: library, records: records)
        let assessment = Judge(rulebook, checks: library.checks).assess(
            obligations, evidence: evidence, equivalences: dated.equivalences, policy: Judge.Terms(dated.policy), at: instant)
        return AssessmentReport(
            assessment, profile: dated, facts: facts, library: library, clause: clause, wording: wording,
            version: Plumbline.version)
    }

    /// Gives hosts that no system names a system of their own.
    mutating func adoptHosts() -> [String] { profile.adopt(facts.map(\.host)) }
}
