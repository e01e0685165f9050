internal import Glibc

/// libFuzzer's own loop: SwiftPM gives `main` another name, so its driver is called instead of letting it bring its own.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ each: @convention(c) (UnsafePointer<UInt8>, Int) -> Int32
) -> Int32

/// The parser that is fuzzed; set once, before the first input.
nonisolated(unsafe) private var chosen: PackageParser?

private func fail(_ what: String) -> Never {
    let line = Array((what + "\n").utf8)
    _ = write(2, line, line.count)
    exit(2)
}

/// `submissions-fuzz list`, `submissions-fuzz seeds PARSER DIR`, `submissions-fuzz PARSER [libFuzzer's arguments]`.
private func run() throws -> Int32 {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "list" {
        for parser in PackageParser.all { print(parser.name) }
        return 0
    }
    let name = arguments.first == "seeds" ? arguments.dropFirst().first : arguments.first
    guard let parser = PackageParser.all.first(where: { $0.name == name }) else {
        fail("usage: submissions-fuzz list | seeds PARSER DIR | PARSER [libFuzzer's arguments]")
    }
    if arguments.first == "seeds" {
        guard arguments.count == 3 else { fail("usage: submissions-fuzz seeds PARSER DIR") }
        for (number, seed) in try parser.seeds().enumerated() { try put(seed, "\(arguments[2])/seed-\(number)") }
        return 0
    }
    chosen = parser
    // The driver keeps what it is given until the program ends.
    var rest = ([CommandLine.arguments[0]] + arguments.dropFirst()).map { strdup($0) } + [nil]
    var count = Int32(rest.count - 1)
    return rest.withUnsafeMutableBufferPointer { buffer in
        var start = buffer.baseAddress
        return withUnsafeMutablePointer(to: &start) { start in
            runDriver(&count, start) { bytes, count in
                chosen?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        }
    }
}

private func put(_ bytes: [UInt8], _ path: String) throws {
    guard let file = fopen(path, "w") else { fail("\(path) cannot be written") }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

exit(try run())
