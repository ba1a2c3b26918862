import { Body, Controller, Post, Req, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import { boundedObject } from '../common/fields.js';
import { accountOf } from '../common/permissions.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Endpoint } from '../http/endpoint.js';
import { closedSignal } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ApiCalls } from './api-calls.js';
import type { McpRequests } from './mcp-server.js';

/** The most values in what a message sends: the library makes a message of each that a tool does not take, and joins them all. */
const mostValues = 1_000;

/** One message: the protocol has no batches any more, and a request counts once for the rate limit. */
const messageSchema = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    method: z
      .string()
      .optional()
      .meta({ examples: ['tools/list'] }),
    id: z.union([z.string(), z.number()]).optional(),
    params: boundedObject(z.looseObject({}), (params) =>
      hasMoreValuesThan(params, mostValues) ? `must not have more than ${mostValues} values` : undefined,
    ).optional(),
  })
  .meta({
    id: 'McpMessage',
    description: 'A message of the Model Context Protocol: JSON-RPC 2.0',
    examples: [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }],
  });

/** Whether a value of JSON consists of more than a number of values, itself included. Its depth was bounded before. */
function hasMoreValuesThan(root: unknown, most: number): boolean {
  let left = most;
  const walk = (value: unknown): boolean => {
    left -= 1;
    if (left < 0) return true;
    return typeof value === 'object' && value !== null && Object.values(value).some(walk);
  };
  return walk(root);
}

/** What a call to the API takes over from the request that it is made for. */
const taken = ['authorization', 'x-session-id'] as const;

@Controller('mcp')
export class McpController implements BeforeApplicationShutdown {
  /** Loaded by the first request, since most installations have no agent and each start would wait for it. */
  private requests: Promise<McpRequests> | undefined;

  /** The reads of the tools, whose answers are held as a whole: of one user and of all. */
  private readonly turns = new TurnsPerUser(
    { perUser: 2, inAll: 8 },
    { perUser: 200, inAll: 1_000, timeoutMs: 30_000 },
  );

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly infrastructure: Infrastructure,
  ) {}

  @Post()
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Serve the Model Context Protocol',
    description:
      'For agents: tools to claim, read, change and search tasks, to run commands and read their output, and to remember. Streamable HTTP without sessions, answered as JSON or as server-sent events; the token is that of the API, and what a tool may do depends on its scopes.',
    raw: {
      'application/json': { schema: { type: 'object' } },
      'text/event-stream': { schema: { type: 'string' } },
    },
    empty: { 202: 'A notification was received' },
    errors: ['VALIDATION_ERROR'],
  })
  async serve(
    @Req() request: ActorRequest,
    @Body({ schema: messageSchema }) body: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const requests = await (this.requests ??= this.load());
    const signal = closedSignal(reply.raw);
    const answer = await requests.answer(asWebRequest(request, signal), body, this.callsFor(request, signal));
    void reply.status(answer.status);
    for (const [name, value] of answer.headers) void reply.header(name, value);
    await reply.send(answer.body ? Readable.fromWeb(answer.body as ReadableStream) : undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await (await this.requests)?.close();
  }

  private async load(): Promise<McpRequests> {
    const { McpRequests: Requests } = await import('./mcp-server.js');
    const { logger } = this.infrastructure;
    return new Requests((error) => logger.debug({ err: error }, 'a request of an agent failed'));
  }

  private callsFor(request: ActorRequest, signal: AbortSignal): ApiCalls {
    const server = this.host.httpAdapter.getInstance() as FastifyInstance;
    const headers = Object.fromEntries(
      taken.flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    return new ApiCalls(server, {
      headers: { ...headers, host: request.headers.host ?? '', 'x-request-id': request.id },
      address: request.ip,
      signal,
      inTurn: (work) => this.turns.take(accountOf(request.user!), work, signal),
    });
  }
}

function asWebRequest(request: ActorRequest, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (typeof value === 'string' && name !== 'content-length') headers.set(name, value);
  return new Request('http://localhost/mcp', {
    method: 'POST',
    headers,
    signal,
  });
}
