import { ApiError, ArgumentError, BaseURLError, ConnectionError } from '@millrace/sdk';
import { CliError, exitCodes } from './cli-error.js';

const hints: Partial<Record<string, string>> = {
  AUTH_TOKEN_MISSING: 'Sign in with: millrace login',
  AUTH_TOKEN_INVALID: 'Sign in again with: millrace login',
  AUTH_INVALID_CREDENTIALS: 'Check the name and the password.',
  AUTH_INSUFFICIENT_PERMISSIONS: 'See your role and scopes with: millrace status',
  TASK_NOT_FOUND: 'See what there is with: millrace tasks list',
  PROJECT_NOT_FOUND: 'See what there is with: millrace projects list',
  TASK_NOT_EXECUTABLE: 'Give it a command: millrace tasks create --command "…"',
  TASK_ALREADY_RUNNING: 'Watch it with: millrace tasks logs -f TASK',
  COMMAND_UNSAFE: 'An administrator may insist with --allow-unsafe.',
};
const byStatus: Record<number, number> = {
  401: exitCodes.refused,
  403: exitCodes.refused,
  404: exitCodes.notFound,
  422: exitCodes.usage,
};

/** An error as it is shown to people. */
export interface Explanation {
  message: string;
  hint?: string | undefined;
  code?: string;
  exitCode: number;
}

/** Thrown when `run` or `--follow` cannot run a command; exit codes below 125 belong to the command itself. */
export class RunFault extends Error {
  constructor(override readonly cause: unknown) {
    super('The command could not be run');
  }
}

interface FaultDetails {
  field?: string | null;
  issue?: string;
  /** Of the file that was sent. */
  line?: number;
  /** All faults of the file. */
  faults?: { line: number; field: string | null; issue: string }[];
}

/** Says what is wrong with a file, and where. */
export const faultLine = ({ line, field, issue }: NonNullable<FaultDetails['faults']>[number]) =>
  `line ${line}${field === null ? '' : `, ${field}`}: ${issue}`;

export function explain(error: unknown): Explanation {
  // an argument that could not be sent is a usage error
  if (error instanceof RunFault && error.cause instanceof ArgumentError) return explain(error.cause);
  if (error instanceof RunFault) return { ...explain(error.cause), exitCode: exitCodes.own };
  if (error instanceof CliError)
    return { message: error.message, hint: error.hint, exitCode: error.exitCode };
  if (error instanceof ApiError) {
    const { code, status, details, message } = error;
    const { field, issue, line, faults } = details as FaultDetails;
    const place = line === undefined ? field : `line ${line}${field ? `, ${field}` : ''}`;
    const where = place === undefined ? '' : ` (${place}${issue === undefined ? '' : `: ${issue}`})`;
    const wait =
      error.retryAfter === undefined ? undefined : `Try again in ${Math.ceil(error.retryAfter)} s.`;
    return {
      message: faults ? [message, ...faults.map(faultLine)].join('\n  ') : message + where,
      code,
      hint: hints[code] ?? wait,
      exitCode: byStatus[status] ?? exitCodes.failed,
    };
  }
  if (error instanceof ArgumentError) return { message: error.message, exitCode: exitCodes.usage };
  if (error instanceof BaseURLError) {
    const hint = `Set it with: millrace config set url ${error.apiURL ?? 'URL'} (or --url, or API_BASE_URL)`;
    return { message: error.message, hint, exitCode: exitCodes.unreachable };
  }
  if (error instanceof ConnectionError) {
    const hint =
      'Is the server running (millrace serve)? The address is set with: millrace config set url URL';
    return { message: error.message, hint, exitCode: exitCodes.unreachable };
  }
  return { message: error instanceof Error ? error.message : String(error), exitCode: exitCodes.failed };
}
