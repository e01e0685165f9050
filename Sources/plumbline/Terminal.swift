internal import Glibc
internal import Reports
internal import Rulebook
internal import Synchronization

/// Standard output and standard error as this program uses them.
enum Terminal {
    /// Writes to standard output; a closed pipe ends the program quietly, as `head` expects.
    static func write(_ text: String) { write(Array(text.utf8), to: 1) }

    /// Writes bytes to standard output.
    static func write(_ bytes: [UInt8]) { write(bytes, to: 1) }

    /// Writes a line to standard error.
    static func complain(_ text: String) { write(Array("\(text)\n".utf8), to: 2) }

    /// Writes to standard error as it is, without a line end.
    static func report(_ text: String) { write(Array(text.utf8), to: 2) }

    /// Whether something could not be written to standard output.
    private static let hasFailed = Mutex(false)
    private static var failed: Bool {
        get { hasFailed.withLock { $0 } }
        set { hasFailed.withLock { $0 = newValue } }
    }

    /// Ends the program with status 73 when something could not be written to standard output.
    static func exitIfCut() {
        guard failed else { return }
        complain("plumbline: standard output could not be written; what was written is cut")
        exit(73)
    }

    private static func write(_ bytes: [UInt8], to file: Int32) {
        signal(SIGPIPE, SIG_IGN)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + offset }, bytes.count - offset) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 {
                // Whoever closed a pipe has seen enough; anything else would leave a cut report that looks whole.
                if file == 1, errno != EPIPE { failed = true }
                return
            }
            offset += count
        }
    }

    /// Whether a person sits in front of standard output (1), error (2) or input (0).
    static func isPerson(_ file: Int32) -> Bool { isatty(file) == 1 }

    /// Style of standard output: colour on a terminal unless NO_COLOR is set; its width, or 110 columns.
    static var style: TextStyle {
        let isTerminal = isPerson(1)
        var size = winsize()
        let columns = isTerminal && ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 110
        return TextStyle(isColoured: isTerminal && getenv("NO_COLOR") == nil, columns: columns)
    }

    /// The language of the environment: Chinese unless LC_ALL, LC_MESSAGES or LANG names another one.
    static var language: Language {
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { continue }
            return value.hasPrefix("en") ? .english : .chinese
        }
        return .chinese
    }

    /// The time now.
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(seconds: Int64(time.tv_sec))
    }
}

/// A line on standard error that is overwritten while long work goes on; silent when nobody watches.
final class ProgressLine: Sendable {
    private let isShown: Bool
    /// Guards the longest line written so far, so that a shorter one can blank it out.
    private let width = Mutex(0)

    init() { isShown = Terminal.isPerson(2) }

    func show(_ text: String) {
        guard isShown else { return }
        width.withLock { width in
            let columns = TextColumns.width(text)
            let blank = String(repeating: " ", count: max(0, width - columns))
            width = columns
            Terminal.report("\r\(text)\(blank)")
        }
    }

    func clear() {
        guard isShown else { return }
        width.withLock { width in
            Terminal.report("\r\(String(repeating: " ", count: width))\r")
        }
    }
}
