import { StreamableHTTPClientTransport, type JSONRPCMessage } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { harmless } from './terminal.js';

/** The code of an error of the server, of those that JSON-RPC 2.0 §5.1 leaves to it. */
const serverError = -32_000;

type Id = string | number;

/**
 * Passes the messages of an agent on stdin to the endpoint of a server, and its answers to stdout, until stdin ends. Each request has a
 * connection of its own, which is closed when the agent cancels it, so that the server stops as well.
 * @param endpoint such as `http://localhost:8000/mcp`
 */
export async function relayMessages(endpoint: URL, token: string): Promise<void> {
  const agent = new StdioServerTransport();
  const requests = new Map<Id, StreamableHTTPClientTransport>();
  /** The version that was agreed upon, which every request names from then on. */
  let version: string | undefined;
  const complain = (error: Error) => process.stderr.write(`millrace: ${harmless(error.message)}\n`);
  const answer = (message: JSONRPCMessage) => agent.send(message).catch(complain);
  const end = (id: Id) => {
    const request = requests.get(id);
    requests.delete(id);
    void request?.close().catch(complain);
  };

  const pass = async (message: JSONRPCMessage): Promise<void> => {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    const server = new StreamableHTTPClientTransport(endpoint, {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    });
    if (version !== undefined) server.setProtocolVersion(version);
    Object.assign(server, {
      onmessage: (received: JSONRPCMessage) => {
        if ('result' in received && typeof received.result['protocolVersion'] === 'string')
          version = received.result['protocolVersion'];
        void answer(received);
        if (id !== undefined && 'id' in received && received.id === id) end(id);
      },
    });
    if (id !== undefined) requests.set(id, server);
    try {
      await server.start();
      await server.send(message);
    } catch (error) {
      const isCancelled = id !== undefined && !requests.has(id);
      if (isCancelled) return;
      complain(error as Error);
      if (id !== undefined)
        await answer({ jsonrpc: '2.0', id, error: { code: serverError, message: (error as Error).message } });
      if (id !== undefined) end(id);
    }
    if (id === undefined) await server.close();
  };

  await new Promise<void>((resolve, reject) => {
    Object.assign(agent, {
      onclose: resolve,
      onerror: complain,
      onmessage: (message: JSONRPCMessage) => {
        if ('method' in message && message.method === 'notifications/cancelled') {
          const { requestId } = (message.params ?? {}) as { requestId?: Id };
          if (requestId !== undefined) end(requestId);
          return;
        }
        void pass(message).catch(complain);
      },
    });
    agent.start().catch(reject);
  });
  for (const id of requests.keys()) end(id);
}
