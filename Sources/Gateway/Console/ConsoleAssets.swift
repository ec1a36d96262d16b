import CDocuments

/// The console's files, `Sources/Gateway/Console/assets`, as they were compiled in.
enum ConsoleAssets {
    /// `index.html`.
    static let page = ConsoleAsset(String(cString: CDOCUMENTS_CONSOLE_INDEX_HTML), type: "text/html; charset=utf-8")

    /// What the page loads, by file name.
    static let named: [String: ConsoleAsset] = scripts.mapValues {
        ConsoleAsset($0, type: "text/javascript; charset=utf-8")
    }.merging([
        "console.css": ConsoleAsset(String(cString: CDOCUMENTS_CONSOLE_CONSOLE_CSS), type: "text/css; charset=utf-8"),
        "icon.svg": ConsoleAsset(String(cString: CDOCUMENTS_CONSOLE_ICON_SVG), type: "image/svg+xml"),
    ]) { first, _ in first }

    private static var scripts: [String: String] {
        [
            "theme.js": String(cString: CDOCUMENTS_CONSOLE_THEME_JS),
            "main.js": String(cString: CDOCUMENTS_CONSOLE_MAIN_JS),
            "dom.js": String(cString: CDOCUMENTS_CONSOLE_DOM_JS),
            "money.js": String(cString: CDOCUMENTS_CONSOLE_MONEY_JS),
            "api.js": String(cString: CDOCUMENTS_CONSOLE_API_JS),
            "session.js": String(cString: CDOCUMENTS_CONSOLE_SESSION_JS),
            "requests.js": String(cString: CDOCUMENTS_CONSOLE_REQUESTS_JS),
            "forms.js": String(cString: CDOCUMENTS_CONSOLE_FORMS_JS),
            "accounts.js": String(cString: CDOCUMENTS_CONSOLE_ACCOUNTS_JS),
            "funds.js": String(cString: CDOCUMENTS_CONSOLE_FUNDS_JS),
            "keys.js": String(cString: CDOCUMENTS_CONSOLE_KEYS_JS),
            "faults.js": String(cString: CDOCUMENTS_CONSOLE_FAULTS_JS),
            "live.js": String(cString: CDOCUMENTS_CONSOLE_LIVE_JS),
            "overview.js": String(cString: CDOCUMENTS_CONSOLE_OVERVIEW_JS),
            "payments.js": String(cString: CDOCUMENTS_CONSOLE_PAYMENTS_JS),
            "profile.js": String(cString: CDOCUMENTS_CONSOLE_PROFILE_JS),
            "qr.js": String(cString: CDOCUMENTS_CONSOLE_QR_JS),
            "traces.js": String(cString: CDOCUMENTS_CONSOLE_TRACES_JS),
            "webhooks.js": String(cString: CDOCUMENTS_CONSOLE_WEBHOOKS_JS),
            "welcome.js": String(cString: CDOCUMENTS_CONSOLE_WELCOME_JS),
        ]
    }
}
