import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    mode: Mode;
  }
}

/** `single`: one process without Redis; `redis`: one process with Redis; `cluster`: two `api` and two `worker` processes. */
export type Mode = 'single' | 'redis' | 'cluster';

/** The mode of this run. Tests of one mode are only registered there: `if (mode === 'cluster') test(…)`. */
export const mode: Mode = inject('mode');

export const usesRedis = mode !== 'single';
