/** Returns the percentile `p` of a list; NaN for an empty one. */
export function percentile(values, p) {
  const sorted = Float64Array.from(values).toSorted();
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
}

export const median = (values) => percentile(values, 50);

/** Formats a number with three significant digits. */
export function shown(value) {
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}

/** Returns the milliseconds since 1970 with fractions, which are comparable between processes of one machine. */
export const now = () => performance.timeOrigin + performance.now();
