internal import CZstd
internal import Synchronization

/// A zstd compressor that keeps its working memory between calls.
final class Compressor: Sendable {
    /// Level 1: on audit events it is both faster and smaller than level 3.
    static let level: Int32 = 1

    /// Memory of the C library, freed with its owner.
    private struct Working: ~Copyable {
        let context: OpaquePointer
        var buffer: [UInt8] = []

        init?() {
            guard let made = ZSTD_createCCtx() else { return nil }
            context = made
        }

        deinit { ZSTD_freeCCtx(context) }
    }

    private let working: Mutex<Working>

    init() throws(VaultError) {
        guard let made = Working() else { throw VaultError(.file, "no memory for compression") }
        working = Mutex(made)
    }

    /// One zstd frame of the bytes.
    func compress(_ bytes: [UInt8]) throws(VaultError) -> [UInt8] {
        let compressed: [UInt8]? = working.withLock { working in
            let bound = ZSTD_compressBound(bytes.count)
            if working.buffer.count < bound { working.buffer = [UInt8](repeating: 0, count: bound) }
            let context = working.context
            let count = bytes.withUnsafeBytes { source in
                working.buffer.withUnsafeMutableBytes {
                    ZSTD_compressCCtx(context, $0.baseAddress, $0.count, source.baseAddress, source.count, Self.level)
                }
            }
            return ZSTD_isError(count) == 0 ? Array(working.buffer[..<count]) : nil
        }
        guard let compressed else { throw VaultError(.file, "compression failed") }
        return compressed
    }
}

/// Decompression of one zstd frame whose length is known. Keeps its working memory between calls.
final class Decompressor: Sendable {
    /// Most bytes one block or frame may expand to: no foreign file can make us ask for more.
    static let limit = 4 << 20

    /// Memory of the C library, freed with its owner.
    private struct Working: ~Copyable {
        let context: OpaquePointer

        init?() {
            guard let made = ZSTD_createDCtx() else { return nil }
            context = made
        }

        deinit { ZSTD_freeDCtx(context) }
    }

    private let working: Mutex<Working>

    init() throws(VaultError) {
        guard let made = Working() else { throw VaultError(.file, "no memory for decompression") }
        working = Mutex(made)
    }

    /// The bytes; nil unless they are exactly `count` and the whole input was one frame.
    func expand(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        guard count <= Self.limit, ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count) == bytes.count else { return nil }
        let expanded = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // Addresses, not pointers: the compiler takes a pointer that meets the guarded memory in a call for one that escapes into it.
            let (target, source, length) = (Int(bitPattern: buffer.baseAddress), Int(bitPattern: bytes.baseAddress), bytes.count)
            let written = working.withLock {
                ZSTD_decompressDCtx(
                    $0.context, UnsafeMutableRawPointer(bitPattern: target), count, UnsafeRawPointer(bitPattern: source), length)
            }
            filled = ZSTD_isError(written) == 0 ? written : 0
        }
        return expanded.count == count ? expanded : nil
    }

    /// The same with working memory of its own.
    static func expand(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
        (try? Decompressor())?.expand(bytes, count: count)
    }
}

/// Compressors that wait to be used again: making one costs more than compressing a small frame.
enum CompressorPool {
    private static let idle = Mutex<[Compressor]>([])

    static func compress(_ bytes: [UInt8]) throws(VaultError) -> [UInt8] {
        var taken = idle.withLock { $0.popLast() }
        if taken == nil { taken = try Compressor() }
        guard let compressor = taken else { throw VaultError(.file, "no memory for compression") }
        defer { idle.withLock { if $0.count < 16 { $0.append(compressor) } } }
        return try compressor.compress(bytes)
    }
}
