/// /etc/shadow, without its hashes.
struct Shadow: Sendable {
    /// A line of shadow.
    struct Entry: Sendable {
        var password: PasswordField
        /// Day of the last change, since 1970; 0 forces a change.
        var changed: Int?
        var minimum: Int?
        var maximum: Int?
        var warning: Int?
        var inactive: Int?
        var expires: Int?
        var from: String
    }

    private var entries: [String: Entry] = [:]
    /// Whether the file was read.
    let isRead: Bool

    init(_ probe: Probe) {
        guard let file = probe.file("/etc/shadow") else {
            isRead = false
            return
        }
        isRead = true
        for (line, fields) in AccountBase.fields(file, probe) {
            func number(_ index: Int) -> Int? { index < fields.count ? Int(fields[index].trimmed) : nil }
            // The first line of a name counts, as getspnam reads it.
            let name = String(fields[0])
            guard entries[name] == nil else { continue }
            entries[name] = Entry(
                password: PasswordField(fields[1]), changed: number(2), minimum: number(3), maximum: number(4),
                warning: number(5),
                inactive: number(6), expires: number(7), from: file.from(line))
        }
    }

    /// A user's line.
    subscript(_ name: String) -> Entry? { entries[name] }
}
