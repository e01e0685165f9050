internal import Documents

/// Security updates that apt knows of and the host lacks, worked out from the installed packages and the lists of the security archives.
///
/// `apt-get -s upgrade` would say the same, but builds a cache of the whole archive first: seconds of work where no cache is kept on disk.
/// Pins and holds are not weighed: an update that is held back is still missing.
enum AptSecurity {
    private static let folder = "/var/lib/apt/lists"
    /// Suffixes under which apt keeps lists, beside plain ones.
    private static let compressed = [".lz4", ".xz", ".gz", ".zst", ".bz2"]

    /// Names of packages with a newer version in a security archive; nil when that cannot be told.
    static func pending(_ probe: Probe) async -> [String]? {
        let lists = probe.names(in: folder).filter { name in
            name.contains("security") && (name.hasSuffix("_Packages") || compressed.contains { name.hasSuffix("_Packages\($0)") })
        }
        guard !lists.isEmpty else {
            probe.gap(folder, "there is no package list of a security archive")
            return nil
        }
        guard let status = probe.file("/var/lib/dpkg/status") else { return nil }
        let installed = installed(status.lines)
        var pending: Set<String> = []
        for list in lists {
            guard let lines = await lines(of: "\(folder)/\(list)", probe) else { return nil }
            for package in packages(lines) {
                guard let version = installed["\(package.name) \(package.architecture)"] ?? installed["\(package.name) all"]
                else { continue }
                if DebianVersion(package.version) > DebianVersion(version) { pending.insert(package.name) }
            }
        }
        return pending.sorted()
    }

    private static func lines(of path: String, _ probe: Probe) async -> [Substring]? {
        if path.hasSuffix("_Packages") { return probe.file(path)?.lines }
        let text = await probe.output(["apt-helper", "cat-file", path])
        return text.map { $0.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { Substring($0) } }
    }

    struct Package: Sendable, Equatable {
        var name = ""
        var version = ""
        var architecture = ""
        var isInstalled = true
    }

    /// Versions of installed packages by "name architecture".
    static func installed(_ lines: [Substring]) -> [String: String] {
        var versions: [String: String] = [:]
        for package in packages(lines) where package.isInstalled {
            versions["\(package.name) \(package.architecture)"] = package.version
        }
        return versions
    }

    /// The stanzas of a control file (Debian Policy section 5.1): name, version, architecture, and whether dpkg has it installed.
    static func packages(_ lines: [Substring]) -> [Package] {
        var packages: [Package] = []
        var current = Package()
        func finish() {
            if !current.name.isEmpty, !current.version.isEmpty { packages.append(current) }
            current = Package()
        }
        for line in lines {
            // Most lines are continuations or fields of no interest: look at the first byte before anything else.
            guard let first = line.utf8.first else {
                finish()
                continue
            }
            switch first {
            case UInt8(ascii: "P"): if let value = value(line, "Package: ") { current.name = value }
            case UInt8(ascii: "V"): if let value = value(line, "Version: ") { current.version = value }
            case UInt8(ascii: "A"): if let value = value(line, "Architecture: ") { current.architecture = value }
            case UInt8(ascii: "S"): if let value = value(line, "Status: ") { current.isInstalled = value.hasSuffix(" installed") }
            default: break
            }
        }
        finish()
        return packages
    }

    private static func value(_ line: Substring, _ field: StaticString) -> String? {
        let length = field.utf8CodeUnitCount
        let bytes = line.utf8
        guard bytes.count > length, bytes.starts(with: UnsafeBufferPointer(start: field.utf8Start, count: length)) else {
            return nil
        }
        return line.dropFirst(length).trimmed
    }
}

/// A version of a Debian package, ordered as dpkg orders them (Debian Policy section 5.6.12).
struct DebianVersion: Comparable, Sendable {
    private let epoch: Int
    private let upstream: [UInt8]
    private let revision: [UInt8]

    init(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        var epoch = 0
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            epoch = Int(String(decoding: bytes[..<colon], as: UTF8.self)) ?? 0
            rest = bytes[(colon + 1)...]
        }
        self.epoch = epoch
        let dash = rest.lastIndex(of: UInt8(ascii: "-"))
        upstream = Array(dash.map { rest[..<$0] } ?? rest)
        // No revision is the same as revision 0.
        revision = dash.map { Array(rest[($0 + 1)...]) } ?? [UInt8(ascii: "0")]
    }

    static func == (left: DebianVersion, right: DebianVersion) -> Bool { !(left < right) && !(right < left) }

    static func < (left: DebianVersion, right: DebianVersion) -> Bool {
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        let upstream = compare(left.upstream, right.upstream)
        return upstream != 0 ? upstream < 0 : compare(left.revision, right.revision) < 0
    }

    /// Alternating runs of other characters and of digits: `~` before the end, the end before letters, letters before everything else.
    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var (i, j) = (0, 0)
        func isDigit(_ bytes: [UInt8], _ index: Int) -> Bool { index < bytes.count && (0x30...0x39).contains(bytes[index]) }
        func order(_ bytes: [UInt8], _ index: Int) -> Int {
            guard index < bytes.count, !isDigit(bytes, index) else { return 0 }
            let byte = bytes[index]
            if byte == UInt8(ascii: "~") { return -1 }
            return (0x41...0x5A).contains(byte & ~0x20) ? Int(byte) : Int(byte) + 256
        }
        while i < left.count || j < right.count {
            while (i < left.count && !isDigit(left, i)) || (j < right.count && !isDigit(right, j)) {
                let difference = order(left, i) - order(right, j)
                if difference != 0 { return difference }
                i += 1
                j += 1
            }
            while i < left.count, left[i] == 0x30 { i += 1 }
            while j < right.count, right[j] == 0x30 { j += 1 }
            var first = 0
            while isDigit(left, i), isDigit(right, j) {
                if first == 0 { first = Int(left[i]) - Int(right[j]) }
                i += 1
                j += 1
            }
            if isDigit(left, i) { return 1 }
            if isDigit(right, j) { return -1 }
            if first != 0 { return first }
        }
        return 0
    }
}
