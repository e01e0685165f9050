internal import Documents

/// A configuration file of systemd with its drop-ins, by systemd's precedence.
struct SystemdConfig {
    private var values: [String: Origin<String>] = [:]
    /// Lines that are commented out in the file as shipped: by custom they show the built-in defaults.
    private var shown: [String: String] = [:]
    /// Whether any file was read.
    private(set) var isRead = false

    private static let folders = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"]

    /// Reads `name` (such as `logind.conf`), then the drop-ins of all folders in the order of their names; of equal names the first folder's
    /// counts.
    ///
    /// - Parameter section: the section whose keys are wanted.
    init(_ name: String, section: String, _ probe: Probe) {
        if let folder = Self.folders.first(where: { probe.exists("\($0)/\(name)") }) { take("\(folder)/\(name)", section, probe) }
        var dropIns: [String: String] = [:]
        for folder in Self.folders.reversed() {
            for file in probe.names(in: "\(folder)/\(name).d") where file.hasSuffix(".conf") { dropIns[file] = "\(folder)/\(name).d/\(file)" }
        }
        for (_, path) in dropIns.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }) {
            // A link to /dev/null switches off a drop-in of the same name elsewhere.
            if probe.host.linkTarget(path) != "/dev/null" { take(path, section, probe) }
        }
    }

    private mutating func take(_ path: String, _ section: String, _ probe: Probe) {
        guard let file = probe.file(path) else { return }
        isRead = true
        var current = ""
        for (index, line) in file.lines.enumerated() {
            let text = line.trimmed
            if text.hasPrefix("["), text.hasSuffix("]") {
                current = String(text.dropFirst().dropLast())
                continue
            }
            guard current == section, let equals = text.firstIndex(of: "=") else { continue }
            let key = text[..<equals].trimmed
            let value = text[text.index(after: equals)...].trimmed
            if key.hasPrefix("#") || key.hasPrefix(";") {
                let name = key.dropFirst().trimmed
                if shown[name] == nil { shown[name] = value }
            } else {
                // An empty value returns to the default.
                values[key] = value.isEmpty ? nil : Origin(value, file.from(index + 1))
            }
        }
    }

    /// A key's value: as set, else as the shipped file shows its default.
    func value(_ key: String) -> Origin<String>? {
        values[key] ?? shown[key].map { Origin($0, "default") }
    }

    /// Whether the shipped file or a setting mentions a key: then this version knows it.
    func shows(_ key: String) -> Bool { shown[key] != nil }

    /// A time span (`15min`, `1h 30min`, `90`) in seconds, rounded up; nil for `infinity` and what is none.
    static func seconds(_ text: String) -> Int? {
        let units: [String: Int] = [
            "": 1_000_000, "us": 1, "usec": 1, "µs": 1, "ms": 1000, "msec": 1000, "s": 1_000_000, "sec": 1_000_000, "second": 1_000_000,
            "seconds": 1_000_000, "m": 60_000_000, "min": 60_000_000, "minute": 60_000_000, "minutes": 60_000_000, "h": 3_600_000_000,
            "hr": 3_600_000_000, "hour": 3_600_000_000, "hours": 3_600_000_000, "d": 86_400_000_000, "day": 86_400_000_000,
            "days": 86_400_000_000, "w": 604_800_000_000, "week": 604_800_000_000, "weeks": 604_800_000_000, "M": 2_629_800_000_000,
            "month": 2_629_800_000_000, "months": 2_629_800_000_000, "y": 31_557_600_000_000, "year": 31_557_600_000_000,
            "years": 31_557_600_000_000,
        ]
        var rest = Substring(text.trimmed)
        var total: ExactNumber? = rest.isEmpty ? nil : .zero
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest[digits.endIndex...].drop { $0 == " " }
            let unit = rest.prefix { $0.isLetter || $0 == "µ" }
            rest = rest[unit.endIndex...].drop { $0 == " " }
            guard let number = ExactNumber(digits), let factor = units[String(unit)], let part = number.multiplied(by: factor) else { return nil }
            total = total?.adding(part)
        }
        guard let micro = total?.integer ?? total.map({ Int(clamping: Int64($0.approximate)) }) else { return nil }
        return (micro + 999_999) / 1_000_000
    }
}
