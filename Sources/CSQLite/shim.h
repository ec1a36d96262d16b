#include <sqlite3.h>

// Swift cannot call functions with variable arguments.
static inline int tollgate_sqlite3_disable_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
static inline int tollgate_sqlite3_allow_schema_edits(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 0, (int *)0);
}
