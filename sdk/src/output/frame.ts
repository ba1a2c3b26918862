/** A frame as the server sends it, with camelCase names. */
export interface RawFrame {
  commandId: string;
  stream: 'stdout' | 'stderr';
  content: string;
  timestamp: string;
  offset: number;
  length: number;
  encoding?: 'base64';
  end?: true;
  total?: number;
  exitCode?: number | null;
}

/** A piece of the output of a command, read from one of its streams. */
export class OutputFrame {
  /** `stdout` or `stderr`. */
  readonly stream: 'stdout' | 'stderr';
  /** The offset of its first byte in the output; both streams share one count. */
  readonly offset: number;
  /** The length in bytes. */
  readonly length: number;
  /** The time at which it was read, in ISO 8601. */
  readonly timestamp: string;
  readonly commandId: string;

  constructor(private readonly raw: RawFrame) {
    ({
      stream: this.stream,
      offset: this.offset,
      length: this.length,
      timestamp: this.timestamp,
      commandId: this.commandId,
    } = raw);
  }

  /** The raw bytes. */
  get bytes(): Uint8Array {
    const { content, encoding } = this.raw;
    if (encoding !== 'base64') return new TextEncoder().encode(content);
    return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  }

  /** The bytes as text; what is not UTF-8 becomes U+FFFD. */
  get text(): string {
    const { content, encoding } = this.raw;
    return encoding === 'base64' ? new TextDecoder().decode(this.bytes) : content;
  }
}

/** How the output of a command ended. */
export interface OutputEnd {
  /** The exit code of the shell; -15 after SIGTERM, -9 after SIGKILL; null when it never ran or its worker was lost. */
  exitCode: number | null;
  /** The length of the whole output, in bytes. */
  total: number;
}
