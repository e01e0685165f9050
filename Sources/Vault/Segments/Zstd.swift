internal import CZstd

/// A zstd compressor that keeps its working memory between calls. Not for two threads at once: its owner is the one writer.
final class Compressor {
    /// Level 1: on audit events it is both faster and smaller than level 3.
    static let level: Int32 = 1
    private let context: OpaquePointer
    private var buffer: [UInt8] = []

    init() throws(VaultError) {
        guard let made = ZSTD_createCCtx() else { throw VaultError(.file, "no memory for compression") }
        context = made
    }

    deinit { ZSTD_freeCCtx(context) }

    /// One zstd frame of the bytes.
    func compress(_ bytes: [UInt8]) throws(VaultError) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        if buffer.count < bound { buffer = [UInt8](repeating: 0, count: bound) }
        let count = bytes.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes {
                ZSTD_compressCCtx(
                    context, $0.baseAddress, $0.count, source.baseAddress, source.count, Self.level)
            }
        }
        guard ZSTD_isError(count) == 0 else { throw VaultError(.file, "compression failed") }
        return Array(buffer[..<count])
    }
}

/// Decompression of one zstd frame whose length is known.
enum Decompressor {
    /// Most bytes one block or frame may expand to: no foreign file can make us ask for more.
    static let limit = 4 << 20

    /// The bytes; nil unless they are exactly `count` and the whole input was one frame.
    static func expand(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        guard count <= limit,
            ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count) == bytes.count
        else { return nil }
        let expanded = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let written = ZSTD_decompress(buffer.baseAddress, count, bytes.baseAddress, bytes.count)
            filled = ZSTD_isError(written) == 0 ? written : 0
        }
        return expanded.count == count ? expanded : nil
    }
}
