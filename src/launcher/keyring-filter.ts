const AND_K = 0x54;
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_GREATER = 0x25;
const RETURN = 0x06;

/** Offsets in `struct seccomp_data`. */
const CALL_NUMBER = 0;
const ARCHITECTURE = 4;

const ALLOW = 0x7fff_0000;
const ENOSYS = 38;
const REFUSE = 0x0005_0000 | ENOSYS;
/** Calls of the x32 ABI have the numbers of x86-64 and this bit. */
const WITHOUT_X32_BIT = 0xbfff_ffff;

/** An `AUDIT_ARCH_…` of linux/audit.h, and the number of add_key(2); request_key(2) and keyctl(2) have the next two. */
interface Abi {
  architecture: number;
  addKey: number;
}

const abis: Partial<Record<NodeJS.Architecture, Abi[]>> = {
  x64: [
    { architecture: 0xc000_003e, addKey: 248 },
    // 32-bit programs
    { architecture: 0x4000_0003, addKey: 286 },
  ],
  arm64: [
    { architecture: 0xc000_00b7, addKey: 217 },
    { architecture: 0x4000_0028, addKey: 309 },
  ],
};

/**
 * A filter of system calls for seccomp(2) that refuses those of keyrings(7) and nothing else: no namespace separates the session
 * keyring, and who has it reads the keys in it as any user. Programs get ENOSYS, as of a kernel without keys, which runc and LXC
 * chose too: what can do without keys then does.
 * @returns an array of `struct sock_filter`; undefined for a processor whose numbers are not known here
 */
export function keyringFilter(arch: NodeJS.Architecture = process.arch): Buffer | undefined {
  const known = abis[arch];
  if (!known) return undefined;
  return Buffer.concat([
    instruction(LOAD_WORD, ARCHITECTURE),
    ...known.flatMap(({ architecture, addKey }) => [
      instruction(JUMP_IF_EQUAL, architecture, 0, 6),
      instruction(LOAD_WORD, CALL_NUMBER),
      instruction(AND_K, WITHOUT_X32_BIT),
      instruction(JUMP_IF_AT_LEAST, addKey, 0, 2),
      instruction(JUMP_IF_GREATER, addKey + 2, 1, 0),
      instruction(RETURN, REFUSE),
      instruction(RETURN, ALLOW),
    ]),
    // an ABI that the processor does not have
    instruction(RETURN, REFUSE),
  ]);
}

/** One `struct sock_filter`; the jumps say how many instructions are skipped. Both architectures are little-endian. */
function instruction(code: number, operand: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
