import { z } from 'zod';

const units = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
const pattern = /^(\d{1,12}(?:\.\d{1,3})?)\s?(B|KB|MB|GB|TB)$/;

/** Reads a size such as `1GB` or `1.5 MB`; units are powers of 1024. Undefined when the text is not a size. */
export function parseBytes(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * units[match[2] as keyof typeof units]);
}

/** Writes a number of bytes with the largest unit that leaves at least 1, to one decimal. */
export function formatBytes(bytes: number): string {
  const [unit, size] = (Object.entries(units).findLast(([, size]) => bytes >= size) ?? ['B', 1]) as [
    string,
    number,
  ];
  return `${Number((bytes / size).toFixed(1))}${unit}`;
}

export const byteSizeSchema = z
  .string()
  .regex(pattern, 'Write a size such as 500MB or 1GB')
  .meta({ examples: ['1GB'] });
