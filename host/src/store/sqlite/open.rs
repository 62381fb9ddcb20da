//! Opening the file: nothing is written before it is known to be ours.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::super::{SeedRoot, StoreError};
use super::rows;

/// The tables, version by version. A published one never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
];

/// Marks the file as ours, in the field of the SQLite header that is meant for it: "adit".
const APPLICATION: i64 = 0x6164_6974;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the folder and an empty file where they are not there yet, for this user alone. SQLite
/// gives its `-wal` and `-shm` files the mode of the file.
pub(super) fn make_file(folder: &Path) -> Result<PathBuf, StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => failed(folder)(io::ErrorKind::NotADirectory.into()),
        _ => failed(folder)(error),
    })?;
    let path = folder.join("adit.db");
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(&path)(error)),
        Ok(_) | Err(_) => Ok(path),
    }
}

/// Waits until nobody else opens the store of this folder, as long as the guard lives. SQLite does
/// not wait its turn while a new file is changed to its write-ahead log.
pub(super) fn take_turn(folder: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Io { path: folder.to_owned(), source };
    let guard = File::open(folder).map_err(failed)?;
    match guard.lock() {
        // Some network file systems have no locks; there it stays with what SQLite does.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(failed(error)),
        Ok(()) | Err(_) => Ok(guard),
    }
}

/// A connection to a file that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::Io { path: path.to_owned(), source: io::Error::other(error) }
        }
        _ => error.into(),
    })?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Refuses a file that is no database, is one of another program, or is from a newer Adit.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let not_ours = || StoreError::NotADatabase { path: path.to_owned() };
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let tables = tables.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => not_ours(),
        _ => error.into(),
    })?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let empty = tables == 0 && application == 0;
    if !empty && application != APPLICATION {
        return Err(not_ours());
    }
    let (found, known) = (version(connection)?, newest());
    if found > known {
        return Err(StoreError::NewerVersion { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Brings the tables up to date, all or nothing, and draws the seed root of a new store.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    if version(connection)? == newest() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have been quicker.
    let done = version(&transaction)?;
    for (version, migration) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > done) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    rows::insert_seed_root(&transaction, &SeedRoot::generate()?)?;
    transaction.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}
