internal import Crypto
internal import Synchronization

/// Keys under which personal fields are encrypted: one for each data subject and year, in a small file of mode 0600 apart from the log. When a
/// key is erased, what it encrypted is gone wherever the log was copied to, and every proof still holds, for the log never held anything but
/// the ciphertext.
///
/// The file is a row of slots of 256 bytes, numbers little-endian. First slot: magic `PLSUBJ\0\1` (8), log id (16), zeros, CRC-32C of the first
/// 252 bytes (4). Others: magic `PLSK` (4), state (1; 1 in use, 2 erased, 3 to be erased), zero (1), year (2), commitment (32), key (32), length
/// of the subject (1), subject, zeros, CRC-32C (4). An erased slot keeps state, year and commitment. Keep this file out of backups that are kept
/// long: a copy of a key is the key.
public final class SubjectKeys: Sendable {
    /// Longest name of a subject in bytes.
    public static let subjectLimit = 160
    static let slot = 256
    /// Bytes that sealing adds to a value: commitment, nonce and tag.
    static let overhead = 60

    private struct Key {
        var place: Int
        var subject: String
        var year: UInt16
        var commitment: MerkleHash
        var secret: SymmetricKey?
        /// An erasure was ordered and not finished.
        var isCondemned = false
    }

    private struct State: ~Copyable {
        var keys: [Key] = []
        var byCommitment: [MerkleHash: Int] = [:]
        var bySubject: [String: [Int]] = [:]
        /// After a failed write nobody knows what the file holds.
        var isBroken = false

        mutating func add(_ key: Key) {
            byCommitment[key.commitment] = keys.count
            if key.secret != nil { bySubject[key.subject, default: []].append(keys.count) }
            keys.append(key)
        }
    }

    private let files: FileEffects
    private let path: String
    private let file: Int32
    private let logID: [UInt8]
    private let state: Mutex<State>

    /// Opens the key file of a log, making it when there is none, and takes its lock.
    ///
    /// - Parameters:
    ///   - path: the file; beside the log's directory, not in it.
    ///   - identity: the log it belongs to.
    ///   - files: the effects.
    /// - Throws: `.foreign` when it is another log's; `.badInput` when others may read it; `.locked`; `.damaged`; `.file`.
    public init(path: String, identity: LogIdentity, files: FileEffects = .live) throws(VaultError) {
        (self.path, self.files, logID) = (path, files, identity.id)
        if try !files.exists(path) {
            var head = Array("PLSUBJ\0\u{1}".utf8) + identity.id
            head += [UInt8](repeating: 0, count: Self.slot - 4 - head.count)
            head.put(CRC32C.sum(head))
            try files.replace(path, head, secret: true)
        }
        guard try files.permissions(path) & 0o077 == 0 else {
            throw VaultError(.badInput, "others may read the keys of data subjects", at: path, remedy: "chmod 600")
        }
        file = try files.open(path, .write)
        do throws(VaultError) {
            guard try files.lock(file) else { throw VaultError(.locked, "another process uses the keys", at: path) }
            state = Mutex(try Self.load(files, file, path, identity.id))
        } catch {
            files.close(file)
            throw error
        }
    }

    deinit { files.close(file) }

