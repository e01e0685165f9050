import Rulebook
import Submissions
import TestProcesses
import Testing

/// Another implementation of the package format, written after the documentation alone.
@Suite("Packages of another implementation")
struct OtherImplementationTests {
    private static let script =
        String(#filePath.dropLast("/ServerTests/OtherImplementationTests.swift".count)) + "/Emulator/packages.py"

    private static func python(_ arguments: String...) async throws -> Run {
        try await Running("/usr/bin/env", ["python3"] + arguments).finish()
    }

    @Test(
        "what it signs is taken here, and what is signed here it takes, with the same digits to read out",
        .enabled("python3 with cryptography is not here") {
            (try? await python("-c", "import cryptography").status) == 0
        })
    func both() async throws {
        let scratch = try Scratch()
        let (theirs, ours) = (scratch.path + "/theirs", scratch.path + "/ours")
        #expect(try await Self.python(Self.script, "make", theirs).status == 0)
        let verified = try await Plumbline.run("submission", "verify", theirs, "--key", theirs)
        #expect(verified.status == 0 && verified.output.contains("甲 \"證券\" (alpha)"), "\(verified.output)")
        let key = SigningKey()
        let header = MessageHeader(
            id: String(repeating: "a", count: 32), created: .init(seconds: 1_800_000_000), program: "x",
            firm: .init(id: "alpha", name: "甲\"證\"券\\"), recipient: nil)
        let message = Message.registration(
            KeyRegistration(header, role: .firm, name: "甲", contact: "林美", key: key.publicKey, replaces: nil))
        try Files.write(try message.signed(by: key).bytes, ours)
        let checked = try await Self.python(Self.script, "check", ours)
        #expect(checked.output == PublicKey.fingerprint(key.publicKey).spoken.joined(separator: " ") + "\n", "\(checked.output)")
        var flipped = try Files.read(ours)
        flipped[flipped.count / 2] ^= 1
        try Files.write(flipped, ours)
        #expect(try await Self.python(Self.script, "check", ours).status != 0)
    }
}
