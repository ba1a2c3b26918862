import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Json } from '../support/json.js';

/** A client of the Model Context Protocol, as its own package makes it. */
export class Agent {
  private readonly client: McpClient;

  /** @param isModern whether it asks for the protocol without sessions, of 2026, or for that of before */
  constructor(isModern: boolean) {
    this.client = new McpClient(
      { name: 'test', version: '1.0.0' },
      isModern ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
    );
  }

  async connect(url: string, token: string): Promise<this> {
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await this.client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
    return this;
  }

  async tools(): Promise<Json[]> {
    return (await this.client.listTools()).tools;
  }

  /** Calls a tool. @returns its answer */
  async call(name: string, input: Record<string, unknown> = {}): Promise<Json> {
    const text = await this.text(name, input, false);
    return JSON.parse(text);
  }

  /** Calls a tool that refuses. @returns what it says */
  refused(name: string, input: Record<string, unknown> = {}): Promise<string> {
    return this.text(name, input, true);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async text(name: string, input: Record<string, unknown>, isError: boolean): Promise<string> {
    const { content, isError: failed = false } = await this.client
      .callTool({ name, arguments: input })
      .catch((error: Error) => {
        // "fetch failed" alone does not say whether the connection was refused, closed or too slow
        if (!(error.cause instanceof Error)) throw error;
        throw new Error(`${name}: ${error.message}: ${error.cause.message}`, { cause: error });
      });
    const [part] = content as { text: string }[];
    if (failed !== isError) throw new Error(`${name} answered ${JSON.stringify(content)}`);
    return part!.text;
  }
}
