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
/** The number of io_uring_setup(2), which is the same in every ABI. */
const IO_URING_SETUP = 425;
/** A mask that maps call numbers of the x32 ABI to those of x86-64: the former have one more bit set. */
const WITHOUT_X32_BIT = 0xbfff_ffff;

/** An ABI: an `AUDIT_ARCH_…` constant of linux/audit.h, and the numbers of system calls. */
interface Abi {
  architecture: number;
  /** The number of add_key(2); request_key(2) and keyctl(2) have the next two. */
  addKey: number;
  socket: number;
  /** The number of socketcall(2), an older entry to all socket calls whose arguments a filter cannot read. */
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
 * Builds a system call filter for seccomp(2) that refuses keyrings(7), io_uring(7) and, without a network, vsock(7). No namespace
 * separates the session keyring, whose keys every process that holds it can read, nor the sockets between a virtual machine and its
 * host: commands of all projects would share both. The operations of io_uring bypass any filter. Programs get ENOSYS, as from a kernel
 * without keyrings, which is also the choice of runc and LXC: programs that can do without them go on.
 * @param network whether the command has a network
 * @returns an array of `struct sock_filter`; undefined for a processor whose call numbers are not known here
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
    // no known ABI
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

/** Refuses io_uring_setup(2). It must follow `withoutKeys`, which loads the call number. */
const withoutIoUring = [
  instruction(JUMP_IF_EQUAL, IO_URING_SETUP, 0, 1),
  instruction(RETURN, REFUSE | ENOSYS),
];

/** Refuses sockets of AF_VSOCK. It must follow `withoutKeys`, which loads the call number. */
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

/** Encodes a `struct sock_filter`; jumps count the instructions that are skipped. All known architectures are little-endian. */
function instruction(code: number, operand: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
