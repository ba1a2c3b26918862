import { StreamableHTTPClientTransport, type JSONRPCMessage } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

/** The code of an error of the server, of those that JSON-RPC 2.0 §5.1 leaves to it. */
const serverError = -32_000;

/**
 * Passes the messages of an agent on stdin to the endpoint of a server, and its answers to stdout, until stdin ends.
 * @param endpoint such as `http://localhost:8000/mcp`
 */
export async function relayMessages(endpoint: URL, token: string): Promise<void> {
  const agent = new StdioServerTransport();
  const server = new StreamableHTTPClientTransport(endpoint, {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const complain = (error: Error) => process.stderr.write(`millrace: ${error.message}\n`);
  const pending = new Set<Promise<void>>();
  const ended = new Promise<void>((resolve) => {
    Object.assign(agent, {
      onclose: resolve,
      onerror: complain,
      onmessage: (message: JSONRPCMessage) => {
        const sent = server.send(message).catch(async (error: Error) => {
          complain(error);
          if ('id' in message && 'method' in message)
            await agent
              .send({ jsonrpc: '2.0', id: message.id, error: { code: serverError, message: error.message } })
              .catch(complain);
        });
        pending.add(sent);
        void sent.finally(() => pending.delete(sent));
      },
    });
  });
  Object.assign(server, {
    onmessage: (message: JSONRPCMessage) => {
      // from then on every request names the version that was agreed upon
      if ('result' in message && typeof message.result['protocolVersion'] === 'string')
        server.setProtocolVersion(message.result['protocolVersion']);
      void agent.send(message).catch(complain);
    },
  });
  await server.start();
  await agent.start();
  await ended;
  await Promise.all(pending);
  await server.close();
}
