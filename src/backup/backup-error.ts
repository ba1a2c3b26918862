/** Why a backup or a restore cannot be made; the message is for the operator and says what to do. */
export class BackupError extends Error {
  override name = 'BackupError';
}

/** The `code` of an error of the file system, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
