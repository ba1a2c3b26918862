/** A piece of output, as it was read from one stream of a command. */
export interface OutputFrame {
  /** The offset of its first byte in the execution's output; stdout and stderr are counted together. */
  offset: number;
  stream: 'stdout' | 'stderr';
  /** True when the bytes are whole UTF-8 characters. */
  text: boolean;
  /** Unix time in milliseconds. */
  time: number;
  content: Buffer;
  /** True for a message of Millrace, which says that output was omitted here. */
  marker?: true;
}

/** The end of an execution's output. */
export interface OutputEnd {
  total: number;
  exitCode: number | null;
  /** When the execution ended. */
  at: Date;
  /** True when the retention has removed the output, so that no frames were sent. */
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

/** The binary format of output messages on the bus: a kind, fixed-size numbers, and the raw bytes. */
const frameKind = 1;
const storedKind = 2;
const headerBytes = 1 + 8 + 1 + 8;

export type OutputMessage = { frame: OutputFrame } | { storedTo: number };

/** Encodes a message with a frame. */
export function encodeFrame(frame: OutputFrame): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + frame.content.length);
  message.writeUInt8(frameKind, 0);
  message.writeDoubleBE(frame.offset, 1);
  message.writeUInt8(flagsOf(frame), 9);
  message.writeDoubleBE(frame.time, 10);
  frame.content.copy(message, headerBytes);
  return message;
}

/** Encodes a message with the offset up to which the output is stored without a gap. */
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

/** Names the bus channel of an execution's output. */
export const outputChannel = (executionId: string) => `output:${executionId}`;

/**
 * Cuts a frame so that it starts at an offset within it. A frame that is cut inside a character is no longer text.
 * @param offset at least the offset of the frame and less than its end
 */
export function startingAt(frame: OutputFrame, offset: number): OutputFrame {
  if (offset === frame.offset) return frame;
  return markedIfCut({ ...frame, offset, content: frame.content.subarray(offset - frame.offset) });
}

const isInsideCharacter = (byte: number | undefined) => ((byte ?? 0) & 0xc0) === 0x80;

/** Marks a frame as not text if its beginning was cut off inside a character. */
export function markedIfCut(frame: OutputFrame): OutputFrame {
  return frame.text && isInsideCharacter(frame.content[0]) ? { ...frame, text: false } : frame;
}

/** Removes an incomplete last character from a frame whose end was cut off. */
export function withoutPartialEnd(frame: OutputFrame): OutputFrame {
  const { content, text } = frame;
  let start = content.length - 1;
  // a character has at most four bytes
  while (start > content.length - 4 && isInsideCharacter(content[start])) start -= 1;
  const isCut = start + characterLength(content[start] ?? 0) > content.length;
  return text && isCut && start > 0 ? { ...frame, content: content.subarray(0, start) } : frame;
}

/** Derives the length of a UTF-8 character in bytes from its first byte. */
function characterLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
