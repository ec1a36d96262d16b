/// The states of a payment whose capture is manual, and who may bring about which.
///
/// ```
///                      ┌─ capture, by the payee ──────────▶ succeeded
///   requires_capture ──┼─ cancel, by payer or payee ──────▶ canceled
///                      └─ nobody did in time ─────────────▶ expired
/// ```
///
/// The three on the right are the end. A payment whose capture is automatic begins there.
extension Payment {
    /// The payment once it is captured.
    ///
    /// - Parameters:
    ///   - amount: Minor units; all that was authorised when nil. The rest is released.
    ///   - isPayee: Whether the one who asks receives the money.
    ///   - now: Milliseconds since 1970.
    func captured(_ amount: Int64?, isPayee: Bool, at now: Int64) -> Result<Payment, Refusal> {
        guard isPayee else { return .failure(.notThePayee) }
        guard status == .requiresCapture else { return .failure(.notCapturable(status)) }
        // The job that lets it expire may be late: the time decides, not the job.
        guard let expiresAt, now < expiresAt else { return .failure(.notCapturable(.expired)) }
        let amount = amount ?? self.amount
        guard amount <= self.amount else { return .failure(.captureTooLarge) }
        var payment = self
        (payment.status, payment.captured, payment.endedAt) = (.succeeded, amount, now)
        return .success(payment)
    }

    /// The payment once one of its two sides has canceled it.
    func canceled(at now: Int64) -> Result<Payment, Refusal> {
        guard status == .requiresCapture else { return .failure(.notCancelable(status)) }
        var payment = self
        (payment.status, payment.endedAt) = (.canceled, now)
        return .success(payment)
    }

    /// The payment once its time is over; nil when it is not, or when the payment has ended already.
    func expired(at now: Int64) -> Payment? {
        guard status == .requiresCapture, let expiresAt, expiresAt <= now else { return nil }
        var payment = self
        (payment.status, payment.endedAt) = (.expired, now)
        return payment
    }
}
