internal import Crypto
internal import HTTPTypes
internal import Rulebook

/// Files that browsers fetch. Their addresses name their content, so browsers keep them for ever and never show an old one.
enum Assets {
    struct Asset: Sendable {
        let path: String
        let type: String
        let bytes: [UInt8]

        init(_ name: String, _ type: String) {
            bytes = ShippedFiles.files(in: "web").first { $0.name == "web/" + name }?.bytes ?? []
            let digits = Array("0123456789abcdef".utf8)
            let hash = SHA256.hash(data: bytes).prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            let parts = name.split(separator: ".")
            path = "/assets/\(parts.first ?? "").\(String(decoding: hash, as: UTF8.self)).\(parts.last ?? "")"
            self.type = type
        }
    }

    static let style = Asset("plumbline.css", "text/css; charset=utf-8")
    static let script = Asset("plumbline.js", "text/javascript; charset=utf-8")
    static let icon = Asset("plumbline.svg", "image/svg+xml")
    static let all = [style, script, icon]

    static let routes = [
        Route.background("/assets/:name", .anyone(because: "a page cannot be read without its style")) { visit in
            guard let asset = all.first(where: { $0.path == visit.path }) else { throw Failure.notFound() }
            var answer = Answer(.ok, asset.type, asset.bytes)
            answer.isImmutable = true
            return answer
        }
    ]
}
