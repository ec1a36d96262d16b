import Foundation
import TestSupport
import Testing

/// Every command in a shell block of the documentation is run by something, and this table says by what. Blocks that
/// call a running system are not in it: `ReadmeTests` runs them all.
@Suite struct DocumentedCommandTests {
    /// What runs a command. Where it is another file, a test looks whether it really says so.
    enum Proof {
        /// `ReadmeTests` runs it.
        case readme
        /// `UpTests` starts what the recipe starts.
        case recipe(starts: String)
        /// `BackupTests` runs the lines of its page as they stand.
        case runbook
        /// A suite runs the lines of a page as they stand.
        case page(String, String)
        /// A line of `.ci/run`.
        case ci
        /// A line of this file.
        case file(String, says: String)
        /// Nothing: it needs more than a test machine has. Why.
        case nobody(String)
    }

    static let proofs: [String: Proof] = [
        "make run": .recipe(starts: "exec .build/release/tollgate up --data .tollgate --port 8080"),
        ".build/release/tollgate demo": .readme,
        ".build/release/tollgate mail": .file("Tests/SystemTests/CredentialTests.swift", says: "[\"mail\", \"--data\""),
        ".build/release/tollgate mono": .file(
            "Tests/SystemTests/MonoTests.swift", says: "RunningSystem(\"mono\""),
        ".build/release/tollgate backup --data .tollgate --to backups/monday": .runbook,
        "mv .tollgate .tollgate.broken": .runbook,
        "cp -a backups/monday .tollgate": .runbook,
        ".build/release/tollgate reconcile --data .tollgate": .file(
            "Tests/SystemTests/ReconcileTests.swift", says: "docs/runbooks/reconcile.md"),
        ".build/release/tollgate reconcile --data .tollgate --report .tollgate/report.csv": .file(
            "Tests/SystemTests/ReconcileTests.swift", says: "docs/runbooks/reconcile.md"),
        ".build/release/tollgate verify --data .tollgate": .page("VerifyTests", "docs/runbooks/verify.md"),
        ".build/release/tollgate verify --data .tollgate --json": .page("VerifyTests", "docs/runbooks/verify.md"),
        ".build/release/tollgate verify --data backups/monday": .page("VerifyTests", "docs/runbooks/verify.md"),
        ".build/release/tollgate backup --data .tollgate --to backups/broken":
            .page("VerifyTests", "docs/runbooks/verify.md"),
        ".build/release/tollgate load --rate 50 --duration 30s": .page(
            "LoadCommandTests", "docs/observability/load.md"),
        ".build/release/tollgate load --rate 50 --duration 1m --data .tollgate --max-p99 250ms --max-errors 0.1% --html load.html":
            .page("LoadCommandTests", "docs/observability/load.md"),
        ".build/release/tollgate top": .page("LoadCommandTests", "docs/observability/load.md"),
        ".build/release/tollgate traces --errors": .page("TraceTests", "docs/observability/traces.md"),
        ".build/release/tollgate trace 0af7651916cd43dd8448eb211c80319c":
            .page("TraceTests", "docs/observability/traces.md"),
        ".build/release/tollgate faults add payments-service latency --milliseconds 300 --jitter 200 --percentage 50":
            .page("FaultLabTests", "docs/observability/fault-lab.md"),
        ".build/release/tollgate faults list": .page("FaultLabTests", "docs/observability/fault-lab.md"),
        ".build/release/tollgate faults clear": .page("FaultLabTests", "docs/observability/fault-lab.md"),
        "make test": .ci,
        "make lint": .ci,
        "make tsan": .ci,
        "make fuzz": .ci,
        "make compose-up": .file("Tests/Deploy/test-containers", says: "make compose-up"),
        "make observability-up": .nobody(
            "it takes other people's images from registries; Tests/Deploy/test-observed-stack looks at what it starts"),
        "make kind-up": .file("Tests/Deploy/test-cluster-up", says: "Run(\"kind\")"),
        "make bench": .nobody("its contenders take minutes and a quiet machine; docs/performance.md is its output"),
    ]

