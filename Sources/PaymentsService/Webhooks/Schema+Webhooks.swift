extension Schema {
    /// Where users want to be told of events, and what has been told.
    ///
    /// A delivery carries its own body, so that it neither keeps an event from being purged nor goes with it.
    static let webhooks = """
        CREATE TABLE webhook_endpoints (
            id TEXT NOT NULL PRIMARY KEY,
            owner TEXT NOT NULL,
            url TEXT NOT NULL,
            description TEXT,
            -- Each with a comma before and behind; NULL for all.
            types TEXT,
            enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
            -- Why, when it was not its owner who disabled it.
            disabled_reason TEXT CHECK (disabled_reason IN ('failing', 'backlog')),
            version INTEGER NOT NULL,
            -- Secrets are derived from it, and kept nowhere.
            secret_version INTEGER NOT NULL,
            previous_secret_until INTEGER,
            -- The last event that happened before there was the endpoint.
            begins_after INTEGER NOT NULL,
            -- How many of its deliveries are pending.
            pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
            -- Since when nothing has arrived, while nothing does.
            failing_since INTEGER,
            created_at INTEGER NOT NULL,
            CHECK (enabled = 0 OR disabled_reason IS NULL)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX webhook_endpoints_by_owner ON webhook_endpoints (owner);

        CREATE TABLE webhook_deliveries (
            id TEXT NOT NULL PRIMARY KEY,
            endpoint TEXT NOT NULL,
            event TEXT NOT NULL,
            type TEXT NOT NULL,
            body BLOB NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at INTEGER,
            -- When it is given up.
            expires_at INTEGER NOT NULL,
            last_attempt_at INTEGER,
            response_status INTEGER,
            failure TEXT,
            created_at INTEGER NOT NULL,
            finished_at INTEGER,
            CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
            CHECK ((status = 'pending') = (finished_at IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, next_attempt_at) WHERE status = 'pending';
        CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint);
        CREATE INDEX webhook_deliveries_expiring ON webhook_deliveries (expires_at) WHERE status = 'pending';
        CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;

        -- Endpoints that are gone, and whose deliveries are still to be removed.
        CREATE TABLE removed_webhook_endpoints (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
        """
}
