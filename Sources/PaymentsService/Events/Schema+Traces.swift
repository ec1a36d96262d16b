extension Schema {
    /// Where events come from, so that what becomes of them later can be linked to it.
    static let traces = """
        -- A `traceparent` (W3C Trace Context); NULL where nothing was traced.
        ALTER TABLE outbox ADD COLUMN trace TEXT;
        ALTER TABLE webhook_deliveries ADD COLUMN trace TEXT;
        """
}
