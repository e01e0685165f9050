/// Reads the lines of a policy in one pass: a name must be defined before it is used, so nothing can go in a circle.
struct PolicyReader {
    static let none = Array("none".utf8)
    private static let lineLimit = 4_096

    var logs: [TrustPolicy.Log] = []
    var witnesses: [TrustPolicy.Witness] = []
    var groups: [TrustPolicy.Group] = []
    var quorum: [UInt8]?
    private var names: Set<[UInt8]> = []
    /// Names that are members of some group: each may be so once, lest a witness count twice.
    private var members: Set<[UInt8]> = []
    private var line = 0

    mutating func read(_ bytes: [UInt8]) throws(VaultError) {
        guard bytes.count <= TrustPolicy.byteLimit else {
            throw VaultError(.badInput, "the policy has \(bytes.count) bytes, more than \(TrustPolicy.byteLimit)")
        }
        guard bytes.last == UInt8(ascii: "\n") else { throw VaultError(.badInput, "the policy does not end in a newline") }
        let lines = bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count <= Self.lineLimit else {
            throw VaultError(.badInput, "the policy has \(lines.count) lines, more than \(Self.lineLimit)")
        }
        for text in lines {
            line += 1
            guard !text.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
                throw bad("there is a control character")
            }
            let items = text.split { $0 == 0x20 || $0 == 0x09 }.map { Array($0) }
            guard let first = items.first, first[0] != UInt8(ascii: "#") else { continue }
            try read(String(decoding: first, as: UTF8.self), Array(items.dropFirst()))
        }
    }

    private mutating func read(_ keyword: String, _ items: [[UInt8]]) throws(VaultError) {
        switch (keyword, items.count) {
        case ("log", 1...2): try log(items)
        case ("witness", 2...3): try witness(items)
        case ("group", 3...): try group(items)
        case ("quorum", 1):
            guard quorum == nil else { throw bad("there is a quorum line already") }
            guard items[0] == Self.none || names.contains(items[0]) else {
                throw bad("the quorum names what no line before defines")
            }
            quorum = items[0]
        case ("log", _), ("witness", _), ("group", _), ("quorum", _):
            throw bad("the \(keyword) line has too few or too many items")
        default: throw bad("not a line of a policy")
        }
    }

    private mutating func log(_ items: [[UInt8]]) throws(VaultError) {
        let key = try within { () throws(VaultError) in try NoteVerifier(text: try text(items[0])) }
        guard !logs.contains(where: { $0.key.publicKey == key.publicKey }) else { throw bad("the log's key is on a line before") }
        try limit(logs.count)
        logs.append(TrustPolicy.Log(key: key, url: try items.dropFirst().first.map(text)))
    }

    private mutating func witness(_ items: [[UInt8]]) throws(VaultError) {
        try define(items[0])
        let key = try within { () throws(VaultError) in try WitnessVerifier(text: try text(items[1])) }
        guard !witnesses.contains(where: { $0.key.publicKey == key.publicKey }) else {
            throw bad("the witness's key is on a line before")
        }
        try limit(witnesses.count)
        witnesses.append(TrustPolicy.Witness(name: items[0], key: key, url: try items.dropFirst(2).first.map(text)))
    }

    private mutating func group(_ items: [[UInt8]]) throws(VaultError) {
        let own = Array(items.dropFirst(2))
        for member in own {
            guard names.contains(member) else { throw bad("a member is defined by no line before") }
            guard members.insert(member).inserted else { throw bad("a member belongs to a group already") }
        }
        try define(items[0])
        let threshold: Int
        switch String(decoding: items[1], as: UTF8.self) {
        case "all": threshold = own.count
        case "any": threshold = 1
        default:
            guard let number = Decimal.parse(items[1]), number >= 1, number <= UInt64(own.count) else {
                throw bad("the threshold is not all, any or a number from 1 to \(own.count)")
            }
            threshold = Int(number)
        }
        try limit(groups.count)
        groups.append(TrustPolicy.Group(name: items[0], threshold: threshold, members: own))
    }

    private mutating func define(_ name: [UInt8]) throws(VaultError) {
        guard name != Self.none else { throw bad("the name none is taken") }
        guard names.insert(name).inserted else { throw bad("the name is defined on a line before") }
    }

    private func limit(_ count: Int) throws(VaultError) {
        guard count < TrustPolicy.countLimit else { throw bad("there are more than \(TrustPolicy.countLimit) of these lines") }
    }

    /// Keys and addresses are texts; only names may be any bytes.
    private func text(_ bytes: [UInt8]) throws(VaultError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw bad("not UTF-8") }
        return text
    }

    private func within<Value>(_ body: () throws(VaultError) -> Value) throws(VaultError) -> Value {
        do { return try body() } catch {
            throw VaultError(.badInput, error.what, at: "policy line \(line)", remedy: error.remedy)
        }
    }

    private func bad(_ what: String) -> VaultError { VaultError(.badInput, what, at: "policy line \(line)") }
}
