#if PLUMBLINE_TSAN
    internal import Glibc

    /// Stands in for the standard library's mutex in builds for the thread sanitizer, and only there: on Linux that one locks in a library
    /// which the sanitizer does not see into, so that everything under it would be called a race. It does see pthread mutexes. In all
    /// other builds this file is empty.
    struct Mutex<Value: ~Copyable>: ~Copyable, Sendable {
        nonisolated(unsafe) private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        nonisolated(unsafe) private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

        init(_ value: consuming Value) {
            self.value.initialize(to: value)
            lock.initialize(to: pthread_mutex_t())
            pthread_mutex_init(lock, nil)
        }

        deinit {
            value.deinitialize(count: 1)
            pthread_mutex_destroy(lock)
            value.deallocate()
            lock.deallocate()
        }

        borrowing func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            return try body(&value.pointee)
        }
    }
#endif
