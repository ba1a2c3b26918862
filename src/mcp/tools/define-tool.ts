import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { pathOf, type ApiCalls } from '../api-calls.js';
import { answer, refusal } from '../results.js';

/** The fields by which every tool takes a claim to renew. */
const claimFields = {
  claim_id: z.string().optional().describe('Of a claim that you hold: every call that names it renews it'),
  token: z.string().optional().describe('The token of that claim'),
};

/** What a tool works with. */
export interface ToolContext {
  api: ApiCalls;
  /** Aborted when the client does not wait for the answer any more. */
  signal: AbortSignal;
}

export interface ToolDefinition<Shape extends z.ZodRawShape> {
  title: string;
  description: string;
  input: Shape;
  /** Whether it changes nothing. */
  isReadOnly?: boolean;
  /** Whether it ends the claim that it names, so that it does not renew it. */
  endsClaim?: boolean;
  run: (input: z.output<z.ZodObject<Shape>>, context: ToolContext) => Promise<unknown>;
}

/** Adds a tool to a server. Errors of the API become answers that say what to do next. */
export function defineTool<Shape extends z.ZodRawShape>(
  server: McpServer,
  api: ApiCalls,
  name: string,
  { title, description, input, isReadOnly = false, endsClaim = false, run }: ToolDefinition<Shape>,
): void {
  const inputSchema = z.object(endsClaim ? input : { ...input, ...claimFields });
  server.registerTool(
    name,
    { title, description, inputSchema, annotations: { readOnlyHint: isReadOnly, openWorldHint: false } },
    async (given, context): Promise<CallToolResult> => {
      const { claim_id, token } = given as { claim_id?: string; token?: string };
      try {
        if (!endsClaim && claim_id !== undefined)
          await api.post(pathOf`/api/claims/${claim_id}/heartbeat`, { token });
        const result = await run(given as z.output<z.ZodObject<Shape>>, {
          api,
          signal: context.mcpReq.signal,
        });
        return answer(result);
      } catch (error) {
        return refusal(error);
      }
    },
  );
}
