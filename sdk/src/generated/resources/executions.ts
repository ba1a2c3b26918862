// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { Execution } from '../types.js';

/** The attempts to run the command of a task or a single command */
export class ExecutionsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show one attempt to run a command.
   * Returns an execution of a task or of a single command: state, times, exit code and the reason why it waits. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(executionId: string, options?: RequestOptions): Promise<Execution> {
    return this.api.call({
      method: 'GET',
      path: '/executions/{executionId}',
      parameters: { executionId },
      keep: ['inputs'],
      options,
    });
  }
}
