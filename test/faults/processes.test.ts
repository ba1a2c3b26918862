import { chmod, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { twoOfBoth, useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { attempts, data, living, makeProject, run, scratch, speaks, token } from './steps.js';

const app = useApp({ roles: twoOfBoth, env: { CANCEL_GRACE_SECONDS: '1', WORKER_CONCURRENCY: '8' } });

/** Ways to stay behind; `$W` is a word in the command line, `$F` a folder. */
const tricks: [string, string][] = [
  ['a double fork', '( (sleep 300.$W &) & ) '],
  ['setsid', 'setsid sleep 300.$W &'],
  ['setsid with an empty environment', 'env -i setsid sleep 300.$W &'],
  ['nohup', 'nohup sleep 300.$W > /dev/null 2>&1 &'],
  ['a daemon that closed its descriptors', 'setsid sh -c "exec <&- >&- 2>&-; exec env -i sleep 300.$W" &'],
  ['a process that ignores SIGTERM', `sh -c "trap '' TERM HUP INT; while :; do sleep 0.2; done; : $W" &`],
  ['a loop of forks', 'sh $F/chain.sh $W &'],
];
/** What the main process does after it has started the others. */
const ends = { cancel: 'wait; sleep 300.$W', timeout: 'wait; sleep 300.$W', end: 'sleep 0.2' };

test.each(Object.keys(ends) as (keyof typeof ends)[])(
  'no process is left behind after: %s',
  { timeout: 60_000 },
  async (end) => {
    const folder = await scratch();
    await writeFile(`${folder}/chain.sh`, 'sleep 0.03\nsh "$0" "$1" &\n');
    await chmod(`${folder}/chain.sh`, 0o644);
    const project = await makeProject(app.admin);
    await Promise.all(
      tricks.map(async ([name, trick]) => {
        const word = token();
        const command = `W=${word}; F=${folder}; ${trick}\necho ready; ${ends[end]}`;
        const job = await run(app.admin, project, command, end === 'timeout' ? { timeout: 2 } : {});
        await speaks(app, job.execution);
        if (end === 'cancel') {
          await until(async () => (await living(word)).length > 1, { what: `${name} to be there` });
          const answer = await data(200, app.admin.post(`/api/tasks/${job.task}/cancel`, {}));
          expect([name, answer.status]).toEqual([name, 'cancelled']);
          expect([name, await living(word)]).toEqual([name, []]);
        }
        const [attempt] = await attempts(app.admin, job.task);
        expect([name, await living(word)]).toEqual([name, []]);
        const expected = { cancel: 'TASK_CANCELLED', timeout: 'TASK_TIMEOUT', end: null }[end];
        expect([name, attempt.reason]).toEqual([name, expected]);
      }),
    );
  },
);
