import { writeFile } from 'node:fs/promises';

/**
 * Linux shares the processor between sessions (sched(7), "The autogroup feature"), and a command can open any number of them: beside
 * 40 sessions the launcher waited 35 s for 2 s of work, and so did every cancel. With this value it has the weight of 28 sessions.
 */
const sessionNice = -15;

/**
 * Gives the session of a process precedence over the sessions of commands, which are not affected since each has a session of its own.
 * Where the kernel has no such groups, or a container no right to change them, nothing changes.
 * @param pid a process that leads a session
 */
export async function prioritiseSession(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/autogroup`, String(sessionNice)).catch(() => undefined);
}
