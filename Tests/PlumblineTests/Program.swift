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
    /// Beside the test bundle.
    static var path: FilePath {
        let bundle = FilePath(CommandLine.arguments[0])
        var folder = bundle.isAbsolute ? bundle : (FilePath(Environment.current.value("PWD") ?? ".")).pushing(bundle)
        folder.removeLastComponent()
        return folder.appending("plumbline")
    }

    static func run(_ arguments: String..., input: String = "", environment: [Environment.Key: String] = [:]) async throws -> Run {
        try await run(arguments, input: input, environment: environment)
    }

    static func run(_ arguments: [String], input: String = "", environment: [Environment.Key: String] = [:]) async throws -> Run {
        let result = try await Subprocess.run(
            .path(path), arguments: Arguments(arguments), environment: .custom(["PATH": "/usr/bin:/bin", "LANG": "en_US.UTF-8"].merging(environment) { $1 }),
            input: .string(input), output: .string(limit: 32 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else {
            Issue.record("the program was ended by a signal: \(result.terminationStatus)")
            return Run(status: -1, output: result.standardOutput, error: result.standardError)
        }
        return Run(status: status, output: result.standardOutput, error: result.standardError)
    }
}

extension Environment {
    fileprivate static var current: Self { .inherit }
    fileprivate func value(_ name: String) -> String? { ProcessEnvironment.value(name) }
}
