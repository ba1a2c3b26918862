import { createMcpHandler, McpServer, type McpHttpHandler } from '@modelcontextprotocol/server';
import { version } from '../common/version.js';
import type { ApiCalls } from './api-calls.js';
import { addArtifactTools } from './tools/artifact-tools.js';
import { addClaimTools } from './tools/claim-tools.js';
import { addMemoryTools } from './tools/memory-tools.js';
import { addRunTools } from './tools/run-tools.js';
import { addTaskTools } from './tools/task-tools.js';

const instructions = `Millrace keeps a backlog of tasks and runs shell commands.
To work: task_claim takes a task for you alone; task_get reads it; recall says what others have learnt; run executes commands; task_comment and remember tell others; task_finish ends the work.
While you work, pass claim_id and token to the tools: that renews the claim. After CLAIM_LOST stop, since somebody else may have the task.`;

/** Builds a server with the tools, whose calls to the API are made by `api`. */
function buildServer(api: ApiCalls): McpServer {
  const server = new McpServer({ name: 'millrace', version }, { instructions });
  for (const add of [addTaskTools, addClaimTools, addMemoryTools, addRunTools, addArtifactTools])
    add(server, api);
  return server;
}

/** The calls of the API for a request; the handler builds a server for each. */
const callsOf = new WeakMap<Request, ApiCalls>();

/** Serves requests of the Model Context Protocol, each by itself: no session is kept, so that any process can answer the next one. */
export class McpRequests {
  private readonly handler: McpHttpHandler;

  constructor(onError: (error: Error) => void) {
    this.handler = createMcpHandler(({ requestInfo }) => buildServer(callsOf.get(requestInfo!)!), {
      onerror: onError,
      // nothing of the server changes while it runs, so there is nothing to listen to
      maxSubscriptions: 0,
    });
  }

  /** Answers a request whose body has been parsed. */
  answer(request: Request, body: unknown, api: ApiCalls): Promise<Response> {
    callsOf.set(request, api);
    return this.handler.fetch(request, { parsedBody: body });
  }

  close(): Promise<void> {
    return this.handler.close();
  }
}
