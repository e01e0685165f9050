/// One rule of the kernel's audit system as auditctl(8) writes it.
struct AuditRule: Sendable, Equatable {
    enum Kind: String, Sendable { case watch, syscall, control }

    let text: String
    let from: String
    var kind = Kind.control
    /// `always`, `never`, or empty for control rules.
    var action = ""
    /// `exit`, `task`, `user`, `exclude`, `filesystem`, or empty.
    var list = ""
    var path: String?
    var permissions: String?
    var syscalls: [String] = []
    /// The `-F` and `-C` expressions without path, dir, perm and key.
    var fields: [String] = []
    var key: String?
    /// `-e N`.
    var enable: Int?
    /// `-D`: all rules before are deleted.
    var deletesAll = false

    /// Reads one line of a rule file or of `auditctl -l`; nil for a comment, an empty line or "No rules".
    init?(_ line: some StringProtocol, from: String) {
        let line = Conf.trim(line)
        guard !Conf.isSilent(line), line.hasPrefix("-") else { return nil }
        text = line
        self.from = from
        let words = Conf.quotedWords(line)
        var index = 0
        while index < words.count {
            let option = words[index]
            let argument = index + 1 < words.count ? words[index + 1] : ""
            index += apply(option, argument) ? 2 : 1
        }
        if kind == .watch, permissions == nil { permissions = "rwxa" }
        if path != nil, kind == .syscall, syscalls.isEmpty || syscalls == ["all"] {
            // `-a always,exit -F path=X -F perm=wa` is the newer spelling of `-w X -p wa`.
            kind = .watch
            permissions = permissions ?? "rwxa"
        }
    }

    /// Takes one option; true when it used up the argument.
    private mutating func apply(_ option: String, _ argument: String) -> Bool {
        switch option {
        case "-w":
            kind = .watch
            action = "always"
            list = "exit"
            path = Conf.normalPath(argument)
        case "-p": permissions = argument
        case "-k": key = argument
        case "-a", "-A":
            kind = .syscall
            for part in argument.split(separator: ",") {
                if part == "always" || part == "never" { action = String(part) } else { list = String(part) }
            }
        case "-S": syscalls += argument.split(separator: ",").map { String($0) }
        case "-F": field(argument)
        case "-C": fields.append(argument)
        case "-e": enable = Int(argument)
        case "-D":
            deletesAll = true
            return false
        default: return !argument.hasPrefix("-") && !argument.isEmpty
        }
        return true
    }

    private mutating func field(_ expression: String) {
        guard let (name, value) = Conf.pair(expression), !name.hasSuffix("!") else {
            fields.append(expression)
            return
        }
        switch name {
        case "path", "dir": path = Conf.normalPath(value)
        case "perm": permissions = value
        case "key": key = value
        default: fields.append(expression)
        }
    }

    /// The architecture the rule is for; nil when it names none.
    var arch: String? { fields.first { $0.hasPrefix("arch=") }.map { String($0.dropFirst(5)) } }

    /// Fields that narrow the rule, leaving out the architecture and conditions that every person's session fulfils.
    var narrowing: [String] {
        fields.filter { !$0.hasPrefix("arch=") && !Self.personal.contains($0) }
    }

    /// "Not a daemon": a session that someone signed in to.
    private static let personal: Set<String> = ["auid!=unset", "auid!=-1", "auid!=4294967295", "auid>=0"]
    /// Leaves direct sessions of root out.
    static let ordinaryPersons: Set<String> = ["auid>=1000", "auid>=500"]

    /// Whether the rule switches auditing off for everything.
    var silencesAll: Bool {
        kind == .syscall && action == "never" && (list == "task" || list == "exit") && path == nil && narrowing.isEmpty
            && (syscalls.isEmpty || syscalls == ["all"])
    }
}
