import Glibc
import NIOCore

/// Two connected sockets of this process.
enum SocketPair {
    static func make() -> (NIOBSDSocket.Handle, NIOBSDSocket.Handle)? {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { return nil }
        return (pair[0], pair[1])
    }
}
