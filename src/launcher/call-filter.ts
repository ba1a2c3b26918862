const AND_K = 0x54;
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_GREATER = 0x25;
const RETURN = 0x06;

/** Offsets in `struct seccomp_data`. */
const CALL_NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;

const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const AF_VSOCK = 40;
/** The same in every ABI. */
const IO_URING_SETUP = 425;
/** Calls of the x32 ABI have the numbers of x86-64 and this bit. */
const WITHOUT_X32_BIT = 0xbfff_ffff;

/** An `AUDIT_ARCH_…` of linux/audit.h, and numbers of system calls. */
interface Abi {
  architecture: number;
  /** request_key(2) and keyctl(2) have the next two. */
  addKey: number;
  socket: number;
  /** The older way to all calls of sockets, whose arguments no filter can see. */
  socketcall?: number;
}

const abis: Partial<Record<NodeJS.Architecture, Abi[]>> = {
  x64: [
    { architecture: 0xc000_003e, addKey: 248, socket: 41 },
    // 32-bit programs
    { architecture: 0x4000_0003, addKey: 286, socket: 359, socketcall: 102 },
  ],
  arm64: [
    { architecture: 0xc000_00b7, addKey: 217, socket: 198 },
    { architecture: 0x4000_0028, addKey: 309, socket: 281, socketcall: 102 },
  ],
};

/**
 * A filter of system calls for seccomp(2) that refuses those of keyrings(7), io_uring(7), whose operations no filter sees, and without a network sockets of vsock(7): no namespace
 * separates the session keyring, whose keys everybody reads who has it, nor the way from a virtual machine to its host, which
 * commands of all projects share. Programs get ENOSYS, as of a kernel without keys, which runc and LXC chose too: what can do
 * without keys then does.
 * @param network whether the command has one
 * @returns an array of `struct sock_filter`; undefined for a processor whose numbers are not known here
 */
export function callFilter(network: boolean, arch: NodeJS.Architecture = process.arch): Buffer | undefined {
  const known = abis[arch];
  if (!known) return undefined;
  return Buffer.concat([
    instruction(LOAD_WORD, ARCHITECTURE),
    ...known.flatMap((abi) => {
      const body = [
        ...withoutKeys(abi),
        ...withoutIoUring,
        ...(network ? [] : withoutVsock(abi)),
        instruction(RETURN, ALLOW),
      ];
      return [instruction(JUMP_IF_EQUAL, abi.architecture, 0, body.length), ...body];
    }),
    // an ABI that the processor does not have
    instruction(RETURN, REFUSE | ENOSYS),
  ]);
}

function withoutKeys({ addKey }: Abi): Buffer[] {
  return [
    instruction(LOAD_WORD, CALL_NUMBER),
    instruction(AND_K, WITHOUT_X32_BIT),
    instruction(JUMP_IF_AT_LEAST, addKey, 0, 2),
    instruction(JUMP_IF_GREATER, addKey + 2, 1, 0),
    instruction(RETURN, REFUSE | ENOSYS),
  ];
}

/** io_uring_setup(2), behind `withoutKeys`, which has loaded the number. */
const withoutIoUring = [
  instruction(JUMP_IF_EQUAL, IO_URING_SETUP, 0, 1),
  instruction(RETURN, REFUSE | ENOSYS),
];

/** Behind `withoutKeys`, which has loaded the number. */
function withoutVsock({ socket, socketcall }: Abi): Buffer[] {
  return [
    ...(socketcall === undefined
      ? []
      : [instruction(JUMP_IF_EQUAL, socketcall, 0, 1), instruction(RETURN, REFUSE | ENOSYS)]),
    instruction(JUMP_IF_EQUAL, socket, 0, 3),
    instruction(LOAD_WORD, FIRST_ARGUMENT),
    instruction(JUMP_IF_EQUAL, AF_VSOCK, 0, 1),
    instruction(RETURN, REFUSE | EAFNOSUPPORT),
  ];
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
