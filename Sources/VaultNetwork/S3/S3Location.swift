package import Vault

/// Where copies lie: a store, a bucket in it, and what the names of the objects begin with.
package struct S3Location: Hashable, Sendable, CustomStringConvertible {
    /// The store, such as `https://s3.example.com`; without a slash at the end.
    package let endpoint: String
    package let bucket: String
    /// Empty, or with a slash at the end.
    package let prefix: String
    package let region: String

    /// Reads `s3://bucket/prefix` and an endpoint.
    ///
    /// - Parameters:
    ///   - text: the address.
    ///   - endpoint: `http://` or `https://`, a host, and a port if it is not the usual one.
    ///   - region: the region that requests are signed for.
    /// - Throws: `.badInput` when one of them is not of that form.
    package init(_ text: String, endpoint: String, region: String) throws(VaultError) {
        let scheme = "s3://"
        let parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard text.hasPrefix(scheme), let bucket = parts.first, (3...63).contains(bucket.utf8.count),
            bucket.utf8.allSatisfy({ Self.isLower($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else {
            throw VaultError(.badInput, "not an address of a bucket: \(text)", remedy: "such as s3://firm-logs/trading")
        }
        let folders = parts.dropFirst().last == "" ? parts.dropFirst().dropLast() : parts.dropFirst()
        guard text.utf8.count <= 512,
            folders.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.allSatisfy(Self.isPlain) })
        else {
            throw VaultError(
                .badInput, "not a prefix for names of objects: \(text)", remedy: "letters, digits, dots, hyphens and underscores")
        }
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        let host = base.hasPrefix("https://") ? base.dropFirst(8) : base.hasPrefix("http://") ? base.dropFirst(7) : ""
        // No sign-in, path or query: nothing there could be signed or kept secret.
        guard !host.isEmpty, host.utf8.allSatisfy({ Self.isPlain($0) || [0x3A, 0x5B, 0x5D].contains($0) }) else {
            throw VaultError(.badInput, "not the address of a store", remedy: "--endpoint https://s3.example.com")
        }
        guard !region.isEmpty, region.utf8.allSatisfy(Self.isPlain) else {
            throw VaultError(.badInput, "not a region: \(region)", remedy: "such as us-east-1")
        }
        (self.endpoint, self.bucket, self.region) = (base, bucket, region)
        prefix = folders.map { "\($0)/" }.joined()
    }

    package var description: String { "s3://\(bucket)/\(prefix)" }

    /// The host with its port, as the header says it.
    var host: String { String(endpoint.split(separator: "/", maxSplits: 2).last ?? "") }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }

    private static func isPlain(_ byte: UInt8) -> Bool {
        isLower(byte) || (0x41...0x5A).contains(byte) || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")].contains(byte)
    }
}

extension S3Credentials {
    private static let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]

    /// Credentials from the environment.
    ///
    /// - Parameter environment: gives the value of a name.
    /// - Throws: `.badInput` when a name is missing; the error holds no value.
    package init(environment: (_ name: String) -> String?) throws(VaultError) {
        try self.init(Self.names.map(environment), place: "environment")
    }

    /// Credentials from a file of lines `AWS_ACCESS_KEY_ID=…`, `AWS_SECRET_ACCESS_KEY=…` and, if there is one,
    /// `AWS_SESSION_TOKEN=…`.
    ///
    /// - Throws: `.badInput` when group or others may read it, or a line is not one of these; the error holds no value.
    package init(file path: String) throws(VaultError) {
        let bytes = try SecretFile.read(path, limit: 8_192)
        var values: [String: String] = [:]
        for (number, line) in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let equals = line.firstIndex(of: "="), Self.names.contains(String(line[..<equals])) else {
                throw VaultError(
                    .badInput, "not a line of credentials", at: "\(path): line \(number + 1)",
                    remedy: "such as AWS_ACCESS_KEY_ID=…")
            }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        try self.init(Self.names.map { values[$0] }, place: path)
    }

    private init(_ values: [String?], place: String) throws(VaultError) {
        for (name, value) in zip(Self.names, values).prefix(2) where (value ?? "").isEmpty {
            throw VaultError(
                .badInput, "\(name) is missing", at: place, remedy: "set it, or name a file of mode 0600 with --credentials")
        }
        // What goes into a header must not end it.
        guard
            values.compactMap({ $0 }).allSatisfy({ $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } && $0.utf8.count <= 4_096 })
        else {
            throw VaultError(.badInput, "the credentials hold a character that none can have", at: place)
        }
        self.init(
            accessKey: values[0] ?? "", secretKey: values[1] ?? "", sessionToken: values[2].flatMap { $0.isEmpty ? nil : $0 })
    }
}
