import Chassis
import UserService

await ServiceMain.run(UserService.name) { chassis in try await UserService.build(chassis) }
