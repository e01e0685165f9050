internal import Dispatch
package import Glibc
internal import Synchronization

/// What a run of a program gave.
package struct Run: Sendable {
    package let status: Int32
    package let output: String
}

/// A program that was started; killed when nobody holds it any more.
package final class Running: Sendable {
    /// One program is started at a time.
    private static let starting = StartLock()

    package let process: pid_t
    private let output: Int32
    /// Minus one when it is not fed.
    private let input: Int32
    /// What came and was not taken yet.
    private let rest = Mutex<[UInt8]>([])
    private let isEnded = Mutex(false)

    /// Starts a program; what it writes to standard output and standard error is read through `line` and `finish`.
    ///
    /// - Parameters:
    ///   - program: the path of the program.
    ///   - arguments: its arguments.
    ///   - environment: its environment; this one's when left out.
    ///   - isFed: whether `say` writes to its standard input, which is empty otherwise.
    /// - Throws: `Failure` when it cannot be started.
    package init(_ program: String, _ arguments: [String], environment: [String: String]? = nil, isFed: Bool = false) throws {
        // Until it is marked, a pipe would be handed on to what another test starts, which would then hold it open.
        Self.starting.lock()
        defer { Self.starting.unlock() }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure("no pipe could be made") }
        var feed: [Int32] = [-1, -1]
        guard !isFed || pipe(&feed) == 0 else { throw Failure("no pipe could be made") }
        for end in ends + feed where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if isFed {
            posix_spawn_file_actions_adddup2(&actions, feed[0], 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var envp = (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { envp.forEach { free($0) } }
        var process: pid_t = 0
        let status =
            if environment == nil {
                posix_spawn(&process, program, &actions, nil, &argv, environ)
            } else {
                posix_spawn(&process, program, &actions, nil, &argv, &envp)
            }
        close(ends[1])
        if isFed { close(feed[0]) }
        guard status == 0 else {
            close(ends[0])
            if isFed { close(feed[1]) }
            throw Failure("cannot start \(program): error \(status)")
        }
        (self.process, output, input) = (process, ends[0], feed[1])
    }

    deinit {
        if !isEnded.withLock({ $0 }) {
            _ = kill(process, SIGKILL)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
        close(output)
        if input >= 0 { close(input) }
    }

    /// Writes a line to the program's standard input.
    package func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
    }

    /// The next line, without its newline; nil when the program says nothing more.
    package func line() async -> String? { await Waiting.run { self.nextLine() } }

    private func nextLine() -> String? {
        while true {
            let found: String? = rest.withLock { rest in
                guard let end = rest.firstIndex(of: 0x0A) else { return nil }
                defer { rest.removeSubrange(...end) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            if let found { return found }
            guard let more = read() else { return nil }
            rest.withLock { $0 += more }
        }
    }

    package func signal(_ number: Int32) { _ = kill(process, number) }

    /// Reads to the end and waits; the exit status, or minus the signal that ended it.
    package func finish() async -> Run { await Waiting.run { self.end() } }

    fileprivate func end() -> Run {
        while let more = read() { rest.withLock { $0 += more } }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        isEnded.withLock { $0 = true }
        let text = rest.withLock { String(decoding: $0, as: UTF8.self) }
        return Run(status: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F), output: text)
    }

    private func read() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(output, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(chunk[..<count]) : nil
        }
    }
}

/// Work that waits for a program, on a thread that may wait: the few threads that tests share must not.
private enum Waiting {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }
}

/// A lock whose holder cannot be a closure: an initialiser sets its fields under it.
private final class StartLock: Sendable {
    private let isHeld = Atomic(false)

    func lock() {
        while !isHeld.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged { sched_yield() }
    }

    func unlock() { isHeld.store(false, ordering: .releasing) }
}

/// Why a test could not go on.
package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The built program, which lies beside the test bundle.
package enum Plumbline {
    package static var path: String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/plumbline"
    }

    package static func start(_ arguments: String..., environment: [String: String]? = nil) throws -> Running {
        try Running(path, arguments, environment: environment)
    }

    /// Runs the program to its end.
    package static func run(_ arguments: String..., environment: [String: String]? = nil) async throws -> Run {
        try await Running(path, arguments, environment: environment).finish()
    }
}

/// A folder that is gone after the test.
package final class Scratch: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/plumbline-net-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("no folder could be made") }
        path = String(cString: made)
    }

    deinit {
        // Without a shell: the folder's name is ours.
        _ = try? Running("/bin/rm", ["-rf", path]).end()
    }

    /// Writes a file and gives its path.
    package func write(_ bytes: [UInt8], _ name: String, mode: mode_t = 0o644) throws -> String {
        let path = "\(path)/\(name)"
        try Files.write(bytes, path, mode: mode)
        return path
    }

    package func write(_ text: String, _ name: String, mode: mode_t = 0o644) throws -> String {
        try write(Array(text.utf8), name, mode: mode)
    }
}

/// Whole files.
package enum Files {
    package static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure("\(path) cannot be read") }
        defer { close(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return all }
            all += chunk[..<count]
        }
    }

    package static func write(_ bytes: [UInt8], _ path: String, mode: mode_t = 0o644) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw Failure("\(path) cannot be written") }
        defer { close(file) }
        fchmod(file, mode)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
            guard count > 0 else { throw Failure("\(path) cannot be written") }
            done += count
        }
    }

    /// Copies a folder with all that is in it.
    package static func copy(_ from: String, _ to: String) async throws {
        guard try await Running("/bin/cp", ["-a", from, to]).finish().status == 0 else {
            throw Failure("\(from) cannot be copied")
        }
    }
}
