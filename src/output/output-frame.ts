/** A piece of output as it was read from one stream of a command. */
export interface OutputFrame {
  /** Where its first byte stands in the execution's output; stdout and stderr share the count. */
  offset: number;
  stream: 'stdout' | 'stderr';
  /** True when the bytes are whole UTF-8 characters. */
  text: boolean;
  /** Unix time in milliseconds. */
  time: number;
  content: Buffer;
  /** True when it is not from the command: it says that output was left out here. */
  marker?: true;
}

/** The end of an execution's output. */
export interface OutputEnd {
  total: number;
  exitCode: number | null;
  /** When the execution ended. */
  at: Date;
  /** True when the output has been removed, so that nothing of it came. */
  pruned: boolean;
}

const stderrFlag = 1;
const binaryFlag = 2;
const markerFlag = 4;

export function flagsOf(frame: OutputFrame): number {
  return (
    (frame.stream === 'stderr' ? stderrFlag : 0) |
    (frame.text ? 0 : binaryFlag) |
    (frame.marker ? markerFlag : 0)
  );
}

export function frameFrom(offset: number, flags: number, time: number, content: Buffer): OutputFrame {
  return {
    offset,
    stream: (flags & stderrFlag) === 0 ? 'stdout' : 'stderr',
    text: (flags & binaryFlag) === 0,
    time,
    content,
    ...((flags & markerFlag) === 0 ? {} : { marker: true as const }),
  };
}

/** How output travels over the bus: a kind, then fixed numbers, then the bytes as they are. */
const frameKind = 1;
const storedKind = 2;
const headerBytes = 1 + 8 + 1 + 8;

export type OutputMessage = { frame: OutputFrame } | { storedTo: number };

/** @returns a message that carries a frame */
export function encodeFrame(frame: OutputFrame): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + frame.content.length);
  message.writeUInt8(frameKind, 0);
  message.writeDoubleBE(frame.offset, 1);
  message.writeUInt8(flagsOf(frame), 9);
  message.writeDoubleBE(frame.time, 10);
  frame.content.copy(message, headerBytes);
  return message;
}

/** @returns a message that tells how far the output is stored without a gap */
export function encodeStored(offset: number): Buffer {
  const message = Buffer.allocUnsafe(9);
  message.writeUInt8(storedKind, 0);
  message.writeDoubleBE(offset, 1);
  return message;
}

export function decodeMessage(message: Buffer): OutputMessage {
  if (message.readUInt8(0) === storedKind) return { storedTo: message.readDoubleBE(1) };
  const content = message.subarray(headerBytes);
  return {
    frame: frameFrom(message.readDoubleBE(1), message.readUInt8(9), message.readDoubleBE(10), content),
  };
}

/** The bus channel of one execution's output. */
export const outputChannel = (executionId: string) => `output:${executionId}`;

/**
 * Cuts a frame so that it starts at an offset inside it. What is cut inside a character is no longer text.
 * @param offset at least the frame's own and less than its end
 */
export function startingAt(frame: OutputFrame, offset: number): OutputFrame {
  if (offset === frame.offset) return frame;
  return begunInside({ ...frame, offset, content: frame.content.subarray(offset - frame.offset) });
}

const isInsideCharacter = (byte: number | undefined) => ((byte ?? 0) & 0xc0) === 0x80;

/** A frame whose beginning may have been cut off: what begins inside a character is no text. */
export function begunInside(frame: OutputFrame): OutputFrame {
  return frame.text && isInsideCharacter(frame.content[0]) ? { ...frame, text: false } : frame;
}

/** A frame whose end was cut off, without the character that was cut with it. */
export function endedAtCharacter(frame: OutputFrame): OutputFrame {
  const { content, text } = frame;
  let start = content.length - 1;
  // a character has at most four bytes
  while (start > content.length - 4 && isInsideCharacter(content[start])) start -= 1;
  const isCut = start + charactersLength(content[start] ?? 0) > content.length;
  return text && isCut && start > 0 ? { ...frame, content: content.subarray(0, start) } : frame;
}

/** How many bytes a character of UTF-8 has, by its first one. */
function charactersLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
