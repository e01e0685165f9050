internal import Synchronization
package import Vault

/// What a store says of an object.
package struct S3Object: Hashable, Sendable {
    package let size: UInt64
    /// SHA-256 of the object, as the store checked it when it was put there; nil when the store keeps none.
    package let hash: MerkleHash?
    /// The mode of its lock, such as COMPLIANCE; nil when there is none.
    package let lockMode: String?
    /// Until when it is locked, as in `2029-01-01T00:00:00Z`; nil when there is no date.
    package let lockedUntil: String?
    /// Whether a legal hold lies on it.
    package let isHeld: Bool
}

/// The few requests that copies need, each signed, and tried again when the store or the way to it fails for a moment.
///
/// Objects are addressed by path (`https://host/bucket/name`).
package struct S3Client: Sendable {
    /// What is put.
    package enum Content: Sendable {
        case bytes([UInt8])
        case file(String)
    }

    /// What a put came to.
    package enum Put: Sendable {
        /// It is there now.
        case stored
        /// The same bytes were there before.
        case present
    }

    /// How often a request is tried.
    static let tries = 5

    package let location: S3Location
    private let signer: SigV4
    private let transport: WebTransport
    /// Seconds since 1970.
    private let now: @Sendable () -> Int64
    /// Waits so many milliseconds.
    private let wait: @Sendable (_ milliseconds: Int) async -> Void

    /// A client of one place.
    ///
    /// - Parameters:
    ///   - location: store, bucket and prefix.
    ///   - credentials: who asks.
    ///   - transport: the network.
    ///   - now: the clock, for signatures; a store refuses one that is minutes wrong.
    ///   - wait: the pause between two tries.
    package init(
        _ location: S3Location, credentials: S3Credentials, transport: WebTransport = .live(),
        now: @escaping @Sendable () -> Int64 = { StoreTime.now },
        wait: @escaping @Sendable (_ milliseconds: Int) async -> Void = { try? await Task.sleep(for: .milliseconds($0)) }
    ) {
        self.location = location
        signer = SigV4(credentials: credentials, region: location.region)
        (self.transport, self.now, self.wait) = (transport, now, wait)
    }

    /// Puts an object that must not be there yet, locked in compliance mode.
    ///
    /// - Parameters:
    ///   - name: the name after the prefix.
    ///   - content: the bytes, or the file that holds them.
    ///   - until: the instant, in seconds since 1970, before which nobody can remove it.
    /// - Returns: whether it was stored, or the same bytes were there.
    /// - Throws: `.exists` when other bytes are there; `.denied`, `.network`, `.badInput`, `.notFound`, `.file`.
    package func put(_ name: String, _ content: Content, until: Int64) async throws(VaultError) -> Put {
        let (body, hash) = try Self.body(content)
        let headers = [
            ("if-none-match", "*"), ("x-amz-sdk-checksum-algorithm", "SHA256"), ("x-amz-checksum-sha256", "\(hash)"),
            ("x-amz-object-lock-mode", "COMPLIANCE"), ("x-amz-object-lock-retain-until-date", StoreTime.text(until)),
        ]
        let answer = try await send("PUT", name, headers: headers, body: body, hash: hash, accepting: [412])
        guard answer.status == 412 else { return .stored }
        // Perhaps an earlier try arrived and only its answer was lost: the bytes decide.
        guard try await hasHash(name, hash) else {
            throw VaultError(
                .exists, "the store has other bytes under this name", at: location.description + name,
                remedy: "copy to another prefix; one prefix for each log")
        }
        return .present
    }

    /// Whether the object has these bytes; those of a store that keeps no checksum are read back.
    private func hasHash(_ name: String, _ hash: MerkleHash) async throws(VaultError) -> Bool {
        if let known = try await head(name)?.hash { return known == hash }
        return try await digest(name).hash == hash
    }

    /// What the store says of an object.
    ///
    /// - Returns: nil when there is none of that name.
    /// - Throws: `.denied`, `.network`, `.badInput`.
    package func head(_ name: String) async throws(VaultError) -> S3Object? {
        let answer = try await send("HEAD", name, headers: [("x-amz-checksum-mode", "ENABLED")], accepting: [404])
        guard answer.status == 200 else { return nil }
        guard let size = answer["content-length"].flatMap({ UInt64($0) }) else {
            throw VaultError(.network, "the store does not say how long the object is", at: location.description + name)
        }
        return S3Object(
            size: size, hash: answer["x-amz-checksum-sha256"].flatMap { MerkleHash(base64: $0) },
            lockMode: answer["x-amz-object-lock-mode"],
            lockedUntil: answer["x-amz-object-lock-retain-until-date"], isHeld: answer["x-amz-object-lock-legal-hold"] == "ON")
    }

    /// Reads an object that is short.
    ///
    /// - Parameters:
    ///   - name: the name after the prefix.
    ///   - limit: most bytes.
    /// - Returns: its bytes.
    /// - Throws: `.notFound`, `.denied`, `.network`.
    package func get(_ name: String, limit: Int) async throws(VaultError) -> [UInt8] {
        try await send("GET", name, limit: limit).body
    }

    /// Reads an object and keeps nothing but its length and hash.
    ///
    /// - Throws: `.notFound`, `.denied`, `.network`.
    package func digest(_ name: String) async throws(VaultError) -> (count: UInt64, hash: MerkleHash) {
        let digest = Mutex(StreamDigest())
        _ = try await send("GET", name, prepare: { digest.withLock { $0 = StreamDigest() } }) { piece in
            digest.withLock { $0.take(piece) }
        }
        return digest.withLock { $0.finish() }
    }

    /// Reads an object into a new file, durably; a try that failed leaves nothing of itself.
    ///
    /// - Throws: `.notFound`, `.denied`, `.network`, `.exists`, `.file`.
    package func download(_ name: String, to path: String) async throws(VaultError) {
        let file = Mutex<LocalFile?>(nil)
        let part = path + ".part"
        _ = try await send(
            "GET", name,
            prepare: { () throws(VaultError) in
                try LocalFile.remove(part)
                let made = try LocalFile(making: part)
                file.withLock { $0 = made }
            }
        ) { piece throws(VaultError) in try file.withLock { $0 }?.write(piece) }
        try file.withLock { $0 }?.sync()
        try LocalFile.rename(part, path)
    }

    /// Puts a legal hold on an object, or takes it away.
    ///
    /// - Throws: `.notFound`, `.denied`, `.network`, `.badInput`.
    package func hold(_ name: String, isHeld: Bool) async throws(VaultError) {
        let text =
            "<LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>\(isHeld ? "ON" : "OFF")</Status></LegalHold>"
        let (body, hash) = try Self.body(.bytes(Array(text.utf8)))
        let headers = [("x-amz-sdk-checksum-algorithm", "SHA256"), ("x-amz-checksum-sha256", "\(hash)")]
        _ = try await send("PUT", name, query: [("legal-hold", "")], headers: headers, body: body, hash: hash)
    }

    /// Names of the objects below a folder of the prefix, in the order of their bytes.
    ///
    /// - Parameter folder: ends in a slash.
    /// - Returns: the names after the folder.
    /// - Throws: `.denied`, `.network`, `.badInput`.
    package func list(_ folder: String) async throws(VaultError) -> [String] {
        let full = location.prefix + folder
        var names: [String] = []
        // A hundred pages of a thousand names are more than any log has.
        for _ in 0..<100 {
            var query = [("list-type", "2"), ("prefix", full)]
            if let last = names.last { query.append(("start-after", full + last)) }
            let answer = try await send("GET", nil, query: query, limit: 4 << 20)
            let page = S3Text.values("Key", in: answer.body).filter { $0.hasPrefix(full) && $0.utf8.count > full.utf8.count }
            names += page.map { String($0.dropFirst(full.count)) }
            if page.isEmpty || S3Text.values("IsTruncated", in: answer.body).first != "true" { return names }
        }
        throw VaultError(.network, "the store lists without an end", at: location.description)
    }

    private static func body(_ content: Content) throws(VaultError) -> (WebRequest.Body, MerkleHash) {
        switch content {
        case .bytes(let bytes): return (.bytes(bytes), .plain(bytes))
        case .file(let path):
            let (count, hash) = try LocalFile.digest(path)
            return (.file(path, count: count), hash)
        }
    }

    // Signs and sends a request until it is answered, and turns what is no success into an error. `name` is the object after the
    // prefix, nil the bucket itself; `accepting` are statuses besides 200 and 204 that the caller handles; `prepare` runs before
    // each try; `sink` takes the body of a 200 answer.
    private func send(
        _ method: String, _ name: String?, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: WebRequest.Body = .none,
        hash: MerkleHash = .empty, limit: Int = 1 << 16, accepting: Set<Int> = [],
        prepare: (@Sendable () throws(VaultError) -> Void)? = nil,
        sink: (@Sendable (_ piece: [UInt8]) throws(VaultError) -> Void)? = nil
    ) async throws(VaultError) -> WebAnswer {
        let place = location.description + (name ?? "")
        var failure = VaultError(.network, "the store did not answer", at: place)
        for attempt in 0..<Self.tries {
            // 200, 400, 800, 1,600 ms, and up to half as much again, so that many clients do not come back at once.
            if attempt > 0 { await wait((100 << attempt) + Int.random(in: 0...(50 << attempt))) }
            try prepare?()
            let request = request(method, name, query, headers, body, hash, limit, sink)
            do throws(VaultError) {
                let answer = try await transport.exchange(request)
                if [200, 204].contains(answer.status) || accepting.contains(answer.status) { return answer }
                failure = S3Text.error(answer, at: place)
                guard [409, 429, 500, 502, 503, 504].contains(answer.status) else { throw failure }
            } catch {
                guard error.code == .network else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func request(
        _ method: String, _ name: String?, _ query: [(String, String)], _ headers: [(String, String)], _ body: WebRequest.Body,
        _ hash: MerkleHash, _ limit: Int, _ sink: (@Sendable (_ piece: [UInt8]) throws(VaultError) -> Void)?
    ) -> WebRequest {
        let path = "/\(location.bucket)" + (name.map { "/" + SigV4.encode(location.prefix + $0, keepingSlashes: true) } ?? "")
        let stamp = StoreTime.stamp(now())
        let payload = Hex.encode(hash.bytes)
        var all: [(name: String, value: String)] = [
            ("host", location.host), ("x-amz-date", stamp), ("x-amz-content-sha256", payload),
        ]
        if let token = signer.credentials.sessionToken { all.append(("x-amz-security-token", token)) }
        all += headers.map { (name: $0.0, value: $0.1) }
        let items = query.map { (name: $0.0, value: $0.1) }
        let authorization = signer.authorization(
            SigV4.Request(method: method, path: path, query: items, headers: all, payloadHash: payload), stamp: stamp)
        all.append(("authorization", authorization))
        let suffix = items.isEmpty ? "" : "?" + SigV4.query(items)
        return WebRequest(method, location.endpoint + path + suffix, headers: all, body: body, limit: limit, sink: sink)
    }
}

/// The little that is read of a store's XML: the texts of elements without elements in them. Names of copies need no entities.
enum S3Text {
    static func values(_ element: String, in body: [UInt8]) -> [String] {
        let text = String(decoding: body, as: UTF8.self)
        var values: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "<\(element)>"), let close = rest[open.upperBound...].firstRange(of: "</\(element)>")
        {
            values.append(String(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        return values
    }

    /// What an answer that is no success means. Of the body only the code is used: its message may repeat what was signed.
    static func error(_ answer: WebAnswer, at place: String) -> VaultError {
        let found = values("Code", in: answer.body).first ?? ""
        let isCode = !found.isEmpty && found.utf8.count <= 64 && found.utf8.allSatisfy { (0x30...0x7A).contains($0) }
        let said = isCode ? " (\(found))" : ""
        switch answer.status {
        case 401, 403:
            let remedy =
                found == "RequestTimeTooSkewed"
                ? "set this machine's clock" : "are key, secret and region right, and may this user do it?"
            return VaultError(.denied, "the store refused\(said)", at: place, remedy: remedy)
        case 404: return VaultError(.notFound, "the store does not have it\(said)", at: place)
        case 301, 307:
            let region = answer["x-amz-bucket-region"].map {
                $0.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            }
            return VaultError(
                .badInput, "the bucket is elsewhere\(said)", at: place,
                remedy: "--region \(region ?? "of the bucket"), and its --endpoint")
        case 400:
            return VaultError(
                .badInput, "the store did not accept the request\(said)", at: place,
                remedy: "was the bucket made with Object Lock, and the region right?")
        default:
            return VaultError(
                .network, "the store answered with status \(answer.status)\(said)", at: place, remedy: "try again later")
        }
    }
}
