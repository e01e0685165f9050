internal import Glibc
internal import Rulebook
internal import Subprocess
internal import Synchronization
internal import SystemPackage

extension Host {
    /// The host this program runs on, or the file tree of another one mounted at `root` (then no command is run and no port is asked).
    public static func live(root: String = "/") -> Host {
        let prefix = root == "/" ? "" : (root.hasSuffix("/") ? String(root.dropLast()) : root)
        let isLive = prefix.isEmpty
        return Host(
            read: { path, limit in LiveFiles.read(prefix + path, limit: limit, fromEnd: false) },
            readEnd: { path, limit in LiveFiles.read(prefix + path, limit: limit, fromEnd: true) },
            list: { LiveFiles.list(prefix + $0) },
            status: { LiveFiles.status(prefix + $0) },
            linkTarget: { LiveFiles.linkTarget(prefix + $0) },
            volume: { LiveFiles.volume(prefix + $0) },
            run: { arguments, seconds in isLive ? await LiveCommands.run(arguments, seconds: seconds) : .notFound },
            exchange: { address, port, bytes, milliseconds, enough in
                isLive ? await LivePorts.exchange(address, port, bytes, milliseconds, enough) : nil
            },
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Instant(seconds: Int64(time.tv_sec))
            },
            user: geteuid(),
            isLive: isLive)
    }
}

/// Files through system calls: O_RDONLY only, never blocking on a pipe, never past the limit.
enum LiveFiles {
    static func failure(_ code: Int32) -> AccessFailure {
        switch code {
        case ENOENT, ENOTDIR: .absent
        case EACCES, EPERM: .denied
        default: .failed(strerror(code).map { String(cString: $0) } ?? "error \(code)")
        }
    }

    static func read(_ path: String, limit: Int, fromEnd: Bool) -> Result<HostFile, AccessFailure> {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return .failure(failure(errno)) }
        defer { close(file) }
        var raw = stat()
        guard fstat(file, &raw) == 0 else { return .failure(failure(errno)) }
        let status = status(of: raw)
        guard status.kind == .file else { return .failure(.notRegular) }
        if fromEnd, status.size > limit {
            lseek(file, off_t(status.size - limit), SEEK_SET)
        } else if status.size > limit {
            return .failure(.tooLarge(status.size))
        }
        // Files of /proc and /sys say they have no length; the loop below reads them too, up to the limit.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(status.size, limit))
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(failure(errno))
            }
            if count == 0 { return .success(HostFile(bytes: bytes, status: status)) }
            bytes.append(contentsOf: chunk[..<count])
        }
        // A growing log file read from its end may pass the limit by what was written meanwhile.
        return fromEnd ? .success(HostFile(bytes: Array(bytes.prefix(limit)), status: status)) : .failure(.tooLarge(bytes.count))
    }

    static func status(_ path: String) -> Result<HostStatus, AccessFailure> {
        var raw = stat()
        guard stat(path, &raw) == 0 else { return .failure(failure(errno)) }
        return .success(status(of: raw))
    }

    private static func status(of raw: stat) -> HostStatus {
        let kind: HostStatus.Kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        return HostStatus(
            kind: kind, mode: raw.st_mode & 0o7777, uid: raw.st_uid, gid: raw.st_gid, size: Int(raw.st_size),
            modified: Instant(seconds: Int64(raw.st_mtim.tv_sec)), device: UInt64(raw.st_dev))
    }

    static func list(_ path: String) -> Result<[String], AccessFailure> {
        guard let folder = opendir(path) else { return .failure(failure(errno)) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return .success(names.sorted())
    }

    static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    static func volume(_ path: String) -> HostVolume? {
        var raw = statvfs()
        guard statvfs(path, &raw) == 0 else { return nil }
        return HostVolume(bytes: Int(raw.f_blocks) * Int(raw.f_frsize), free: Int(raw.f_bavail) * Int(raw.f_frsize))
    }
}

/// Read-only programs, found in the system's own folders only, so that a PATH set by someone else cannot choose what runs.
enum LiveCommands {
    static let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"]
    /// Folders of helpers that packages keep out of PATH: apt-helper, which unpacks apt's lists.
    private static let helperFolders = ["/usr/lib/apt"]
    static let outputLimit = 8 << 20

