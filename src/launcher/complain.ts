/** Writes what went wrong in the launcher to the standard error of the server, beside its log. */
export function complain(what: string, error: unknown): void {
  process.stderr.write(`${what}: ${String(error).slice(0, 500)}\n`);
}
