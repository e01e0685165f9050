internal import Documents
internal import Glibc
internal import Subprocess
public import Supervision
internal import SystemPackage

/// Prints a page to PDF by a browser or printer program of this host, in a directory of its own, without a network, and for a bounded time.
public struct PDFPrinter: Sendable {
    /// Programs that can do it, the better one first.
    static let programs = ["chromium", "chromium-browser", "google-chrome", "weasyprint"]
    /// Longest file that is taken, in bytes.
    static let limit = 256 << 20
    /// How long a program may take, in seconds.
    static let seconds = 120

    /// Where a program is; nil when this host has none of that name.
    public var find: @Sendable (_ name: String) -> String?
    /// Runs a program with arguments in a directory; why it failed, or nil.
    public var run: @Sendable (_ program: String, _ arguments: [String], _ directory: String) async -> String?

    /// A printer.
    public init(
        find: @escaping @Sendable (_ name: String) -> String?,
        run: @escaping @Sendable (_ program: String, _ arguments: [String], _ directory: String) async -> String?
    ) {
        (self.find, self.run) = (find, run)
    }

    /// This host's programs, looked for in `PATH`.
    public static let live = PDFPrinter(
        find: { name in
            let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
            return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
        }, run: { program, arguments, directory in await start(program, arguments, directory) })

    /// Whether this host can print.
    public var isHere: Bool { Self.programs.contains { find($0) != nil } }

    /// Prints a page.
    ///
    /// - Parameter html: the page, which loads nothing.
    /// - Returns: the PDF.
    /// - Throws: `.conflict` with what to do when no program is here, or it fails, or takes too long.
    public func pdf(_ html: [UInt8]) async throws(SupervisionError) -> [UInt8] {
        guard let name = Self.programs.first(where: { find($0) != nil }), let program = find(name) else {
            throw .conflict(
                "this host has none of \(Self.programs.joined(separator: ", ")): install one (Debian: chromium), or write the HTML and print it from a browser"
            )
        }
        let directory = try Self.directory()
        let result: Result<[UInt8], SupervisionError>
        do throws(SupervisionError) { result = .success(try await print(html, program, name, directory)) } catch {
            result = .failure(error)
        }
        // What the program left behind goes in any case; a file that cannot be removed harms nothing.
        _ = await run("/bin/rm", ["-rf", "--", directory], "/")
        return try result.get()
    }

    private func print(
        _ html: [UInt8], _ program: String, _ name: String, _ directory: String
    ) async throws(SupervisionError) -> [UInt8] {
        let (page, target) = (directory + "/page.html", directory + "/page.pdf")
        do throws(DocumentError) { try DocumentFile.write(html, to: page) } catch { throw .document(error) }
        let arguments = name == "weasyprint" ? [page, target] : Self.browserArguments(directory, page, target)
        if let failure = await run(program, arguments, directory) {
            throw .conflict("\(name) could not print: \(failure); write the HTML and print it from a browser")
        }
        let bytes: [UInt8]
        do throws(DocumentError) { bytes = try DocumentFile.read(target, limit: Self.limit) } catch {
            throw .conflict("\(name) wrote no PDF; write the HTML and print it from a browser")
        }
        guard bytes.starts(with: Array("%PDF-".utf8)) else { throw .conflict("what \(name) wrote is no PDF") }
        return bytes
    }

    /// No extensions, no profile but one that is thrown away, no way to the network.
    private static func browserArguments(_ directory: String, _ page: String, _ target: String) -> [String] {
        var arguments = [
            "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--disable-sync", "--disable-dev-shm-usage", "--disable-crash-reporter", "--proxy-server=127.0.0.1:9",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=\(directory)/profile", "--no-pdf-header-footer",
            "--print-to-pdf=\(target)", "file://\(page)",
        ]
        // A browser's own sandbox cannot be made by root; the page is ours and has no script.
        if geteuid() == 0 { arguments.insert("--no-sandbox", at: 0) }
        return arguments
    }

    private static func directory() throws(SupervisionError) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/plumbline-print-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .conflict("no directory could be made in \(base)") }
        return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func start(_ program: String, _ arguments: [String], _ directory: String) async -> String? {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))
        ]
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(arguments),
            environment: .custom([
                "PATH": "/usr/bin:/bin", "HOME": "\(directory)", "TMPDIR": "\(directory)", "LC_ALL": "C.UTF-8",
                "TZ": "Asia/Taipei",
            ]),
            workingDirectory: FilePath(directory), platformOptions: options)
        return await withTaskGroup(of: String?.self) { group in
            group.addTask {
                do {
                    let result = try await Subprocess.run(
                        configuration, input: .none, output: .bytes(limit: 1 << 20), error: .bytes(limit: 1 << 20))
                    guard case .exited(0) = result.terminationStatus else {
                        return "\(result.terminationStatus) \(String(decoding: result.standardError.suffix(200), as: UTF8.self))"
                    }
                    return nil
                } catch {
                    return "\(error)"
                }
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return "it took more than \(seconds) seconds"
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
