// What SQLite itself can do on a disk, without a service around it: the peers of the cases `batches` and `commit-latency`.
//
//   ledger-loop transfers FILE SECONDS PER_COMMIT   transfers of seven statements each, so many in a transaction
//   ledger-loop lean FILE SECONDS PER_COMMIT        the same as fast as it can be made: no RETURNING, no memory statistics
//   ledger-loop commits FILE SECONDS                one row in each transaction, and how long each COMMIT took
//
// Both run as payments-service does: write-ahead log, synchronous=FULL, one connection.
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ACCOUNTS = 256, MOST_COMMITS = 10000000 };

static sqlite3 *database;

static void check(int status, int expected, const char *what) {
    if (status == expected) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK, sql); }

static sqlite3_stmt *prepared(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK, sql);
    return statement;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void text(sqlite3_stmt *statement, int index, const char *value) {
    sqlite3_bind_text(statement, index, value, -1, SQLITE_STATIC);
}

static void finish(sqlite3_stmt *statement) {
    check(sqlite3_step(statement), SQLITE_DONE, sqlite3_sql(statement));
    sqlite3_reset(statement);
}

// The tables of the ledger, their keys and their indexes; without triggers, which are not the loop's to pay.
static const char *schema =
    "CREATE TABLE accounts (id TEXT NOT NULL PRIMARY KEY, owner TEXT, currency TEXT NOT NULL, credits INTEGER NOT NULL,"
    " debits INTEGER NOT NULL, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE transfers (id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, debit_account TEXT NOT NULL,"
    " credit_account TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, created_at INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE entries (account TEXT NOT NULL, sequence INTEGER NOT NULL, transfer TEXT NOT NULL,"
    " amount INTEGER NOT NULL, balance INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (account, sequence))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE payments (id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL, source TEXT NOT NULL,"
    " destination TEXT NOT NULL, source_owner TEXT NOT NULL, destination_owner TEXT NOT NULL, amount INTEGER NOT NULL,"
    " currency TEXT NOT NULL, transfer TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX payments_by_source_owner ON payments (source_owner, created_at);"
    "CREATE INDEX payments_by_destination_owner ON payments (destination_owner, created_at)"
    " WHERE source_owner <> destination_owner;"
    "CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, owner TEXT NOT NULL,"
    " data BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;";

struct posting {
    int64_t sequence, balance;
};

