/** The part of the WebSocket interface that this SDK uses; browsers and the package `ws` provide it. */
export interface PlainSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type PlainSocketClass = new (url: string) => PlainSocket;

/** Returns the platform's WebSocket class. */
export async function socketClass(): Promise<PlainSocketClass> {
  return (globalThis as unknown as { WebSocket: PlainSocketClass }).WebSocket;
}
