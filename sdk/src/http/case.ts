/** Converts `projectId` to `project_id`. */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Converts `project_id` to `projectId`. */
export function camel(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Converts camelCase names to those of the API. @param keep API names of fields whose content is free-form and not converted */
export function toWire(value: unknown, keep: readonly string[] = []): unknown {
  return convert(value, snake, (_given, made) => keep.includes(made));
}

/** Converts names of the API to camelCase. @param keep API names of fields whose content is free-form and not converted */
export function fromWire(value: unknown, keep: readonly string[] = []): unknown {
  return convert(value, camel, (given) => keep.includes(given));
}

function convert(
  value: unknown,
  rename: (name: string) => string,
  isKept: (given: string, made: string) => boolean,
): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => convert(item, rename, isKept));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([given, content]: [string, unknown]) => {
      const made = rename(given);
      return [made, isKept(given, made) ? content : convert(content, rename, isKept)];
    }),
  );
}
