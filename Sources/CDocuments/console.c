// The console's files as they are, each with a zero byte behind it: see documents.c.
#include "CDocuments.h"

static const unsigned char index_html[] = {
#embed "../Gateway/Console/assets/index.html" suffix(, )
    0};
static const unsigned char console_css[] = {
#embed "../Gateway/Console/assets/console.css" suffix(, )
    0};
static const unsigned char icon_svg[] = {
#embed "../Gateway/Console/assets/icon.svg" suffix(, )
    0};
static const unsigned char theme_js[] = {
#embed "../Gateway/Console/assets/theme.js" suffix(, )
    0};
static const unsigned char main_js[] = {
#embed "../Gateway/Console/assets/main.js" suffix(, )
    0};
static const unsigned char dom_js[] = {
#embed "../Gateway/Console/assets/dom.js" suffix(, )
    0};
static const unsigned char money_js[] = {
#embed "../Gateway/Console/assets/money.js" suffix(, )
    0};
static const unsigned char api_js[] = {
#embed "../Gateway/Console/assets/api.js" suffix(, )
    0};
static const unsigned char session_js[] = {
#embed "../Gateway/Console/assets/session.js" suffix(, )
    0};
static const unsigned char traces_js[] = {
#embed "../Gateway/Console/assets/traces.js" suffix(, )
    0};
static const unsigned char requests_js[] = {
#embed "../Gateway/Console/assets/requests.js" suffix(, )
    0};
static const unsigned char forms_js[] = {
#embed "../Gateway/Console/assets/forms.js" suffix(, )
    0};
static const unsigned char accounts_js[] = {
#embed "../Gateway/Console/assets/accounts.js" suffix(, )
    0};
static const unsigned char funds_js[] = {
#embed "../Gateway/Console/assets/funds.js" suffix(, )
    0};
static const unsigned char keys_js[] = {
#embed "../Gateway/Console/assets/keys.js" suffix(, )
    0};
static const unsigned char faults_js[] = {
#embed "../Gateway/Console/assets/faults.js" suffix(, )
    0};
static const unsigned char live_js[] = {
#embed "../Gateway/Console/assets/live.js" suffix(, )
    0};
static const unsigned char overview_js[] = {
#embed "../Gateway/Console/assets/overview.js" suffix(, )
    0};
static const unsigned char payments_js[] = {
#embed "../Gateway/Console/assets/payments.js" suffix(, )
    0};
static const unsigned char profile_js[] = {
#embed "../Gateway/Console/assets/profile.js" suffix(, )
    0};
static const unsigned char qr_js[] = {
#embed "../Gateway/Console/assets/qr.js" suffix(, )
    0};
static const unsigned char webhooks_js[] = {
#embed "../Gateway/Console/assets/webhooks.js" suffix(, )
    0};
static const unsigned char welcome_js[] = {
#embed "../Gateway/Console/assets/welcome.js" suffix(, )
    0};

const char *const CDOCUMENTS_CONSOLE_INDEX_HTML = (const char *)index_html;
const char *const CDOCUMENTS_CONSOLE_CONSOLE_CSS = (const char *)console_css;
const char *const CDOCUMENTS_CONSOLE_ICON_SVG = (const char *)icon_svg;
const char *const CDOCUMENTS_CONSOLE_THEME_JS = (const char *)theme_js;
const char *const CDOCUMENTS_CONSOLE_MAIN_JS = (const char *)main_js;
const char *const CDOCUMENTS_CONSOLE_DOM_JS = (const char *)dom_js;
const char *const CDOCUMENTS_CONSOLE_MONEY_JS = (const char *)money_js;
const char *const CDOCUMENTS_CONSOLE_API_JS = (const char *)api_js;
const char *const CDOCUMENTS_CONSOLE_SESSION_JS = (const char *)session_js;
const char *const CDOCUMENTS_CONSOLE_TRACES_JS = (const char *)traces_js;
const char *const CDOCUMENTS_CONSOLE_REQUESTS_JS = (const char *)requests_js;
const char *const CDOCUMENTS_CONSOLE_FORMS_JS = (const char *)forms_js;
const char *const CDOCUMENTS_CONSOLE_ACCOUNTS_JS = (const char *)accounts_js;
const char *const CDOCUMENTS_CONSOLE_FUNDS_JS = (const char *)funds_js;
const char *const CDOCUMENTS_CONSOLE_KEYS_JS = (const char *)keys_js;
const char *const CDOCUMENTS_CONSOLE_FAULTS_JS = (const char *)faults_js;
const char *const CDOCUMENTS_CONSOLE_LIVE_JS = (const char *)live_js;
const char *const CDOCUMENTS_CONSOLE_OVERVIEW_JS = (const char *)overview_js;
const char *const CDOCUMENTS_CONSOLE_PAYMENTS_JS = (const char *)payments_js;
const char *const CDOCUMENTS_CONSOLE_PROFILE_JS = (const char *)profile_js;
const char *const CDOCUMENTS_CONSOLE_QR_JS = (const char *)qr_js;
const char *const CDOCUMENTS_CONSOLE_WEBHOOKS_JS = (const char *)webhooks_js;
const char *const CDOCUMENTS_CONSOLE_WELCOME_JS = (const char *)welcome_js;
