internal import Glibc
internal import Vault

/// What the vault does when much happens at once, and what is left of it when it is killed.
///
///     vault-stress [--seconds N] [--seed N] [--directory DIR]    one log, written to and read at the same time; for the thread
/// sanitizer
///     vault-stress --ledger DIR [--batches N] [--seed N]         one writer that tells what was acknowledged, to be killed by
/// who reads that
///
/// Exit status 0: everything held; 1: something did not, said in a line that begins with VIOLATION; 2: wrong arguments.
struct Arguments {
    var seconds: Int = 20
    var seed: UInt64 = 1
    var batches = 150
    var directory: String?
    var isLedger = false

    init?(_ words: ArraySlice<String>) {
        var rest = words
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--seconds": seconds = Int(value) ?? seconds
            case "--seed": seed = UInt64(value) ?? seed
            case "--batches": batches = Int(value) ?? batches
            case "--directory": directory = value
            case "--ledger": (directory, isLedger) = (value, true)
            default: return nil
            }
        }
    }
}

/// Says what did not hold, and ends the program.
func violation(_ what: String) -> Never {
    let line = Array("VIOLATION: \(what)\n".utf8)
    _ = write(2, line, line.count)
    exit(1)
}

func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { violation(what()) } }

guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
    print("usage: vault-stress [--seconds N] [--seed N] [--directory DIR] | --ledger DIR [--batches N] [--seed N]")
    exit(2)
}
do {
    if arguments.isLedger, let directory = arguments.directory {
        try await Ledger(directory: directory, seed: arguments.seed).run(batches: arguments.batches)
    } else {
        try await Stress(arguments).run()
    }
} catch {
    violation("\(error)")
}
