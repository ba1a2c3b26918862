import { createHash } from 'node:crypto';
import type { Random } from './random.js';

/** The parameters of a task's command, which fully determine its output. */
export interface Work {
  key: string;
  pieces: number;
  lines: number;
  pause: number;
}

/** A project of the crash rounds, with its `max_concurrent_tasks`. */
export interface SoakProject {
  id: string;
  name: string;
  limit: number;
}

export function makeWork(random: Random, key: string): Work {
  // some commands write a megabyte, so that faults interrupt the writing of segments
  const lines = random.chance(0.15) ? random.between(2_000, 6_000) : random.between(1, 40);
  // some commands run longer than a lease
  const pause = random.chance(0.06) ? random.between(200, 300) : random.between(2, 30);
  return { key, pieces: random.between(2, 6), lines, pause: pause / 100 };
}

/** Returns the whole output of a command that runs to its end. */
export function outputOf({ key, pieces, lines }: Work): Buffer {
  let text = '';
  for (let piece = 1; piece <= pieces; piece += 1)
    for (let line = 1; line <= lines; line += 1)
      text += `${key} ${piece} ${String(line).padStart(6, '0')} äé日本🙂\n`;
  return Buffer.from(text);
}

export const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/**
 * Returns the shell command of a task. It logs its start and end in `<folder>/log`, and also when an earlier attempt of its task is still
 * alive or when its project runs more commands than its limit, which both can only be detected on one host. The projects of a round share
 * the folder, although their commands run as different users.
 * @param project its name is the value of `SOAK_PROJECT` in the environment of its commands
 */
export function commandOf({ key, pieces, lines, pause }: Work, folder: string, project: SoakProject): string {
  const { name, limit } = project;
  const alive = (pid: string, what: string) => `grep -qz '^${what}$' /proc/${pid}/environ 2>/dev/null`;
  return `umask 0; F=${folder}; E=$MILLRACE_EXECUTION_ID
for p in $(cat $F/tasks/$TASK_ID 2>/dev/null); do
  ${alive('$p', "TASK_ID='$TASK_ID'")} && echo "! overlap $E $p" >> $F/log
done
echo $$ >> $F/tasks/$TASK_ID; echo "+ $E $$" >> $F/log; : > $F/running/${name}-$$
n=0; for p in $F/running/${name}-*; do ${alive('${p##*-}', `SOAK_PROJECT=${name}`)} && n=$((n+1)); done
[ $n -gt ${limit} ] && echo "! limit $E $n" >> $F/log
i=0; while [ $i -lt ${pieces} ]; do i=$((i+1))
  seq -f "${key} $i %06.0f äé日本🙂" 1 ${lines}; sleep ${pause}
done
rm $F/running/${name}-$$; echo "- $E $$" >> $F/log`;
}
