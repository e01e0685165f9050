internal import Documents

/// Settings of one section of a systemd configuration file with its drop-ins, as systemd itself would merge them: the main file of
/// the first folder that has one, then the drop-ins of all folders sorted by file name; a drop-in in a folder of higher rank masks
/// one of the same name; the last assignment wins; an empty assignment resets.
struct SystemdConfig: Sendable {
    /// One value with where it was written.
    struct Value: Sendable, Equatable {
        let text: String
        let from: String
    }

    /// Folders in falling rank.
    static let folders = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"]

    private(set) var values: [String: Value] = [:]
    /// Assignments that are commented out in a shipped file: by custom they show the built-in defaults of this version.
    private(set) var shown: [String: String] = [:]
    /// Whether any file was read.
    private(set) var isRead = false

    /// Reads `name` (`journald.conf`) and `name.d/*.conf`, keys of `section` only.
    init(_ probe: Probe, name: String, section: String) {
        for folder in Self.folders {
            guard let file = probe.file("\(folder)/\(name)") else { continue }
            merge(file, section)
            break
        }
        var dropIns: [String: String] = [:]
        for folder in Self.folders {
            for entry in probe.names(in: "\(folder)/\(name).d") where entry.hasSuffix(".conf") && dropIns[entry] == nil {
                dropIns[entry] = "\(folder)/\(name).d/\(entry)"
            }
        }
        for entry in dropIns.keys.sorted() {
            guard let path = dropIns[entry], probe.host.linkTarget(path) != "/dev/null" else { continue }
            if let file = probe.file(path) { merge(file, section) }
        }
    }

    private mutating func merge(_ file: TextFile, _ section: String) {
        isRead = true
        var current = ""
        var pending: (text: String, line: Int)?
        for (index, raw) in file.lines.enumerated() {
            let line = Conf.trim(raw)
            if Conf.isSilent(line, marks: "#;") {
                if current == section, let (key, value) = Conf.pair(line.dropFirst()), shown[key] == nil { shown[key] = value }
                // A comment inside a continued line is skipped; an empty line ends it.
                if line.isEmpty, let held = pending {
                    assign(held.text, current == section, file.from(held.line))
                    pending = nil
                }
                continue
            }
            let start = pending?.line ?? index + 1
            let joined = pending.map { $0.text + " " + line } ?? line
            if joined.hasSuffix("\\") {
                pending = (Conf.trim(joined.dropLast()), start)
                continue
            }
            pending = nil
            if joined.hasPrefix("["), joined.hasSuffix("]") {
                current = String(joined.dropFirst().dropLast())
            } else {
                assign(joined, current == section, file.from(start))
            }
        }
        if let held = pending { assign(held.text, current == section, file.from(held.line)) }
    }

    private mutating func assign(_ line: String, _ applies: Bool, _ from: String) {
        guard applies, let (key, value) = Conf.pair(line) else { return }
        values[key] = value.isEmpty ? nil : Value(text: value, from: from)
    }

    /// The value of a key as set, else as the shipped file shows its default; nil when neither.
    func effective(_ key: String) -> Value? { values[key] ?? shown[key].map { Value(text: $0, from: "default") } }

    /// The value of a key as written; nil when it is not set.
    func text(_ key: String) -> Value? { values[key] }

    /// The value as a "setting": lower-cased text.
    func word(_ key: String, default standard: String? = nil) -> Node? {
        values[key].map { setting(.text($0.text.lowercased()), from: $0.from) }
            ?? standard.map { setting(.text($0), from: "default") }
    }

    /// The value as a "setting" that is true or false.
    func bool(_ key: String, default standard: Bool? = nil) -> Node? {
        if let value = values[key] { return Conf.bool(value.text).map { setting(.bool($0), from: value.from) } }
        return standard.map { setting(.bool($0), from: "default") }
    }

    /// The value as a "setting" in whole seconds; infinity reads as `infinite`, or is left out when that is nil.
    func seconds(_ key: String, default standard: Int? = nil, infinite: Int? = nil) -> Node? {
        guard let value = values[key] else { return standard.map { setting(.integer($0), from: "default") } }
        guard let seconds = TimeSpan.seconds(value.text) else { return nil }
        return (seconds == Int.max ? infinite : seconds).map { setting(.integer($0), from: value.from) }
    }

    /// The value as a "setting" in bytes.
    func bytes(_ key: String) -> Node? {
        values[key].flatMap { value in ByteSize.bytes(value.text).map { setting(.integer($0), from: value.from) } }
    }

    /// The value as a "setting" that is a whole number.
    func integer(_ key: String, default standard: Int? = nil) -> Node? {
        if let value = values[key] { return Conf.int(value.text).map { setting(.integer($0), from: value.from) } }
        return standard.map { setting(.integer($0), from: "default") }
    }
}
