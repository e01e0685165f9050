import Documents
import Glibc
import Testing

@testable import Checks

/// The simulator against the real libpam: stacks of pam_debug calls, with what libpam answered to them.
@Suite("PAM dispatch against libpam's own answers")
struct PAMOracleTests {
    @Test("recorded answers")
    func recorded() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let path = getenv("PLUMBLINE_PAM_CORPUS").map { String(cString: $0) } ?? "\(root)/Corpora/pam-dispatch.txt"
        let text = String(decoding: try DocumentFile.read(path, limit: 16 << 20), as: UTF8.self)
        var count = 0
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let halves = line.split(separator: " => ")
            try #require(halves.count == 2)
            var returns: [PAMReturn] = []
            let stack = try halves[0].split(separator: "; ").map { step -> PAMEntry in
                let parts = step.split(separator: " -> ")
                let (level, control) = (parts[0].prefix { $0 != " " }, String(parts[0].drop { $0 != " " }.dropFirst()))
                returns.append(try #require(PAMReturn(rawValue: String(parts[1]))))
                return PAMEntry(
                    facility: .auth, kind: control == "substack" ? .substack : .module, control: control,
                    actions: PAMControl(control),
                    module: "pam_debug.so", arguments: [], level: try #require(Int(level)), from: "", via: [])
            }
            let answer = PAMSimulator.run(stack) { returns[$0] }.status.rawValue
            #expect(answer == halves[1], "\(line)")
            count += 1
        }
        #expect(count >= 100)
    }
}
