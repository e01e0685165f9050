internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes

/// Ends a connection on which no request is under way for too long, however busily it trickles: a handshake or headers at a byte a second hold no
/// place. Stands before TLS, so that it also ends what never becomes a connection of HTTP. What is under way has limits of its own (the body's time
/// in `Responder`).
///
/// All of it runs on the connection's event loop.
final class ConnectionDeadline: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let patience: TimeAmount
    /// After the server was asked to end: how long what is under way may take, and how long what is not may still say goodbye.
    private let grace: (busy: TimeAmount, idle: TimeAmount)
    private var underWay = 0
    private var isEnding = false
    private var timer: Scheduled<Void>?
    private var channel: (any Channel)?

    init(patience: TimeAmount, grace: (busy: TimeAmount, idle: TimeAmount) = (.seconds(12), .seconds(1))) {
        (self.patience, self.grace) = (patience, grace)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
        wait(patience)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        channel = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isEnding = true
            wait(underWay == 0 ? grace.idle : grace.busy)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A request's head is there.
    func began() {
        underWay += 1
        guard !isEnding else { return }
        timer?.cancel()
        timer = nil
    }

    /// A request that began was answered, or given up.
    func ended() {
        underWay -= 1
        guard underWay == 0 else { return }
        wait(isEnding ? grace.idle : patience)
    }

    private func wait(_ time: TimeAmount) {
        timer?.cancel()
        // The channel, not the context: the context may be gone when the time is over.
        timer = channel.map { channel in
            channel.eventLoop.scheduleTask(in: time) { channel.close(mode: .all, promise: nil) }
        }
    }
}

/// Tells the connection's deadline when a request begins and ends: in HTTP/1.1 on the connection itself, in HTTP/2 on each stream.
final class RequestMarks: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var deadline: ConnectionDeadline?
    private var underWay = 0

    func handlerAdded(context: ChannelHandlerContext) {
        // On the connection itself first: its parent listens on another event loop, and only that of a stream is the connection.
        deadline = try? context.pipeline.syncOperations.handler(type: ConnectionDeadline.self)
        guard deadline == nil, let connection = context.channel.parent, connection.eventLoop === context.eventLoop else { return }
        deadline = try? connection.pipeline.syncOperations.handler(type: ConnectionDeadline.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) { giveUp() }

    func channelInactive(context: ChannelHandlerContext) {
        giveUp()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) {
            underWay += 1
            deadline?.began()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), underWay > 0 {
            underWay -= 1
            deadline?.ended()
        }
        context.write(data, promise: promise)
    }

    private func giveUp() {
        for _ in 0..<underWay { deadline?.ended() }
        underWay = 0
    }
}

/// A kind of connection with a deadline before it.
struct GuardedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let patience: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ConnectionDeadline(patience: patience), position: .first)
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
