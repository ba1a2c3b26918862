import type { InputSecrets } from '../executions/inputs/input-secrets.js';
import { readPayload } from '../executions/run-payload.queries.js';
import type { ClaimedExecution } from '../executions/transitions/transitions.queries.js';
import type { Queryable } from '../infra/database.js';
import type { LaunchFile } from '../launcher/launch-types.js';
import { UnenforceableError } from './unenforceable.js';

/** Reads the values of a run's secret inputs, by the name of the input. @throws UnenforceableError, SealedError */
export async function secretInputsOf(
  { inputSecrets, database }: { inputSecrets: Pick<InputSecrets, 'open'>; database: Queryable },
  { secret_inputs_id: id }: Pick<ClaimedExecution, 'secret_inputs_id'>,
): Promise<Record<string, string>> {
  const values = id === null ? {} : await inputSecrets.open(database, id);
  if (values) return values;
  throw new UnenforceableError('The secret inputs of this run are not stored any more');
}

/** Reads the message that has started a run, and its headers, as files of its command. @throws UnenforceableError */
export async function payloadFilesOf(
  { database }: { database: Queryable },
  { payload_id: id }: Pick<ClaimedExecution, 'payload_id'>,
): Promise<LaunchFile[]> {
  if (id === null) return [];
  const payload = await readPayload(database, id);
  if (!payload) throw new UnenforceableError('The message that has started this run is not stored any more');
  const headers = Buffer.from(JSON.stringify(payload.headers));
  return [
    { variable: 'TRIGGER_PAYLOAD', content: payload.body.toString('base64') },
    { variable: 'TRIGGER_HEADERS', content: headers.toString('base64') },
  ];
}