    @Test func everyCommandHasItsProof() throws {
        for path in try Document.all() {
            let document = try Document(path)
            for block in document.blocks where block.language == "sh" && !block.callsTheSystem {
                for command in block.commands {
                    #expect(
                        Self.proofs[command] != nil,
                        "\(path): no test runs `\(command)`; add one and name it in DocumentedCommandTests.proofs")
                }
            }
        }
    }

    @Test(arguments: proofs.keys.sorted()) func theProofHolds(command: String) async throws {
        switch try #require(Self.proofs[command]) {
        case .readme:
            #expect(try text("Tests/SystemTests/ReadmeTests.swift").contains("tollgate demo"))
        case .runbook:
            #expect(try text("Tests/SystemTests/BackupTests.swift").contains("docs/runbooks/backup-and-restore.md"))
            #expect(try text("docs/runbooks/backup-and-restore.md").contains(command))
        case .page(let suite, let page):
            #expect(try text("Tests/SystemTests/\(suite).swift").contains(page))
            #expect(try text(page).contains(command))
        case .recipe(let program):
            // Below another make, as in CI, it would say which folder it is in.
            let make = "env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -n"
            let recipe = RunningProgram(
                "/bin/sh", ["-c", "cd '\(Programs.root)' && \(make) \(command.dropFirst(5))"])
            #expect(await recipe.exitStatus() == 0, "\(recipe.output)")
            #expect(recipe.lines.last == program)
            #expect(recipe.output.contains("swift build -c release"))
        case .ci:
            #expect(try text(".ci/run").contains(Regex("(?m)^suite \\S+ '.*' \(command)( |$)")))
        case .file(let path, let line):
            #expect(try text(path).contains(line))
        case .nobody(let reason):
            #expect(!reason.isEmpty)
        }
    }

    /// What runs the scripts that are proofs is run itself.
    @Test func theProofsAreRun() throws {
        let makefile = try text("Makefile")
        for (target, script, runner) in [
            ("test-containers", "test-containers", "on_engine"), ("test-deploy", "test-cluster-up", "make"),
        ] {
            #expect(makefile.contains(try Regex("(?m)^\(target):.*\\n(\\t.*\\n)*\\t@Tests/Deploy/\(script)$")))
            #expect(try text(".ci/run").contains(Regex("(?m)^suite \\S+ '.*' \(runner) \(target)$")))
        }
    }

    /// Every `make` target that a document names exists.
    @Test func everyTargetExists() throws {
        let makefile = try makefileWithItsParts()
        for path in try Document.all() {
            for match in try Document(path).text.matches(
                of: /(?:^|`|\s)make ([a-z]+-[a-z0-9-]+|[a-z]+(?=`|\n|\s+#|\s+[A-Z_]+=))/)
            {
                #expect(makefile.contains("\n\(match.1):"), "\(path): make \(match.1)")
            }
        }
    }

    private func makefileWithItsParts() throws -> String {
        let makefile = try text("Makefile")
        return try makefile.matches(of: /(?m)^include (\S+)$/).reduce(makefile) { try $0 + "\n" + text(String($1.1)) }
    }

    /// Every file that a document links to exists.
    @Test func everyLinkLeadsSomewhere() throws {
        for path in try Document.all() {
            let folder = URL(fileURLWithPath: "\(Programs.root)/\(path)").deletingLastPathComponent()
            for match in try Document(path).text.matches(of: /\]\(([^)#\s]+)/) where !match.1.hasPrefix("http") {
                let target = folder.appendingPathComponent(String(match.1))
                #expect(FileManager.default.fileExists(atPath: target.path), "\(path): \(match.1)")
            }
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Programs.root)/\(path)", encoding: .utf8)
    }
}
