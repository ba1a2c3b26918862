/** The exit codes of `millrace` itself. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unreachable: 5,
  /** `run` or `tasks execute --follow` failed themselves: 1 to 124 belong to the command. */
  own: 125,
  interrupted: 130,
} as const;

/** An error shown in one line, with a hint of what to do. */
export class CliError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number } = {}) {
    super(message);
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}
