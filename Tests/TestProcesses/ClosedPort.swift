internal import Glibc

/// A port on which nobody listens, and nobody else can while this is kept: another test might be given one that was merely let go.
package final class ClosedPort: Sendable {
    private let socket: Int32
    /// Its number, at 127.0.0.1.
    package let number: Int

    /// Takes one.
    package init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bound in
                bind(socket, bound, length) == 0 && getsockname(socket, bound, &length) == 0
            }
        }
        number = Int(UInt16(bigEndian: address.sin_port))
        guard isBound, number > 0 else { throw Failure("no port could be taken") }
    }

    deinit { close(socket) }
}
