import ArgumentParser

/// `tollgate keys init`: as files, or as Kubernetes objects for `kubectl create -f -`.
struct KeysInitCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case dir, k8s
    }

    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make each service's identity, the encryption key, the secret of callbacks and the admin token.",
        discussion: """
            dir: DIR/<service>/identity.pem (private, mode 0600), DIR/peers/<service>.pem (public), \
            DIR/user-service/encryption.key, DIR/payments-service/callback.secret and DIR/admin/token; what is there stays. k8s: Secrets and a ConfigMap on standard output, nothing on disk.
            """
    )

    @Option(help: ArgumentHelp("dir or k8s.", valueName: "format"))
    var format = Format.dir

    @Option(help: ArgumentHelp("The folder to write to (format dir).", valueName: "dir"))
    var dir = ".tollgate/keys"

    @Option(help: "The namespace of the objects (format k8s).")
    var namespace = "tollgate"

    func run() async throws {
        let terminal = Terminal()
        do {
            switch format {
            case .dir:
                try KeyMaterial.createWhereMissing(in: dir)
                terminal.print("Keys are in \(dir)")
            case .k8s:
                terminal.print(KeyManifest(namespace: namespace).text())
            }
        } catch let failure as Failure {
            terminal.complain("tollgate: \(failure)")
            throw ExitCode(1)
        }
    }
}
