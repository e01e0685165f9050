internal import CTimex
internal import Glibc

extension FileEffects {
    /// The real disk, clock and random numbers of this machine.
    public static let live = FileEffects(
        open: { (path, mode) throws(VaultError) in
            let flags: Int32 =
                switch mode {
                case .read: O_RDONLY
                case .write: O_RDWR
                case .create, .createSecret: O_RDWR | O_CREAT | O_EXCL
                }
            let isSecret = if case .createSecret = mode { true } else { false }
            let file = Glibc.open(
                path, flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, mode_t(isSecret ? 0o600 : 0o640))
            guard file >= 0 else { throw .system("open", path) }
            return file
        },
        close: { file in
            // A child that was just forked may still hold a copy of the descriptor; closing alone would leave it the lock until it runs.
            flock(file, LOCK_UN)
            _ = Glibc.close(file)
        },
        read: { (file, buffer, offset) throws(VaultError) in
            while true {
                let count = pread(file, buffer.baseAddress, buffer.count, off_t(clamping: offset))
                if count >= 0 { return count }
                guard errno == EINTR else { throw .system("read", nil) }
            }
        },
        write: { (file, bytes, offset) throws(VaultError) in
            while true {
                let count = pwrite(file, bytes.baseAddress, bytes.count, off_t(clamping: offset))
                if count >= 0 { return count }
                guard errno == EINTR else { throw .system("write", nil) }
            }
        },
        // Never tried again after a failure, not even after EINTR: the kernel may have dropped what it could not write.
        sync: { (file) throws(VaultError) in
            guard fdatasync(file) == 0 else { throw .system("fdatasync", nil) }
        },
        size: { (file) throws(VaultError) in
            var status = stat()
            guard fstat(file, &status) == 0 else { throw .system("fstat", nil) }
            return UInt64(status.st_size)
        },
        rename: { (from, to) throws(VaultError) in
            guard Glibc.rename(from, to) == 0 else { throw .system("rename", from) }
        },
        remove: { (path) throws(VaultError) in
            guard unlink(path) == 0 else { throw .system("unlink", path) }
        },
        makeDirectory: { (path) throws(VaultError) in
            guard mkdir(path, 0o750) == 0 else { throw .system("mkdir", path) }
        },
        list: { (path) throws(VaultError) in
            guard let folder = opendir(path) else { throw .system("opendir", path) }
            defer { closedir(folder) }
            var names: [String] = []
            errno = 0
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { names.append(name) }
                errno = 0
            }
            guard errno == 0 else { throw .system("readdir", path) }
            return names.sorted()
        },
        syncDirectory: { (path) throws(VaultError) in
            let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { throw .system("open", path) }
            defer { _ = Glibc.close(folder) }
            guard fsync(folder) == 0 else { throw .system("fsync", path) }
        },
        lock: { (file) throws(VaultError) in
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { throw .system("flock", nil) }
            return false
        },
        permissions: { (path) throws(VaultError) in
            var status = stat()
            guard lstat(path, &status) == 0 else { throw .system("lstat", path) }
            return status.st_mode & 0o7777
        },
        space: { (path) throws(VaultError) in
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { throw .system("statvfs", path) }
            let unit = UInt64(status.f_frsize)
            return DiskSpace(total: UInt64(status.f_blocks) * unit, free: UInt64(status.f_bavail) * unit)
        },
        now: { microseconds(CLOCK_REALTIME) },
        steady: { microseconds(CLOCK_BOOTTIME) },
        clockHealth: {
            var clock = timex()
            let state = adjtimex(&clock)
            return ClockHealth(
                isSynchronized: state >= 0 && state != TIME_ERROR, maximumError: Int64(clock.maxerror), boot: bootIdentifier())
        },
        random: { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        })
}

private func microseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}

/// The kernel's random name for this start of the machine.
private func bootIdentifier() -> String {
    let file = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = Glibc.close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 > 0x20 }, as: UTF8.self)
}

extension VaultError {
    /// What the last failed system call says.
    static func system(_ call: String, _ path: String?) -> VaultError {
        let number = errno
        let text = strerror(number).map { String(cString: $0) } ?? "error \(number)"
        let code: Code =
            switch number {
            case ENOENT: .notFound
            case EEXIST: .exists
            default: .file
            }
        let remedy: String? =
            switch number {
            case ENOSPC, EDQUOT: "make room on the disk, then open the vault again"
            case EACCES, EPERM: "run as the owner of the vault"
            default: nil
            }
        return VaultError(code, "\(call): \(text)", at: path, remedy: remedy)
    }
}
