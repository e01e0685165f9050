/// What rsyslog does with messages, from /etc/rsyslog.conf and what it includes, old directives and RainerScript alike.
struct RsyslogConfig {
    private let probe: Probe
    private(set) var outputs = SyslogOutputs()
    private var visited: Set<String> = []
    private var defaultTemplate = "RSYSLOG_FileFormat"
    private var usedTemplates: [String] = []
    private var templates: [String: String] = [:]
    private var driver = ""
    private var driverMode = "0"
    private var queueType = ""
    private var queueFile = ""

    init(_ probe: Probe) {
        self.probe = probe
        read("/etc/rsyslog.conf", depth: 0)
        outputs.traditionalTime = traditional()
    }

    private mutating func read(_ path: String, depth: Int) {
        guard depth < 8, visited.count < 500, visited.insert(path).inserted, let file = probe.file(path) else { return }
        for statement in RsyslogScanner.statements(of: file).prefix(20_000) {
            switch statement {
            case .object(let name, let parameters, let from): object(name, parameters, from, depth)
            case .line(let text, let from): line(text, from, depth)
            }
        }
    }

    private mutating func include(_ pattern: String, _ depth: Int) {
        let pattern = pattern.hasSuffix("/") ? pattern + "*" : pattern
        for path in probe.paths(matching: pattern) { read(path, depth: depth + 1) }
    }

    // MARK: RainerScript

    private mutating func object(_ name: String, _ parameters: [String: String], _ from: String, _ depth: Int) {
        switch name {
        case "include": if let file = parameters["file"] { include(file, depth) }
        case "global": driver = parameters["defaultnetstreamdriver"] ?? driver
        case "template":
            if let key = parameters["name"] {
                templates[key] = parameters["string"] ?? (parameters["type"] == "list" ? "list" : "")
            }
        case "module":
            guard let load = parameters["load"], load.hasSuffix("omfile") else { return }
            if let template = parameters["template"] { defaultTemplate = template }
            if let mode = parameters["filecreatemode"] { outputs.createMode = (mode, from) }
        case "action": action(parameters, from)
        default: return
        }
    }

    private mutating func action(_ parameters: [String: String], _ from: String) {
        let type = (parameters["type"] ?? "").split(separator: ":").last.map { String($0) } ?? ""
        let onDisk = parameters["queue.filename"] != nil || parameters["queue.type"]?.lowercased() == "disk"
        switch type.lowercased() {
        case "omfile":
            if let file = parameters["file"] { outputs.files.append(file) }
            usedTemplates.append(parameters["template"] ?? defaultTemplate)
            if let mode = parameters["filecreatemode"], outputs.createMode == nil { outputs.createMode = (mode, from) }
        case "omfwd":
            guard let target = parameters["target"] else { return }
            let name = (parameters["protocol"] ?? "udp").lowercased()
            let mode = parameters["streamdrivermode"] ?? parameters["streamdriver.mode"] ?? driverMode
            let used = parameters["streamdriver"] ?? parameters["streamdriver.name"] ?? driver
            outputs.forwards.append(
                .init(
                    target: target, protocolName: name, tls: name == "tcp" && mode == "1" && Self.encrypts(used),
                    queueOnDisk: onDisk, from: from))
        case "omrelp":
            guard let target = parameters["target"] else { return }
            outputs.forwards.append(
                .init(
                    target: target, protocolName: "relp", tls: parameters["tls"].flatMap { Conf.bool($0) } == true,
                    queueOnDisk: onDisk, from: from))
        case "omkafka", "omelasticsearch", "omhttp", "omgssapi", "ommysql", "ompgsql", "omlibdbi", "omhiredis", "ommongodb",
            "omamqp1", "omrabbitmq", "omazureeventhubs", "omclickhouse", "omczmq":
            outputs.otherRemote = true
        default: return
        }
    }

    private static func encrypts(_ driver: String) -> Bool { ["gtls", "ossl", "mbedtls"].contains(driver.lowercased()) }

    // MARK: The old form

