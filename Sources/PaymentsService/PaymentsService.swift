// PaymentsService
