import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    mode: Mode;
  }
}

/** `single`: one process without Redis; `redis`: one process with Redis; `cluster`: two `api` and two `worker` processes. */
export type Mode = 'single' | 'redis' | 'cluster';

/** The mode this run of the file is for. What concerns one mode only is registered there only: `if (mode === 'cluster') test(…)`. */
export const mode: Mode = inject('mode');

export const usesRedis = mode !== 'single';
