// `#embed` (C23) takes a file as it is: it costs no time to compile, where SwiftPM's `.embedInCode` takes 26 s for the
// 80 KB of openapi.json, and there is no second copy to keep equal. The compiler notes the files as dependencies.
#include "CDocuments.h"

static const unsigned char gateway_yaml[] = {
#embed "../../config/gateway.yaml" suffix(, )
    0};
static const unsigned char openapi_json[] = {
#embed "../../docs/api/openapi.json" suffix(, )
    0};
static const unsigned char common_passwords[] = {
#embed "common-passwords.txt"
};

const char *const CDOCUMENTS_GATEWAY_YAML = (const char *)gateway_yaml;
const char *const CDOCUMENTS_OPENAPI_JSON = (const char *)openapi_json;
const char *const CDOCUMENTS_COMMON_PASSWORDS = (const char *)common_passwords;
const unsigned long CDOCUMENTS_COMMON_PASSWORDS_LENGTH = sizeof common_passwords;
