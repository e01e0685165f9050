internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOPosix
package import Vault

/// A witness over HTTP (C2SP tlog-witness): `POST /add-checkpoint`, and `GET /HASH/checkpoint` for monitors, where HASH is
/// SHA-256 of a log's origin.
package struct WitnessService: Sendable {
    /// A connection on which nothing comes for this long is closed, so that slow senders cannot hold all of them.
    private static let idleSeconds: Int64 = 60

    private let witness: Witness

    /// A service of that witness.
    package init(_ witness: Witness) { self.witness = witness }

    /// Listens until the process is asked to end (SIGTERM, SIGINT); requests under way are answered first.
    ///
    /// - Parameters:
    ///   - host: the address to listen on.
    ///   - port: the port; 0 for one that is free.
    ///   - ready: called once with the port when requests are accepted.
    /// - Throws: `.network` when the address cannot be listened on.
    package func run(host: String, port: Int, ready: @escaping @Sendable (_ port: Int) -> Void) async throws(VaultError) {
        let application = Application(
            router: router(), server: .http1(configuration: .init(idleTimeout: .seconds(Self.idleSeconds))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in ready(channel.localAddress?.port ?? port) },
            logger: Logger(label: "witness") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await application.runService()
        } catch {
            throw VaultError(.network, "cannot listen: \(error)", at: "\(host):\(port)", remedy: "choose another --listen")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        let witness = witness
        router.post("add-checkpoint") { request, _ in
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: WitnessRequest.byteLimit)
            } catch is NIOTooManyBytesError {
                throw HTTPError(.contentTooLarge, message: "the request has more than \(WitnessRequest.byteLimit) bytes")
            }
            // On a thread that may wait for the disk.
            let answer = try await NIOThreadPool.singleton.runIfActive { witness.addCheckpoint(Array(body.readableBytesView)) }
            return Self.response(HTTPResponse.Status(code: answer.status), answer.contentType, answer.body)
        }
        router.get(":hash/checkpoint") { _, context in
            let hash = try context.parameters.require("hash")
            let note = try await NIOThreadPool.singleton.runIfActive { try witness.latest(originHash: hash) }
            guard let note else { throw HTTPError(.notFound, message: "no checkpoint of that log was cosigned here") }
            return Self.response(.ok, "text/plain; charset=utf-8", note)
        }
        return router
    }

    private static func response(_ status: HTTPResponse.Status, _ contentType: String, _ body: [UInt8]) -> Response {
        Response(status: status, headers: [.contentType: contentType], body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
