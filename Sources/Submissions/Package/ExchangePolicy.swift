public import Documents
internal import Rulebook

/// Limits of the exchange (`Packs/submissions/policy.yaml`).
public struct ExchangePolicy: Sendable, Hashable {
    /// The schema its file names.
    public static let schema = "plumbline.exchange/1"

    /// Longest package in bytes.
    public var packageBytes: Int
    /// Most values (texts, numbers, lists, mappings) of a payload.
    public var payloadValues: Int
    /// Seconds that two clocks may differ.
    public var clockSeconds: Int64
    /// Quarters back that are still taken; the current one is taken, too.
    public var quartersBack: Int
    /// Registrations that may wait for somebody to compare them.
    public var waitingKeys: Int
    /// Messages given at once.
    public var mailBatch: Int
    /// Bytes of messages given at once.
    public var mailBytes: Int
    /// Packages of one source that may come at once, and seconds until one more may.
    public var sourceBurst: Int
    /// Seconds until one source may send one more.
    public var sourceInterval: Int
    /// Refused packages that the list keeps.
    public var refusalsKept: Int
    /// Seconds until a package is sent again the first time; each time twice as long.
    public var retryFirst: Int64
    /// Longest seconds until a package is sent again.
    public var retryLongest: Int64
    /// Seconds between looks into the mailbox.
    public var pollInterval: Int64
    /// Seconds that an answer may take.
    public var answerSeconds: Int64

    /// The policy that comes with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> ExchangePolicy {
        let name = "submissions/policy.yaml"
        guard let file = ShippedFiles.files(in: "submissions").first(where: { $0.name == name }) else {
            throw DocumentError(.notFound, source: name, reason: "the file is not embedded in this program")
        }
        do throws(DocumentError) { return try read(try YAMLReader.read(file.bytes)) } catch { throw error.inSource(name) }
    }

    /// Reads a policy.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node) throws(DocumentError) -> ExchangePolicy {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        let most = 1_000_000_000
        let policy = ExchangePolicy(
            packageBytes: try fields.number("package_bytes", 65_536...(256 << 20)),
            payloadValues: try fields.number("payload_values", 1_000...10_000_000),
            clockSeconds: Int64(try fields.number("clock_seconds", 1...86_400)),
            quartersBack: try fields.number("quarters_back", 0...400),
            waitingKeys: try fields.number("waiting_keys", 1...100_000),
            mailBatch: try fields.number("mail_batch", 1...100), mailBytes: try fields.number("mail_bytes", 65_536...(64 << 20)),
            sourceBurst: try fields.number("source_burst", 1...most),
            sourceInterval: try fields.number("source_interval", 1...86_400),
            refusalsKept: try fields.number("refusals_kept", 1...1_000_000),
            retryFirst: Int64(try fields.number("retry_first", 1...86_400)),
            retryLongest: Int64(try fields.number("retry_longest", 1...(30 * 86_400))),
            pollInterval: Int64(try fields.number("poll_interval", 1...86_400)),
            answerSeconds: Int64(try fields.number("answer_seconds", 1...3_600)))
        try fields.finish()
        return policy
    }

    /// What is read of a payload at most.
    var payloadLimits: DocumentLimits { DocumentLimits(bytes: packageBytes, depth: 24, values: payloadValues) }

    /// Seconds until a package that did not get through so many times is sent again.
    public func retry(after failures: Int) -> Int64 { min(retryLongest, retryFirst << Int64(min(max(0, failures - 1), 20))) }
}
