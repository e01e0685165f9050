public import Documents
public import Rulebook

/// What every message says first.
public struct MessageHeader: Sendable, Hashable {
    /// A firm, as a message names it.
    public struct Party: Sendable, Hashable {
        /// Its id in the supervisor's register.
        public var id: String
        /// What it calls itself.
        public var name: String

        /// A firm.
        public init(id: String, name: String) { (self.id, self.name) = (id, name) }
    }

    /// 32 hexadecimal digits that nobody guessed: a message of the same id is taken once.
    public var id: String
    /// When it was made.
    public var created: Instant
    /// Version of the program that made it.
    public var program: String
    /// The firm it is about; nil where it is about none: a supervisor's key, a refusal of what named no firm.
    public var firm: Party?
    /// Id of the recipient's key; nil where the sender does not know one: the first registration, a refusal to somebody unknown.
    public var recipient: String?

    /// A header.
    public init(id: String, created: Instant, program: String, firm: Party?, recipient: String?) {
        (self.id, self.created, self.program, self.firm, self.recipient) = (id, created, program, firm, recipient)
    }

    /// Its fields.
    var pairs: [(String, Node?)] {
        [
            ("id", .text(id)), ("created", .text(created.description)), ("program", .text(program)),
            ("firm", firm.map { .object([("id", .text($0.id)), ("name", .text($0.name))]) }),
            ("recipient", recipient.map { .text($0) }),
        ]
    }

    init(_ fields: inout Fields) throws(DocumentError) {
        let id = try fields.text("id")
        guard HexText.isHex(id, bytes: 16) else { throw fields.error(at: "id", "32 hexadecimal digits are expected") }
        self.id = id
        created = try fields.instant("created")
        program = try fields.line("program", limit: 100)
        firm = try fields.part("firm") { (fields) throws(DocumentError) in
            Party(id: try fields.word("id", limit: 63), name: try fields.line("name"))
        }
        recipient = try fields.optionalHash("recipient")
    }
}

/// Something that a firm and its supervisor say to one another.
public enum Message: Sendable {
    case submission(SubmissionManifest)
    case questions(Questions)
    case reply(Reply)
    case acceptance(Acceptance)
    case receipt(Receipt)
    case refusal(RefusalNotice)
    case registration(KeyRegistration)
    case revocation(KeyRevocation)
    case poll(MailboxPoll)
    case mail(Mail)

    /// What it is.
    public var kind: PackageKind {
        switch self {
        case .submission: .submission
        case .questions: .questions
        case .reply: .reply
        case .acceptance: .acceptance
        case .receipt: .receipt
        case .refusal: .refusal
        case .registration: .registration
        case .revocation: .revocation
        case .poll: .poll
        case .mail: .mail
        }
    }

    private var body: any MessageBody {
        switch self {
        case .submission(let body): body
        case .questions(let body): body
        case .reply(let body): body
        case .acceptance(let body): body
        case .receipt(let body): body
        case .refusal(let body): body
        case .registration(let body): body
        case .revocation(let body): body
        case .poll(let body): body
        case .mail(let body): body
        }
    }

    /// What it says first.
    public var header: MessageHeader { body.header }

    /// Its document.
    public var node: Node { .object([("schema", .text(kind.rawValue))] + body.header.pairs + body.pairs) }

    /// The payload: canonical JSON in one line.
    public var payload: [UInt8] { CanonicalJSON.line(of: node) }

    /// Signs it.
    ///
    /// - Throws: `.badSignature` when the library refuses to, for which it has no reason.
    public func signed(by key: SigningKey) throws(PackageRefusal) -> Envelope { try Envelope(kind, payload, by: key) }

    /// Reads a payload.
    ///
    /// - Parameters:
    ///   - payload: canonical JSON in one line.
    ///   - kind: what the envelope says it is.
    ///   - limits: what is read at most.
    /// - Returns: the message.
    /// - Throws: `.malformed` with the key that is unknown, missing or wrong; `.tooLarge`.
    public static func read(_ payload: [UInt8], _ kind: PackageKind, limits: DocumentLimits) throws(PackageRefusal) -> Message {
        do throws(DocumentError) {
            let message = try parse(try JSONReader.read(payload, limits: limits), kind)
            guard message.payload == payload else { throw DocumentError(.badValue, reason: "not in its canonical form") }
            return message
        } catch {
            throw PackageRefusal(error.code == .tooLarge || error.code == .tooManyValues ? .tooLarge : .malformed, error.place)
        }
    }

    private static func parse(_ node: Node, _ kind: PackageKind) throws(DocumentError) -> Message {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(kind.rawValue)
        let header = try MessageHeader(&fields)
        let message: Message =
            switch kind {
            case .submission: .submission(try SubmissionManifest(header, &fields))
            case .questions: .questions(try Questions(header, &fields))
            case .reply: .reply(try Reply(header, &fields))
            case .acceptance: .acceptance(try Acceptance(header, &fields))
            case .receipt: .receipt(try Receipt(header, &fields))
            case .refusal: .refusal(try RefusalNotice(header, &fields))
            case .registration: .registration(try KeyRegistration(header, &fields))
            case .revocation: .revocation(try KeyRevocation(header, &fields))
            case .poll: .poll(try MailboxPoll(header, &fields))
            case .mail: .mail(try Mail(header, &fields))
            }
        try fields.finish()
        return message
    }
}

/// A message's own part.
protocol MessageBody: Sendable {
    var header: MessageHeader { get }
    /// Its fields behind those of the header.
    var pairs: [(String, Node?)] { get }
    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError)
}
