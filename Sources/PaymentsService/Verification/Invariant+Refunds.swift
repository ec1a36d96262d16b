import Storage

/// Money that payees gave back, beside what the payments and the ledger say of it.
extension Invariant {
    static let ofRefunds = [refunds, refundTotals]

    static let refunds = Invariant(
        "refunds",
        """
        A refund agrees with its payment, which succeeded, and with one transfer of its own, linked to the payment's, that \
        moved its amount back; no other transfer moves money back.
        """,
        rows: """
            SELECT refunds.id,
                refunds.amount || ' ' || refunds.currency || ' of ' || refunds.payment || ', its transfer: '
                    || COALESCE(transfers.kind || ' of ' || transfers.amount || ' ' || transfers.currency, 'none')
            FROM (SELECT *, COUNT(*) OVER (PARTITION BY transfer) AS sharing FROM refunds) AS refunds
            LEFT JOIN payments ON payments.id = refunds.payment
            LEFT JOIN transfers ON transfers.id = refunds.transfer
            WHERE sharing > 1 OR payments.status IS NOT 'succeeded' OR payments.currency IS NOT refunds.currency
                OR payments.source_owner IS NOT payer OR payments.destination_owner IS NOT payee
                OR transfers.kind IS NOT 'direct' OR transfers.linked_transfer IS NOT payments.transfer
                OR transfers.debit_account IS NOT payments.destination
                OR transfers.credit_account IS NOT payments.source
                OR transfers.amount IS NOT refunds.amount OR transfers.currency IS NOT refunds.currency
            UNION ALL
            SELECT id, 'moves ' || amount || ' ' || currency || ' back, and is no refund'
            FROM transfers
            WHERE linked_transfer IS NOT NULL AND credit_account <> 'sys_fees_' || currency
                AND id NOT IN (SELECT transfer FROM refunds)
            """)

    static let refundTotals = Invariant(
        "refund_totals",
        """
        What a payment says was refunded is the sum of its refunds, which add up one by one, and not more than was captured.
        """,
        rows: """
            SELECT payments.id,
                'refunded ' || refunded || ' of ' || captured || ', in all ' || COALESCE(SUM(refunds.amount), 0)
            FROM payments LEFT JOIN refunds ON refunds.payment = payments.id
            GROUP BY payments.id HAVING refunded <> COALESCE(SUM(refunds.amount), 0) OR refunded > captured
            UNION ALL
            SELECT id, 'total ' || total || ', computed ' || (before + amount)
            FROM (
                SELECT id, amount, total, LAG(total, 1, 0) OVER (PARTITION BY payment ORDER BY total) AS before
                FROM refunds)
            WHERE total <> before + amount
            """)
}
