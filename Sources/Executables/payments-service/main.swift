import Chassis
import PaymentsService

await ServiceMain.run("payments-service", build: PaymentsService.build)
