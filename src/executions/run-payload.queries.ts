import { addUsage } from './output-usage.queries.js';
import type { Queryable, Transaction } from '../infra/database.js';

/** A message that starts a run. */
export interface Payload extends Record<string, unknown> {
  body: Buffer;
  headers: Record<string, string>;
}

/** Stores a message for the run that it starts, whose project's storage it takes. */
export async function storePayload(
  tx: Transaction,
  id: string,
  projectId: string,
  { body, headers }: Pick<Payload, 'body' | 'headers'>,
): Promise<void> {
  const size = body.length + Buffer.byteLength(JSON.stringify(headers));
  await tx.query(
    'INSERT INTO run_payloads (id, project_id, body, headers, size) VALUES ($1, $2, $3, $4, $5)',
    [id, projectId, body, headers, size],
  );
  await addUsage(tx, projectId, size);
}

/** Reads the message that has started a run. @returns undefined when it is not stored any more */
export async function readPayload(db: Queryable, id: string): Promise<Payload | undefined> {
  const [payload] = await db.query<Payload>('SELECT body, headers FROM run_payloads WHERE id = $1', [id]);
  return payload;
}
