import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listOf } from '../../common/fields.js';
import { pathOf, type ApiCalls, type Data } from '../api-calls.js';
import { briefly, fully } from '../results.js';
import { defineTool } from './define-tool.js';

/** Clients give up after a minute. */
const mostWaitSeconds = 50;

/** Adds the tools by which an agent takes work and ends it. */
export function addClaimTools(server: McpServer, api: ApiCalls): void {
  defineTool(server, api, 'task_claim', {
    title: 'Claim a task',
    description:
      'Takes the most urgent open task, or the one you name, for yourself alone. Keep claim_id and token: pass them to the other tools while you work, which renews the claim, and end it with task_finish. An agent that names nothing works on its own backlog.',
    input: {
      project: z.string().optional().describe('The key of a project, such as SHOP, or its id'),
      agent: z.string().optional().describe('The slug of an agent, to work on its backlog'),
      task: z.string().optional().describe('The ref of one task, instead of the next one'),
      types: listOf(z.string(), { most: 50 }).optional(),
      labels: listOf(z.string(), { most: 50 }).optional(),
      lease_seconds: z.int().default(300).describe('How long the claim lasts unless a call renews it'),
      wait_seconds: z.int().min(0).max(mostWaitSeconds).default(0).describe('How long to wait for a task'),
    },
    run: async ({ project, agent, task, ...wanted }) => {
      const { types, labels, lease_seconds, wait_seconds } = wanted;
      const claim: Data =
        task === undefined
          ? await api.post('/api/claims', {
              project_id: project,
              agent_id: agent,
              types,
              labels,
              lease_seconds,
              wait_seconds,
            })
          : await api.post(pathOf`/api/tasks/${task}/claim`, { lease_seconds });
      if (claim === undefined) return 'There is no task to claim now. Try again later, with wait_seconds.';
      const { claim_id, token, expires_at } = claim;
      return { claim_id, token, expires_at, task: fully(claim.task) };
    },
  });

  defineTool(server, api, 'task_finish', {
    title: 'End the work on a claimed task',
    description:
      'complete: it is done, with a result. fail: it cannot be done, with the reason. retry: the reason, and somebody may try again. release: give it back.',
    endsClaim: true,
    input: {
      claim_id: z.string(),
      token: z.string(),
      outcome: z.enum(['complete', 'fail', 'retry', 'release']),
      text: z.string().optional().describe('The result, the reason or a note; needed for fail and retry'),
    },
    run: async ({ claim_id, token, outcome, text }) => {
      if (outcome === 'complete')
        return briefly(await api.post(pathOf`/api/claims/${claim_id}/complete`, { token, result: text }));
      if (outcome === 'release')
        return briefly(await api.post(pathOf`/api/claims/${claim_id}/release`, { token, note: text }));
      const retry = outcome === 'retry';
      return briefly(await api.post(pathOf`/api/claims/${claim_id}/fail`, { token, reason: text, retry }));
    },
  });
}
