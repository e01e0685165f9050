import Documents
import Rulebook
import Synchronization
import Testing

@testable import Identity

@Suite("Passwords")
struct PasswordTests {
    private func rules(firm: [String] = ["Evergreen Futures", "長青期貨"]) throws -> PasswordRules {
        PasswordRules(policy: try shippedPolicy(), guesses: try GuessList.shipped(), firmWords: firm)
    }

    private func faults(_ text: String, factor: Bool = true) throws -> [PasswordFault] {
        let context = PasswordContext(personal: ["mei.lin", "林美玲", "mei.lin@example.com"], hasEnforcedFactor: factor)
        return try rules().faults(of: Password(text), for: context)
    }

    @Test("P1 a PHC string is read strictly and written alike")
    func phc() throws {
        let text = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        let hash = try #require(PasswordHash(text))
        #expect(hash.text == text)
        for wrong in [
            text.replacing("argon2id", with: "argon2i"), text.replacing("v=19", with: "v=16"),
            text.replacing("m=19456", with: "m=019456"),
            text.replacing("m=19456", with: "m=4294967296"), text.replacing("p=1", with: "p=0"),
            text.replacing("t=2,p=1", with: "p=1,t=2"),
            text + "A", text + "=", String(text.dropLast()), "", "$", text.replacing("$c29", with: "$c-9"),
        ] { #expect(PasswordHash(wrong) == nil, "\(wrong)") }
    }

    @Test("P1 Argon2id gives what the reference implementation gives")
    func vector() throws {
        // From the test program of the reference implementation: argon2id, v=19, t=2, m=2^8 KiB, p=1, "password", "somesalt".
        let cost = try #require(HashCost(memory: 256, passes: 2, lanes: 1))
        let hash = try #require(PasswordHasher.argon2.compute(Array("password".utf8), Array("somesalt".utf8), cost, 32))
        #expect(Encodings.hex(hash) == "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe")
    }

    @Test("Random bytes are no PHC string, and never crash")
    func fuzz() {
        var random = SeededGenerator(state: 7)
        let letters = Array("$argon2idv=19m,t0123456789pAZaz+/".utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 }
            #expect(PasswordHash(String(decoding: text, as: UTF8.self)) == nil)
        }
    }

    @Test("The gate computes no more at once than allowed, and turns away what may not wait")
    func gate() async throws {
        struct Tally { var now = 0, most = 0, total = 0 }
        final class Box: Sendable { let tally = Mutex(Tally()) }
        let box = Box()
        let gate = HashingGate(
            PasswordHasher { _, _, _, length in
                box.tally.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                    $0.total += 1
                }
                var sum = 0
                for number in 0..<200_000 { sum &+= number }
                box.tally.withLock { $0.now -= 1 }
                return [UInt8](repeating: UInt8(truncatingIfNeeded: sum), count: length)
            }, width: 2, queue: 5)
        let cost = try #require(HashCost(memory: 8, passes: 1, lanes: 1))
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do { return try await gate.hash([], salt: [], cost: cost).isEmpty } catch { return true }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let seen = box.tally.withLock { $0 }
        #expect(seen.most <= 2)
        #expect(seen.total + refused == 200)
        #expect(try await gate.hash([], salt: [], cost: cost).count == 32)
    }

    @Test("cnfa-6.7 length, kinds and what guessers know")
    func quality() throws {
        #expect(try faults("Tw!st3d-Kelp_Orbit").isEmpty)
        #expect(try faults("Ab1!xkqz").contains(.tooShort(minimum: try shippedPolicy()[.passwordMinLengthWithFactor])))
        #expect(try faults("Vx9!mKqz#Rtwp").isEmpty)
        #expect(try faults("Vx9!mKqz#Rtwp", factor: false).contains(.tooShort(minimum: 15)))
        #expect(try faults("tw!st3d-kelp_orbit").contains(.tooFewClasses(minimum: 4)))
        #expect(try faults("Vx9!mKqz#Rt\u{7}wpxx").contains(.unprintable))
        #expect(try faults(String(repeating: "Ab1!", count: 300)) == [.tooLong(maximumBytes: 1_024)])
    }

    @Test(
        "Predictable passwords are refused however they are dressed",
        arguments: [
            "P@ssw0rd1234!", "Welcome2026!!", "Qwertyuiop123!", "1qaz2wsx3edc4rfV!", "Aaaaaaaaaaa1!", "Abcdefgh1234!",
            "Taipei@20261120",
            "Ab1!Ab1!Ab1!Ab1!", "Summer2026Summer!", "!QAZ@WSX#EDC4rfv", "Ji32k7au4a83!A", "Futures1234567!",
        ])
    func predictable(_ text: String) throws {
        #expect(try faults(text).contains(.predictable), "\(text)")
    }

    @Test("Names of the person and the firm are refused, also in other spellings")
    func context() throws {
        #expect(try faults("xK7#Mei-L1n?tqVw").isEmpty)
        #expect(try faults("xK7#3xample?tqVw").contains(.containsPerson))
        #expect(try faults("xK7#林美玲?tqVwzz").contains(.containsPerson))
        #expect(try faults("xK7#3vergr33n?tqVw").contains(.containsFirm))
        #expect(try faults("xK7#長青期貨?tqVwz").contains(.containsFirm))
    }

    @Test("Long sentences of any script are accepted, and counted in characters as composed")
    func scripts() throws {
        #expect(try faults("今天下午三點Kaihui記得帶7份資料喔!").isEmpty)
        let long = String(repeating: "Kelp orbit? Nine (9) violet zebras hum. ", count: 2) + "end"
        #expect(long.count >= 64)
        #expect(try faults(long + " Twenty-2 quiet moths wait below.").isEmpty)
        // The same letter, typed as one scalar or two.
        #expect(Password("e\u{301}").bytes == Password("\u{E9}").bytes)
        #expect(Password("e\u{301}").length == 1)
    }

    @Test("A password does not print itself")
    func hidden() {
        let password = Password("Tw!st3d-Kelp_Orbit")
        var dumped = ""
        dump(password, to: &dumped)
        for text in ["\(password)", String(reflecting: password), dumped, "\([password])"] { #expect(!text.contains("Kelp")) }
    }

    @Test("A list with a wrong line is refused with the line")
    func list() throws {
        func line(_ text: String) -> Int32? {
            do throws(DocumentError) { _ = try GuessList(Array(text.utf8)); return nil } catch { return error.position.line }
        }
        #expect(line("# words\nalpha\nbeta\n") == nil)
        #expect(line("alpha\nAlpha\n") == 2)
        #expect(line("alpha\nbeta\nalpha\n") == 3)
        #expect(line("ab\n") == 1)
        #expect(try GuessList.shipped().count >= 300)
    }
}
