internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Vault

/// The client of the process and its connections, closed when nobody holds it any more.
final class LiveClient: Sendable {
    private let client: HTTPClient

    init(connectSeconds: Int64, idleSeconds: Int64) {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(
            connect: .seconds(connectSeconds), read: .seconds(idleSeconds), write: .seconds(idleSeconds))
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    func exchange(_ request: WebRequest) async throws(VaultError) -> WebAnswer {
        do {
            return try await send(request)
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError(
                .network, "no answer: \(Self.reason(error))", at: Self.host(request.url),
                remedy: "is the address right, and the service running?")
        }
    }

    private func send(_ request: WebRequest) async throws -> WebAnswer {
        var message = HTTPClientRequest(url: request.url)
        message.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        switch request.body {
        case .none: break
        case .bytes(let bytes): message.body = .bytes(ByteBuffer(bytes: bytes))
        case .file(let path, let count):
            message.body = .stream(FilePieces(path: path, count: count), length: .known(Int64(clamping: count)))
        }
        // The times for connecting and for silence bound an exchange; how long a large file takes is not ours to say.
        let response = try await client.execute(message, deadline: .distantFuture)
        var body: [UInt8] = []
        let isSunk = request.sink != nil && response.status == .ok
        for try await piece in response.body {
            if isSunk {
                try request.sink?(Array(piece.readableBytesView))
                continue
            }
            guard body.count + piece.readableBytes <= request.limit else {
                throw VaultError(
                    .network, "the answer is longer than \(request.limit) bytes", at: Self.host(request.url))
            }
            body += piece.readableBytesView
        }
        return WebAnswer(
            status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) }, body: body)
    }

    /// The part of an address that says who was asked; nothing that could be secret.
    private static func host(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count >= 3 ? "\(parts[0])//\(parts[2].split(separator: "@").last ?? "")" : "address"
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        if error is CancellationError { return "cancelled" }
        return "\(error)"
    }
}

/// A file in pieces, read as they are asked for: no more than one is in memory.
private struct FilePieces: AsyncSequence, Sendable {
    let path: String
    let count: UInt64

    func makeAsyncIterator() -> Iterator { Iterator(path: path, rest: count) }

    struct Iterator: AsyncIteratorProtocol {
        let path: String
        var rest: UInt64
        var file: LocalFile?

        init(path: String, rest: UInt64) { (self.path, self.rest) = (path, rest) }

        mutating func next() async throws -> ByteBuffer? {
            guard rest > 0 else { return nil }
            let open = try file ?? LocalFile(reading: path)
            file = open
            let piece = try open.read(Int(Swift.min(rest, 1 << 20)))
            guard !piece.isEmpty else {
                throw VaultError(.file, "the file became shorter while it was sent", at: path)
            }
            rest -= UInt64(piece.count)
            return ByteBuffer(bytes: piece)
        }
    }
}
