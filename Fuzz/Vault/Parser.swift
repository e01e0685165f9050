/// One reader of outside bytes, with inputs to begin from.
struct FuzzParser: Sendable {
    let name: String
    /// Small valid inputs.
    let seeds: @Sendable () throws -> [[UInt8]]
    /// Gives one input to the reader and judges what it answers; stops the program when that is wrong.
    let run: @Sendable ([UInt8]) -> Void

    static let all: [FuzzParser] = [
        frame, footer, log, note, key, identity, control, tile, inclusion, consistency, leaf, body, index, subjects,
    ]
}
