import Testing
import Vault

@testable import VaultNetwork

@Suite("Signature Version 4, times and addresses of stores")
struct SigV4Tests {
    /// The examples in the reference of Amazon S3, "Signature calculations for the authorization header".
    private static let s3 = SigV4(
        credentials: S3Credentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1")
    private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private static func signature(_ signer: SigV4, _ request: SigV4.Request, _ stamp: String) -> String {
        String(signer.authorization(request, stamp: stamp).split(separator: "=").last ?? "")
    }

    @Test("the published S3 examples: get with a range, put, a sub-resource, a list")
    func published() {
        let stamp = "20130524T000000Z"
        func headers(_ hash: String, _ more: [(name: String, value: String)] = []) -> [(name: String, value: String)] {
            [("host", "examplebucket.s3.amazonaws.com"), ("x-amz-date", stamp), ("x-amz-content-sha256", hash)] + more
        }
        let get = SigV4.Request(
            method: "GET", path: "/test.txt", headers: headers(Self.empty, [("Range", "bytes=0-9")]), payloadHash: Self.empty)
        #expect(Self.signature(Self.s3, get, stamp) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
        let put = SigV4.Request(
            method: "PUT", path: "/" + SigV4.encode("test$file.text"),
            headers: headers(hash, [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")]),
            payloadHash: hash)
        #expect(Self.signature(Self.s3, put, stamp) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        let lifecycle = SigV4.Request(
            method: "GET", path: "/", query: [("lifecycle", "")], headers: headers(Self.empty), payloadHash: Self.empty)
        #expect(Self.signature(Self.s3, lifecycle, stamp) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        let list = SigV4.Request(
            method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")], headers: headers(Self.empty),
            payloadHash: Self.empty)
        #expect(Self.signature(Self.s3, list, stamp) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("the published general examples: nothing but a path, and an empty query key")
    func general() {
        let signer = SigV4(
            credentials: S3Credentials(accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service")
        var request = SigV4.Request(
            method: "GET", path: "/", headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")],
            payloadHash: Self.empty)
        #expect(
            Self.signature(signer, request, "20150830T123600Z")
                == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        request.query = [("Param1", "value1")]
        #expect(
            Self.signature(signer, request, "20150830T123600Z")
                == "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb")
    }

    @Test("credentials are not printed by any of the usual ways")
    func secrets() {
        let credentials = S3Credentials(accessKey: "AKIDEXAMPLE", secretKey: "very-secret", sessionToken: "very-secret")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])", "\(Self.s3)"] {
            #expect(!text.contains("very-secret") && !text.contains("wJalr"))
        }
    }

    @Test("days there and back, leap years included, and texts that are no days")
    func days() {
        #expect(StoreTime.text(0) == "1970-01-01T00:00:00Z")
        #expect(StoreTime.text(1_369_353_600) == "2013-05-24T00:00:00Z" && StoreTime.stamp(1_369_353_600) == "20130524T000000Z")
        #expect(StoreTime.text(951_868_799) == "2000-02-29T23:59:59Z")
        for day in stride(from: Int64(0), to: 200_000, by: 17) {
            #expect(StoreTime.day(String(StoreTime.text(day * 86_400).prefix(10))) == day * 86_400)
        }
        for text in ["", "2029", "2029-02-29", "2029-13-01", "2029-04-31", "2029-1-1", "29-01-01", "2029-01-01T", "2029-+1-01"] {
            #expect(StoreTime.day(text) == nil, "\(text)")
        }
    }

    @Test(
        "what is no bucket, prefix, store or region is refused",
        arguments: [
            ("s3://", "https://a", "r"), ("s3://ab", "https://a", "r"), ("http://abc/d", "https://a", "r"),
            ("s3://ABC/d", "https://a", "r"),
            ("s3://abc//d", "https://a", "r"), ("s3://abc/../d", "https://a", "r"), ("s3://abc/d e", "https://a", "r"),
            ("s3://abc/é", "https://a", "r"),
            ("s3://abc/d", "a", "r"), ("s3://abc/d", "https://", "r"), ("s3://abc/d", "https://user:pass@a", "r"),
            ("s3://abc/d", "https://a/b", "r"),
            ("s3://abc/d", "https://a?b", "r"), ("s3://abc/d", "https://a", ""), ("s3://abc/d", "https://a", "r/s"),
            ("s3://abc/d", "https://a\nb", "r"),
        ])
    func locations(text: String, endpoint: String, region: String) {
        #expect(throws: VaultError(.badInput, "")) { _ = try S3Location(text, endpoint: endpoint, region: region) }
    }

    @Test("a location reads as written")
    func location() throws {
        let location = try S3Location("s3://firm-logs/a/b/", endpoint: "http://127.0.0.1:9000/", region: "eu-west-1")
        #expect(
            "\(location)" == "s3://firm-logs/a/b/" && location.host == "127.0.0.1:9000"
                && location.endpoint == "http://127.0.0.1:9000")
        #expect(try S3Location("s3://firm-logs", endpoint: "https://[::1]:9", region: "x").prefix == "")
    }
}
