import { closeSync, readFileSync, readdirSync } from 'node:fs';

const O_CLOEXEC = 0o2_000_000;

/**
 * Closes every descriptor that this process was started with and did not ask for. Node marks its own close-on-exec,
 * but of inherited ones only the lowest 16 or so: what a supervisor or a shell left open would reach each command.
 * @param highestWanted the last of those that it did ask for
 */
export function closeInheritedDescriptors(highestWanted: number): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd <= highestWanted) continue;
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
      if (flags && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
    } catch {
      // It was the one by which the folder was read.
    }
  }
}
