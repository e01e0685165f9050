internal import CArgon2
internal import Dispatch
internal import Synchronization

/// Computes Argon2id. A closure, so that tests can count what is computed and need not spend the memory.
public struct PasswordHasher: Sendable {
    /// Hash of 32 bytes; nil when the machine cannot give the memory. Blocks for as long as it takes (tens of milliseconds).
    public var compute: @Sendable (_ password: [UInt8], _ salt: [UInt8], _ cost: HashCost, _ length: Int) -> [UInt8]?

    /// A hasher made of a closure.
    public init(compute: @escaping @Sendable (_ password: [UInt8], _ salt: [UInt8], _ cost: HashCost, _ length: Int) -> [UInt8]?)
    {
        self.compute = compute
    }

    /// Debian's libargon2.
    public static let argon2 = PasswordHasher { password, salt, cost, length in
        var hash = [UInt8](repeating: 0, count: length)
        let code = argon2id_hash_raw(
            cost.passes, cost.memory, cost.lanes, password, password.count, salt, salt.count, &hash, hash.count)
        return code == ARGON2_OK.rawValue ? hash : nil
    }
}

/// Lets a few hashes be computed at once and a bounded number wait, so that a flood of sign-ins costs neither the memory of the machine nor
/// the threads on which everything else runs.
final class HashingGate: Sendable {
    private struct State {
        var running = 0
        /// Those who wait, in order; each is told once.
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let hasher: PasswordHasher
    private let width: Int
    private let queueLimit: Int
    private let threads = DispatchQueue(label: "plumbline.hashing", attributes: .concurrent)
    private let state = Mutex(State())

    init(_ hasher: PasswordHasher, width: Int, queue: Int) {
        (self.hasher, self.width, queueLimit) = (hasher, width, queue)
    }

    /// Hashes a password when it is this one's turn.
    ///
    /// - Throws: `.busy` when too many wait; `.storage` when there is no memory.
    func hash(
        _ password: [UInt8], salt: [UInt8], cost: HashCost, length: Int = PasswordHash.hashLength
    ) async throws(IdentityError) -> [UInt8] {
        guard await enter() else {
            throw IdentityError(.busy, "too many passwords are being checked", retryAfter: 1)
        }
        let hash = await withCheckedContinuation { continuation in
            threads.async { [hasher] in continuation.resume(returning: hasher.compute(password, salt, cost, length)) }
        }
        leave()
        guard let hash else { throw IdentityError(.storage, "there is no memory to check a password") }
        return hash
    }

    private func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.running < width {
                    state.running += 1
                    return true
                }
                guard state.waiting.count < queueLimit else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func leave() {
        // The place of one that is done goes to the next in line, so `running` changes only when nobody waits.
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
