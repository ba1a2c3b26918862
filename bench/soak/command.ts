import { createHash } from 'node:crypto';
import type { Random } from './random.js';

/** What the command of one task does; its output follows from nothing else. */
export interface Work {
  key: string;
  pieces: number;
  lines: number;
  pause: number;
}

export function makeWork(random: Random, key: string): Work {
  // some put out a megabyte, so that a fault meets segments on their way
  const lines = random.chance(0.15) ? random.between(2_000, 6_000) : random.between(1, 40);
  // and some last longer than a lease
  const pause = random.chance(0.06) ? random.between(200, 300) : random.between(2, 30);
  return { key, pieces: random.between(2, 6), lines, pause: pause / 100 };
}

/** Everything that the command puts out when it comes to its end. */
export function outputOf({ key, pieces, lines }: Work): Buffer {
  let text = '';
  for (let piece = 1; piece <= pieces; piece += 1)
    for (let line = 1; line <= lines; line += 1)
      text += `${key} ${piece} ${String(line).padStart(6, '0')} äé日本🙂\n`;
  return Buffer.from(text);
}

export const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/**
 * The command: it notes its start and end in `<folder>/log`, and says there too when an earlier attempt of its task is still
 * alive, or when more commands of its project are than the limit allows (both only seen on one host). The projects of a round
 * share the folder, though each has a user of its own.
 */
export function commandOf({ key, pieces, lines, pause }: Work, folder: string, limit: number): string {
  const alive = (pid: string, what: string) => `grep -qz '^${what}$' /proc/${pid}/environ 2>/dev/null`;
  return `umask 0; F=${folder}; E=$MILLRACE_EXECUTION_ID
for p in $(cat $F/tasks/$TASK_ID 2>/dev/null); do
  ${alive('$p', "TASK_ID='$TASK_ID'")} && echo "! overlap $E $p" >> $F/log
done
echo $$ >> $F/tasks/$TASK_ID; echo "+ $E $$" >> $F/log; : > $F/running/${limit}-$$
n=0; for p in $F/running/${limit}-*; do ${alive('${p##*-}', `SOAK_LIMIT=${limit}`)} && n=$((n+1)); done
[ $n -gt ${limit} ] && echo "! limit $E $n" >> $F/log
i=0; while [ $i -lt ${pieces} ]; do i=$((i+1))
  seq -f "${key} $i %06.0f äé日本🙂" 1 ${lines}; sleep ${pause}
done
rm $F/running/${limit}-$$; echo "- $E $$" >> $F/log`;
}
