import Glibc
import Subprocess
import SystemPackage
import Testing

/// What a run of the program gave.
struct Run {
    var status: Int32
    var output: String
    var error: String
}

/// The built program, run as a person would run it.
enum Program {
    /// The program lies beside the test bundle that runs this.
    static var path: FilePath {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        var path = FilePath(String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        path.removeLastComponent()
        return path.appending("plumbline")
    }

    static func run(_ arguments: String..., input: String = "", language: String = "en_US.UTF-8") async throws -> Run {
        let result = try await Subprocess.run(
            .path(path), arguments: Arguments(arguments), environment: .custom(["PATH": "/usr/bin:/bin", "LANG": language]),
            input: .string(input), output: .string(limit: 32 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else {
            Issue.record("the program was ended by a signal: \(result.terminationStatus)")
            return Run(status: -1, output: "", error: "")
        }
        return Run(status: status, output: result.standardOutput, error: result.standardError)
    }
}

/// A folder that is gone after the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/plumbline-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        path = String(cString: made)
    }

    deinit { _ = system("rm -rf '\(path)'") }

    /// Writes a file and gives its path.
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let file = try FileDescriptor.open(
            "\(path)/\(name)", .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(bytes) }
        return "\(path)/\(name)"
    }

    func write(_ text: String, _ name: String) throws -> String { try write(Array(text.utf8), name) }

    /// A file of that size that takes no room.
    func sparse(_ name: String, bytes: Int) throws -> String {
        let file = try FileDescriptor.open("\(path)/\(name)", .writeOnly, options: [.create], permissions: [.ownerReadWrite])
        try file.closeAfter { try file.resize(to: Int64(bytes)) }
        return "\(path)/\(name)"
    }

    var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
