internal import Rulebook

/// Why a password is not accepted. What a person may read: each says what to do.
public enum PasswordFault: Sendable, Hashable {
    /// It has fewer characters than this.
    case tooShort(minimum: Int)
    /// It has more bytes than this.
    case tooLong(maximumBytes: Int)
    /// Fewer kinds of characters than this: small letters, capitals, digits, others.
    case tooFewClasses(minimum: Int)
    /// It contains characters that cannot be typed everywhere (control characters).
    case unprintable
    /// It contains the person's name, account or address.
    case containsPerson
    /// It contains the firm's name or another word of the firm.
    case containsFirm
    /// It consists largely of words, keys in a row, repetitions or dates that guessers try first.
    case predictable
    /// It is the present one or one of this many earlier ones.
    case usedBefore(generations: Int)
    /// It was changed a short while ago; it may be changed again after this many seconds.
    case tooSoon(seconds: Int)
}

/// Whom a password is for: what it must not contain, and how long it must be.
struct PasswordContext: Sendable {
    /// Account, names and mail address of the person.
    var personal: [String]
    /// The account cannot be used without a second factor.
    var hasEnforcedFactor: Bool
}

/// The quality rule (cnfa-6.7), with numbers from the policy.
struct PasswordRules: Sendable {
    let policy: IdentityPolicy
    let guesses: GuessList
    /// Name of the firm, its products, its systems; folded.
    let firmWords: [[UInt8]]

    init(policy: IdentityPolicy, guesses: GuessList, firmWords: [String]) {
        self.policy = policy
        self.guesses = guesses
        self.firmWords = firmWords.flatMap { Self.words(in: $0) }
    }

    /// Everything that is wrong with a password, in the order in which it is best mended; empty when it may be used.
    func faults(of password: Password, for context: PasswordContext) -> [PasswordFault] {
        var faults: [PasswordFault] = []
        let minimum = policy[context.hasEnforcedFactor ? .passwordMinLengthWithFactor : .passwordMinLength]
        if password.length < minimum { faults.append(.tooShort(minimum: minimum)) }
        if password.bytes.count > policy[.passwordLongest] { return [.tooLong(maximumBytes: policy[.passwordLongest])] }
        if password.text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            faults.append(.unprintable)
        }
        let classes = Self.classes(password.text)
        if classes < policy[.passwordMinClasses] { faults.append(.tooFewClasses(minimum: policy[.passwordMinClasses])) }
        let folded = GuessList.fold(password.text)
        if context.personal.flatMap(Self.words).contains(where: { GuessList.contains(folded, $0) }) {
            faults.append(.containsPerson)
        }
        if firmWords.contains(where: { GuessList.contains(folded, $0) }) { faults.append(.containsFirm) }
        if guesses.effectiveLength(folded) < policy[.passwordEffectiveLength] { faults.append(.predictable) }
        return faults
    }

    /// How many of the four kinds of characters occur: small letters, capitals, digits, everything else (signs, and letters without case).
    static func classes(_ text: String) -> Int {
        var found: Set<Int> = []
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .lowercaseLetter: found.insert(0)
            case .uppercaseLetter, .titlecaseLetter: found.insert(1)
            case .decimalNumber: found.insert(2)
            default: found.insert(3)
            }
        }
        return found.count
    }

    /// The words of a name, folded; those under four letters (two, in scripts without an alphabet) say nothing.
    static func words(in text: String) -> [[UInt8]] {
        text.split { !$0.isLetter && !$0.isNumber }.compactMap { word in
            let folded = GuessList.fold(String(word))
            let isShort = word.utf8.count == word.unicodeScalars.count ? word.utf8.count < 4 : word.unicodeScalars.count < 2
            return isShort ? nil : folded
        }
    }
}
