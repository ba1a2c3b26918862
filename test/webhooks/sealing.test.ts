import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { run } from '../commands/steps.js';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { Receiver, type Received } from './receiver.js';
import { data, deliveries, makeProject, makeWebhook, touch } from './steps.js';

const app = useApp();

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const judge = ({ raw, headers }: Received, secret: string) =>
  new StandardWebhook(secret).verify(raw, headers as Record<string, string>);
const restart = async () => {
  for (const server of app.processes) await app.restart(server);
};
const key = (name = 'secrets-key') => join(app.dataDir, name);
const sealedRows = () =>
  app.query<{ key: string; text: string }>(
    `SELECT encode(substring(s.sealed FROM 1 FOR 4), 'hex') AS key, s.text FROM (
       SELECT sealed_secret AS sealed, w::text AS text FROM webhooks w
       UNION ALL SELECT sealed_previous_secret, '' FROM webhooks WHERE sealed_previous_secret IS NOT NULL
       UNION ALL SELECT sealed, '' FROM project_secrets) AS s`,
  );
/** Waits until everything is sealed, by one key that is not the one given. @returns the id of that key */
const sealedAnew = (before: string) =>
  until(
    async () => {
      const keys = [...new Set((await sealedRows()).map((row) => row.key))];
      return keys.length === 1 && keys[0] !== null && keys[0] !== before ? keys[0] : undefined;
    },
    { what: 'all secrets to be sealed with one key' },
  );

// whose key a process has does not depend on the mode, and a cluster starts slowly
test('webhook secrets are encrypted in the database, and re-encrypted after a change of the key', async () => {
  const receiver = await Receiver.start();
  const project = await makeProject(app.admin);
  await data(200, app.admin.put(`/api/projects/${project.id}/secrets/TOKEN`, { value: 'the value itself' }));
  const hook = await makeWebhook(app.admin, {
    project_id: project.id,
    events: ['project.updated'],
    url: receiver.url,
    secret: secretOf('a'),
  });
  await data(200, app.admin.post(`/api/webhooks/${hook.id}/rotate`, { secret: secretOf('b') }));
  for (const { text } of await sealedRows())
    for (const letter of ['a', 'b']) expect(text).not.toContain(secretOf(letter).slice(6));

  // as the version before has stored it
  const old = await makeWebhook(app.admin, {
    project_id: project.id,
    events: ['project.updated'],
    url: `${receiver.url}old`,
    secret: secretOf('d'),
  });
  await app.query(
    `UPDATE webhooks SET secret = $2, sealed_secret = NULL, previous_secret = $3,
            previous_secret_expires_at = now() + interval '1 hour' WHERE id = $1`,
    [old.id, secretOf('c'), secretOf('d')],
  );
  let seen = 0;
  const works = async () => {
    await touch(app.admin, project, `time ${seen}`);
    await receiver.next((seen += 2));
    for (const got of receiver.received.slice(-2))
      for (const letter of got.path.endsWith('old') ? ['c', 'd'] : ['a', 'b'])
        expect(judge(got, secretOf(letter))).toEqual(got.body);
    const ran = await run(app.admin, 'test "$TOKEN" = "the value itself"', { project_id: project.id });
    expect(ran).toMatchObject({ status: 'completed' });
  };
  await works();

  const [before] = await sealedRows();
  await rename(key(), key('secrets-key-previous'));
  await restart();
  await sealedAnew(before!.key);
  for (const { text } of await sealedRows()) expect(text).not.toContain(secretOf('c').slice(6));
  await works();

  await rm(key('secrets-key-previous'));
  await writeFile(key(), 'a key that has sealed nothing in this database');
  await restart();
  await until(
    () => app.apis.some(({ stderr }) => stderr.includes('sealed with another SECRETS_KEY: give it')),
    {
      what: 'the start to say that the key is wrong',
    },
  );
  await touch(app.admin, project, 'with a wrong key');
  const failed = await until(async () => (await deliveries(app.admin, hook)).find(({ error }) => error), {
    what: 'the delivery to fail',
  });
  expect(failed!.error).toContain('another SECRETS_KEY');
  expect(receiver.received).toHaveLength(seen);
});
