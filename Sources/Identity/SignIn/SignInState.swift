internal import Documents

/// What a sign-in has proven so far: the payload of its ticket.
struct SignInState: Sendable, Hashable {
    /// A second factor was shown, or there is none to show.
    var hasFactor = false
    /// The browser's device, when its cookie was genuine.
    var device: String?
    /// What a security key is to sign; used once.
    var challenge: [UInt8]?

    var node: Node {
        .object([
            ("challenge", challenge.map { .text(Encodings.base64url($0)) }), ("device", device.map { .text($0) }),
            ("factor", .bool(hasFactor)),
        ])
    }

    init(hasFactor: Bool = false, device: String? = nil) { (self.hasFactor, self.device) = (hasFactor, device) }

    init(_ node: Node) {
        hasFactor = node["factor"]?.bool ?? false
        device = node["device"]?.text
        challenge = (node["challenge"]?.text).flatMap { Encodings.base64url($0) }
    }

    /// What comes next. Pure, so that the order can be read and tested: factor before password, so that a stolen password alone changes
    /// nothing; password before enrolment, so that nobody hangs a factor on a password that others know.
    enum Step: Hashable {
        case factor
        case password(PasswordReason)
        case enrolment
        case done
    }

    static func next(hasFactor: Bool, factorShown: Bool, password: PasswordReason?, needsFactor: Bool) -> Step {
        if hasFactor && !factorShown { return .factor }
        if let password { return .password(password) }
        if needsFactor && !hasFactor { return .enrolment }
        return .done
    }
}
