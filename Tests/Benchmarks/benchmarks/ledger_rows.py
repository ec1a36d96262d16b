"""Fills payments-service's database with payments as the service would have written them, as fast as SQLite can."""
import sqlite3

# One round: each account pays the next one 1. Numbers are digits, which Crockford's base 32 has too, and sort before all
# ids of this century.
SERIES = "WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < :count)"


def fill(path, accounts, entries):
    """Adds so many entries or a few more, in transfers of payments that were told of longer ago than events are kept.

    The service must not run. Accounts are of one user and hold enough.
    """
    rounds = -(-entries // (2 * len(accounts)))
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN IMMEDIATE;")
        values = Values(database, accounts, rounds)
        add_transfers(database, values)
        add_payments(database, values)
        add_entries(database, values)
        forget_events(database, values)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA optimize")
    finally:
        database.close()
    return rounds * 2 * len(accounts)


class Values:
    """What the statements share: a table of the accounts in the order of payment, and numbers."""

    def __init__(self, database, accounts, rounds):
        database.execute("CREATE TEMP TABLE ring (place INTEGER PRIMARY KEY, id TEXT NOT NULL, entries INTEGER NOT NULL,"
                         " balance INTEGER NOT NULL)")
        for place, account in enumerate(accounts):
            database.execute(
                "INSERT INTO ring SELECT ?, id, entries, credits_posted - debits_posted FROM accounts WHERE id = ?",
                (place, account))
        self.start = database.execute("SELECT MAX(last_entry_at) FROM accounts").fetchone()[0] + 1
        self.owner = database.execute("SELECT owner FROM accounts WHERE id = ?", (accounts[0],)).fetchone()[0]
        self.rounds, self.width = rounds, len(accounts)

    def bound(self, **more):
        return {"start": self.start, "owner": self.owner, "width": self.width, "rounds": self.rounds,
                "count": self.rounds * self.width, **more}


def add_transfers(database, values):
    database.execute(
        SERIES + """
        INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, created_at)
        SELECT printf('trf_%026d', n), 'direct', payer.id, payee.id, 1, 'USD', :start + n / :width
        FROM series
        JOIN ring AS payer ON payer.place = n % :width
        JOIN ring AS payee ON payee.place = (n + 1) % :width
        """, values.bound())


def add_payments(database, values):
    database.execute(
        SERIES + """
        INSERT INTO payments (id, status, source, destination, source_owner, destination_owner, amount, currency, transfer,
            created_at, capture, captured)
        SELECT printf('pay_%026d', n), 'succeeded', payer.id, payee.id, :owner, :owner, 1, 'USD', printf('trf_%026d', n),
            :start + n / :width, 'automatic', 1
        FROM series
        JOIN ring AS payer ON payer.place = n % :width
        JOIN ring AS payee ON payee.place = (n + 1) % :width
        """, values.bound())


def add_entries(database, values):
    """Account by account, each in the order of its key. In each round it pays first and is paid then."""
    for account in database.execute("SELECT id FROM ring ORDER BY id").fetchall():
        database.execute(
            SERIES + """
            INSERT INTO entries (account, sequence, transfer, amount, balance, created_at)
            SELECT ring.id, ring.entries + 1 + n,
                printf('trf_%026d', n / 2 * :width + CASE n % 2 WHEN 0 THEN place ELSE (place + :width - 1) % :width END),
                CASE n % 2 WHEN 0 THEN -1 ELSE 1 END, ring.balance - (n + 1) % 2, :start + n / 2
            FROM series, ring WHERE ring.id = :account
            """, values.bound(count=2 * values.rounds, account=account[0]))
    database.execute(
        """
        UPDATE accounts SET credits_posted = credits_posted + :rounds, debits_posted = debits_posted + :rounds,
            entries = entries + 2 * :rounds, last_entry_at = :start + :rounds - 1
        WHERE id IN (SELECT id FROM ring)
        """, values.bound())


def forget_events(database, values):
    """As the service does after a month: of all that was told, the last payment is kept."""
    last = database.execute("SELECT MAX(sequence) FROM outbox").fetchone()[0]
    payment = f"pay_{values.rounds * values.width - 1:026d}"
    bound = values.bound(sequence=last + 1, data=f'{{"id":"{payment}"}}'.encode(), event=f"evt_{1:026d}")
    database.execute("DELETE FROM user_events")
    database.execute("DELETE FROM outbox")
    database.execute(
        """
        INSERT INTO outbox (sequence, id, type, owner, data, created_at)
        VALUES (:sequence, :event, 'payment.succeeded', :owner, :data, :start + :rounds - 1)
        """, bound)
    database.execute("INSERT INTO user_events VALUES (:owner, :sequence, 'payment.succeeded')", bound)
    database.execute("UPDATE outbox_position SET distributed = :sequence", bound)
