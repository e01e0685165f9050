internal import Dispatch
internal import Glibc
internal import Synchronization

/// Runs an actor's jobs one after the other on a thread of its own.
///
/// After a job it looks for the next one for some microseconds before it sleeps: a client that waits for each commit hands in the next one at
/// once, and waking a thread through the kernel would take a fifth of the commit itself. A log that nobody writes to costs nothing.
final class LogThread: SerialExecutor {
    private let line = Line()

    init() {
        let line = line
        let thread = Thread { line.run() }
        thread.start()
    }

    // The thread keeps only the line, so the last job to let go of the log lets go of the thread.
    deinit { line.end() }

    func enqueue(_ job: consuming ExecutorJob) { line.put(Work(job: UnownedJob(job), executor: self)) }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// A job and who runs it; the executor lives until its last job is done.
    private struct Work: Sendable {
        let job: UnownedJob
        let executor: LogThread
    }

    /// Jobs that wait.
    private final class Line: Sendable {
        /// For so long it is looked for a next job.
        private static let patience: Int64 = 50_000
        private let jobs = Mutex<[Work]>([])
        private let count = Atomic<Int>(0)
        private let isAsleep = Atomic<Bool>(false)
        private let isEnded = Atomic<Bool>(false)
        private let wakes = DispatchSemaphore(value: 0)
        /// Looking instead of sleeping would keep the only core from whoever hands in the next job.
        private let looks = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1

        func put(_ work: Work) {
            jobs.withLock { $0.append(work) }
            count.add(1, ordering: .sequentiallyConsistent)
            wake()
        }

        func end() {
            isEnded.store(true, ordering: .sequentiallyConsistent)
            wake()
        }

        private func wake() {
            if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { wakes.signal() }
        }

        func run() {
            while true {
                let ready = jobs.withLock { jobs in
                    defer { jobs = [] }
                    return jobs
                }
                count.subtract(ready.count, ordering: .sequentiallyConsistent)
                for work in ready { work.job.runSynchronously(on: work.executor.asUnownedSerialExecutor()) }
                guard ready.isEmpty else { continue }
                if looks, look() { continue }
                isAsleep.store(true, ordering: .sequentiallyConsistent)
                // What came between the last look and going to sleep woke nobody.
                if count.load(ordering: .sequentiallyConsistent) > 0 || isEnded.load(ordering: .sequentiallyConsistent) {
                    // Whoever took the mark away has signalled, or will: take the signal, too.
                    if !isAsleep.exchange(false, ordering: .sequentiallyConsistent) { wakes.wait() }
                    if count.load(ordering: .sequentiallyConsistent) == 0, isEnded.load(ordering: .sequentiallyConsistent) {
                        return
                    }
                    continue
                }
                wakes.wait()
            }
        }

        /// Looks for a job for a while.
        private func look() -> Bool {
            let end = Self.nanoseconds() + Self.patience
            repeat {
                for _ in 0..<64 where count.load(ordering: .relaxed) > 0 { return true }
            } while Self.nanoseconds() < end
            return false
        }

        private static func nanoseconds() -> Int64 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
    }
}

/// A thread of the system.
private struct Thread {
    let body: @Sendable () -> Void

    /// Starts it; nobody waits for its end.
    func start() {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            // Out of threads: a thread of the pool does it, and waits there.
            box.release()
            DispatchQueue(label: "vault").async(execute: body)
            return
        }
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