    static func run(_ arguments: [String], seconds: Int) async -> CommandOutcome {
        guard let name = arguments.first, !name.contains("/") else { return .failed("a program is named without a path") }
        let candidates = (folders + helperFolders).lazy.map { "\($0)/\(name)" }
        guard let program = candidates.first(where: { access($0, X_OK) == 0 }) else { return .notFound }
        var options = PlatformOptions()
        // A group of its own, so that stopping it stops what it started.
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(200))
        ]
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(Array(arguments.dropFirst())),
            environment: .custom([
                "PATH": folders.joined(separator: ":"), "LC_ALL": "C", "TZ": "UTC", "SYSTEMD_PAGER": "", "PAGER": "cat",
            ]),
            workingDirectory: FilePath("/"), platformOptions: options)
        return await answer(within: .seconds(seconds)) {
            do {
                let result = try await Subprocess.run(
                    configuration, input: .none, output: .bytes(limit: outputLimit), error: .bytes(limit: 65_536))
                let complaint = String(decoding: result.standardError.prefix(400), as: UTF8.self)
                switch result.terminationStatus {
                case .exited(let status): return .exited(status, output: result.standardOutput, error: complaint)
                default: return .failed("ended by a signal")
                }
            } catch is CancellationError {
                return .timedOut
            } catch {
                return .failed("could not be run: \(error)")
            }
        }
    }

    /// How long a cancelled command is waited for, so that what it started is stopped before the program goes on or ends.
    private static let grace = Duration.milliseconds(1500)

    /// What `work` answers; `timedOut` when it did not within `time`. Returns then or shortly after, even if `work` never ends: a task
    /// group would wait for it.
    static func answer(within time: Duration, _ work: @escaping @Sendable () async -> CommandOutcome) async -> CommandOutcome {
        let first = FirstOutcome()
        let worker = Task {
            let outcome = await work()
            first.settle(Task.isCancelled ? .timedOut : outcome)
        }
        let timer = Task {
            // Cancelled when the answer is there, or when the one who asked is: then the worker is cancelled at once.
            try? await Task.sleep(for: time)
            worker.cancel()
            // A task of its own, because a cancelled one does not sleep.
            await Task { try? await Task.sleep(for: grace) }.value
            first.settle(.timedOut)
        }
        let outcome = await withTaskCancellationHandler {
            await first.value
        } onCancel: {
            timer.cancel()
        }
        timer.cancel()
        return outcome
    }
}

/// The first outcome it is given, for one who waits for it.
private final class FirstOutcome: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<CommandOutcome, Never>)
        case settled(CommandOutcome)
    }

    private let state = Mutex(State.open)

    /// Gives an outcome; every later one is dropped.
    func settle(_ outcome: CommandOutcome) {
        let waiting = state.withLock { state -> CheckedContinuation<CommandOutcome, Never>? in
            switch state {
            case .settled: return nil
            case .open:
                state = .settled(outcome)
                return nil
            case .awaited(let continuation):
                state = .settled(outcome)
                return continuation
            }
        }
        waiting?.resume(returning: outcome)
    }

    /// The first outcome; to be awaited once.
    var value: CommandOutcome {
        get async {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state -> CommandOutcome? in
                    if case .settled(let outcome) = state { return outcome }
                    state = .awaited(continuation)
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        }
    }
}

/// Ports of this host, asked by hand, one exchange each.
enum LivePorts {
    static func exchange(
        _ address: String, _ port: Int, _ bytes: [UInt8], _ milliseconds: Int, _ enough: @Sendable ([UInt8]) -> Bool
    ) async -> [UInt8]? {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &found) == 0, let info = found else { return nil }
        defer { freeaddrinfo(found) }
        let socket = Glibc.socket(
            info.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        // Waits without holding a thread of the pool: a mute port would otherwise stop the other collectors for its whole time-out.
        func wait(_ events: Int32) async -> Bool {
            while ContinuousClock.now < deadline, !Task.isCancelled {
                var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
                if poll(&descriptor, 1, 2) > 0 { return true }
                try? await Task.sleep(for: .milliseconds(5))
            }
            return false
        }
        if connect(socket, info.pointee.ai_addr, info.pointee.ai_addrlen) != 0 {
            var problem: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard errno == EINPROGRESS, await wait(POLLOUT), getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &length) == 0,
                problem == 0
            else {
                return nil
            }
        }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR {
                guard await wait(POLLOUT) else { return nil }
                continue
            }
            guard count > 0 else { return nil }
            sent += count
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while answer.count < 262_144, !enough(answer), await wait(POLLIN) {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { break }
            answer.append(contentsOf: chunk[..<count])
        }
        return answer
    }
}
