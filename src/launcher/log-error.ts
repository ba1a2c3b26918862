/** Writes an error of the launcher to the standard error stream, which it shares with the server and its log. */
export function logError(what: string, error: unknown): void {
  process.stderr.write(`${what}: ${String(error).slice(0, 500)}\n`);
}
