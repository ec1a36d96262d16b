// The documents that are compiled into the services, so that they need no files to run. Data only; no C code is written.
#ifndef CDOCUMENTS_H
#define CDOCUMENTS_H
/// config/gateway.yaml, as UTF-8 that ends with a zero byte.
extern const char *const _Nonnull CDOCUMENTS_GATEWAY_YAML;
/// docs/api/openapi.json, as UTF-8 that ends with a zero byte.
extern const char *const _Nonnull CDOCUMENTS_OPENAPI_JSON;
/// The most common passwords of at least 8 characters, in lower case, sorted, each with a line feed behind it.
extern const char *const _Nonnull CDOCUMENTS_COMMON_PASSWORDS;
/// Their length in bytes.
extern const unsigned long CDOCUMENTS_COMMON_PASSWORDS_LENGTH;

/// The console's files, Sources/Gateway/Console/assets, as UTF-8 that ends with a zero byte.
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_INDEX_HTML;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_CONSOLE_CSS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_ICON_SVG;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_THEME_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_MAIN_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_DOM_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_MONEY_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_API_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_SESSION_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_TRACES_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_REQUESTS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_FORMS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_ACCOUNTS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_FUNDS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_KEYS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_FAULTS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_LIVE_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_OVERVIEW_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_PAYMENTS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_PROFILE_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_QR_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_WEBHOOKS_JS;
extern const char *const _Nonnull CDOCUMENTS_CONSOLE_WELCOME_JS;

#endif
