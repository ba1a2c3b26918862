/** SQLSTATE classes that mean the database is away or out of room, not that our statement is wrong. */
const databaseAway = /^(08|53|57P0|58)/;
/** What is still under way when everything is closed finds the pools closed. */
const poolClosed = /Cannot use a pool after calling end/;

/** SQLSTATE of a statement that was ended because it took too long. */
const statementTimeout = '57014';
const socketFaults = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);
const poolFaults =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error/;

/** Whether an error means that Postgres cannot be reached at the moment. */
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

/** Whether a statement came after the pools were closed, at a shutdown. */
export function isPoolClosed(error: unknown): boolean {
  return error instanceof Error && poolClosed.test(error.message);
}

/** Whether a statement was ended because it took too long. */
export function isStatementTimeout(error: unknown): boolean {
  return sqlStateOf(error) === statementTimeout;
}

function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The Unix socket of a Postgres that is down is not there, and one whose queue is full refuses for the moment. */
function isSocketMissing(error: Error): boolean {
  return (
    ['ENOENT', 'EAGAIN'].includes(sqlStateOf(error)) && 'syscall' in error && error.syscall === 'connect'
  );
}
