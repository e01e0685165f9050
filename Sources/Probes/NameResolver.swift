internal import Glibc
internal import NIOPosix
internal import Synchronization

/// Looks names up. Injected, so that every failure can be made.
public struct NameResolver: Sendable {
    /// Why there is no address.
    public enum Failure: Error, Sendable {
        /// The name is not there, or has no address.
        case noSuchName
        /// It cannot be said now.
        case unavailable(String)
    }

    /// The addresses of a name, 4 or 16 bytes each, in the order they should be tried.
    public var lookUp: @Sendable (_ host: String) async throws(Failure) -> [[UInt8]]

    /// A resolver.
    public init(_ lookUp: @escaping @Sendable (_ host: String) async throws(Failure) -> [[UInt8]]) { self.lookUp = lookUp }

    /// glibc's EAI_NODATA: the name is there, and has no address.
    private static let noData: Int32 = -5
    /// More look-ups that hang than this are not begun: they cannot be ended.
    private static let limit = 64
    private static let waiting = Atomic(0)
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    /// The machine's own.
    public static let system = NameResolver { host async throws(Failure) in
        if let address = NameResolver.literal(host) { return [address] }
        guard waiting.add(1, ordering: .relaxed).newValue <= limit else {
            waiting.subtract(1, ordering: .relaxed)
            throw .unavailable("too many look-ups hang")
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        let result: Result<[[UInt8]], Failure>
        do {
            result = try await threads.runIfActive { ask(host) }
        } catch {
            throw .unavailable("\(error)")
        }
        return try result.get()
    }

    /// The bytes of an address in its usual form; nil for a name.
    public static func literal(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// An address in its usual form.
    public static func text(_ address: [UInt8]) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = address.count == 4 ? AF_INET : AF_INET6
        guard address.count == 4 || address.count == 16,
            inet_ntop(family, address, &buffer, socklen_t(buffer.count)) != nil
        else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func ask(_ host: String) -> Result<[[UInt8]], Failure> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        // The dot at the end keeps a name from being looked for below this machine's own domains.
        let status = getaddrinfo(host.contains(".") ? host + "." : host, nil, &hints, &list)
        guard status == 0 else {
            return status == EAI_NONAME || status == noData
                ? .failure(.noSuchName) : .failure(.unavailable("look-up failed with \(status)"))
        }
        defer { freeaddrinfo(list) }
        var found: [[UInt8]] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let address = entry.pointee.ai_addr else { continue }
            // Where the address lies in sockaddr_in and sockaddr_in6.
            let place: Range<Int>
            switch entry.pointee.ai_family {
            case AF_INET: place = 4..<8
            case AF_INET6: place = 8..<24
            default: continue
            }
            guard Int(entry.pointee.ai_addrlen) >= place.upperBound else { continue }
            let bytes = Array(UnsafeRawBufferPointer(start: address, count: place.upperBound)[place])
            if !found.contains(bytes) { found.append(bytes) }
        }
        return found.isEmpty ? .failure(.noSuchName) : .success(found)
    }
}
