import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf, type Operation } from './operations.js';

/** What an agent must know before the list of routes; `BASE` stands for the address of the server. */
const guide = `# Millrace

> A self-hosted platform that keeps a backlog of tasks for people and agents, runs their shell commands on workers, and streams every byte of output live.

This page teaches the whole HTTP API. With the Model Context Protocol use BASE/mcp (Streamable HTTP, the same token) or the command \`millrace mcp\` instead. The OpenAPI document is at BASE/openapi.json.

## Requests

- Send \`Authorization: Bearer TOKEN\`: a key of an agent (\`mlr_key_…\`), a personal access token (\`mlr_pat_…\`) or a JWT of \`POST /api/auth/login\`.
- Bodies are JSON. An answer is \`{"data": …, "error": null, "meta": {…}}\`; a refusal \`{"data": null, "error": {"code", "message", "details"}, "meta": {…}}\`. Look at \`error.code\`.
- A task is named by its id or its ref (\`SHOP-42\`), a project by its id or its key (\`SHOP\`), an agent by its id or its slug.
- PUT and PATCH change only the fields that are sent; \`null\` clears one. Send the \`version\` you have read to change nothing that others have changed since (409 \`VERSION_CONFLICT\`).
- A file goes to \`POST /api/projects/{project}/import?format=millrace|csv|github\`, \`…/findings\` (SARIF) or \`…/sync\` (YAML) as the body, as it is; \`dry_run=true\` answers what would be done. \`GET …/export\` gives one.
- Lists have \`items\`, \`total\` and \`next_cursor\`; the next page is \`?cursor=\`, of \`page_size\` up to 100. Unknown parameters are refused.
- Repeat a POST safely with the header \`Idempotency-Key\`. On 429 and 503 wait for \`Retry-After\` seconds.
- 404 means that it does not exist or that you may not see it; 403 that you may see it and not do this; 409 that its state does not allow it; 422 that a field is wrong, which \`details\` names.

## Work of an agent

1. Claim a task. It is yours alone until the lease passes. Without \`project_id\` an agent works on its own backlog; 204 means that there is nothing to do.

       curl -X POST BASE/api/claims -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"project_id": "SHOP", "wait_seconds": 30}'

   The answer has \`claim_id\`, \`token\`, \`expires_at\` and the \`task\`.
2. Renew it before it expires: \`POST /api/claims/{claim_id}/heartbeat {"token"}\`. After \`CLAIM_LOST\` stop: somebody else may have the task.
3. Read: \`GET /api/tasks/{task}\`, its \`/comments\`, \`/checklist\`, \`/plans\`, and what others have learnt: \`GET /api/projects/{project}/memory?search=\`.
4. Run commands: \`POST /api/commands/execute {"command", "project_id", "stream_output": false}\` waits up to 25 s for the end; the command of a task by \`POST /api/tasks/{task}/execute\`. \`GET /api/commands/{id}/status?tail=50\` has the state, \`exit_code\` and the end of the output; \`GET /api/commands/{id}/output?from_offset=0&limit=8000\` reads it as it was written.
5. Write: \`POST /api/tasks/{task}/comments {"body"}\`, \`POST /api/projects/{project}/memory {"body", "tags"}\`.
6. End: \`POST /api/claims/{claim_id}/complete {"token", "result"}\`, \`…/fail {"token", "reason", "retry"}\` or \`…/release {"token"}\`.

A task is pending, queued, running, completed, failed or cancelled; priority 1 is the most urgent, 10 the least. Texts are Markdown and stored as sent.
`;

/** Writes the page for agents (llms.txt): how to use the API, and every route of the document in a line. */
export function llmsText(document: OpenAPIObject, baseUrl: string): string {
  const groups = new Map<string, string[]>();
  for (const { path, method, operation } of operationsOf(document)) {
    const [group = 'other'] = operation.tags;
    groups.set(group, [...(groups.get(group) ?? []), lineOf(path, method, operation)]);
  }
  const meanings = new Map(document.tags?.map(({ name, description }) => [name, description ?? '']));
  const routes = [...groups].map(
    ([group, lines]) => `### ${group}\n\n${meanings.get(group) ?? ''}.\n\n${lines.join('\n')}\n`,
  );
  return `${guide.replaceAll('BASE', baseUrl)}\n## All routes\n\n${routes.join('\n')}`;
}

function lineOf(path: string, method: string, { summary, parameters = [] }: Operation): string {
  const query = parameters.filter((parameter) => parameter['in'] === 'query').map(({ name }) => String(name));
  const shownQuery = query.length > 0 ? ` ?${query.join(', ')}` : '';
  return `- \`${method.toUpperCase()} ${path.replace(/(.)\/$/, '$1')}\`${shownQuery}: ${summary}`;
}
