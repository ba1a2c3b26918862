import { closeSync, readFileSync, readdirSync } from 'node:fs';

const O_CLOEXEC = 0o2_000_000;

/**
 * Closes every inherited descriptor that this process does not need. Node marks its own descriptors close-on-exec, but of inherited ones
 * only the lowest 16 or so: a descriptor that a supervisor or a shell left open would be inherited by each command.
 * @param highestWanted the highest descriptor that is kept
 */
export function closeInheritedDescriptors(highestWanted: number): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd <= highestWanted) continue;
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
      if (flags && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
    } catch {
      // The descriptor was that of the folder's reader.
    }
  }
}
