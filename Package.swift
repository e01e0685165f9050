// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is built alike: Swift 6 mode, explicit existentials, imports that say what they use.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Parsers, judging and evaluation run optimised in debug builds too: the tests push megabytes and millions of verdicts through
/// them.
let hot: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// The fuzz targets need libFuzzer and a sanitizer's flags (`make fuzz`), so ordinary builds never see them.
let fuzzTargets: [Target] =
    Context.environment["PLUMBLINE_FUZZ"] == nil
    ? []
    : [
        .executableTarget(name: "vault-fuzz", dependencies: ["Vault"], path: "Fuzz/Vault", swiftSettings: strict),
        .executableTarget(
            name: "spreadsheets-fuzz", dependencies: ["CMinizip", "Spreadsheets"], path: "Fuzz/Spreadsheets",
            swiftSettings: strict),
        .executableTarget(
            name: "submissions-fuzz", dependencies: ["Documents", "Rulebook", "Submissions"], path: "Fuzz/Submissions",
            swiftSettings: strict),
    ]

let package = Package(
    name: "plumbline",
    products: [
        .executable(name: "plumbline", targets: ["plumbline"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    ],
    targets: [
        // Standalone libraries: they know nothing of Plumbline.
        .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "Documents", dependencies: ["CYAML"], swiftSettings: hot,
            // libyaml goes into the binary, so that a copied `plumbline` runs on hosts that lack the library.
            linkerSettings: [.linkedLibrary(":libyaml.a")]),
        .target(name: "HTML", swiftSettings: strict),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CTimex"),
        .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),
        .target(name: "QR", swiftSettings: strict),
        .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CMinizip", providers: [.apt(["libminizip-dev", "zlib1g-dev"])]),
        .systemLibrary(name: "CXLSXWriter", providers: [.apt(["libxlsxwriter-dev"])]),
        .target(
            name: "Spreadsheets", dependencies: ["CExpat", "CMinizip", "CXLSXWriter"], swiftSettings: hot,
            // expat and minizip go into the binary too. libxlsxwriter, which Debian gives as a shared library only, is not linked: it is
            // loaded when a workbook is first written, so that hosts without it miss nothing else.
            linkerSettings: [.linkedLibrary(":libexpat.a"), .linkedLibrary(":libminizip.a"), .linkedLibrary("z")]),
        .target(name: "CHash", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
        .target(
            name: "Vault", dependencies: ["CHash", "CTimex", "CZstd", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: hot,
            // zstd goes into the binary for the same reason.
            linkerSettings: [.linkedLibrary(":libzstd.a")]),

        // The vault's way out: witnesses and stores of copies, over HTTP.
        .target(
            name: "VaultNetwork",
            dependencies: [
                "Vault",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),

        // The data of Packs/, embedded by the C compiler's #embed.
        .target(name: "CPacks"),

        // What everyone stands on.
        .target(name: "Rulebook", dependencies: ["CPacks", "Documents"], swiftSettings: hot),

        // What the platform itself remembers: tables, and the trail of every change.
        .target(
            name: "Database",
            dependencies: [
                "Documents", "Vault",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict,
            // GRDB asks for `sqlite3`: `make setup` puts the static library where it is looked for first, so that SQLite goes into the
            // binary too. Without it the shared one is taken.
            linkerSettings: [.unsafeFlags(["-L\(Context.packageDirectory)/.build/link"])]),

        // What firms hand in and supervisors take: packages, questionnaires and their answers.
        .target(
            name: "Submissions",
            dependencies: ["CPacks", "Documents", "Rulebook", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),

        // Incidents of a firm: clocks, notices, lifecycle, formats, statistics. Pure.
        .target(
            name: "Incidents",
            dependencies: ["CPacks", "Documents", "Rulebook", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: hot),

        // What the domain is.
        .target(
            name: "Checks",
            dependencies: [
                "CPacks", "Documents", "Rulebook",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: hot),
        .target(name: "Assessment", dependencies: ["Checks", "Documents", "Rulebook"], swiftSettings: hot),

        // What firms hand in and supervisors take: packages, questionnaires and their answers.

        // What the two roles do.
        .target(
            name: "Workspace",
            dependencies: [
                "Assessment", "Checks", "Database", "Documents", "Incidents", "Rulebook", "Submissions",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "Identity",
            dependencies: [
                "CArgon2", "Database", "Documents", "Rulebook",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict,
            // argon2 goes into the binary like the others.
            linkerSettings: [.linkedLibrary(":libargon2.a")]),

        .target(
            name: "Supervision",
            dependencies: [
                "Database", "Documents", "Rulebook", "Spreadsheets", "Submissions",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),

        // The platform looked at as a system under the baseline.
        .target(
            name: "SelfCheck", dependencies: ["Checks", "Database", "Documents", "Identity", "Rulebook", "Vault"],
            swiftSettings: strict),

        .target(
            name: "Reports", dependencies: ["Assessment", "Checks", "Documents", "HTML", "Rulebook"], swiftSettings: strict),

        // What sends facts from other hosts.
        .target(
            name: "HostAgent",
            dependencies: [
                "Checks", "Documents", "Rulebook", "Submissions",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),

        // Looks at a service from outside: one connection to a checked address, bounded in everything.
        .target(
            name: "Probes",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict),

        .target(
            name: "Server",
            dependencies: [
                "Assessment", "Checks", "Database", "Documents", "HTML", "Identity", "Incidents", "QR", "Reports", "Rulebook",
                "SelfCheck",
                "Spreadsheets", "Submissions", "Supervision",
                "Probes", "Vault",
                "Workspace",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCertificateReloading", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "plumbline",
            dependencies: [
                "Assessment", "Checks", "Database", "Documents", "HostAgent", "Identity", "Incidents", "Reports", "Rulebook",
                "SelfCheck", "Server", "Submissions", "Supervision",
                "Vault",
                "VaultNetwork", "Workspace",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Benchmarks: `make bench`.
        .target(name: "CReference", path: "Benchmarks/CReference"),
        .executableTarget(
            name: "market-benchmark", dependencies: ["Assessment", "Checks", "CReference", "Documents", "Rulebook"],
            path: "Benchmarks/Market", swiftSettings: strict),

        .executableTarget(
            name: "server-benchmark",
            dependencies: ["Checks", "Database", "Documents", "Identity", "Rulebook", "Workspace"], path: "Benchmarks/Server",
            swiftSettings: strict),

        .executableTarget(
            name: "market-scale",
            dependencies: [
                "Database", "Documents", "Identity", "Reports", "Rulebook", "Submissions", "Supervision",
                .product(name: "GRDB", package: "GRDB.swift"),
            ], path: "Benchmarks/MarketScale", swiftSettings: strict),

        .executableTarget(name: "vault-benchmark", dependencies: ["Vault"], path: "Benchmarks/Vault", swiftSettings: strict),

        .executableTarget(
            name: "identity-benchmark",
            dependencies: [
                "Database", "Identity", "Rulebook", "TestProcesses", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Benchmarks/Identity", swiftSettings: strict),

        // Readers and one writer at once, under the thread sanitizer (`make tsan`) and under kill -9 (`KillTests`).
        .executableTarget(name: "vault-stress", dependencies: ["Vault"], path: "Tests/VaultStress", swiftSettings: strict),

        // Changes and their trail, under kill -9 (`DatabaseKillTests`).
        .executableTarget(
            name: "database-stress",
            dependencies: ["Database", "Vault", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/DatabaseStress", swiftSettings: strict),
        .testTarget(
            name: "DatabaseTests",
            dependencies: [
                "Database", "Documents", "TestProcesses", "Vault", "database-stress", "plumbline",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents"], swiftSettings: strict),
        .testTarget(
            name: "VaultTests", dependencies: ["Vault", "plumbline", "vault-stress"], swiftSettings: hot),
        // Real programs for tests to start: ours, and the emulator of a store.
        .target(name: "TestProcesses", path: "Tests/TestProcesses", swiftSettings: strict),
        .testTarget(
            name: "VaultNetworkTests", dependencies: ["TestProcesses", "Vault", "VaultNetwork", "plumbline"],
            swiftSettings: strict),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Checks", "Database", "Documents", "HostAgent", "Identity", "Incidents", "Reports", "Rulebook", "Server",
                "Spreadsheets",
                "Submissions",
                "Supervision",
                "TestProcesses",
                "Vault",
                "VaultNetwork",
                "Workspace", "plumbline",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Database", "Documents", "Identity", "Rulebook", "TestProcesses", "Vault",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SelfCheckTests",
            dependencies: [
                "Assessment", "Checks", "Database", "Documents", "Identity", "Rulebook", "SelfCheck", "Server", "TestProcesses",
                "Vault",
                "Workspace", "plumbline", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SpreadsheetsTests", dependencies: ["CMinizip", "Spreadsheets", "TestProcesses"], swiftSettings: hot),
        .testTarget(
            name: "SupervisionTests",
            dependencies: [
                "Database", "Documents", "Rulebook", "Spreadsheets", "Submissions", "Supervision", "TestProcesses", "Vault",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ProbesTests",
            dependencies: [
                "Probes", "TestProcesses",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IncidentsTests", dependencies: ["Documents", "Incidents", "Rulebook"], swiftSettings: strict),
        .testTarget(name: "QRTests", dependencies: ["QR", "TestProcesses"], swiftSettings: strict),
        .testTarget(
            name: "HostAgentTests", dependencies: ["HostAgent", "Checks", "Documents", "Rulebook"], swiftSettings: strict),
        .testTarget(
            name: "WorkspaceTests",
            dependencies: [
                "Assessment", "Checks", "Database", "Documents", "Incidents", "Rulebook", "TestProcesses", "Vault", "Workspace",
                "plumbline",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SubmissionsTests",
            dependencies: ["Documents", "Rulebook", "Submissions", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(name: "RulebookTests", dependencies: ["Documents", "Rulebook"], swiftSettings: strict),
        .testTarget(
            name: "ChecksTests",
            dependencies: ["Checks", "Documents", "Rulebook"], swiftSettings: strict),
        .testTarget(
            name: "AssessmentTests", dependencies: ["Assessment", "Checks", "Documents", "Rulebook"], swiftSettings: strict),
        .testTarget(
            name: "ReportsTests", dependencies: ["Assessment", "Checks", "Documents", "HTML", "Reports", "Rulebook"],
            swiftSettings: strict),
        .testTarget(
            name: "PlumblineTests",
            dependencies: [
                "Documents", "plumbline",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
    ] + fuzzTargets,
    swiftLanguageModes: [.v6]
)
