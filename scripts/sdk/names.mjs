// How names of the wire (snake_case) become names of the SDK (camelCase), and back.

/** `project_id` → `projectId`. Free-form JSON is never passed through here. */
export function camel(name) {
  return name.replaceAll(/_+([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** `projectId` → `project_id`, as the SDK does when it sends. */
export function snake(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `personal-access-tokens` → `personalAccessTokens` */
export function camelOfKebab(name) {
  return name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

export function pascal(name) {
  const text = camelOfKebab(camel(name));
  return text[0].toUpperCase() + text.slice(1);
}

/** The order in which names are written, whatever the language of the machine. */
export const byName = (one, other) => (one < other ? -1 : Number(one > other));
