import type { Terminal } from './terminal.js';

/** A token or key without its secret part. */
interface ListedKey {
  id: string;
  label: string;
  hint: string;
  scopes: string[];
  expiresAt: string | null;
  lastUsedAt: string | null;
}

/** Prints tokens or keys. @param none what to say when there are none */
export function showKeys(terminal: Terminal, keys: ListedKey[], none: string): void {
  terminal.show(keys, () =>
    keys.length === 0
      ? none
      : terminal.table(
          ['ID', 'LABEL', 'TOKEN', 'SCOPES', 'EXPIRES', 'LAST USED'],
          keys.map(({ id, label, hint, scopes, expiresAt, lastUsedAt }) => [
            id,
            label,
            hint,
            scopes.join(','),
            expiresAt?.slice(0, 10) ?? 'never',
            lastUsedAt?.slice(0, 16),
          ]),
        ),
  );
}
