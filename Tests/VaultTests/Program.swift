import Glibc
import Testing

@testable import Vault

/// The built program, which lies beside the test bundle.
enum Program {
    static var path: String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Path.parent(own) + "/plumbline"
    }

    /// Starts the program; standard output comes through the descriptor given back, standard error goes nowhere unless `both`.
    static func start(_ arguments: [String], program: String = path, input: String = "/dev/null", both: Bool = false) throws -> (
        process: pid_t, output: Int32
    ) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        if both {
            posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var process: pid_t = 0
        try #require(posix_spawn(&process, program, &actions, nil, &argv, environ) == 0)
        close(ends[1])
        return (process, ends[0])
    }

    /// Waits for the end; the exit status, or minus the signal that ended it.
    static func wait(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    static func run(_ arguments: String..., program: String = path, input: String = "/dev/null") throws -> (
        status: Int32, output: String
    ) {
        let (process, output) = try start(arguments, program: program, input: input, both: true)
        defer { close(output) }
        var all: [UInt8] = []
        while let more = readSome(output) { all += more }
        return (wait(process), String(decoding: all, as: UTF8.self))
    }

    static func readSome(_ file: Int32) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(chunk[..<count]) : nil
        }
    }
}
