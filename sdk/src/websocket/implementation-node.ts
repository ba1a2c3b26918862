import type { PlainSocketClass } from './implementation.js';

/** Node has a WebSocket of its own from version 22 on. */
export async function socketClass(): Promise<PlainSocketClass> {
  const { WebSocket: own } = globalThis as unknown as { WebSocket?: PlainSocketClass };
  return own ?? ((await import('ws')).WebSocket as unknown as PlainSocketClass);
}
