/** What `millrace` ends with, besides the exit codes of the commands it runs. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unreachable: 5,
  /** `run` and `tasks execute --follow` could not do their work: 1 to 124 belong to the command. */
  own: 125,
  interrupted: 130,
} as const;

/** A fault that is told in one line, with a hint of what to do. */
export class CliError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number } = {}) {
    super(message);
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}
