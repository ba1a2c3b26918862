/** The SQLSTATE classes that mean that the database is unreachable or out of resources, and not that the statement is wrong. */
const databaseAway = /^(08|53|57P0|58)/;
/** The error of statements that are sent after the pools were closed at a shutdown. */
const poolClosed = /Cannot use a pool after calling end/;

/** The SQLSTATE of a statement that was cancelled by a timeout. */
const statementTimeout = '57014';
const socketFaults = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);
const poolFaults =
  /timeout exceeded when trying to connect|^timeout expired$|Connection terminated|Query read timeout|Client has encountered a connection error/;

/** Whether an error means that Postgres cannot be reached at present. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = sqlStateOf(error);
  return (
    databaseAway.test(code) ||
    socketFaults.has(code) ||
    isSocketMissing(error) ||
    poolFaults.test(error.message) ||
    poolClosed.test(error.message)
  );
}

/** Whether an error comes from Postgres or the way to it. */
export function isDatabaseError(error: unknown): boolean {
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(sqlStateOf(error)) || isDatabaseAway(error);
}

/** Whether a statement was sent after the pools were closed at a shutdown. */
export function isPoolClosed(error: unknown): boolean {
  return error instanceof Error && poolClosed.test(error.message);
}

/** Whether a statement was cancelled by a timeout. */
export function isStatementTimeout(error: unknown): boolean {
  return sqlStateOf(error) === statementTimeout;
}

function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the Unix socket is missing, since Postgres is down (ENOENT), or its backlog is full (EAGAIN). */
function isSocketMissing(error: Error): boolean {
  return (
    ['ENOENT', 'EAGAIN'].includes(sqlStateOf(error)) && 'syscall' in error && error.syscall === 'connect'
  );
}
