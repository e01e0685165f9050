/// What a package can say. The word is the schema of its payload, and part of what is signed.
public enum PackageKind: String, Sendable, CaseIterable {
    /// A firm's status of a quarter.
    case submission = "plumbline.submission/1"
    /// The supervisor returns a submission with questions.
    case questions = "plumbline.questions/1"
    /// The firm answers questions.
    case reply = "plumbline.reply/1"
    /// The supervisor accepts a submission.
    case acceptance = "plumbline.acceptance/1"
    /// The supervisor has a package of the firm.
    case receipt = "plumbline.receipt/1"
    /// The supervisor refuses a package.
    case refusal = "plumbline.refusal/1"
    /// Somebody's public key, with proof that they hold the private one.
    case registration = "plumbline.key-registration/1"
    /// The firm takes a key of its own out of use.
    case revocation = "plumbline.key-revocation/1"
    /// The firm asks for its mail.
    case poll = "plumbline.mailbox-poll/1"
    /// What waited for the firm.
    case mail = "plumbline.mail/1"

    /// Whether a supervisor takes it from a firm.
    public var isFromFirm: Bool {
        switch self {
        case .submission, .reply, .registration, .revocation, .poll: true
        case .questions, .acceptance, .receipt, .refusal, .mail: false
        }
    }

    /// Whether a firm takes it from its supervisor.
    public var isFromSupervisor: Bool { !isFromFirm || self == .registration }
}
