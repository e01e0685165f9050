internal import Foundation

/// Bytes as the database library wants them, and back.
func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }

/// Bytes of a column.
func bytes(_ data: Data) -> [UInt8] { Array(data) }