    private mutating func line(_ text: String, _ from: String, _ depth: Int) {
        if text.hasPrefix("$") {
            let words = Conf.words(text.dropFirst())
            if words.count >= 2 {
                directive(words[0].lowercased(), words[1], words.dropFirst().joined(separator: " "), from, depth)
            }
            return
        }
        if text.hasPrefix("&") {
            selectorAction(Conf.trim(text.dropFirst()), from)
            return
        }
        // `selector <white space> action`; property filters `:msg, contains, "x" action` end in the action as well.
        let words = Conf.words(text)
        guard words.count >= 2, let last = words.last else { return }
        selectorAction(words.count > 2 && !text.hasPrefix(":") ? words.dropFirst().joined(separator: " ") : last, from)
    }

    private mutating func directive(_ name: String, _ value: String, _ whole: String, _ from: String, _ depth: Int) {
        switch name {
        case "includeconfig": include(value, depth)
        case "actionfiledefaulttemplate": defaultTemplate = value
        case "filecreatemode": outputs.createMode = (value, from)
        case "defaultnetstreamdriver": driver = value
        case "actionsendstreamdrivermode": driverMode = value
        case "actionqueuetype": queueType = value.lowercased()
        case "actionqueuefilename": queueFile = value
        case "template":
            let parts = whole.split(separator: ",", maxSplits: 1)
            if parts.count == 2 { templates[Conf.trim(parts[0])] = Conf.trim(parts[1]) }
        default: return
        }
    }

    private mutating func selectorAction(_ action: String, _ from: String) {
        if action.hasPrefix("@") {
            let isTCP = action.hasPrefix("@@")
            var target = String(action.dropFirst(isTCP ? 2 : 1))
            if target.hasPrefix("("), let end = target.firstIndex(of: ")") {
                target = String(target[target.index(after: end)...])
            }
            target = Self.host(target)
            guard !target.isEmpty else { return }
            outputs.forwards.append(
                .init(
                    target: target, protocolName: isTCP ? "tcp" : "udp", tls: isTCP && driverMode == "1" && Self.encrypts(driver),
                    queueOnDisk: !queueFile.isEmpty || queueType == "disk", from: from))
            // Queue settings of the old form belong to the next action only.
            queueFile = ""
            queueType = ""
        } else if action.hasPrefix("/") || action.hasPrefix("-/") || action.hasPrefix("?") {
            let parts = action.split(separator: ";", maxSplits: 1)
            let path = (parts.first ?? "").drop { $0 == "-" }
            if path.hasPrefix("/") { outputs.files.append(Conf.trim(path)) }
            usedTemplates.append(parts.count > 1 ? Conf.trim(parts[1]) : defaultTemplate)
        } else if action.lowercased().hasPrefix(":omrelp:") {
            outputs.forwards.append(
                .init(
                    target: Self.host(String(action.dropFirst(8))), protocolName: "relp", tls: false,
                    queueOnDisk: !queueFile.isEmpty, from: from))
        } else if [":ommysql:", ":ompgsql:", ":omkafka:", ":omgssapi:"].contains(where: { action.lowercased().hasPrefix($0) }) {
            outputs.otherRemote = true
        }
    }

    /// The host of `host:port;template`, `[v6]:port`.
    static func host(_ text: String) -> String {
        let text = text.split(separator: ";").first ?? ""
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        return Conf.trim(text.split(separator: ":").first ?? "")
    }

    private func traditional() -> Bool? {
        var unknown = false
        for name in usedTemplates {
            switch name {
            case "RSYSLOG_TraditionalFileFormat", "RSYSLOG_TraditionalForwardFormat": return true
            case "RSYSLOG_FileFormat", "RSYSLOG_SyslogProtocol23Format", "RSYSLOG_ForwardFormat", "RSYSLOG_DebugFormat": continue
            default:
                let text = templates[name]?.lowercased() ?? ""
                if !text.contains("rfc3339") { unknown = true }
            }
        }
        return unknown ? nil : false
    }
}
