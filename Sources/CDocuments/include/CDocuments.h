// The documents that are compiled into the gateway, so that it needs no file to run. Data only; no C code is written.
#ifndef CDOCUMENTS_H
#define CDOCUMENTS_H
/// config/gateway.yaml, as UTF-8 that ends with a zero byte.
extern const char *const _Nonnull CDOCUMENTS_GATEWAY_YAML;
/// docs/api/openapi.json, as UTF-8 that ends with a zero byte.
extern const char *const _Nonnull CDOCUMENTS_OPENAPI_JSON;
#endif
