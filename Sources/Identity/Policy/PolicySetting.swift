/// The settings by which Plumbline guards its own accounts; `Packs/identity/policy.yaml` gives each a number.
public enum PolicySetting: String, Sendable, CaseIterable {
    case lockThreshold = "lock_threshold"
    case lockDuration = "lock_duration"
    case factorLockThreshold = "factor_lock_threshold"
    case passwordMaxAge = "password_max_age"
    case passwordMinAge = "password_min_age"
    case passwordHistory = "password_history"
    case passwordMinLength = "password_min_length"
    case passwordMinLengthWithFactor = "password_min_length_with_factor"
    case passwordMinClasses = "password_min_classes"
    case passwordEffectiveLength = "password_effective_length"
    case passwordLongest = "password_longest"
    case passwordWarning = "password_warning"
    case initialPasswordLifetime = "initial_password_lifetime"
    case hashMemory = "hash_memory"
    case hashPasses = "hash_passes"
    case hashLanes = "hash_lanes"
    case hashConcurrency = "hash_concurrency"
    case hashQueue = "hash_queue"
    case tokenLifetime = "token_lifetime"
    case setupLinkLifetime = "setup_link_lifetime"
    case apiTokenLifetime = "api_token_lifetime"
    case agentTokenLifetime = "agent_token_lifetime"
    case sessionIdle = "session_idle"
    case sessionAbsolute = "session_absolute"
    case sessionLimit = "session_limit"
    case freshAuthentication = "fresh_authentication"
    case signInStep = "sign_in_step"
    case deviceCookieLifetime = "device_cookie_lifetime"
    case administratorFactors = "administrator_factors"
    case recoveryCodes = "recovery_codes"
    case sourceBurst = "source_burst"
    case sourceInterval = "source_interval"
    case accountBurst = "account_burst"
    case accountInterval = "account_interval"
    case messageBurst = "message_burst"
    case messageInterval = "message_interval"
    case rateTable = "rate_table"
    case puzzleBits = "puzzle_bits"
    case puzzleLifetime = "puzzle_lifetime"
    case accountIdle = "account_idle"
    case reviewGap = "review_gap"
    case reviewNotice = "review_notice"
    case temporaryLongest = "temporary_longest"
    case requestLifetime = "request_lifetime"
    case breakGlassAccounts = "break_glass_accounts"
    case trailRetention = "trail_retention"
    case trailHeartbeat = "trail_heartbeat"

    /// What the setting measures: what its units may be, and in what it is kept.
    public enum Dimension: Sendable {
        /// A span of time, kept in seconds.
        case time
        /// A number of things.
        case count
        /// An amount of memory, kept in KiB.
        case memory
    }

    /// What the setting measures.
    public var dimension: Dimension {
        switch self {
        case .lockDuration, .passwordMaxAge, .passwordMinAge, .passwordWarning, .initialPasswordLifetime, .tokenLifetime,
            .setupLinkLifetime, .apiTokenLifetime, .agentTokenLifetime, .sessionIdle, .sessionAbsolute, .freshAuthentication,
            .signInStep, .deviceCookieLifetime, .sourceInterval, .accountInterval, .messageInterval, .puzzleLifetime,
            .accountIdle, .reviewGap,
            .reviewNotice, .temporaryLongest, .requestLifetime, .trailRetention, .trailHeartbeat:
            .time
        case .hashMemory: .memory
        default: .count
        }
    }
}
