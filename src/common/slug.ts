/**
 * Derives a slug from a name: its letters and digits in lower case, without accents, and a hyphen for what is between them.
 * @param most the most characters
 * @returns an empty text for a name without such letters and digits
 */
export function slugFrom(name: string, most: number): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, most);
}
