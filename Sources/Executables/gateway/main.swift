import Chassis
import Foundation
import Gateway

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.count) {
case (nil, _):
    await ServiceMain.serve("gateway", facesStrangers: true, build: GatewayService.build)
case ("--health", 1):
    await ServiceMain.checkHealth("gateway")
case ("--version", 1):
    print("gateway \(ServiceMain.version)")
case ("--schema", 1):
    print(GatewayService.schema, terminator: "")
case ("--validate", 2):
    let (text, isValid) = GatewayService.validate(arguments.last ?? "")
    print(text)
    exit(isValid ? 0 : 78)
default:
    print("usage: gateway                  serve; the configuration is in the environment (GATEWAY_CONFIG=FILE)")
    print("       gateway --health         exit 0 if the one that runs here is ready (/readyz on ADMIN_PORT), 1 if not")
    print("       gateway --validate FILE  check a configuration file")
    print("       gateway --schema         print the JSON Schema of configuration files, for editors")
    print("       gateway --version        print the version")
    exit(arguments.first == "--help" ? 0 : 64)
}
