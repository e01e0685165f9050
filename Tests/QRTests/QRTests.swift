import Glibc
import TestProcesses
import Testing

@testable import QR

@Suite("QR codes")
struct QRTests {
    @Test("Reed-Solomon: the worked example of the standard (annex I, version 1-M, 01234567)")
    func reedSolomon() {
        let data: [UInt8] = [0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11]
        #expect(
            ReedSolomon.remainder(data, ReedSolomon.generator(10)) == [
                0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55,
            ])
    }

    @Test("Alignment patterns stand where annex E says")
    func alignment() {
        let expected = [
            1: [], 2: [6, 18], 6: [6, 34], 7: [6, 22, 38], 13: [6, 34, 62], 14: [6, 26, 46, 66], 16: [6, 26, 50, 74],
            20: [6, 34, 62, 90],
        ]
        for (number, centres) in expected { #expect(QRVersion.all[number - 1].alignment == centres, "version \(number)") }
    }

    @Test("Every version is filled exactly: codewords and patterns cover the grid")
    func filled() {
        for version in QRVersion.all {
            let count = version.codewords([]).count
            // Modules that are left for data, from the geometry of the patterns alone.
            let (size, align) = (version.size, version.alignment.count)
            var free = size * size - 3 * 64 - 2 * (size - 16) - 31
            if align > 0 { free -= (align * align - 3) * 25 - (align - 2) * 2 * 5 }
            if version.number >= 7 { free -= 36 }
            #expect(free / 8 == count, "version \(version.number)")
        }
    }

    @Test("The smallest version is taken, and what does not fit is refused")
    func capacity() {
        #expect(QRCode([UInt8](repeating: 65, count: 14))?.size == 21)
        #expect(QRCode([UInt8](repeating: 65, count: 15))?.size == 25)
        #expect(QRCode([UInt8](repeating: 65, count: QRCode.capacity))?.size == 97)
        #expect(QRCode([UInt8](repeating: 65, count: QRCode.capacity + 1)) == nil)
        #expect(QRCode("")?.size == 21)
    }

    @Test("The drawing covers the dark modules and nothing else")
    func drawing() throws {
        let code = try #require(QRCode("otpauth://totp/x"))
        var drawn: Set<[Int]> = []
        for part in code.path.split(separator: "M") {
            let numbers = part.split { !$0.isNumber }.compactMap { Int($0) }
            for step in 0..<numbers[2] { drawn.insert([numbers[1] - 4, numbers[0] - 4 + step]) }
        }
        for row in 0..<code.size {
            for column in 0..<code.size { #expect(drawn.contains([row, column]) == code.isDark(row, column)) }
        }
        #expect(!code.isDark(-1, 0) && !code.isDark(0, code.size))
    }

    private static let hasReader = access("/usr/bin/zbarimg", X_OK) == 0

    @Test(
        "Debian's zbarimg reads what was written, in every version and of every content",
        .enabled(if: hasReader, "zbar-tools is not installed"),
        arguments: [1, 13, 14, 15, 40, 61, 84, 106, 122, 150, 180, 213, 250, 287, 330, 360, 410, 450, 500, 560, 620, 666])
    func read(_ length: Int) async throws {
        let letters = Array("otpauth://totp/Plumbline%20:mei.lin?secret=JBSWY3DPEHPK3PXP&issuer=%E6%BA%96".utf8)
        let bytes = (0..<length).map { letters[($0 * 7 + length) % letters.count] }
        let code = try #require(QRCode(bytes))
        let scale = 4
        var image = Array("P5\n\(code.viewBox * scale) \(code.viewBox * scale)\n255\n".utf8)
        for row in 0..<code.viewBox * scale {
            for column in 0..<code.viewBox * scale { image.append(code.isDark(row / scale - 4, column / scale - 4) ? 0 : 255) }
        }
        let scratch = try Scratch()
        let path = try scratch.write(image, "code.pgm")
        let read = try await Running("/usr/bin/zbarimg", ["-q", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", path])
            .finish()
        #expect(read.output == String(decoding: bytes, as: UTF8.self) + "\n")
    }
}
