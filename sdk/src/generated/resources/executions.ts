// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  Artifacts,
  ExecutionDetail,
  ExecutionsDownloadArtifactQuery,
  ExecutionsListArtifactsQuery,
} from '../types.js';

/** The attempts to run the command of a task or a single command */
export class ExecutionsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show one attempt to run a command.
   * Returns an execution of a task or of a single command: state, times, exit code and the reason why it waits. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(executionId: string, options?: RequestOptions): Promise<ExecutionDetail> {
    return this.api.call({
      method: 'GET',
      path: '/executions/{executionId}',
      parameters: { executionId },
      keep: ['inputs'],
      options,
    });
  }

  /**
   * List the files that are kept of a run.
   * What matched `artifacts` of its task and was made or changed by it, by path. They are kept as long as the output of the run. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  listArtifacts(
    executionId: string,
    query?: ExecutionsListArtifactsQuery,
    options?: RequestOptions,
  ): Listing<Artifacts, 'artifacts'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/executions/{executionId}/artifacts',
        parameters: { executionId },
        query,
        options,
      },
      'artifacts',
    );
  }

  /**
   * Download a file of a run.
   * The bytes as the run left them, with whatever is in them: secrets are not masked. They are offered for saving, but for PNG, JPEG, GIF and WebP images, which a browser may show. `from_offset` and `limit` choose a piece. The download is cut off when the right to it ends. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * The answer is given as it comes: read its `body`, or all of it with `text()`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  downloadArtifact(
    executionId: string,
    artifactId: string,
    query?: ExecutionsDownloadArtifactQuery,
    options?: RequestOptions,
  ): Promise<Response> {
    return this.api.raw({
      method: 'GET',
      path: '/executions/{executionId}/artifacts/{artifactId}',
      parameters: { executionId, artifactId },
      query,
      options,
    });
  }
}
