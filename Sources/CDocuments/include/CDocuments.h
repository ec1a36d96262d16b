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

#endif
