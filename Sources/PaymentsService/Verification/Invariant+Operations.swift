import Storage

/// What people asked for, beside what the ledger did about it.
extension Invariant {
    static let ofOperations = [payments, fees, processorOperations]

    /// Everything that names a transfer as its own joins here.
    static let transferCauses = Invariant(
        "transfer_causes",
        "Every transfer was asked for by exactly one payment, deposit or withdrawal, or belongs to one.",
        rows: """
            WITH causes AS (SELECT transfer FROM payments UNION ALL SELECT transfer FROM processor_operations)
            SELECT transfers.id,
                transfers.kind || ' of ' || transfers.amount || ', asked for ' || COUNT(causes.transfer) || ' times'
            FROM transfers
            LEFT JOIN transfers AS linked ON linked.id = transfers.linked_transfer
            LEFT JOIN causes ON causes.transfer =
                COALESCE(linked.pending_transfer, linked.id, transfers.pending_transfer, transfers.id)
            GROUP BY transfers.id HAVING COUNT(causes.transfer) <> 1
            """)

    static let payments = Invariant(
        "payments",
        """
        A payment agrees with its transfer in accounts, amount and currency, and with the accounts' owners; what was \
        captured, canceled or expired is what the transfer's end says.
        """,
        rows: """
            SELECT payments.id,
                payments.status || ' of ' || captured || ' of ' || payments.amount || ' ' || payments.currency
                    || ', its transfer: '
                    || COALESCE(began.kind || ' of ' || began.amount || ' ' || began.currency, 'none') || ', '
                    || COALESCE(ended.kind || ' of ' || ended.amount, 'no end')
            FROM payments
            LEFT JOIN transfers AS began ON began.id = payments.transfer
            LEFT JOIN transfers AS ended ON ended.pending_transfer = began.id
            LEFT JOIN accounts AS payer ON payer.id = source
            LEFT JOIN accounts AS payee ON payee.id = destination
            WHERE began.kind IS NOT CASE capture WHEN 'automatic' THEN 'direct' ELSE 'pending' END
                OR began.debit_account IS NOT source OR began.credit_account IS NOT destination
                OR began.amount IS NOT payments.amount OR began.currency IS NOT payments.currency
                OR payer.owner IS NOT source_owner OR payee.owner IS NOT destination_owner
                OR ended.kind IS NOT CASE WHEN capture = 'automatic' OR payments.status = 'requires_capture' THEN NULL
                    WHEN payments.status = 'succeeded' THEN 'post' WHEN payments.status = 'canceled' THEN 'void'
                    ELSE 'expire' END
                OR captured IS NOT CASE WHEN payments.status <> 'succeeded' THEN 0
                    WHEN capture = 'automatic' THEN payments.amount ELSE ended.amount END
            """)

    static let fees = Invariant(
        "fees", "A payment's fee is what one transfer, linked to the payment's, took from the payee into the fees.",
        rows: """
            WITH moved AS (
                SELECT payments.id, fee, destination, payments.currency, COALESCE(ended.id, transfer) AS transfer
                FROM payments LEFT JOIN transfers AS ended ON ended.pending_transfer = transfer
            ),
            -- Kept as a table, which gets an index for the join.
            taken AS MATERIALIZED (
                -- What is refunded is linked to the payment, too.
                SELECT linked_transfer, amount, debit_account, credit_account FROM transfers
                WHERE linked_transfer IS NOT NULL AND id NOT IN (SELECT transfer FROM refunds)
            )
            SELECT moved.id, 'fee ' || fee || ', taken ' || COALESCE(SUM(amount), 0)
            FROM moved LEFT JOIN taken ON linked_transfer = moved.transfer
            GROUP BY moved.id
            HAVING COALESCE(SUM(amount), 0) <> fee OR COUNT(amount) > 1
                OR SUM(debit_account <> destination OR credit_account <> 'sys_fees_' || currency) > 0
            """)

    static let processorOperations = Invariant(
        "processor_operations",
        """
        A deposit or withdrawal agrees with its pending transfer, which is open while it is processing, posted when \
        it succeeded and voided when it failed.
        """,
        rows: """
            SELECT operations.id,
                operations.status || ' of ' || operations.amount || ' ' || operations.currency || ', its transfer: '
                    || COALESCE(pending.kind || ' of ' || pending.amount || ' ' || pending.currency, 'none') || ', '
                    || COALESCE(ending.kind, 'open')
            FROM processor_operations AS operations
            LEFT JOIN transfers AS pending ON pending.id = operations.transfer
            LEFT JOIN transfers AS ending ON ending.pending_transfer = pending.id
            LEFT JOIN accounts ON accounts.id = account
            WHERE pending.kind IS NOT 'pending'
                OR pending.debit_account IS NOT
                    CASE operations.kind WHEN 'deposit' THEN 'sys_processor_' || operations.currency ELSE account END
                OR pending.credit_account IS NOT
                    CASE operations.kind WHEN 'deposit' THEN account ELSE 'sys_cash_out_' || operations.currency END
                OR pending.amount IS NOT operations.amount OR pending.currency IS NOT operations.currency
                OR accounts.owner IS NOT operations.owner
                OR COALESCE(ending.kind, 'open') <>
                    CASE operations.status WHEN 'processing' THEN 'open' WHEN 'succeeded' THEN 'post' ELSE 'void' END
            """)
}
