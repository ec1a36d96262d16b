extension ExportSection {
    /// The lists in the order of the document. A test holds that no table with a user in it is forgotten.
    static let all = [
        ExportSection(
            "sessions", table: "sessions", key: "id",
            [
                ("id", .text), ("created_at", .time), ("authenticated_at", .time), ("context", .text),
                ("refreshed_at", .time), ("client_address", .text), ("user_agent", .text), ("revoked_at", .time),
                ("revocation", .text),
            ]),
        ExportSection(
            "api_keys", table: "api_keys", key: "id",
            [
                ("id", .text), ("name", .text), ("scopes", .text), ("prefix", .text), ("previous_until", .time),
                ("quota", .number), ("window_seconds", .number), ("created_at", .time), ("expires_at", .time),
                ("last_used_at", .time),
            ]),
        ExportSection(
            "mails", table: "mails", key: "id",
            [
                ("id", .text), ("kind", .text), ("recipient", .text), ("created_at", .time), ("due_at", .time),
            ]),
        ExportSection(
            "one_time_tokens", table: "one_time_tokens", key: "purpose",
            [("purpose", .text), ("created_at", .time), ("expires_at", .time)]),
        // The address itself is not known: only whether one is the same again.
        ExportSection("known_addresses", table: "known_addresses", key: "hex(address)", [("seen_at", .time)]),
        // Who of the staff acted, and from where, is about them; what an act of the user's own changed about others is
        // about those.
        ExportSection(
            "audit_log", table: "audit_log", key: "id", condition: "actor = ?1 OR target = ?1",
            masked: ["before": "target = ?1", "after": "target = ?1"],
            [
                ("id", .text), ("occurred_at", .time), ("action", .text), ("outcome", .text), ("before", .json),
                ("after", .json),
            ]),
        ExportSection(
            "second_factors", table: "totp_factors", key: "user_id", [("created_at", .time), ("confirmed_at", .time)]),
        ExportSection("erasures", table: "erasures", key: "user_id", [("requested_at", .time), ("refused_at", .time)]),
    ]
}
