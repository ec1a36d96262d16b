// swift-format-ignore-file
/// The configuration that is used when `GATEWAY_CONFIG` names no file: a copy of `config/gateway.yaml`, which a test holds equal.
enum DefaultConfiguration {
    static let text = #"""
        # The gateway's configuration, and its default: this text is compiled into the program, which needs no file to start.
        # GATEWAY_CONFIG=FILE uses another one; `gateway --validate FILE` checks it. ${NAME:-default} reads the environment.
        #
        # What is not written is refused: a path that no route names is 404, and a route that does not say `auth: public`
        # needs a valid token.

        upstreams:
          user-service:
            url: ${USER_SERVICE_URL:-http://127.0.0.1:8081}
            timeouts: { connect: 1s, per_try: 10s, total: 15s }
            retries: { attempts: 2, backoff: 25ms, maximum_backoff: 250ms, budget_percent: 20, minimum_per_second: 10 }
            # While nobody listens there (a restart), requests that may be sent twice wait instead of failing.
            waiting: { capacity: 1000, time: 10s }
          payments-service:
            url: ${PAYMENTS_SERVICE_URL:-http://127.0.0.1:8082}
            timeouts: { connect: 1s, per_try: 10s, total: 15s }
            retries: { attempts: 2, backoff: 25ms, maximum_backoff: 250ms, budget_percent: 20, minimum_per_second: 10 }
            waiting: { capacity: 1000, time: 10s }

        authentication:
          issuer: ${TOKEN_ISSUER:-tollgate}
          audience: ${TOKEN_AUDIENCE:-tollgate}
          token_type: at+jwt
          jwks:
            upstream: user-service
            path: /.well-known/jwks.json
            cool_down: 30s   # the least time between two fetches that unknown key ids cause
            refresh: 5m
          clock_skew: 60s
          required_claims: [sub, sid, jti, scope]
          cache_entries: 4096

        limits:
          body: 1MiB
          replay_body: 64KiB
          rate_limit_entries: 65536
          trusted_proxies: ${TRUSTED_PROXIES:-0}

        # Limits count per gateway replica. RATE_LIMITS=off|observe|on in the environment switches all of them.
        rate_limits:
          per-address: { key: address, quota: 600, window: 1m, default: true }
          per-user: { key: user, quota: 300, window: 1m, default: true }
          credentials: { key: address, quota: 30, window: 1m }

        routes:
          # user-service
          - name: sign-up
            path: /api/v1/users
            methods: [POST]
            upstream: user-service
            strip_prefix: /api
            auth: public
            body_limit: 16KiB
            rate_limits: [credentials]
          - name: log-in
            path: /api/v1/sessions
            methods: [POST]
            upstream: user-service
            strip_prefix: /api
            auth: public
            body_limit: 16KiB
            rate_limits: [credentials]
          - name: refresh-token
            path: /api/v1/tokens/refresh
            methods: [POST]
            upstream: user-service
            strip_prefix: /api
            auth: public
            body_limit: 16KiB
            rate_limits: [per-address]
          - name: log-out
            path: /api/v1/sessions/current
            methods: [DELETE]
            upstream: user-service
            strip_prefix: /api
          - name: read-profile
            path: /api/v1/users/me
            methods: [GET]
            upstream: user-service
            strip_prefix: /api
            scopes: [users:read]
          - name: edit-profile
            path: /api/v1/users/me
            methods: [PATCH]
            upstream: user-service
            strip_prefix: /api
            scopes: [users:write]
            body_limit: 16KiB
          - name: token-keys
            path: /.well-known/jwks.json
            methods: [GET]
            upstream: user-service
            auth: public
            rate_limits: [per-address]

          # payments-service
          - name: open-account
            path: /api/v1/accounts
            methods: [POST]
            upstream: payments-service
            strip_prefix: /api
            scopes: [accounts:write]
            idempotency: key
            body_limit: 16KiB
          - name: list-accounts
            path: /api/v1/accounts
            methods: [GET]
            upstream: payments-service
            strip_prefix: /api
            scopes: [accounts:read]
          - name: read-account
            path: /api/v1/accounts/{id}
            methods: [GET]
            upstream: payments-service
            strip_prefix: /api
            scopes: [accounts:read]
          - name: list-entries
            path: /api/v1/accounts/{id}/entries
            methods: [GET]
            upstream: payments-service
            strip_prefix: /api
            scopes: [accounts:read]
          - name: deposit
            path: /api/v1/deposits
            methods: [POST]
            upstream: payments-service
            strip_prefix: /api
            scopes: [payments:write]
            idempotency: key
            body_limit: 16KiB
          - name: read-deposit
            path: /api/v1/deposits/{id}
            methods: [GET]
            upstream: payments-service
            strip_prefix: /api
            scopes: [payments:read]
          - name: pay
            path: /api/v1/payments
            methods: [POST]
            upstream: payments-service
            strip_prefix: /api
            scopes: [payments:write]
            idempotency: key
            body_limit: 16KiB
          - name: list-payments
            path: /api/v1/payments
            methods: [GET]
            upstream: payments-service
            strip_prefix: /api
            scopes: [payments:read]
          - name: read-payment
            path: /api/v1/payments/{id}
            methods: [GET]
            upstream: payments-service
            strip_prefix: /api
            scopes: [payments:read]

          # the gateway itself
          - name: openapi
            path: /api/v1/openapi.json
            methods: [GET]
            serve: openapi
            auth: public
            rate_limits: [per-address]

        aggregates:
          - name: overview
            path: /api/v1/overview
            scopes: [users:read, accounts:read, payments:read]
            timeout: 3s
            parts:
              profile: { upstream: user-service, path: /v1/users/me, required: true }
              accounts: { upstream: payments-service, path: "/v1/accounts?limit=100", pick: data }
              recent_payments: { upstream: payments-service, path: "/v1/payments?limit=5", pick: data }

        """#
}