    private static func load(_ files: FileEffects, _ file: Int32, _ path: String, _ logID: [UInt8]) throws(VaultError) -> State {
        let size = try files.size(file)
        var state = State()
        let head = try files.readExactly(file, slot, at: 0, path: path)
        guard head.starts(with: Array("PLSUBJ\0\u{1}".utf8)), isWhole(head) else {
            throw VaultError(.damaged, "not a file of keys of data subjects", at: path, remedy: "restore it from a copy")
        }
        guard Array(head[8..<24]) == logID else { throw VaultError(.foreign, "the keys belong to another log", at: path) }
        // A slot that a crash left half written at the end was never used.
        for place in 1..<max(1, Int(size) / slot) {
            let bytes = try files.readExactly(file, slot, at: UInt64(place * slot), path: path)
            if let key = Self.key(bytes, place) {
                state.add(key)
            } else if place != Int(size) / slot - 1 {
                throw VaultError(.damaged, "slot \(place) is damaged", at: path, remedy: "restore the file from a copy")
            } else {
                state.add(Key(place: place, subject: "", year: 0, commitment: .empty, secret: nil))
            }
        }
        return state
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool { CRC32C.sum(bytes[..<252]) == bytes.number(UInt32.self, at: 252) }

    private static func key(_ bytes: [UInt8], _ place: Int) -> Key? {
        guard isWhole(bytes), bytes.starts(with: Array("PLSK".utf8)), (1...3).contains(bytes[4]), Int(bytes[72]) <= subjectLimit,
            let subject = String(validating: bytes[73..<73 + Int(bytes[72])], as: UTF8.self)
        else { return nil }
        return Key(
            place: place, subject: subject, year: bytes.number(UInt16.self, at: 6), commitment: bytes.hash(at: 8),
            secret: bytes[4] == 2 ? nil : SymmetricKey(data: bytes[40..<72]), isCondemned: bytes[4] == 3)
    }

    /// Writes a slot and waits until it is durable.
    private func put(_ key: Key) throws(VaultError) {
        var bytes = Array("PLSK".utf8) + [key.secret == nil ? 2 : key.isCondemned ? 3 : 1, 0]
        bytes.put(key.year)
        bytes.put(key.commitment)
        bytes += key.secret?.withUnsafeBytes { Array($0) } ?? [UInt8](repeating: 0, count: 32)
        bytes.append(UInt8(key.subject.utf8.count))
        bytes += key.subject.utf8
        bytes += [UInt8](repeating: 0, count: Self.slot - 4 - bytes.count)
        bytes.put(CRC32C.sum(bytes))
        try files.writeAll(file, bytes, at: UInt64(key.place * Self.slot))
        try files.sync(file)
    }

    /// Encrypts a value under the subject's key of that year (AES-256-GCM), making the key durable first when it is new.
    ///
    /// - Parameters:
    ///   - name: the field's name; it is bound to the ciphertext.
    ///   - value: at most 4,036 bytes.
    ///   - subject: whom the value is about: a customer number, an account; 1 to 160 bytes. It is not put into the log.
    ///   - year: the year of the record.
    /// - Returns: the field for a record: the key's commitment (32 bytes), nonce (12), ciphertext, tag (16).
    /// - Throws: `.badInput` when something is too long or empty; `.file`.
    public func seal(_ name: String, _ value: [UInt8], subject: String, year: Int) throws(VaultError) -> VaultRecord.Field {
        guard (1...Self.subjectLimit).contains(subject.utf8.count), (1...VaultRecord.nameLimit).contains(name.utf8.count),
            value.count <= VaultRecord.valueLimit - Self.overhead, let year = UInt16(exactly: year)
        else {
            throw VaultError(
                .badInput,
                "a personal field has a subject of 1 to \(Self.subjectLimit) bytes, a name of 1 to \(VaultRecord.nameLimit) and "
                    + "a value of at most \(VaultRecord.valueLimit - Self.overhead)")
        }
        let (secret, commitment) = try key(of: subject, year)
        guard let nonce = try? AES.GCM.Nonce(data: files.random(12)),
            let box = try? AES.GCM.seal(value, using: secret, nonce: nonce, authenticating: context(name))
        else { throw VaultError(.badInput, "the field could not be encrypted") }
        return VaultRecord.Field(
            name: name, value: commitment.bytes + Array(box.nonce) + Array(box.ciphertext) + Array(box.tag), isSealed: true)
    }

    private func key(of subject: String, _ year: UInt16) throws(VaultError) -> (SymmetricKey, MerkleHash) {
        try state.withLock { state throws(VaultError) in
            guard !state.isBroken else { throw VaultError(.stopped, "an earlier write of the keys failed", at: path) }
            for place in state.bySubject[subject] ?? [] {
                let key = state.keys[place]
                if key.year == year, !key.isCondemned, let secret = key.secret { return (secret, key.commitment) }
            }
            let secret = files.random(32)
            let key = Key(
                place: state.keys.count + 1, subject: subject, year: year,
                commitment: .plain(Array("plumbline subject key 1\n".utf8) + secret), secret: SymmetricKey(data: secret))
            do throws(VaultError) { try put(key) } catch {
                state.isBroken = true
                throw error
            }
            state.add(key)
            return (SymmetricKey(data: secret), key.commitment)
        }
    }

    private func context(_ name: String) -> [UInt8] { Array("plumbline field 1\n".utf8) + logID + Array(name.utf8) }

    /// Decrypts a personal field.
    ///
    /// - Throws: `.erased` when its key was erased; `.notFound` when the key was never here; `.notProven` when the ciphertext was changed or
    ///   moved to another field; `.badInput` when the field is not a personal one.
    public func open(_ field: VaultRecord.Field) throws(VaultError) -> [UInt8] {
        guard field.isSealed, field.value.count >= Self.overhead, let commitment = MerkleHash(field.value.prefix(32)) else {
            throw VaultError(.badInput, "\(field.name) is no personal field")
        }
        let secret: SymmetricKey? = try state.withLock { state throws(VaultError) in
            guard let place = state.byCommitment[commitment] else {
                throw VaultError(.notFound, "the key of \(field.name) is not in this file", at: path)
            }
            return state.keys[place].isCondemned ? nil : state.keys[place].secret
        }
        guard let secret else { throw VaultError(.erased, "the key of \(field.name) was erased, and with it the field") }
        guard let box = try? AES.GCM.SealedBox(combined: field.value.dropFirst(32)),
            let value = try? AES.GCM.open(box, using: secret, authenticating: context(field.name))
        else { throw VaultError(.notProven, "\(field.name) is not what was encrypted") }
        return Array(value)
    }

    /// Commitments of the keys of a subject that still exist; records that hold its fields begin their values with one of them.
    public func commitments(of subject: String) -> [MerkleHash] {
        state.withLock { state in
            (state.bySubject[subject] ?? []).map { state.keys[$0] }.filter { $0.secret != nil }.map(\.commitment)
        }
    }

    /// Marks the keys of a subject: they are used no more and will be erased, also if the program stops before that.
    func condemn(_ subject: String) throws(VaultError) -> [MerkleHash] {
        try change {
            $0.subject == subject && $0.secret != nil
        } _: {
            $0.isCondemned = true
        }
    }

    /// Keys whose erasure was ordered and not finished.
    var condemned: [MerkleHash] { state.withLock { $0.keys.filter(\.isCondemned).map(\.commitment) } }

    /// Overwrites the marked keys and the names of their subjects in place, and waits until that is durable.
    func erase() throws(VaultError) {
        _ = try change(\.isCondemned) { key in
            key.secret = nil
            key.subject = ""
            key.isCondemned = false
        }
    }

    private func change(_ isMeant: (Key) -> Bool, _ change: (inout Key) -> Void) throws(VaultError) -> [MerkleHash] {
        try state.withLock { state throws(VaultError) in
            guard !state.isBroken else { throw VaultError(.stopped, "an earlier write of the keys failed", at: path) }
            var changed: [MerkleHash] = []
            for place in state.keys.indices where isMeant(state.keys[place]) {
                var key = state.keys[place]
                change(&key)
                do throws(VaultError) { try put(key) } catch {
                    state.isBroken = true
                    throw error
                }
                if key.secret == nil { state.bySubject[state.keys[place].subject]?.removeAll { $0 == place } }
                state.keys[place] = key
                changed.append(key.commitment)
            }
            return changed
        }
    }
}
