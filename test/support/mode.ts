import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    mode: Mode;
  }
}

/** `single`: one process without Redis; `redis`: one process with Redis; `cluster`: several processes, of which two serve requests. */
export type Mode = 'single' | 'redis' | 'cluster';

/** The mode of this run. Tests of one mode are only registered there: `if (mode === 'cluster') test(…)`. */
export const mode: Mode = inject('mode');

export const usesRedis = mode !== 'single';