// A movement of 1 of an account; what it has made of it is returned, or looked up when there is a statement for that.
static struct posting post(sqlite3_stmt *statement, sqlite3_stmt *look, const char *account) {
    sqlite3_bind_int64(statement, 1, 1);
    text(statement, 2, account);
    if (look) {
        finish(statement);
        statement = look;
        text(look, 1, account);
    }
    check(sqlite3_step(statement), SQLITE_ROW, sqlite3_sql(statement));
    struct posting posting = {sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
    finish(statement);
    return posting;
}

static void insert_entry(sqlite3_stmt *statement, const char *account, struct posting posting, const char *transfer,
                         int64_t amount, int64_t time) {
    text(statement, 1, account);
    sqlite3_bind_int64(statement, 2, posting.sequence);
    text(statement, 3, transfer);
    sqlite3_bind_int64(statement, 4, amount);
    sqlite3_bind_int64(statement, 5, posting.balance);
    sqlite3_bind_int64(statement, 6, time);
    finish(statement);
}

static void transfers(double seconds, int64_t per_commit, int lean) {
    run(schema);
    sqlite3_stmt *open = prepared("INSERT INTO accounts VALUES (?, 'usr_01jd00000000000000000bench', 'USD', 100000000, 0, 0)");
    static char accounts[ACCOUNTS][32];
    run("BEGIN IMMEDIATE");
    for (int index = 0; index < ACCOUNTS; index++) {
        snprintf(accounts[index], sizeof accounts[index], "acct_01jd%022d", index);
        text(open, 1, accounts[index]);
        finish(open);
    }
    run("COMMIT");

    sqlite3_stmt *begin = prepared("BEGIN IMMEDIATE"), *commit = prepared("COMMIT");
    const char *debiting =
        "UPDATE accounts SET debits = debits + ?1, entries = entries + 1 WHERE id = ?2 AND credits - debits >= ?1";
    const char *crediting = "UPDATE accounts SET credits = credits + ?1, entries = entries + 1 WHERE id = ?2";
    char sql[2][256];
    const char *returning = lean ? "" : " RETURNING entries, credits - debits";
    snprintf(sql[0], sizeof sql[0], "%s%s", debiting, returning);
    snprintf(sql[1], sizeof sql[1], "%s%s", crediting, returning);
    sqlite3_stmt *debit = prepared(sql[0]), *credit = prepared(sql[1]);
    sqlite3_stmt *look = lean ? prepared("SELECT entries, credits - debits FROM accounts WHERE id = ?") : NULL;
    sqlite3_stmt *transfer = prepared("INSERT INTO transfers VALUES (?, 'direct', ?, ?, 1, 'USD', ?)");
    sqlite3_stmt *entry = prepared("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)");
    sqlite3_stmt *payment = prepared(
        "INSERT INTO payments VALUES (?1, 'succeeded', ?2, ?3, 'usr_01jd00000000000000000bench',"
        " 'usr_01jd00000000000000000bench', 1, 'USD', ?4, ?5)");
    sqlite3_stmt *event = prepared(
        "INSERT INTO outbox (id, type, owner, data, created_at)"
        " VALUES (?, 'payment.succeeded', 'usr_01jd00000000000000000bench', ?, ?)");

    // As long as the document of a payment, which the event carries.
    static char document[400];
    memset(document, 'x', sizeof document);
    int64_t done = 0;
    uint64_t state = 1;
    double began = now(), elapsed = 0;
    while (elapsed < seconds) {
        finish(begin);
        for (int64_t item = 0; item < per_commit; item++, done++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const char *from = accounts[(state >> 33) % ACCOUNTS];
            const char *to = accounts[((state >> 33) + 1 + (state >> 45) % (ACCOUNTS - 1)) % ACCOUNTS];
            char transfer_id[32], payment_id[32], event_id[32];
            snprintf(transfer_id, sizeof transfer_id, "trf_01jd%022lld", (long long)done);
            snprintf(payment_id, sizeof payment_id, "pay_01jd%022lld", (long long)done);
            snprintf(event_id, sizeof event_id, "evt_01jd%022lld", (long long)done);
            int64_t time = 1795780800000 + done / 10;

            struct posting paid = post(debit, look, from), received = post(credit, look, to);
            text(transfer, 1, transfer_id);
            text(transfer, 2, from);
            text(transfer, 3, to);
            sqlite3_bind_int64(transfer, 4, time);
            finish(transfer);
            insert_entry(entry, from, paid, transfer_id, -1, time);
            insert_entry(entry, to, received, transfer_id, 1, time);
            text(payment, 1, payment_id);
            text(payment, 2, from);
            text(payment, 3, to);
            text(payment, 4, transfer_id);
            sqlite3_bind_int64(payment, 5, time);
            finish(payment);
            text(event, 1, event_id);
            sqlite3_bind_blob(event, 2, document, sizeof document, SQLITE_STATIC);
            sqlite3_bind_int64(event, 3, time);
            finish(event);
        }
        finish(commit);
        elapsed = now() - began;
    }
    printf("RESULT {\"transfers\": %lld, \"seconds\": %.6f}\n", (long long)done, elapsed);
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void commits(double seconds) {
    run("CREATE TABLE rows (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT");
    sqlite3_stmt *insert = prepared("INSERT INTO rows (body) VALUES (randomblob(100))");
    double *times = malloc(sizeof(double) * MOST_COMMITS);
    if (!times) exit(1);
    size_t count = 0;
    for (double end = now() + seconds; now() < end && count < MOST_COMMITS; count++) {
        run("BEGIN IMMEDIATE");
        finish(insert);
        double began = now();
        run("COMMIT");
        times[count] = now() - began;
    }
    if (count == 0) exit(1);
    qsort(times, count, sizeof(double), ascending);
    printf("RESULT {\"commits\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", count, times[count / 2] * 1e6,
           times[count - 1 - count / 100] * 1e6);
}

int main(int count, char **arguments) {
    if (count < 4) {
        fprintf(stderr, "usage: ledger-loop transfers|lean FILE SECONDS PER_COMMIT | commits FILE SECONDS\n");
        return 2;
    }
    int lean = strcmp(arguments[1], "lean") == 0;
    if (lean) sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    check(sqlite3_open(arguments[2], &database), SQLITE_OK, arguments[2]);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8192");
    if ((lean || strcmp(arguments[1], "transfers") == 0) && count == 5)
        transfers(atof(arguments[3]), atoll(arguments[4]), lean);
    else if (strcmp(arguments[1], "commits") == 0)
        commits(atof(arguments[3]));
    else
        return 2;
    return sqlite3_close_v2(database) == SQLITE_OK ? 0 : 1;
}
