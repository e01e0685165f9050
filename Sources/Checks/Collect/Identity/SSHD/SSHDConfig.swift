internal import Documents

/// sshd's configuration as it is written: every directive with the Match blocks around it.
final class SSHDConfig {
    /// One keyword line.
    struct Directive: Sendable {
        /// Lower case, old names replaced by today's.
        var keyword: String
        var arguments: [String]
        var from: String
        /// Enclosing Match blocks, outermost first; empty in the global section.
        var blocks: [Int]
    }

    /// A Match line.
    struct Block: Sendable {
        /// The criteria as written.
        var text: String
        var match: SSHDMatch
        /// Blocks around it (an Include inside a Match), outermost first, with this one last.
        var chain: [Int]
        var from: String
    }

    static let mainFile = "/etc/ssh/sshd_config"
    private static let depthLimit = 16
    private static let fileLimit = 200
    private static let lineLimit = 20_000

    private(set) var directives: [Directive] = []
    private(set) var blocks: [Block] = []
    /// Files read, in order.
    private(set) var files: [TextFile] = []
    /// Whether everything the main file names was read.
    private(set) var isWhole = true
    private let probe: Probe

    init(_ probe: Probe) {
        self.probe = probe
        let path = [Self.mainFile, "/usr/etc/ssh/sshd_config"].first { probe.exists($0) } ?? Self.mainFile
        read(path, depth: 0, around: [])
    }

    private func read(_ path: String, depth: Int, around: [Int]) {
        guard depth <= Self.depthLimit, files.count < Self.fileLimit, directives.count < Self.lineLimit else {
            probe.gap(path.clipped, "included too deep or too often; not read again")
            isWhole = false
            return
        }
        guard let file = probe.file(path) else {
            if depth == 0 || probe.exists(path) { isWhole = false }
            return
        }
        if !files.contains(where: { $0.path == path }) { files.append(file) }
        visits += 1
        var chain = around
        for (index, line) in file.lines.enumerated() {
            guard directives.count < Self.lineLimit, visits < Self.fileLimit else {
                isWhole = false
                probe.gap(path.clipped, "sshd's configuration is longer than is read")
                return
            }
            let words = Self.words(line)
            guard let first = words.first else { continue }
            let arguments = Array(words.dropFirst())
            let from = file.from(index + 1)
            switch first.lowercased() {
            case "match":
                // A new Match ends the one before it, but not the block an Include stands in.
                chain = around + [blocks.count]
                let text = arguments.joined(separator: " ")
                blocks.append(Block(text: text, match: SSHDMatch(arguments), chain: chain, from: from))
            case "include":
                for pattern in arguments {
                    let absolute = pattern.hasPrefix("/") ? pattern : "/etc/ssh/\(pattern)"
                    for path in Glob.paths(absolute, probe) { read(path, depth: depth + 1, around: chain) }
                }
            case let keyword:
                directives.append(
                    Directive(keyword: Self.modern[keyword] ?? keyword, arguments: arguments, from: from, blocks: chain))
            }
        }
    }

    private var visits = 0

    private static let modern = [
        "challengeresponseauthentication": "kbdinteractiveauthentication", "skeyauthentication": "kbdinteractiveauthentication",
        "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms", "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
        "authorizedkeysfile2": "authorizedkeysfile", "dsaauthentication": "pubkeyauthentication",
    ]

    /// The words of a line: quotes and `\` respected, one `=` after the keyword skipped, a word that begins with `#` ends it.
    static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var bytes = Array(line.utf8)[...]
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        while words.count < 1_000 {
            bytes = bytes.drop(while: isBlank)
            if words.count == 1, bytes.first == UInt8(ascii: "=") { bytes = bytes.dropFirst().drop(while: isBlank) }
            guard let first = bytes.first, first != UInt8(ascii: "#") else { break }
            var word: [UInt8] = []
            var quote: UInt8?
            while let byte = bytes.first {
                if quote == nil, isBlank(byte) || (words.isEmpty && byte == UInt8(ascii: "=")) { break }
                bytes = bytes.dropFirst()
                if byte == UInt8(ascii: "\\"), let next = bytes.first, [0x22, 0x27, 0x5C].contains(next) {
                    word.append(next)
                    bytes = bytes.dropFirst()
                } else if let open = quote {
                    if byte == open { quote = nil } else { word.append(byte) }
                } else if byte == 0x22 || byte == 0x27 {
                    quote = byte
                } else {
                    word.append(byte)
                }
            }
            words.append(String(decoding: word, as: UTF8.self))
        }
        return words
    }

    // MARK: What holds

    /// The directives for a keyword that hold when exactly `satisfied` blocks match: the first in a satisfied block, else the first of the
    /// global section. Lists that sshd collects line by line give every line of the winning section.
    func effective(_ keyword: String, satisfied: Set<Int>) -> [Directive] {
        let named = directives.filter { $0.keyword == keyword }
        let conditional = named.filter { !$0.blocks.isEmpty && $0.blocks.allSatisfy(satisfied.contains) }
        let winning = conditional.isEmpty ? named.filter { $0.blocks.isEmpty } : conditional
        let collects: Set<String> = ["allowusers", "denyusers", "allowgroups", "denygroups", "listenaddress", "port"]
        return collects.contains(keyword) ? winning : Array(winning.prefix(1))
    }

    /// Places for authorized keys: every value of AuthorizedKeysFile in any section, or sshd's own two.
    var authorizedKeysFiles: [String] {
        let named = directives.filter { $0.keyword == "authorizedkeysfile" }
        let usual = [".ssh/authorized_keys", ".ssh/authorized_keys2"]
        let isGlobal = named.contains { $0.blocks.isEmpty }
        var places = isGlobal ? [] : usual
        for place in named.flatMap({ $0.arguments }) where place.lowercased() != "none" && !places.contains(place) {
            places.append(place)
        }
        return places
    }
}
