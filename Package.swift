// swift-tools-version: 6.2

import PackageDescription

// The core (JSON, Sockets, HTTP, Storage) builds in seconds and needs no cryptography. Sanitizer and fuzz builds
// set TOLLGATE_CORE=1 to leave everything else, and its dependencies, out.
let coreOnly = Context.environment["TOLLGATE_CORE"] == "1"
// Fuzz targets link libFuzzer's main and are declared only when asked for (see `make fuzz`).
let withFuzzers = Context.environment["TOLLGATE_FUZZ"] == "1"

// Release builds on Linux link SQLite and zlib in: `make libs` fills the folder with their static archives, and a
// linker that looks there first finds nothing else. It is a setting of the link alone, so it recompiles nothing.
let staticLibraries: [LinkerSetting] =
    Context.environment["TOLLGATE_STATIC"] == "1" ? [.unsafeFlags(["-L\(Context.packageDirectory)/.build-libs"])] : []

let warnings: [SwiftSetting] =
    Context.environment["TOLLGATE_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : []

// libFuzzer finds its way by coverage, so the modules under test are instrumented too.
let sanitizers = "-sanitize=fuzzer,address"
// Linux's default linker, gold, trips over AddressSanitizer's symbols.
#if os(Linux)
    let lld = ["-use-ld=lld"]
#else
    let lld: [String] = []
#endif
let fuzzing: [SwiftSetting] = withFuzzers ? [.unsafeFlags([sanitizers, "-parse-as-library"])] : []

let strict: [SwiftSetting] =
    warnings + fuzzing + [
        // A sixth of the server's own instructions (docs/decisions/0001-event-loop.md). Debug builds, and with them the
        // tests, keep the check.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]

// MARK: - Dependencies

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

var packages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
]

// MARK: - Core targets

var targets: [Target] = [
    .systemLibrary(name: "CPlatform"),
    .systemLibrary(name: "CSQLite"),
    .systemLibrary(name: "CZlib"),

    .target(name: "JSON", swiftSettings: strict),
    .target(name: "Spans", swiftSettings: strict),
    .target(name: "Sockets", dependencies: ["CPlatform", log, collections], swiftSettings: strict),
    .target(
        name: "HTTP", dependencies: ["Sockets", "Spans", "JSON", "CZlib", httpTypes, log, collections],
        swiftSettings: strict, linkerSettings: staticLibraries
    ),
    .target(
        name: "Storage", dependencies: ["CSQLite", "Spans", log, collections],
        swiftSettings: strict, linkerSettings: staticLibraries
    ),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    // A disk whose power fails, under SQLite.
    .target(
        name: "PowerLoss", dependencies: ["CSQLite", "TestSupport"], path: "Tests/PowerLoss", swiftSettings: strict),
    // What stands between a store and its database.
    .target(
        name: "StorageSupport", dependencies: ["Storage"], path: "Tests/StorageSupport", swiftSettings: strict),
    // A collector of traces.
    .target(
        name: "TelemetrySupport", dependencies: ["HTTP", "JSON", "Sockets", httpTypes],
        path: "Tests/TelemetrySupport", swiftSettings: strict),
    .testTarget(name: "SpansTests", dependencies: ["Spans", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "SocketsTests", dependencies: ["Sockets", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestSupport", "BenchServer"], swiftSettings: strict),
    .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport"], swiftSettings: strict),
]

// The least reverse proxy, which the benchmarks compare with nginx's `proxy_pass`.
targets.append(
    .executableTarget(
        name: "BenchProxy", dependencies: ["HTTP", "Sockets", httpTypes], path: "Tests/Benchmarks/ProxyServer",
        swiftSettings: strict))

// The fixed-answer server that they compare with nginx's `return 200`.
targets.append(
    .executableTarget(
        name: "BenchServer", dependencies: ["HTTP", "Sockets"], path: "Tests/Benchmarks/FixedServer",
        swiftSettings: strict))

#if os(Linux)
    // Their load at a constant rate.
    targets += [
        .systemLibrary(name: "CPolling", path: "Tests/Benchmarks/CPolling"),
        .executableTarget(
            name: "BenchRate", dependencies: ["CPlatform", "CPolling"], path: "Tests/Benchmarks/ConstantRate",
            swiftSettings: strict),
    ]
#endif

var products: [Product] = [
    .executable(name: "bench-proxy", targets: ["BenchProxy"]),
    .executable(name: "bench-server", targets: ["BenchServer"]),
]
#if os(Linux)
    products.append(.executable(name: "bench-rate", targets: ["BenchRate"]))
#endif

// MARK: - Services

if !coreOnly {
    packages += [
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        // Without its JSON files: they need all of Foundation, and settings files are read by the project's own parser.
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ]
    products += [
        .executable(name: "gateway", targets: ["GatewayMain"]),
        .executable(name: "user-service", targets: ["UserServiceMain"]),
        .executable(name: "payments-service", targets: ["PaymentsServiceMain"]),
        .executable(name: "tollgate", targets: ["TollgateTool"]),
        .executable(name: "bench-parts", targets: ["BenchParts"]),
    ]
    targets += [
        // config/gateway.yaml, docs/api/openapi.json and the most common passwords, compiled in.
        .target(name: "CDocuments", exclude: ["common-passwords.txt"]),
        .target(
            name: "Chassis",
            dependencies: [
                "CPlatform", "Sockets", "Spans", "HTTP", "JSON", log, metrics, tracing, lifecycle, signals, collections,
                configuration, crypto, httpTypes,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Gateway",
            dependencies: [
                "CDocuments", "Chassis", "HTTP", "JSON", "Sockets", "Spans", "Storage", yaml, jwt, crypto, lifecycle,
                log,
                metrics, httpTypes,
            ],
            exclude: ["Console/assets"], swiftSettings: strict
        ),
        // What a service with a database has beside the chassis.
        .target(
            name: "ServiceStorage", dependencies: ["Chassis", "HTTP", "JSON", "Storage", httpTypes],
            swiftSettings: strict),
        .target(
            name: "UserService",
            dependencies: [
                "CDocuments", "Chassis", "HTTP", "JSON", "ServiceStorage", "Sockets", "Spans", "Storage", crypto,
                cryptoExtras,
                jwt, lifecycle, log, metrics,
                httpTypes,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "PaymentsService",
            dependencies: [
                "Chassis", "HTTP", "JSON", "ServiceStorage", "Sockets", "Spans", "Storage", crypto, lifecycle, log,
                httpTypes,
            ],
            swiftSettings: strict
        ),

        // What the parts of a login and a refresh cost by themselves, for the benchmarks.
        .executableTarget(
            name: "BenchParts", dependencies: ["Chassis", crypto, cryptoExtras], path: "Tests/Benchmarks/Parts",
            swiftSettings: strict
        ),

        // An executable's module may not differ from a library's by letter case alone (macOS), hence `…Main`.
        .executableTarget(
            name: "GatewayMain", dependencies: ["Gateway", "Chassis"],
            path: "Sources/Executables/gateway", swiftSettings: strict
        ),
        .executableTarget(
            name: "UserServiceMain", dependencies: ["UserService", "Chassis"],
            path: "Sources/Executables/user-service", swiftSettings: strict
        ),
        .executableTarget(
            name: "PaymentsServiceMain", dependencies: ["PaymentsService", "Chassis"],
            path: "Sources/Executables/payments-service", swiftSettings: strict
        ),
        .executableTarget(
            name: "TollgateTool",
            dependencies: [
                "Chassis", "Gateway", "HTTP", "JSON", "PaymentsService", "ServiceStorage", "Sockets", "Storage",
                "UserService", arguments, histogram, subprocess, signals, crypto, log, httpTypes,
            ],
            path: "Sources/Executables/tollgate", swiftSettings: strict
        ),

        // Every module that a test imports is named: the build forgets to compile tests again for the others.
        .testTarget(
            name: "ServiceStorageTests",
            dependencies: ["Chassis", "HTTP", "JSON", "ServiceStorage", "Storage", "TestSupport", log, httpTypes],
            swiftSettings: strict),
        .testTarget(
            name: "ChassisTests",
            dependencies: [
                "Chassis", "HTTP", "JSON", "Sockets", "Spans", "TelemetrySupport", "TestSupport", configuration, crypto,
                lifecycle, log, metrics, tracing, httpTypes,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Chassis", "Gateway", "HTTP", "JSON", "Sockets", "Spans", "TestSupport", crypto, cryptoExtras, log,
                yaml,
                httpTypes,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "UserServiceTests",
            dependencies: [
                "UserService", "Chassis", "HTTP", "JSON", "ServiceStorage", "Sockets", "Storage", "StorageSupport",
                "TestSupport",
                crypto,
                jwt,
                log, httpTypes,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PaymentsServiceTests",
            dependencies: [
                "Chassis", "HTTP", "JSON", "PaymentsService", "PowerLoss", "ServiceStorage", "Sockets", "Storage",
                "StorageSupport",
                "TestSupport", crypto, lifecycle, log, httpTypes,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TollgateToolTests",
            dependencies: ["Chassis", "JSON", "Sockets", "TollgateTool", "TestSupport", arguments, crypto, yaml],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SystemTests",
            // The programs are dependencies so that they are built before the tests that start them.
            dependencies: [
                "Chassis", "HTTP", "JSON", "Sockets", "Storage", "Spans", "TelemetrySupport", "TestSupport", subprocess,
                crypto, httpTypes, log,
                "TollgateTool", "GatewayMain", "UserServiceMain", "PaymentsServiceMain",
                "BenchServer",
            ],
            swiftSettings: strict
        ),
    ]
}

if withFuzzers {
    products.append(.executable(name: "fuzz-http", targets: ["FuzzHTTP"]))
    targets.append(
        .executableTarget(
            name: "FuzzHTTP", dependencies: ["HTTP", "JSON"], path: "Tests/Fuzz/HTTP",
            swiftSettings: strict, linkerSettings: [.unsafeFlags([sanitizers] + lld)]
        )
    )
}

let package = Package(
    name: "tollgate",
    platforms: [.macOS(.v15)],
    products: products,
    dependencies: packages,
    targets: targets,
    // For `#embed`.
    cLanguageStandard: .c2x
)
