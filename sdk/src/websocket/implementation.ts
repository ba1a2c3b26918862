/** What this SDK needs of a WebSocket: the browser's own has it, and so has that of the package `ws`. */
export interface PlainSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type PlainSocketClass = new (url: string) => PlainSocket;

/** The platform's own WebSocket. */
export async function socketClass(): Promise<PlainSocketClass> {
  return (globalThis as unknown as { WebSocket: PlainSocketClass }).WebSocket;
}
