import { z } from 'zod';

const pattern = /^(\d{1,7}):([0-5]\d):([0-5]\d)$/;

/**
 * Reads a duration written `HH:MM:SS`; hours may exceed 24.
 * @returns whole seconds, or undefined when the text is not a duration
 */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

/**
 * Writes seconds as `HH:MM:SS`, rounded to the nearest second.
 * @param seconds zero or more; null stays null
 */
export function formatDuration(seconds: number): string;
export function formatDuration(seconds: number | null): string | null;
export function formatDuration(seconds: number | null): string | null {
  if (seconds === null) return null;
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** A duration as the API writes and reads it. */
export const durationSchema = z
  .string()
  .regex(pattern, 'Write a duration as HH:MM:SS')
  .meta({ description: 'A duration as HH:MM:SS', examples: ['02:30:00'] });
