import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asRoot, printed, request, run, startLauncher } from './harness.js';

const user = { uid: 1_900_000_017, gid: 1_900_000_017 };

test.runIf(asRoot)(
  'POSIX message queues of a user are removed after the last execution, and those of others are kept',
  async ({ skip }) => {
    const base = mkdtempSync('/run/millrace-test-');
    const queues = join(base, 'queues');
    mkdirSync(queues);
    const isMounted = spawnSync('mount', ['-t', 'mqueue', 'mqueue', queues]).status === 0;
    const mine = () => readdirSync(queues).filter((name) => name.endsWith(`${process.pid}`));
    const workspaceRoot = join(base, 'spaces');
    mkdirSync(join(workspaceRoot, 'projects'), { recursive: true });
    for (const folder of [base, workspaceRoot, join(workspaceRoot, 'projects')]) chmodSync(folder, 0o711);
    const users = { first: user.uid, count: 2, workspaceRoot, maxProcesses: 500 };
    const launcher = await startLauncher({ users });
    try {
      skip(!isMounted, 'message queues cannot be mounted here');
      const as = {
        workspace: join(workspaceRoot, 'projects', '01890000-0000-7000-8000-000000000001'),
        user,
      };
      const [theirs, rootsOwn] = [`-of a user\n${process.pid}`, `of-root-${process.pid}`];
      writeFileSync(join(queues, rootsOwn), '', { flag: 'a' });
      const earlier = await launcher.launch(request('echo ready; sleep 1000', as));
      await printed(earlier, 'ready');

      await run(launcher, `: > '${queues}/${theirs}'`, as);
      expect(mine().toSorted()).toEqual([theirs, rootsOwn]);
      await earlier.terminate(0);
      await earlier.finished;
      expect(mine()).toEqual([rootsOwn]);
    } finally {
      await launcher.close();
      for (const name of mine()) rmSync(join(queues, name));
      if (isMounted) spawnSync('umount', [queues]);
      rmSync(base, { recursive: true, force: true });
    }
  },
);
