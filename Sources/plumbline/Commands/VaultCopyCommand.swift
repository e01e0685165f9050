internal import ArgumentParser
internal import Glibc
internal import Vault
internal import VaultNetwork

extension VaultCommand {
    /// A place in a store, and who asks.
    struct Store: ParsableArguments {
        @Option(help: ArgumentHelp("The store, such as https://s3.example.com.", valueName: "url"))
        var endpoint: String
        @Option(help: ArgumentHelp("The region that requests are signed for.", valueName: "region"))
        var region = "us-east-1"
        @Option(
            help: ArgumentHelp(
                "A file of mode 0600 with AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…; the environment when left out.",
                valueName: "file"))
        var credentials: String?

        func client(_ address: String) throws(VaultError) -> S3Client {
            let location = try S3Location(address, endpoint: endpoint, region: region)
            let who: S3Credentials
            if let credentials {
                who = try S3Credentials(file: credentials)
            } else {
                who = try S3Credentials(environment: { name in getenv(name).map { String(cString: $0) } })
            }
            return S3Client(location, credentials: who)
        }
    }

    struct Copy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy sealed segments to an S3-compatible store, locked so that nobody can remove them before their time.",
            discussion: """
                Each object is put once (If-None-Match), checked by SHA-256 and locked with Object Lock in compliance mode: not even the \
                account's owner can shorten it, so begin with few days. The bucket must have been made with Object Lock. What the store has \
                already is passed over and keeps its date; a copy that was interrupted goes on. The checkpoint is put last.

                Records of the active segment are not copied until it is sealed. The secret comes from the environment \
                (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) or from a file of mode 0600, never from the command line.

                EXAMPLES
                  plumbline vault copy /srv/logs/trading --to s3://firm-logs/trading --endpoint https://s3.example.com --keep 1100
                  plumbline vault copy /srv/logs/trading --to s3://firm-logs/trading --endpoint https://s3.example.com \\
                      --keep-until 2029-12-31 --credentials /etc/plumbline/store --verify
                """)

        @OptionGroup var place: Place
        @Option(help: ArgumentHelp("Bucket and prefix; a prefix holds one log.", valueName: "s3://bucket/prefix"))
        var to: String
        @OptionGroup var store: Store
        @Option(help: ArgumentHelp("Lock what is put until this day, in UTC.", valueName: "yyyy-mm-dd"))
        var keepUntil: String?
        @Option(help: ArgumentHelp("Lock what is put for so many days.", valueName: "days"))
        var keep: Int?
        @Flag(help: "Read every copy back afterwards and compare it with the log.")
        var verify = false

        func validate() throws {
            guard (keep == nil) != (keepUntil == nil) else { throw ValidationError("give either --keep or --keep-until") }
            guard (1...36_600).contains(keep ?? 1) else { throw ValidationError("--keep: 1 to 36600 days") }
            guard keepUntil == nil || keepUntil.flatMap(StoreTime.day) != nil else {
                throw ValidationError("--keep-until: a day such as 2029-12-31")
            }
        }

        func run() async throws {
            try await VaultCommand.run {
                let until = keepUntil.flatMap(StoreTime.day) ?? StoreTime.now + Int64(keep ?? 1) * 86_400
                guard until > StoreTime.now else {
                    throw VaultError(
                        .badInput, "the day is past: \(keepUntil ?? "")", remedy: "name a day to come with --keep-until")
                }
                let client = try store.client(to)
                let plan = try CopyPlan(SignedView(try VaultReader(directory: place.base)))
                let line = ProgressLine()
                let copy = VaultCopy(client) { line.show($0) }
                defer { line.clear() }
                let stored = try await copy.copy(plan, until: until)
                line.clear()
                Terminal.write(
                    """
                    copied \(stored) of \(plan.items.count) objects to \(client.location), the others were there: \(plan.segments) segments, \
                    \(plan.records) of \(plan.checkpoint.size) records

                    """)
                guard verify else { return }
                let wrong = try await copy.verify(plan)
                line.clear()
                for error in wrong { Terminal.complain("plumbline: \(error)") }
                guard wrong.isEmpty else {
                    throw VaultError(.damaged, "\(wrong.count) of \(plan.items.count) copies are wrong", at: to)
                }
                Terminal.write("read back and compared \(plan.items.count) objects: sound\n")
            }
        }
    }

    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restore the newest copy from a store into a new directory.",
            discussion: """
                The segments must be what the newest checkpoint says, and this must be signed by the key in the copy, or by --key. Records that \
                were in no sealed segment when the copy was made are not in it, and vault verify names them as missing. Key and register are \
                not in a copy: keep them yourself.

                EXAMPLE
                  plumbline vault fetch s3://firm-logs/trading /srv/restored --endpoint https://s3.example.com --key "logs.example.com/trading+1a2b3c4d+AV…"
                  plumbline vault verify /srv/restored
                """)

        @Argument(help: ArgumentHelp("Bucket and prefix.", valueName: "s3://bucket/prefix"))
        var from: String
        @Argument(help: ArgumentHelp("The new directory.", valueName: "dir"))
        var directory: String
        @OptionGroup var store: Store
        @Option(help: ArgumentHelp("The key the log must have.", valueName: "vkey"))
        var key: String?

        func run() async throws {
            try await VaultCommand.run {
                let known = try key.map { text throws(VaultError) in try NoteVerifier(text: text) }
                let line = ProgressLine()
                let copy = VaultCopy(try store.client(from)) { line.show($0) }
                defer { line.clear() }
                let (records, checkpoint) = try await copy.fetch(into: directory, key: known)
                line.clear()
                if records < checkpoint.size {
                    Terminal.complain(
                        "plumbline: \(checkpoint.size - records) records of the checkpoint were in no sealed segment; they are not in the copy"
                    )
                }
                Terminal.write(
                    "restored \(records) of \(checkpoint.size) records to \(directory); now run: plumbline vault verify \(directory)\n"
                )
            }
        }
    }
}
