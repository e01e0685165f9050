/// What a log sends to a witness (C2SP tlog-witness 1.0.0, add-checkpoint): the size the witness knows, the proof from there, the
/// checkpoint.
public struct WitnessRequest: Hashable, Sendable {
    /// Most lines of a proof.
    public static let proofLimit = 63
    /// Longest request that is read, in bytes: the size line, 63 hashes of 44 letters, the longest note.
    public static let byteLimit = 32 + proofLimit * 45 + SignedNote.byteLimit

    /// The size of the checkpoint that the witness cosigned last; zero when it never did.
    public let oldSize: UInt64
    /// The consistency proof from there (RFC 6962 section 2.1.2).
    public let proof: [MerkleHash]
    /// The checkpoint.
    public let note: SignedNote

    /// A request of those parts.
    public init(oldSize: UInt64, proof: [MerkleHash], note: SignedNote) {
        self.oldSize = oldSize
        self.proof = proof
        self.note = note
    }

    /// Reads a request strictly. Whether its checkpoint is one, and whether the proof holds, is not looked at yet.
    ///
    /// - Throws: `.badInput` with the line at fault.
    public init(_ bytes: [UInt8]) throws(VaultError) {
        func bad(_ line: Int, _ what: String) -> VaultError { VaultError(.badInput, what, at: "request line \(line)") }
        guard bytes.count <= Self.byteLimit else {
            throw VaultError(.badInput, "the request has \(bytes.count) bytes, more than \(Self.byteLimit)")
        }
        let newline = UInt8(ascii: "\n")
        var rest = bytes[...]
        func line(_ number: Int) throws(VaultError) -> ArraySlice<UInt8> {
            guard let end = rest.firstIndex(of: newline) else { throw bad(number, "the request ends before its checkpoint") }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }
        let old = Array("old ".utf8)
        let first = try line(1)
        guard first.starts(with: old), let size = Decimal.parse(first.dropFirst(old.count)) else {
            throw bad(1, "not a line \"old SIZE\" with a decimal size without leading zeros")
        }
        var proof: [MerkleHash] = []
        while true {
            let text = try line(proof.count + 2)
            if text.isEmpty { break }
            guard proof.count < Self.proofLimit else {
                throw bad(proof.count + 2, "the proof has more than \(Self.proofLimit) lines")
            }
            guard let hash = Base64.decode(text).flatMap({ MerkleHash($0) }) else {
                throw bad(proof.count + 2, "not 32 bytes in base64")
            }
            proof.append(hash)
        }
        oldSize = size
        self.proof = proof
        note = try SignedNote(rest)
    }

    /// The request as it is sent.
    public var bytes: [UInt8] {
        Array(("old \(oldSize)\n" + proof.map { "\($0)\n" }.joined() + "\n").utf8) + note.bytes
    }
}

/// Numbers as these formats write them: ASCII digits, no sign, no leading zero.
enum Decimal {
    static func parse(_ text: some Collection<UInt8>) -> UInt64? {
        guard (1...20).contains(text.count), let number = UInt64(String(decoding: text, as: UTF8.self)),
            String(number).utf8.elementsEqual(text)
        else { return nil }
        return number
    }
}

/// What a witness answers, in the terms of HTTP.
public struct WitnessAnswer: Hashable, Sendable {
    /// Content type of the size that a conflict tells.
    public static let sizeType = "text/x.tlog.size"

    /// 200 cosigned, 400 malformed, 403 not signed by a trusted key, 404 unknown log, 409 another size is known, 422 proof does
    /// not hold, 500 the witness's own state failed.
    public let status: Int
    /// Content type of the body.
    public let contentType: String
    /// Signature lines when cosigned, the size known and a newline on conflict, else a sentence for people.
    public let body: [UInt8]

    static func cosigned(_ signature: SignedNote.Signature) -> WitnessAnswer {
        WitnessAnswer(status: 200, contentType: "text/plain; charset=utf-8", body: Array(signature.description.utf8))
    }

    static func conflict(_ size: UInt64) -> WitnessAnswer {
        WitnessAnswer(status: 409, contentType: sizeType, body: Array("\(size)\n".utf8))
    }

    static func refused(_ status: Int, _ why: String) -> WitnessAnswer {
        WitnessAnswer(status: status, contentType: "text/plain; charset=utf-8", body: Array("\(why)\n".utf8))
    }
}
