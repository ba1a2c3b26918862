import { describe, expect, test } from 'vitest';
import { callFilter } from './call-filter.js';

const X32 = 0x4000_0000;
const ENOSYS = 'errno 38';

/** What the kernel would answer to a call, by the instructions that bpf(4) and seccomp(2) give a meaning. */
function verdict(program: Buffer, architecture: number, number: number): string {
  let value = 0;
  for (let at = 0; ; at += 8) {
    const operand = program.readUInt32LE(at + 4);
    const jump = (isTrue: boolean): number => 8 * program.readUInt8(at + (isTrue ? 2 : 3));
    switch (program.readUInt16LE(at)) {
      case 0x20:
        value = (operand === 0 ? number : architecture) >>> 0;
        break;
      case 0x54:
        value = (value & operand) >>> 0;
        break;
      case 0x15:
        at += jump(value === operand);
        break;
      case 0x35:
        at += jump(value >= operand);
        break;
      case 0x25:
        at += jump(value > operand);
        break;
      case 0x06:
        return operand === 0x7fff_0000 ? 'allowed' : `errno ${operand & 0xffff}`;
      default:
        throw new Error(`no such instruction at ${at}`);
    }
  }
}

describe.each([
  ['x64', 'x86-64', 0xc000_003e, [248, 249, 250, X32 + 248, X32 + 249, X32 + 250, 425, X32 + 425]],
  ['x64', 'i386', 0x4000_0003, [286, 287, 288, 425]],
  ['arm64', 'aarch64', 0xc000_00b7, [217, 218, 219, 425]],
  ['arm64', '32-bit ARM', 0x4000_0028, [309, 310, 311, 425]],
] as const)('the system call filter on %s for programs of %s', (arch, _name, architecture, refused) => {
  const program = callFilter(true, arch)!;

  test('refuses the system calls for keys and io_uring', () => {
    for (const number of refused)
      expect([number, verdict(program, architecture, number)]).toEqual([number, ENOSYS]);
  });

  test('allows all other system calls', () => {
    const others = Array.from({ length: 600 }, (_, number) => number).filter(
      (number) => !refused.some((one) => (one & ~X32) === number),
    );
    // a debugger that skips a call gives it the number -1
    for (const number of [...others, 0xffff_ffff, 0x000f_0005])
      expect([number, verdict(program, architecture, number)]).toEqual([number, 'allowed']);
  });
});

test('an unknown processor architecture has no filter', () => {
  expect(callFilter(true, 'riscv64')).toBeUndefined();
});
