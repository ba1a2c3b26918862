import type { Queryable } from '../infra/database.js';

/** Runs one read of an export, when its user's turn has come. */
export type ReadInTurn = <T>(read: (db: Queryable) => Promise<T>) => Promise<T>;
