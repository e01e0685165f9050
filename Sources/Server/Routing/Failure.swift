package import HTTPTypes

/// Why a visit ends otherwise than it should. The visitor sees a sentence and a code; the detail goes to the log under that code.
package struct Failure: Error, Sendable {
    /// The status.
    package var status: HTTPResponse.Status
    /// Name of the sentence in the catalogue, under `error.`.
    package var sentence: String
    /// What the sentence names.
    package var values: [String: String]
    /// For the log only.
    package var detail: String
    /// Headers of its own.
    package var headers: HTTPFields

    /// A failure.
    package init(
        _ status: HTTPResponse.Status, _ sentence: String, _ values: [String: String] = [:], detail: String = "",
        headers: HTTPFields = [:]
    ) {
        (self.status, self.sentence, self.values, self.detail, self.headers) = (status, sentence, values, detail, headers)
    }

    /// There is no such page or thing.
    package static func notFound(_ detail: String = "") -> Failure { Failure(.notFound, "not-found", detail: detail) }
    /// The visitor may not.
    package static func forbidden(_ detail: String = "") -> Failure { Failure(.forbidden, "forbidden", detail: detail) }
    /// What was sent is not as it should be.
    package static func bad(_ sentence: String, _ values: [String: String] = [:], detail: String = "") -> Failure {
        Failure(.badRequest, sentence, values, detail: detail)
    }
}
