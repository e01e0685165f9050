/// How a step of a sign-in ended. `.refused` is one answer for everything: unknown name, wrong password, locked, disabled, ended, outside
/// hours, an old ticket. A page shows the same words, status and headers for it.
public enum SignInAnswer: Sendable {
    /// No. The reason is in the trail.
    case refused
    /// The password was right; one of these factors is wanted. The ticket leads to the next step.
    case needsFactor(ticket: String, kinds: Set<FactorKind>)
    /// The factor was not right; the ticket can be tried again.
    case factorRefused(ticket: String, kinds: Set<FactorKind>)
    /// A new password must be chosen first.
    case mustChangePassword(ticket: String, reason: PasswordReason)
    /// The password that was chosen is not accepted; the ticket can be tried again.
    case passwordFaults(ticket: String, faults: [PasswordFault])
    /// A second factor must be set up first.
    case mustEnrolFactor(ticket: String)
    /// In.
    case signedIn(NewSession)
}

/// Why a new password must be chosen.
public enum PasswordReason: String, Sendable, CaseIterable {
    /// It was made by somebody else (cnfa-6.3).
    case initial
    /// It is too old (cnfa-6.7).
    case expired
    /// Others may know it.
    case compromised
}
